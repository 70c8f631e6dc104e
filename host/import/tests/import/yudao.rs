//! yudao's `infra_job`, from MySQL and from PostgreSQL.

use chrono_tz::Tz;
use wasmtab_domain::{
    interval::Interval,
    policy::{Misfire, Overlap},
};
use wasmtab_import::yudao;

use crate::support::{
    YUDAO_COPY, YUDAO_MYSQL, decides, job, notes, notes_for_all, options, reason, tables, yudao,
};

#[test]
fn milliseconds_become_seconds_and_the_timeout_only_warns() {
    let import = yudao(YUDAO_MYSQL);
    let sync = job(&import, "id 17");
    assert_eq!(
        (sync.draft.retry_count, sync.draft.retry_interval),
        (3, Interval::from_secs(2))
    );
    notes(sync, "retryInterval", "1500 ms become 2s");
    assert_eq!(sync.draft.warn_after, Some(Interval::from_secs(30)));
    assert_eq!(sync.draft.monitor_timeout, Interval::from_secs(86_400));
    let expire = job(&import, "id 18");
    assert_eq!(expire.draft.retry_interval, Interval::from_secs(60));
    assert_eq!(expire.draft.warn_after, Some(Interval::from_secs(1_801)));
    assert_eq!(job(&import, "id 5").draft.warn_after, None);
    notes_for_all(&import, "monitor_timeout only ever watched");
}

#[test]
fn quartz_lets_one_fire_wait_and_makes_up_for_missed_ones_by_one() {
    let import = yudao(YUDAO_MYSQL);
    for job in &import.jobs {
        assert_eq!(
            (job.draft.overlap, job.draft.misfire),
            (Overlap::BufferOne, Misfire::Latest)
        );
    }
    notes_for_all(&import, "misfireThreshold");
}

#[test]
fn deleted_and_broken_rows_are_listed() {
    let import = yudao(YUDAO_MYSQL);
    assert_eq!(reason(&import, "id 19"), "it is marked as deleted");
    assert!(
        reason(&import, "id 23").contains("hour field `25`"),
        "{}",
        reason(&import, "id 23")
    );
    assert_eq!(import.jobs.len() + import.left_out.len(), 7);
}

#[test]
fn a_deleted_flag_is_understood_however_a_dump_writes_it() {
    let create = "CREATE TABLE `infra_job` (`id` int, `name` text, `status` int, `handler_name` text, `cron_expression` text, \
                  `retry_count` int, `deleted` bit(1)) ENGINE=InnoDB;\n";
    for (flag, deleted) in [
        ("b'1'", true),
        ("b'0'", false),
        ("'\u{1}'", true),
        ("'\\0'", false),
        ("0x01", true),
        ("0x00", false),
        ("1", true),
        ("'0'", false),
        ("_binary '\u{1}'", true),
        ("_binary '\\0'", false),
        ("TRUE", true),
        ("NULL", false),
    ] {
        let dump =
            format!("{create}INSERT INTO `infra_job` VALUES (1, 'a', 1, 'h', '0 0 1 * * ?', 0, {flag});");
        let import = yudao(dump.as_bytes());
        assert_eq!(
            import.left_out.len(),
            usize::from(deleted),
            "{flag}: {:?}",
            import.left_out
        );
    }
}

#[test]
fn states_and_names_come_along() {
    let import = yudao(YUDAO_MYSQL);
    assert_eq!(job(&import, "id 17").state(), "import:ready");
    assert_eq!(job(&import, "id 5").state(), "import:stopped");
    assert_eq!(job(&import, "id 22").state(), "import:stopped");
    notes(job(&import, "id 22"), "status", "never finished");
    assert_eq!(job(&import, "id 21").draft.name, "订单过期 #21");
    assert_eq!(
        job(&import, "id 18").draft.handler_param.as_deref(),
        Some("{\"note\": \"it's; \\\"so\\\"\"}")
    );
    assert_eq!(
        job(&import, "id 17").draft.labels,
        ["import:ready", "imported", "imported:yudao"]
    );
}

#[test]
fn postgresql_says_the_same_and_quartz_knows_the_zone() {
    let import = yudao(YUDAO_COPY);
    assert_eq!(import.jobs.len(), 4);
    assert_eq!(
        job(&import, "id 24").draft.cron_expression.as_deref(),
        Some("0 0 23 L * ?")
    );
    notes_for_all(&import, "qrtz_cron_triggers says Asia/Shanghai too, 2 times");
    let other = yudao::import(&tables(YUDAO_COPY, &yudao::TABLES), &options(Tz::Europe__Berlin)).unwrap();
    assert!(
        other.warnings[0].contains("`Asia/Shanghai` where Europe/Berlin was said"),
        "{:?}",
        other.warnings
    );
}

#[test]
fn two_jobs_of_one_handler_must_be_looked_at() {
    let dump = "INSERT INTO infra_job (id, name, status, handler_name, cron_expression, retry_count) VALUES \
                (1, 'a', 1, 'h', '0 0 1 * * ?', 0), (2, 'b', 1, 'h', '0 0 2 * * ?', 0), (3, 'c', 1, 'g', '0 0 2 * * ?', 0);";
    let import = yudao(dump.as_bytes());
    decides(job(&import, "id 1"), "handlerName", "only one");
    decides(job(&import, "id 2"), "handlerName", "only one");
    assert_eq!(job(&import, "id 3").state(), "import:ready");
}

#[test]
fn a_table_that_is_not_yudaos_is_refused() {
    let import =
        |dump: &str| yudao::import(&tables(dump.as_bytes(), &yudao::TABLES), &options(Tz::UTC)).unwrap_err();
    assert!(import("").contains("infra_job is not there"));
    let own = import("INSERT INTO infra_job (id, name, cron_dialect) VALUES (1, 'a', 'unix');");
    assert!(own.contains("wasmtab's own"), "{own}");
    assert!(import("INSERT INTO infra_job (id, name) VALUES (1, 'a');").contains("lacks the columns status"));
}
