//! An instant of a job, explained in sentences.

use chrono_tz::Tz;
use wasmtab_domain::{
    job::Revision,
    run::Hold,
    status::SkipReason,
    time::Timestamp,
    why::{Outlook, Verdict, Why},
};

use crate::view::{NearView, PausePeriodView, RunView, WhyView};

/// The stable word of a verdict.
pub(crate) const fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Fired(_) => "fired",
        Verdict::Skipped { .. } => "skipped",
        Verdict::Undecided(_) => "undecided",
        Verdict::ToCome(_) => "toCome",
        Verdict::NoFire => "noFire",
        Verdict::BeforeStart(_) => "beforeStart",
        Verdict::AfterEnd(_) => "afterEnd",
        Verdict::Stopped => "stopped",
        Verdict::UsedUp(_) => "usedUp",
        Verdict::NotMade => "notMade",
        Verdict::Deleted => "deleted",
        Verdict::NoRecord(_) => "noRecord",
    }
}

/// The verdict, what led to it, and which revision held, a sentence each.
pub(crate) fn sentences(
    why: &Why,
    view: &WhyView,
    revisions: &[Revision],
    zone: Tz,
    now: Timestamp,
) -> Vec<String> {
    let time = |at: Timestamp| at.in_zone(zone);
    let held = why.revision.map(|index| &revisions[index]);
    let since = held.map_or_else(String::new, |revision| {
        format!("{} by {}", time(revision.valid_from), revision.changed_by)
    });
    let mut said = match &why.verdict {
        Verdict::Fired(runs) if view.runs.is_empty() => {
            vec![format!(
                "It fired as {} run(s), which have left the log since.",
                runs.len()
            )]
        }
        Verdict::Fired(_) => view.runs.iter().map(|run| fired(run, now)).collect(),
        Verdict::Skipped { reason, cause, .. } => {
            let mut said = vec![skipped(*reason, cause.as_deref(), view)];
            if let Some(row) = &view.skipped
                && row.fire_count.is_some_and(|count| count > 1)
            {
                said.push(format!(
                    "One row of the log covers it with {} fires, from {} to {}.",
                    row.fire_count.unwrap_or_default(),
                    row.scheduled_at,
                    row.scheduled_until.as_deref().unwrap_or(&row.scheduled_at)
                ));
            }
            said
        }
        Verdict::Undecided(Outlook::Fires) => {
            vec!["It is due; the planner has not decided it yet.".into()]
        }
        Verdict::Undecided(outlook) => vec![format!(
            "It is due and not written down yet; it will be skipped: {}.",
            outlook_of(outlook, view)
        )],
        Verdict::ToCome(Outlook::Fires) => {
            vec!["It is to come: as things stand it will fire, unless a run that is active then is in its way.".into()]
        }
        Verdict::ToCome(outlook) => vec![format!(
            "It is to come, and will be skipped as things stand: {}.",
            outlook_of(outlook, view)
        )],
        Verdict::NoFire => vec!["The job's schedule has no fire at that instant.".into()],
        Verdict::BeforeStart(start) => {
            vec![format!(
                "The schedule has a fire there, but the job begins only at {} (startAt).",
                time(*start)
            )]
        }
        Verdict::AfterEnd(end) => vec![format!(
            "The schedule has a fire there, but the job ended at {} (endAt).",
            time(*end)
        )],
        Verdict::Stopped => {
            vec![format!(
                "The schedule has a fire there, but the job was declared stopped, by its revision since {since}."
            )]
        }
        Verdict::UsedUp(most) => {
            vec![format!(
                "The schedule has a fire there, but the job's {most} fires (maxRuns) are used up."
            )]
        }
        Verdict::NotMade => {
            let made = revisions.first().map_or(now, |first| first.valid_from);
            vec![format!(
                "The job was not there yet: it was made at {}.",
                time(made)
            )]
        }
        Verdict::Deleted => vec![format!("The job was gone: it was deleted at {since}.")],
        Verdict::NoRecord(max_runs) => {
            let or = max_runs.map_or_else(String::new, |most| {
                format!(", or the job's {most} fires (maxRuns) were used up")
            });
            vec![format!(
                "It was a fire, but nothing is on record of it: the log is not kept that long{or}."
            )]
        }
    };
    if let Some(change) = &view.clock_change {
        said.push(format!("Clock change: {}.", change.note));
    }
    if matches!(
        why.verdict,
        Verdict::NoFire
            | Verdict::BeforeStart(_)
            | Verdict::AfterEnd(_)
            | Verdict::Stopped
            | Verdict::UsedUp(_)
    ) {
        said.extend(view.before.as_ref().map(|near| nearest("before it", near)));
        said.extend(view.after.as_ref().map(|near| nearest("after it", near)));
    }
    for run in &view.repeats {
        let by = run.requested_by.as_deref().unwrap_or("somebody");
        said.push(format!(
            "Run {} ran it afterwards, asked for by {by}: {}.",
            run.id, run.status
        ));
    }
    if let Some(revision) = view.revision.as_ref().filter(|revision| !revision.deleted) {
        let changed: Vec<_> = revision
            .changes
            .iter()
            .map(|change| change.field.as_str())
            .collect();
        let what = if changed.is_empty() {
            String::new()
        } else {
            format!("; it changed {}", changed.join(", "))
        };
        said.push(format!(
            "Revision {} of the job held, since {} by {}{what}.",
            revision.revision, revision.created_at, revision.created_by
        ));
    }
    said
}

fn nearest(which: &str, near: &NearView) -> String {
    let clock = near.clock_change.as_ref().map_or_else(String::new, |change| {
        format!(" ({}: {})", change.kind, change.note)
    });
    format!("The nearest fire {which} is {}{clock}.", near.at)
}

/// How a run of the fire stands.
fn fired(run: &RunView, now: Timestamp) -> String {
    let shard = if run.shard_count > 1 {
        format!(" (shard {} of {})", run.shard_index, run.shard_count)
    } else {
        String::new()
    };
    let attempts = run.attempts.as_deref().unwrap_or_default();
    let first = attempts.first();
    let lag = first
        .and_then(|attempt| attempt.begin_time.as_deref())
        .and_then(|began| Some((began.parse::<Timestamp>().ok()?, run.scheduled_at.parse().ok()?)))
        .map_or_else(String::new, |(began, planned): (Timestamp, Timestamp)| {
            format!(
                ", begun {:.3} s after its instant",
                began.since(planned).as_secs_f64()
            )
        });
    let put_off = first
        .or(attempts.last())
        .and_then(|attempt| attempt.due_at.as_deref())
        .or(run.due_at.as_deref())
        .filter(|due| *due != run.scheduled_at && run.execute_index <= 1)
        .map_or_else(String::new, |due| format!(", due at {due} (jitter)"));
    let tries = match run.execute_index {
        0 | 1 => String::new(),
        count => format!(" after {count} attempts"),
    };
    let error = run
        .error
        .as_ref()
        .map_or_else(String::new, |error| format!(": {error}"));
    let head = format!("It fired: run {}{shard}", run.id);
    match run.status.as_str() {
        "scheduled" => format!("{head} waits for its time{put_off}."),
        "queued" | "waitingRetry" => format!("{head} is {}{put_off}: {}.", run.status, waits(run, now)),
        "running" => format!("{head} is running{lag}."),
        ended => format!("{head} ended as {ended}{tries}{put_off}{lag}{error}."),
    }
}

/// What a run that may be due waits for.
fn waits(run: &RunView, now: Timestamp) -> String {
    let due = run
        .due_at
        .as_deref()
        .and_then(|due| due.parse::<Timestamp>().ok());
    match run.held.as_deref().and_then(|hold| hold.parse::<Hold>().ok()) {
        Some(Hold::Turn) => "it waits for its turn behind other runs of the job".into(),
        Some(Hold::Paused) => "the job is paused, and a retry waits for it to be resumed".into(),
        Some(Hold::Handler) => "an administrator holds its handler".into(),
        Some(Hold::Capacity) => "as many attempts of its handler go on as may".into(),
        None => match due.filter(|due| *due > now) {
            Some(_) => format!(
                "its next attempt is due at {}",
                run.due_at.as_deref().unwrap_or_default()
            ),
            None => "it waits for a free place".into(),
        },
    }
}

fn skipped(reason: SkipReason, cause: Option<&str>, view: &WhyView) -> String {
    let because = match reason {
        SkipReason::Overlap => match &view.blocked_by {
            Some(run) => {
                let stands = match &run.end_time {
                    Some(end) => format!("which ended at {end} as {}", run.status),
                    None => format!("which is {}", run.status),
                };
                format!(
                    "run {} of {}, {stands}, was in its way, and the job's overlap rule let no other begin",
                    run.id, run.scheduled_at
                )
            }
            None => "another run was in its way, and the job's overlap rule let no other begin".into(),
        },
        SkipReason::Misfire => {
            "no planner was there within 5 s of it, and the job's misfire rule passed it over".into()
        }
        SkipReason::Paused => match &view.pause {
            Some(pause) => paused(pause),
            None => "the job was paused".into(),
        },
        SkipReason::Blackout => format!("it lies in a blackout ({})", cause.unwrap_or("unknown")),
        SkipReason::NoJob | SkipReason::ChainDepth => cause.unwrap_or(reason.as_str()).to_owned(),
    };
    format!("It was skipped: {because}.")
}

fn outlook_of(outlook: &Outlook, view: &WhyView) -> String {
    match outlook {
        Outlook::Fires => "nothing is in its way".into(),
        Outlook::Paused(_) => view
            .pause
            .as_ref()
            .map_or_else(|| "the job is paused".into(), paused),
        Outlook::Blackout(cause) => format!("it lies in a blackout ({cause})"),
    }
}

fn paused(period: &PausePeriodView) -> String {
    let pause = &period.pause;
    let until = match (&period.ended_at, &pause.until) {
        (Some(ended), _) => {
            let by = period
                .ended_by
                .as_ref()
                .map_or_else(String::new, |by| format!(" by {by}"));
            format!(", lifted at {ended}{by}")
        }
        (None, Some(until)) => format!(" until {until}"),
        (None, None) => String::new(),
    };
    let note = pause
        .note
        .as_ref()
        .map_or_else(String::new, |note| format!(" ({note})"));
    format!("{} paused the job at {}{until}{note}", pause.by, pause.at)
}
