//! What was found, as a line each: how it stands, and what to do.

use wasmtab_domain::{
    health::{self, Room},
    status::RunState,
    time::Timestamp,
};
use wasmtab_store::{DatabaseSize, Findings, OwnedAttempt, QueuePart, StoreError, StoreResult};

use super::{Seen, unanswered};
use crate::view::CheckView;

/// Descriptors that are needed besides those of attempts: the database, the API's connections, compiled code.
const DESCRIPTORS: u64 = 512;
/// Descriptors that one attempt may need: files and connections.
const DESCRIPTORS_PER_ATTEMPT: u64 = 4;

pub(super) fn database(faults: &StoreResult<Vec<String>>) -> CheckView {
    const NAME: &str = "database";
    const ADVICE: &str = "stop the server, keep the data directory as it is, and go on from the last backup (`wasmtab restore`); check the disk";
    match faults {
        Ok(faults) if faults.is_empty() => CheckView::ok(NAME, "its structure is sound"),
        Ok(faults) => {
            CheckView::fail(NAME, format!("it is damaged: {}", faults[0]), ADVICE).with(faults.clone())
        }
        Err(error) => CheckView::fail(NAME, error.to_string(), ADVICE),
    }
}

/// A server of its own looks after its structure, and says by its answers whether it is there.
pub(super) fn database_elsewhere(error: Option<&StoreError>) -> CheckView {
    const NAME: &str = "database";
    match error {
        None => CheckView::ok(
            NAME,
            "it answers; it is a server of its own, which looks after its structure",
        ),
        Some(error) => unanswered(NAME, error),
    }
}

pub(super) fn schema(version: &StoreResult<i64>) -> CheckView {
    match version {
        Ok(version) => CheckView::ok(
            "schema",
            format!("it is of version {version}, which this program wants"),
        ),
        Err(error) => unanswered("schema", error),
    }
}

/// Without a size, the database is elsewhere.
pub(super) fn disk(seen: &Seen, size: Option<DatabaseSize>) -> CheckView {
    const NAME: &str = "disk";
    let Some(free) = seen.free else {
        return CheckView::warn(
            NAME,
            format!("how much is free at {} cannot be told", seen.data_dir),
            "look for yourself",
        );
    };
    let database = size.map_or(0, |size| size.bytes + size.log);
    let taken = size.map(|_| format!(", where the database takes {}", bytes(database)));
    let detail = format!(
        "{} free at {}{}",
        bytes(free),
        seen.data_dir,
        taken.unwrap_or_default()
    );
    match Room::of(free, database) {
        Room::Enough => CheckView::ok(NAME, detail),
        Room::Little => CheckView::warn(
            NAME,
            detail,
            "a backup needs as much room as the database: free some, or keep less of the log (--retention, --retention-count)",
        ),
        Room::Hardly => CheckView::fail(
            NAME,
            detail,
            "runs cannot be recorded without room: free some now",
        ),
    }
}

pub(super) fn directories(seen: &Seen) -> CheckView {
    const NAME: &str = "directories";
    let refused: Vec<String> = seen
        .directories
        .iter()
        .filter_map(|(path, reason)| reason.as_ref().map(|reason| format!("{path}: {reason}")))
        .collect();
    if refused.is_empty() {
        let paths: Vec<_> = seen.directories.iter().map(|(path, _)| path.as_str()).collect();
        return CheckView::ok(NAME, format!("{} can be written", paths.join(", ")));
    }
    CheckView::fail(
        NAME,
        format!("{} cannot be written", refused[0]),
        "they must belong to the user that the server runs as",
    )
    .with(refused)
}

pub(super) fn descriptors(seen: &Seen) -> CheckView {
    const NAME: &str = "descriptors";
    let wanted = DESCRIPTORS + u64::from(seen.concurrency) * DESCRIPTORS_PER_ATTEMPT;
    match seen.descriptors {
        None => CheckView::ok(NAME, "any number of files may be open"),
        Some(most) if most >= wanted => CheckView::ok(NAME, format!("{most} files may be open")),
        Some(most) => CheckView::warn(
            NAME,
            format!("{most} files may be open, where {wanted} are sensible"),
            "raise it: `ulimit -n`, or LimitNOFILE= in the systemd unit",
        ),
    }
}

pub(super) fn copies(seen: &Seen) -> CheckView {
    const NAME: &str = "copies";
    if seen.copies.is_empty() {
        return CheckView::ok(NAME, "no copy from before a change of the schema lies around");
    }
    let all: u64 = seen.copies.iter().map(|(_, bytes)| bytes).sum();
    let items = seen
        .copies
        .iter()
        .map(|(path, size)| format!("{path} ({})", bytes(*size)));
    CheckView::warn(
        NAME,
        format!(
            "{} from before a change of the schema, {} together",
            counted(seen.copies.len() as u64, "copy", "copies"),
            bytes(all)
        ),
        "delete them once you will not go back to the older version",
    )
    .with(items)
}

pub(super) fn clock(last_seen: Option<Timestamp>, now: Timestamp) -> CheckView {
    const NAME: &str = "clock";
    match health::clock_fault(last_seen, now) {
        None => CheckView::ok(NAME, format!("it says {now}")),
        Some(fault) => CheckView::fail(
            NAME,
            fault,
            "jobs fire by this clock: set it, and keep it set (chrony, systemd-timesyncd)",
        ),
    }
}

pub(super) fn zones(zones: &[String]) -> CheckView {
    const NAME: &str = "zones";
    let data = chrono_tz::IANA_TZDB_VERSION;
    let unknown: Vec<String> = zones
        .iter()
        .filter(|zone| zone.parse::<chrono_tz::Tz>().is_err())
        .cloned()
        .collect();
    if unknown.is_empty() {
        return CheckView::ok(
            NAME,
            format!(
                "zone data {data} knows {} that jobs follow",
                counted(zones.len() as u64, "zone", "zones")
            ),
        );
    }
    CheckView::fail(
        NAME,
        format!("zone data {data} does not know {}", unknown.join(", ")),
        "jobs in these zones cannot be planned: use the version of wasmtab that made them, or a newer one",
    )
    .with(unknown)
}

pub(super) fn handlers(found: &Findings) -> CheckView {
    const NAME: &str = "handlers";
    if found.unresolved.count > 0 {
        let pairs = found.unresolved.first.iter();
        return CheckView::fail(
            NAME,
            format!(
                "{} that will fire and that nobody answers",
                counted(found.unresolved.count, "job", "jobs")
            ),
            "their runs end as noHandler: bind the name (`wasmtab handler bind`), or activate a version of its plugin",
        )
        .with(pairs.map(|(job, handler)| format!("{job} calls {handler}")));
    }
    if found.held.count > 0 {
        return CheckView::warn(
            NAME,
            format!(
                "{} held: their runs wait",
                counted(found.held.count, "handler is", "handlers are")
            ),
            "let them go when it is time: `wasmtab handler release`",
        )
        .with(found.held.first.clone());
    }
    CheckView::ok(NAME, "every job that will fire has somebody who answers")
}

pub(super) fn jobs(found: &Findings) -> CheckView {
    const NAME: &str = "jobs";
    if found.over.count == 0 {
        return CheckView::ok(NAME, "every job that is not stopped will fire");
    }
    CheckView::warn(
        NAME,
        format!(
            "{} not stopped, and will never fire again",
            counted(found.over.count, "job is", "jobs are")
        ),
        "its end, its count of runs or its expression leaves no fire: change it, stop it, or delete it",
    )
    .with(found.over.first.clone())
}

pub(super) fn pauses(found: &Findings) -> CheckView {
    const NAME: &str = "pauses";
    if found.paused.count == 0 {
        return CheckView::ok(NAME, "no job is paused");
    }
    let items = found.paused.first.iter().map(|job| {
        let until = job
            .until
            .map_or_else(|| "resumed".to_owned(), |until| until.to_string());
        format!("{} since {} until {until}", job.name, job.paused_at)
    });
    CheckView::warn(
        NAME,
        format!("{} paused", counted(found.paused.count, "job is", "jobs are")),
        "resume what was forgotten: `wasmtab job resume`",
    )
    .with(items)
}

pub(super) fn runs(found: &Findings, now: Timestamp, serving: bool) -> CheckView {
    const NAME: &str = "runs";
    let told = |attempt: &OwnedAttempt| {
        let of = attempt.job_name.as_deref().unwrap_or(&attempt.handler_name);
        format!("{} of {of}, since {}", attempt.run_id, attempt.claimed_at)
    };
    let is_gone = |attempt: &&OwnedAttempt| {
        attempt
            .lease_until
            .is_none_or(|lease| health::is_gone(lease, now))
    };
    let owned = &found.owned.first;
    if found.turnless.count > 0 {
        return CheckView::fail(
            NAME,
            format!(
                "{} for the turn of a job that has no other run",
                counted(found.turnless.count, "run waits", "runs wait")
            ),
            "that is a fault of wasmtab: cancel them (`wasmtab run cancel`), and report it",
        )
        .with(found.turnless.first.iter().map(ToString::to_string));
    }
    if !serving {
        // No server has the database open: whatever it says goes on was cut off.
        let (count, items) = (found.owned.count, owned.iter().map(told));
        let cut_off = counted(count, "run was going on", "runs were going on");
        return CheckView::ok(
            NAME,
            format!("{cut_off} when the last server ended; the next start repeats them"),
        )
        .with(items);
    }
    let gone: Vec<String> = owned.iter().filter(is_gone).map(told).collect();
    if !gone.is_empty() {
        return CheckView::fail(
            NAME,
            format!(
                "{} to a process that is gone",
                counted(gone.len() as u64, "run belongs", "runs belong")
            ),
            "restart the server: what was interrupted is repeated at the start",
        )
        .with(gone);
    }
    let stuck: Vec<String> = owned
        .iter()
        .filter(|attempt| health::is_stuck(attempt.claimed_at, attempt.timeout, now))
        .map(told)
        .collect();
    if stuck.is_empty() {
        return CheckView::ok(
            NAME,
            format!("{} on", counted(found.owned.count, "run goes", "runs go")),
        );
    }
    CheckView::fail(
        NAME,
        format!(
            "{} on past its monitorTimeout",
            counted(stuck.len() as u64, "run goes", "runs go")
        ),
        "cancel it (`wasmtab run cancel`); if that does not end it, restart the server",
    )
    .with(stuck)
}

pub(super) fn queue(queue: &[QueuePart], now: Timestamp, serving: bool) -> CheckView {
    const NAME: &str = "queue";
    let waiting = || {
        queue
            .iter()
            .filter(|part| part.state == RunState::Queued && !part.held)
    };
    let runs: u64 = waiting().map(|part| part.runs).sum();
    let oldest = waiting().map(|part| part.due_at).min();
    match oldest {
        Some(due_at) if serving && health::waits_long(due_at, now) => CheckView::warn(
            NAME,
            format!(
                "{} for a place, the first since {due_at}",
                counted(runs, "run waits", "runs wait")
            ),
            "every place is taken: see `wasmtab run list --state running`, and give the server more --workers",
        ),
        _ => CheckView::ok(
            NAME,
            format!("{} for a place", counted(runs, "run waits", "runs wait")),
        ),
    }
}

pub(super) fn leftovers(found: &Findings) -> CheckView {
    const NAME: &str = "leftovers";
    let parts = [
        (found.rows_without_run, "attempts of runs that are gone"),
        (found.lines_without_row, "logs of attempts that are gone"),
        (
            found.content_without_version,
            "components of versions that are gone",
        ),
    ];
    let odd: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    if !odd.is_empty() {
        return CheckView::fail(
            NAME,
            odd.join(", "),
            "that is a fault of wasmtab, and harmless but for the room it takes: report it",
        );
    }
    if found.state_without_job > 0 {
        return CheckView::warn(
            NAME,
            format!(
                "attempts of {} deleted jobs kept a state after the deletion",
                found.state_without_job
            ),
            "`wasmtab state list` names them; `wasmtab state clear --job ID` removes what they kept",
        );
    }
    CheckView::ok(NAME, "nothing belongs to what is gone")
}

pub(super) fn access(found: &Findings, has_token: bool, serving: bool) -> CheckView {
    const NAME: &str = "access";
    if found.administrators > 0 || has_token {
        return CheckView::ok(NAME, "there is an administrator");
    }
    if !serving {
        return CheckView::ok(
            NAME,
            "no administrator's token is kept; the server may be given one (WASMTAB_ADMIN_TOKEN)",
        );
    }
    CheckView::warn(
        NAME,
        "there is no administrator yet",
        "use the code that the server prints when it starts: `wasmtab token create NAME --setup-code CODE`",
    )
}

fn counted(count: u64, one: &str, many: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        count => format!("{count} {many}"),
    }
}

fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut size = bytes as f64;
    let mut unit = 0;
    while size >= 1_024.0 && unit + 1 < UNITS.len() {
        size /= 1_024.0;
        unit += 1;
    }
    if unit == 0 {
        format!("{bytes} B")
    } else {
        format!("{size:.1} {}", UNITS[unit])
    }
}

#[cfg(test)]
mod tests {
    use wasmtab_domain::{ids::RunId, interval::Interval};
    use wasmtab_store::Sample;

    use super::*;

    const fn at(secs: i64) -> Timestamp {
        Timestamp::from_secs(1_800_000_000 + secs)
    }

    fn one<T>(item: T) -> Sample<T> {
        Sample {
            count: 1,
            first: vec![item],
        }
    }

    fn owned(lease_until: Option<Timestamp>) -> Findings {
        Findings {
            owned: one(OwnedAttempt {
                run_id: RunId(7),
                job_name: Some("nightly".into()),
                handler_name: "H".into(),
                claimed_at: at(0),
                timeout: Interval::from_secs(100),
                lease_until,
            }),
            ..Findings::default()
        }
    }

    #[test]
    fn a_sound_whole_has_nothing_to_say() {
        let found = Findings {
            administrators: 1,
            ..Findings::default()
        };
        let seen = Seen {
            free: Some(u64::MAX),
            directories: vec![("/data".into(), None)],
            ..Seen::default()
        };
        for check in [
            database(&Ok(Vec::new())),
            schema(&Ok(1)),
            disk(&seen, Some(DatabaseSize::default())),
            directories(&seen),
            descriptors(&seen),
            copies(&seen),
            clock(Some(at(0)), at(0)),
            zones(&["UTC".into(), "Asia/Shanghai".into()]),
            handlers(&found),
            jobs(&found),
            pauses(&found),
            runs(&found, at(0), true),
            leftovers(&found),
            access(&found, false, true),
            access(&Findings::default(), false, false),
            queue(&[], at(0), true),
        ] {
            assert_eq!((check.status.as_str(), &check.advice), ("ok", &None), "{check:?}");
        }
    }

    #[test]
    fn a_run_is_judged_by_its_timeout_and_its_process() {
        let status = |lease, now, serving| runs(&owned(lease), at(now), serving).status;
        assert_eq!(status(Some(at(200)), 150, true), "ok");
        assert_eq!(status(Some(at(200)), 161, true), "fail");
        // Its process is gone: a server that goes on should have noticed. Without one, everything was cut off.
        assert_eq!(status(Some(at(0)), 100, true), "fail");
        assert_eq!(status(None, 10, true), "fail");
        assert_eq!(status(None, 10, false), "ok");
        assert_eq!(
            runs(&owned(None), at(10), true).items,
            ["7 of nightly, since 2027-01-15T08:00:00Z"]
        );
    }

    #[test]
    fn what_to_do_is_said_with_what_is_wrong() {
        let found = Findings {
            unresolved: one(("nightly".into(), "BackupHandler".into())),
            over: one("old".into()),
            state_without_job: 2,
            ..Findings::default()
        };
        let check = handlers(&found);
        assert_eq!(
            (check.status.as_str(), check.detail.as_str()),
            ("fail", "1 job that will fire and that nobody answers")
        );
        assert_eq!(check.items, ["nightly calls BackupHandler"]);
        assert!(check.advice.unwrap().contains("handler bind"));
        for (check, status) in [
            (jobs(&found), "warn"),
            (leftovers(&found), "warn"),
            (access(&found, false, true), "warn"),
            (zones(&["Mars/Olympus".into()]), "fail"),
            (clock(Some(at(10)), at(0)), "fail"),
            (database(&Ok(vec!["page 7".into()])), "fail"),
        ] {
            assert_eq!(check.status, status, "{check:?}");
            assert!(check.advice.is_some(), "{check:?}");
        }
    }

    #[test]
    fn a_queue_that_stands_still_is_told() {
        let part = QueuePart {
            state: RunState::Queued,
            held: false,
            runs: 3,
            due_at: at(0),
        };
        assert_eq!(queue(&[part], at(60), true).status, "ok");
        assert_eq!(queue(&[part], at(600), true).status, "warn");
        assert_eq!(queue(&[part], at(600), false).status, "ok");
        let held = QueuePart { held: true, ..part };
        assert_eq!(queue(&[held], at(600), true).status, "ok");
    }

    #[test]
    fn little_room_warns_before_there_is_none() {
        let seen = |free| Seen {
            free: Some(free),
            ..Seen::default()
        };
        let size = DatabaseSize {
            bytes: 1_000_000_000,
            ..DatabaseSize::default()
        };
        assert_eq!(disk(&seen(900_000_000), Some(size)).status, "warn");
        assert_eq!(disk(&seen(1_000_000), Some(size)).status, "fail");
        assert_eq!(bytes(1_536), "1.5 KiB");
    }
}
