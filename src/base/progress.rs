//! How long work tells how far it is, without knowing who listens.

/// Listens to the progress of a run; called from one thread.
pub trait Progress {
    /// A stage begins; `total` is its number of steps where it is known.
    fn stage(&self, title: &str, total: Option<u64>);
    /// `steps` more steps of the current stage are done.
    fn advance(&self, steps: u64);
    /// The current stage is over.
    fn done(&self);
}

/// Says nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn stage(&self, _: &str, _: Option<u64>) {}
    fn advance(&self, _: u64) {}
    fn done(&self) {}
}
