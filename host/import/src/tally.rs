//! Counts what holds for many jobs, so that a report says it once.

/// Sentences about how many jobs.
#[derive(Debug, Default)]
pub(crate) struct Tally(Vec<(String, usize)>);

impl Tally {
    /// One more job of which `what` holds.
    pub(crate) fn add(&mut self, what: impl Into<String>) {
        let what = what.into();
        match self.0.iter_mut().find(|(known, _)| *known == what) {
            Some((_, count)) => *count += 1,
            None => self.0.push((what, 1)),
        }
    }

    /// `3 jobs: …`, with what is alike side by side.
    pub(crate) fn notes(mut self) -> impl Iterator<Item = String> {
        self.0.sort();
        self.0.into_iter().map(|(what, count)| match count {
            1 => format!("1 job: {what}"),
            count => format!("{count} jobs: {what}"),
        })
    }
}
