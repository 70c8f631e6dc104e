//! A schedule in words, made from its parsed form: what is described is what will happen.

mod en;
mod pattern;
mod zh;

use crate::Lang;
use crate::schedule::Schedule;

impl Schedule {
    /// The schedule as a natural phrase without a full stop, such as `At 02:00 every day` or `每天 02:00`.
    pub fn describe(&self, lang: Lang) -> String {
        match lang {
            Lang::En => en::describe(self),
            Lang::Zh => zh::describe(self),
        }
    }
}
