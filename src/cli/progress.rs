//! Progress on standard error: a bar on a terminal, nothing in a pipe, or lines for a program that waits.

use std::cell::Cell;
use std::cell::RefCell;

use indicatif::ProgressBar;
use indicatif::ProgressStyle;

use crate::base::progress::Progress;

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    Nothing,
    Bar,
    /// `PROGRESS 42 measure`: per cent of the whole run, never falling, and the stage.
    Lines,
}

/// Shows the current stage on standard error.
pub struct Bar {
    shown: Shown,
    current: RefCell<Option<ProgressBar>>,
    line: Cell<Line>,
}

/// Where the run is, for lines.
#[derive(Debug, Clone, Copy, Default)]
struct Line {
    /// Per cent at the start and at the end of the stage.
    from: f64,
    to: f64,
    steps: u64,
    total: u64,
    /// The last that was printed.
    printed: Option<u64>,
}

/// Per cent at which measuring starts and ends; before it data is read, after it files are written.
const MEASURE: (f64, f64) = (30.0, 85.0);

impl Bar {
    /// A bar that is shown so.
    pub fn new(shown: Shown) -> Bar {
        Bar { shown, current: RefCell::new(None), line: Cell::default() }
    }

    /// Takes the bar off the screen.
    pub fn clear(&self) {
        if let Some(bar) = self.current.borrow_mut().take() {
            bar.finish_and_clear();
        }
    }

    fn tell(&self, title: &str) {
        let mut line = self.line.get();
        let part = if line.total > 0 { line.steps as f64 / line.total as f64 } else { 0.0 };
        let percent = (line.from + (line.to - line.from) * part.min(1.0)).floor() as u64;
        if !title.is_empty() || line.printed.is_none_or(|printed| percent > printed) {
            let percent = percent.max(line.printed.unwrap_or(0));
            eprintln!("PROGRESS {percent} {title}");
            line.printed = Some(percent);
            self.line.set(line);
        }
    }
}

impl Progress for Bar {
    fn stage(&self, title: &str, total: Option<u64>) {
        match self.shown {
            Shown::Nothing => {}
            Shown::Bar => {
                self.clear();
                let bar = match total {
                    Some(total) => {
                        ProgressBar::new(total).with_style(style("{msg:30} {wide_bar} {pos}/{len} {elapsed}"))
                    }
                    None => ProgressBar::new_spinner().with_style(style("{msg:30} {spinner} {pos} {elapsed}")),
                };
                bar.set_message(title.to_owned());
                *self.current.borrow_mut() = Some(bar);
            }
            Shown::Lines => {
                let line = self.line.get();
                let (from, to) = match title {
                    "measure" => MEASURE,
                    "write" => (MEASURE.1, 100.0),
                    // nobody knows how many files are still to be read: each takes a tenth of what is left
                    _ if line.to < MEASURE.0 => (line.to, line.to + (MEASURE.0 - line.to) / 10.0),
                    _ => (line.to, line.to),
                };
                let total = total.unwrap_or(0);
                self.line.set(Line { from, to, steps: 0, total, ..line });
                self.tell(title);
            }
        }
    }

    fn advance(&self, steps: u64) {
        if let Some(bar) = self.current.borrow().as_ref() {
            bar.inc(steps);
        }
        if self.shown == Shown::Lines {
            let line = self.line.get();
            self.line.set(Line { steps: line.steps + steps, ..line });
            self.tell("");
        }
    }

    fn done(&self) {
        self.clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
