//! Which of the runs that are due are claimed first.

use crate::{ids::RunId, time::Timestamp};

/// One claim in so many takes the oldest run whatever its priority, so that none waits for ever.
pub const BY_AGE: u32 = 8;

/// Counts claims, and says how many of the next ones go by age.
#[derive(Clone, Copy, Debug, Default)]
pub struct Turns(u32);

impl Turns {
    /// Of the next `claims`, how many take the oldest run.
    pub const fn by_age(&self, claims: u32) -> u32 {
        self.0.saturating_add(claims) / BY_AGE
    }

    /// So many runs were claimed.
    pub const fn count(&mut self, claimed: u32) {
        self.0 = self.0.saturating_add(claimed) % BY_AGE;
    }
}

/// A run that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// Which.
    pub run_id: RunId,
    /// Since when.
    pub due_at: Timestamp,
}

/// Chooses `limit` runs: by priority, and then `by_age` of them the oldest of those that are left. `levels` has the runs of each
/// priority, the highest first, each level the oldest first.
pub fn choose(levels: &[Vec<Due>], limit: usize, by_age: usize) -> Vec<RunId> {
    let by_priority = limit.saturating_sub(by_age);
    let mut chosen: Vec<_> = levels
        .iter()
        .flatten()
        .take(by_priority)
        .map(|due| due.run_id)
        .collect();
    let mut left: Vec<_> = levels.iter().flatten().skip(by_priority).copied().collect();
    left.sort_by_key(|due| due.due_at);
    chosen.extend(left.iter().take(by_age.min(limit)).map(|due| due.run_id));
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(id: i64, at: i64) -> Due {
        Due {
            run_id: RunId(id),
            due_at: Timestamp::from_secs(at),
        }
    }

    #[test]
    fn the_higher_priority_comes_first_and_the_oldest_is_not_forgotten() {
        let levels = [vec![due(1, 50), due(2, 60)], vec![due(3, 10), due(4, 20)]];
        assert_eq!(choose(&levels, 3, 0), [1, 2, 3].map(RunId));
        assert_eq!(choose(&levels, 3, 1), [1, 2, 3].map(RunId));
        assert_eq!(choose(&levels, 2, 1), [1, 3].map(RunId));
        assert_eq!(choose(&levels, 1, 1), [RunId(3)]);
        assert_eq!(choose(&levels, 9, 1).len(), 4);
    }

    #[test]
    fn one_claim_in_eight_goes_by_age() {
        let mut turns = Turns::default();
        let mut single = 0;
        for _ in 0..16 {
            single += turns.by_age(1);
            turns.count(1);
        }
        assert_eq!(single, 2);
        assert_eq!(turns.by_age(500), 62);
        // Looks that claim nothing count for nothing.
        assert_eq!(turns.by_age(7), 0);
        turns.count(7);
        assert_eq!(turns.by_age(1), 1);
    }
}
