//! XXL-JOB's strategies in wasmtab's words.

use wasmtab_domain::{
    interval::Interval,
    limits,
    policy::{Misfire, Overlap},
};

use super::row::{Group, JobRow};
use crate::{
    draft::JobDraft,
    names::shown,
    outcome::{Finding, Options},
    tally::Tally,
};

/// XXL-JOB looks for failures every 10 s and starts them again then.
const RETRY_INTERVAL: Interval = Interval::from_secs(10);

/// Fills the policies in.
pub(super) fn apply(
    row: &JobRow<'_>,
    group: Option<&Group>,
    options: &Options,
    draft: &mut JobDraft,
    findings: &mut Vec<Finding>,
    tally: &mut Tally,
) {
    retries(row, draft, findings);
    timeout(row, options, draft, tally);
    misfire(row, draft, findings);
    overlap(row, draft, findings, tally);
    route(row, group, draft, findings, tally);
    if let Some(mail) = row.alarm_email {
        tally.add(format!(
            "alarm_email `{}` does not come along: alerts are set up for the server, not in a job",
            shown(mail)
        ));
    }
}

fn retries(row: &JobRow<'_>, draft: &mut JobDraft, findings: &mut Vec<Finding>) {
    let most = i64::from(limits::RETRIES);
    if row.retries > most {
        findings.push(Finding::note(
            "retryCount",
            format!(
                "executor_fail_retry_count {} becomes {most}, the most there is",
                row.retries
            ),
        ));
    }
    draft.retry_count = row.retries.clamp(0, most) as u32;
    draft.retry_interval = RETRY_INTERVAL;
}

fn timeout(row: &JobRow<'_>, options: &Options, draft: &mut JobDraft, tally: &mut Tally) {
    match u64::try_from(row.timeout) {
        Ok(seconds) if seconds > 0 => draft.monitor_timeout = Interval::from_secs(seconds),
        _ => tally.add(format!(
            "without a limit there (executor_timeout 0); every run has one here, so monitorTimeout is {} (--timeout)",
            options.timeout
        )),
    }
}

fn misfire(row: &JobRow<'_>, draft: &mut JobDraft, findings: &mut Vec<Finding>) {
    draft.misfire = match row.misfire {
        None | Some("DO_NOTHING") => Misfire::Skip,
        Some("FIRE_ONCE_NOW") => Misfire::Latest,
        Some(other) => {
            findings.push(Finding::note(
                "misfire",
                format!(
                    "misfire_strategy `{}` is none of XXL-JOB's, which then does nothing",
                    shown(other)
                ),
            ));
            Misfire::Skip
        }
    };
}

fn overlap(row: &JobRow<'_>, draft: &mut JobDraft, findings: &mut Vec<Finding>, tally: &mut Tally) {
    draft.overlap = match row.block {
        None | Some("SERIAL_EXECUTION") => {
            tally.add(
                "SERIAL_EXECUTION becomes `overlap: bufferAll`: fires wait for one another, at most 1,000 of them, and for the job as a \
                 whole (XXL-JOB: on each executor, without a limit)",
            );
            Overlap::BufferAll
        }
        Some("DISCARD_LATER") => Overlap::Skip,
        Some("COVER_EARLY") => Overlap::CancelOther,
        Some(other) => {
            findings.push(Finding::decide(
                "overlap",
                format!(
                    "executor_block_strategy `{}` is none of XXL-JOB's, which then runs one after another",
                    shown(other)
                ),
            ));
            Overlap::BufferAll
        }
    };
}

fn route(
    row: &JobRow<'_>,
    group: Option<&Group>,
    draft: &mut JobDraft,
    findings: &mut Vec<Finding>,
    tally: &mut Tally,
) {
    match row.route {
        Some("SHARDING_BROADCAST") => {
            let registered = group.map_or(0, |group| group.executors);
            let most = limits::SHARDS as usize;
            draft.shards = registered.clamp(1, most) as u32;
            let text = match registered {
                0 => "SHARDING_BROADCAST runs once on every executor, and none was registered: say how many shards there are".into(),
                count if count > most => format!("SHARDING_BROADCAST: {count} executors were registered; {most} shards are the most"),
                count => format!(
                    "SHARDING_BROADCAST runs once on every executor: {count} were registered, so there are as many shards; the number \
                     stays, whatever nodes there are"
                ),
            };
            findings.push(Finding::decide("shards", text));
        }
        None | Some("FIRST") => {}
        Some(other) => tally.add(format!(
            "executor_route_strategy {} has no counterpart: a handler runs in a sandbox on whichever node claims the run",
            shown(other)
        )),
    }
}
