//! Crontabs of users and of the system.

use chrono_tz::Tz;
use wasmtab_domain::{
    interval::Interval,
    policy::{Misfire, Overlap},
};
use wasmtab_import::{
    Import,
    crontab::{self, Kind},
};

use crate::support::{decides, findings, job, notes, notes_for_all, options, reason};

const USER: &str = r#"# m h dom mon dow command
SHELL=/bin/bash
MAILTO = "ops@example.com"

# 每日备份
0 2 * * *	/usr/local/bin/backup.sh --full
*/15 * * * 1-5 cd /srv/app && ./sync-orders >/dev/null 2>&1

# 30 4 * * * /usr/local/bin/old-job
30 6 1,15 * FRI mail -s "report" boss%Dear boss,%100\% done.
@daily /usr/local/bin/rotate
@reboot /usr/local/bin/agent
0~59 3 * * * random
0/15 * * * * every-quarter
0 0 5-2 * * backwards
0 0 31 2 * never
0 2 * *
0 3 * * * -n quiet
0 0 * * FRI-SUN weekend
* * * * * /usr/local/bin/backup.sh --tick
0 2 * * * /usr/local/bin/backup.sh --full
"#;

fn import(text: &str, kind: Kind) -> Import {
    crontab::import(text, kind, &options(Tz::Europe__Berlin)).expect("it is read")
}

#[test]
fn entries_become_jobs_with_a_handler_named_after_the_program() {
    let import = import(USER, Kind::User);
    let backup = job(&import, "line 6");
    assert_eq!(backup.draft.name, "每日备份");
    assert_eq!(backup.draft.handler_name, "BackupHandler");
    assert_eq!(
        backup.draft.handler_param.as_deref(),
        Some("/usr/local/bin/backup.sh --full")
    );
    assert_eq!(backup.draft.cron_expression.as_deref(), Some("0 2 * * *"));
    assert_eq!(backup.draft.timezone, Tz::Europe__Berlin);
    assert_eq!(
        (backup.draft.overlap, backup.draft.misfire),
        (Overlap::Allow, Misfire::Skip)
    );
    assert_eq!(
        backup.draft.labels,
        ["import:ready", "imported", "imported:crontab"]
    );
    assert_eq!(job(&import, "line 7").draft.handler_name, "SyncOrdersHandler");
    assert_eq!(
        job(&import, "line 7").draft.name,
        "cd /srv/app && ./sync-orders >/dev/null 2>&1"
    );
    assert_eq!(
        job(&import, "line 11").draft.cron_expression.as_deref(),
        Some("@daily")
    );
    notes_for_all(&import, "a command line is no handler");
    notes_for_all(&import, "MAILTO=ops@example.com, SHELL=/bin/bash");
}

#[test]
fn an_entry_that_was_switched_off_is_no_title() {
    let import = import(USER, Kind::User);
    assert_eq!(job(&import, "line 10").draft.name, "mail -s \"report\" boss");
}

#[test]
fn percent_signs_part_the_command_from_its_input() {
    let import = import(USER, Kind::User);
    let mail = job(&import, "line 10");
    assert_eq!(
        mail.draft.handler_param.as_deref(),
        Some("mail -s \"report\" boss\nDear boss,\n100% done.")
    );
    notes_for_all(&import, "the command's standard input");
}

#[test]
fn what_cannot_come_along_is_listed_with_its_reason() {
    let import = import(USER, Kind::User);
    for (line, text) in [
        ("line 12", "@reboot is no time"),
        ("line 13", "draws a value"),
        ("line 15", "runs backwards"),
        ("line 16", "never"),
        ("line 17", "5 fields and a command"),
    ] {
        assert!(
            reason(&import, line).contains(text),
            "{line}: {}",
            reason(&import, line)
        );
    }
    assert_eq!(import.left_out.len(), 5);
}

#[test]
fn what_cron_refuses_and_wasmtab_takes_must_be_looked_at() {
    let import = import(USER, Kind::User);
    decides(
        job(&import, "line 14"),
        "cronExpression",
        "cron refuses `0/15 * * * *`",
    );
}

#[test]
fn forms_of_cronie_are_written_out() {
    let import = import(USER, Kind::User);
    assert_eq!(
        job(&import, "line 19").draft.cron_expression.as_deref(),
        Some("0 0 * * 0,5,6")
    );
    notes(job(&import, "line 19"), "cronExpression", "is written");
    assert_eq!(
        job(&import, "line 18").draft.handler_param.as_deref(),
        Some("quiet")
    );
    notes(job(&import, "line 18"), "handlerParam", "is dropped");
}

#[test]
fn names_stay_unique() {
    let import = import(USER, Kind::User);
    assert_eq!(
        job(&import, "line 20").draft.name,
        "/usr/local/bin/backup.sh --tick"
    );
    let mut names: Vec<_> = import.jobs.iter().map(|job| &job.draft.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), import.jobs.len());
}

#[test]
fn a_system_crontab_names_users() {
    let text = "17 *\t* * *\troot    cd / && run-parts --report /etc/cron.hourly\n@weekly www-data php /srv/app/artisan prune\n";
    let import = import(text, Kind::System);
    assert_eq!(job(&import, "line 1").draft.handler_name, "RunPartsHandler");
    assert!(job(&import, "line 1").draft.labels.contains(&"user:root".into()));
    assert_eq!(job(&import, "line 2").draft.handler_name, "ArtisanHandler");
    let as_user = crontab::import(text, Kind::User, &options(Tz::UTC)).unwrap();
    decides(job(&as_user, "line 1"), "handlerParam", "--system");
}

#[test]
fn the_zone_and_the_delay_of_cronie_hold_for_what_stands_below() {
    let text =
        "0 1 * * * a\nCRON_TZ=Asia/Tokyo\nRANDOM_DELAY=45\n0 2 * * * b\nCRON_TZ=Mars/Base\n0 3 * * * c\n";
    let import = import(text, Kind::User);
    assert_eq!(job(&import, "line 1").draft.timezone, Tz::Europe__Berlin);
    let below = job(&import, "line 4");
    assert_eq!(below.draft.timezone, Tz::Asia__Tokyo);
    assert_eq!(below.draft.jitter, Interval::from_secs(45 * 60));
    decides(below, "timezone", "Debian's cron does not");
    decides(below, "jitter", "RANDOM_DELAY=45");
    assert!(reason(&import, "line 6").contains("CRON_TZ is `Mars/Base`"));
    assert!(findings(job(&import, "line 1"), "timezone").is_empty());
}

#[test]
fn an_empty_crontab_has_no_jobs() {
    let import = import("\n# nothing\n", Kind::User);
    assert!(import.jobs.is_empty() && import.left_out.is_empty() && import.notes.is_empty());
}
