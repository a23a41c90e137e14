//! Floor 3: what is measured.
