//! A progress bar on a terminal; nothing in a pipe.

use std::cell::RefCell;

use indicatif::ProgressBar;
use indicatif::ProgressStyle;

use crate::base::progress::Progress;

/// Shows the current stage on standard error, or nothing.
pub struct Bar {
    shown: bool,
    current: RefCell<Option<ProgressBar>>,
}

impl Bar {
    /// A bar that is shown or not.
    pub fn new(shown: bool) -> Bar {
        Bar { shown, current: RefCell::new(None) }
    }

    /// Takes the bar off the screen.
    pub fn clear(&self) {
        if let Some(bar) = self.current.borrow_mut().take() {
            bar.finish_and_clear();
        }
    }
}

impl Progress for Bar {
    fn stage(&self, title: &str, total: Option<u64>) {
        if !self.shown {
            return;
        }
        self.clear();
        let bar = match total {
            Some(total) => ProgressBar::new(total).with_style(style("{msg:30} {wide_bar} {pos}/{len} {elapsed}")),
            None => ProgressBar::new_spinner().with_style(style("{msg:30} {spinner} {pos} {elapsed}")),
        };
        bar.set_message(title.to_owned());
        *self.current.borrow_mut() = Some(bar);
    }

    fn advance(&self, steps: u64) {
        if let Some(bar) = self.current.borrow().as_ref() {
            bar.inc(steps);
        }
    }

    fn done(&self) {
        self.clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
