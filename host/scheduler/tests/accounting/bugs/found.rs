//! Every planted bug is found, by the rule that is about it.

use super::{
    Bug, Plant,
    ahead::{ActiveRunsOverlooked, DoesNotWait, SeatsBeforeTheQueue},
    claim_after_start::ClaimAfterStart,
    claims::{NoPriority, OutOfTurn, RetriesInAPause, UnheardClaims},
    dropped_retries::{DeathIsTheJobsFault, DroppedRetries, NoRescue},
    edits::{DeleteLeavesTheQueue, EditForgetsFires, ForgottenCancel, StartsTwice},
    forgotten_decisions::ForgottenDecisions,
    forgotten_pause::{ForgottenPause, ResumeCatchesUp},
    late_is_on_time::LateIsOnTime,
    lost_row::LostRow,
    many::{BulkDropsTheLast, BulkForgetsFires, CancelsTheFirst, RepeatsAgain, RepeatsBesideOthers},
    next_fire_apart::NextFireApart,
    no_replan::NoReplan,
    no_token_check::NoTokenCheck,
    no_unique_key::TwoPlanners,
    overlap_at_planning::OverlapAtPlanning,
    replayed_outcome::ReplayedOutcome,
    told::{LostMessage, NeverTheSame, NoRecovery},
};
use crate::seed::play;
use wasmtab_auditor::Finding;

/// Seeds in which a bug must have been found.
const SEEDS: std::ops::Range<u64> = 0..300;

/// What begins a finding of the one who knows only the database.
const ALONE: &str = "by the record alone";

/// Plays seeds with the bug until it is found by the rule of the one who knows only the database.
fn is_found_by_the_record(plant: Plant, rule: &str) {
    let mut others = Vec::new();
    for seed in SEEDS {
        let findings = play(seed, plant).audit.findings;
        let (alone, _): (Vec<_>, Vec<_>) = findings
            .into_iter()
            .partition(|finding| finding.text.starts_with(ALONE));
        if alone.iter().any(|finding| finding.rule == rule) {
            return;
        }
        others.extend(alone);
    }
    panic!("{:?} was not found by {rule}, only {others:?}", plant());
}

/// Plays seeds with the bug until the auditor finds it by one of the rules.
fn is_found(plant: Plant, rules: &[&str]) {
    let mut others = Vec::new();
    for seed in SEEDS {
        let findings = play(seed, plant).audit.findings;
        let by_the_chronicle = |finding: &&Finding| !finding.text.starts_with(ALONE);
        if findings
            .iter()
            .filter(by_the_chronicle)
            .any(|finding| rules.contains(&finding.rule))
        {
            return;
        }
        others.extend(findings);
    }
    panic!("{:?} was not found by {rules:?}, only {others:?}", plant());
}

macro_rules! bugs {
    ($($name:ident: $bug:expr => $($rule:literal)|+,)+) => {$(
        #[test]
        fn $name() {
            is_found(|| Box::new($bug) as Box<dyn Bug>, &[$($rule),+]);
        }
    )+};
}

bugs! {
    no_unique_key: TwoPlanners { keys: false } => "coverage",
    no_token_check: NoTokenCheck => "tokens",
    claim_after_start: ClaimAfterStart::default() => "claims" | "tokens",
    next_fire_outside_the_transaction: NextFireApart::default() => "store" | "coverage",
    overlap_decided_at_planning: OverlapAtPlanning::default() => "verdict",
    an_outcome_carried_out_twice: ReplayedOutcome => "retries" | "claims",
    a_skipped_fire_not_written_down: LostRow => "coverage",
    fires_released_again_after_a_set_back: ForgottenDecisions => "coverage",
    next_fires_not_computed_anew_after_a_set_back: NoReplan => "coverage",
    a_pause_not_looked_at: ForgottenPause => "verdict",
    a_resume_that_catches_up: ResumeCatchesUp => "verdict" | "coverage",
    late_fires_taken_for_fires_on_time: LateIsOnTime => "verdict",
    retries_dropped_at_a_restart: DroppedRetries => "database",
    a_death_that_uses_up_a_retry: DeathIsTheJobsFault => "retries",
    attempts_of_the_dead_left_alone: NoRescue => "tokens",
    a_run_claimed_out_of_turn: OutOfTurn => "claims",
    a_retry_claimed_in_a_pause: RetriesInAPause => "claims",
    a_priority_not_looked_at: NoPriority => "claims",
    claims_nobody_heard_of_kept: UnheardClaims => "tokens",
    an_edit_that_forgets_due_fires: EditForgetsFires => "coverage",
    a_deletion_that_leaves_the_queue: DeleteLeavesTheQueue => "claims",
    a_start_that_makes_two_runs: StartsTwice => "coverage",
    a_cancel_forgotten_at_the_end: ForgottenCancel => "retries",
    a_change_of_many_that_drops_the_last: BulkDropsTheLast => "database" | "verdict" | "coverage",
    a_change_of_many_that_forgets_due_fires: BulkForgetsFires => "coverage",
    a_cancel_of_many_that_forgets_all_but_one: CancelsTheFirst => "requests",
    a_message_that_is_lost: LostMessage => "alerts",
    a_recovery_that_nobody_hears_of: NoRecovery => "alerts",
    a_retry_on_another_version: NeverTheSame => "versions",
    a_run_repeated_again: RepeatsAgain => "repeats",
    fires_released_before_their_instant: DoesNotWait => "ahead",
    active_runs_overlooked_ahead: ActiveRunsOverlooked => "ahead" | "verdict",
    seats_taken_before_the_queue: SeatsBeforeTheQueue => "seats",
    a_repeat_that_does_not_wait: RepeatsBesideOthers => "repeats" | "turns",
}

macro_rules! told_by_the_record {
    ($($name:ident: $bug:expr => $rule:literal,)+) => {$(
        #[test]
        fn $name() {
            is_found_by_the_record(|| Box::new($bug) as Box<dyn Bug>, $rule);
        }
    )+};
}

told_by_the_record! {
    the_record_tells_of_two_planners: TwoPlanners { keys: false } => "coverage",
    the_record_tells_of_a_fire_not_written_down: LostRow => "coverage",
    the_record_tells_of_a_forgotten_pause: ForgottenPause => "verdict",
    the_record_tells_of_a_resume_that_catches_up: ResumeCatchesUp => "verdict",
    the_record_tells_of_late_fires: LateIsOnTime => "verdict",
    the_record_tells_of_an_edit_that_forgets_fires: EditForgetsFires => "coverage",
    the_record_tells_of_dropped_retries: DroppedRetries => "runs",
    the_record_tells_of_the_dead_left_alone: NoRescue => "rest",
    the_record_tells_of_deaths_held_against_the_job: DeathIsTheJobsFault => "retries",
    the_record_tells_of_runs_out_of_turn: OutOfTurn => "turns",
}

#[test]
fn with_the_unique_key_two_planners_do_no_harm() {
    for seed in SEEDS.take(10) {
        let findings = play(seed, || Box::new(TwoPlanners { keys: true })).audit.findings;
        assert!(findings.is_empty(), "seed {seed}: {findings:?}");
    }
}
