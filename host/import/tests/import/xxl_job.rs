//! XXL-JOB's tables, as three generations of releases write them.

use chrono_tz::Tz;
use wasmtab_domain::{
    interval::Interval,
    policy::{JobStatus, Misfire, Overlap},
};
use wasmtab_import::{Was, xxl_job};

use crate::support::{XXL_2_4, XXL_3_5, decides, job, notes, notes_for_all, options, reason, tables, xxl};

#[test]
fn every_job_is_stopped_and_says_every_policy() {
    let import = xxl(XXL_2_4);
    let timeout = &job(&import, "id 1").draft;
    assert_eq!(timeout.name, "订单超时取消");
    assert_eq!(timeout.status, JobStatus::Stopped);
    assert_eq!(timeout.handler_name, "orderTimeoutHandler");
    assert_eq!(timeout.handler_param.as_deref(), Some("{\"minutes\": 30}"));
    assert_eq!(timeout.cron_expression.as_deref(), Some("0 0/5 * * * ?"));
    assert_eq!(timeout.owner.as_deref(), Some("李雷"));
    assert_eq!(
        (timeout.overlap, timeout.misfire, timeout.retry_count),
        (Overlap::BufferAll, Misfire::Skip, 0)
    );
    assert_eq!(timeout.monitor_timeout, Interval::from_secs(86_400));
    assert_eq!(
        timeout.labels,
        [
            "group:shop-executor",
            "import:ready",
            "imported",
            "imported:xxl-job"
        ]
    );
    assert!(
        import
            .jobs
            .iter()
            .all(|job| job.draft.status == JobStatus::Stopped)
    );
    for field in [
        "status",
        "timezone",
        "retryCount",
        "retryInterval",
        "retryBackoff",
        "retryOn",
        "retryVersion",
        "monitorTimeout",
        "overlap",
        "misfire",
        "catchUpWindow",
        "jitter",
        "priority",
        "shards",
        "labels",
    ] {
        let written = serde_json::to_value(timeout).unwrap();
        assert!(!written[field].is_null(), "{field}");
    }
}

#[test]
fn strategies_become_policies() {
    let import = xxl(XXL_2_4);
    let sync = job(&import, "id 2");
    assert_eq!(
        (sync.draft.overlap, sync.draft.misfire),
        (Overlap::Skip, Misfire::Latest)
    );
    assert_eq!(sync.draft.monitor_timeout, Interval::from_secs(60));
    assert_eq!(
        (sync.draft.retry_count, sync.draft.retry_interval.as_secs()),
        (3, 10)
    );
    assert_eq!(job(&import, "id 3").draft.overlap, Overlap::CancelOther);

    let odd = job(&import, "id 17");
    assert_eq!(odd.draft.retry_count, 1_000);
    notes(odd, "retryCount", "5000 becomes 1000");
    notes(odd, "misfire", "`LATER`");
    decides(odd, "overlap", "`PARALLEL`");
    assert!(
        odd.draft.labels.contains(&"group:7".into()),
        "a group without a row: {:?}",
        odd.draft.labels
    );

    notes_for_all(&import, "executor_route_strategy ROUND has no counterpart");
    notes_for_all(&import, "alarm_email `ops@example.com` does not come along");
    notes_for_all(&import, "SERIAL_EXECUTION becomes");
    notes_for_all(&import, "monitorTimeout is 1d (--timeout)");
}

#[test]
fn a_fixed_rate_keeps_its_phase_where_there_is_one() {
    let import = xxl(XXL_2_4);
    let running = &job(&import, "id 2").draft;
    assert_eq!(running.every, Some(Interval::from_secs(90)));
    assert_eq!(running.start_at.as_deref(), Some("2025-11-27T00:00:00+08:00"));
    let stopped = job(&import, "id 12");
    assert_eq!(
        (stopped.draft.every, stopped.draft.start_at.clone()),
        (Some(Interval::from_secs(30)), None)
    );
    notes(stopped, "every", "from the moment in which the job is started");
    decides(job(&import, "id 13"), "every", "from the end of the last run");
}

#[test]
fn child_jobs_become_on_success() {
    let import = xxl(XXL_2_4);
    assert_eq!(job(&import, "id 1").draft.on_success, ["对账结果通知", "日报"]);
    let parent = job(&import, "id 14");
    assert_eq!(parent.draft.on_success, ["子"]);
    notes(parent, "onSuccess", "its own child");
    notes(parent, "onSuccess", "`abc` is no id");
    decides(parent, "onSuccess", "child job 99");
    decides(
        parent,
        "onSuccess",
        "child job 9 is not there, or is not carried over",
    );
    let grandchild = job(&import, "id 16");
    assert_eq!(grandchild.draft.on_success, ["对账结果通知"]);
    decides(grandchild, "onSuccess", "`父` is not named");

    let child = &job(&import, "id 15").draft;
    assert_eq!(child.cron_expression.as_deref(), Some("0 0 0 1 1 ? 1970"));
    notes_for_all(&import, "without a schedule there (NONE)");
}

#[test]
fn shards_are_as_many_as_executors_were_registered() {
    let import = xxl(XXL_2_4);
    assert_eq!(job(&import, "id 6").draft.shards, 3);
    decides(job(&import, "id 6"), "shards", "3 were registered");
    assert_eq!(job(&import, "id 7").draft.shards, 1);
    decides(job(&import, "id 7"), "shards", "none was registered");
}

#[test]
fn what_cannot_come_along_is_listed_with_its_reason() {
    let import = xxl(XXL_2_4);
    let script = job(&import, "id 8");
    assert_eq!(script.draft.handler_name, "XxlGlueJob8");
    assert_eq!(script.state(), "import:review");
    decides(script, "handlerName", "glue_type GLUE_SHELL: its code (52 bytes");
    assert!(reason(&import, "id 9").contains("executor_handler is empty"));
    assert!(reason(&import, "id 10").contains("6 or 7 fields are expected, 5 found"));
    assert_eq!(import.jobs.len() + import.left_out.len(), 17);
}

#[test]
fn names_stay_unique_and_parameters_as_they_were() {
    let import = xxl(XXL_2_4);
    assert_eq!(job(&import, "id 4").draft.name, "日报");
    assert_eq!(job(&import, "id 5").draft.name, "日报 #5");
    notes(job(&import, "id 5"), "name", "another job is called `日报`");
    assert_eq!(
        job(&import, "id 3").draft.handler_param.as_deref(),
        Some("it's \"quoted\", C:\\jobs\\n\tand 100%\nsecond line")
    );
    assert_eq!(job(&import, "id 8").draft.name, "脚本清理 🚀");
    assert!(
        job(&import, "id 4")
            .draft
            .labels
            .contains(&"group:report-executor--old".into())
    );
}

#[test]
fn an_expression_is_written_as_quartz_read_it() {
    let import = xxl(XXL_2_4);
    let every_other = job(&import, "id 11");
    assert_eq!(
        every_other.draft.cron_expression.as_deref(),
        Some("0 0 12 ? * 2-6")
    );
    notes(
        every_other,
        "cronExpression",
        "`0 0 12 ? * MON-FRI/2` is written `0 0 12 ? * 2-6`",
    );
}

#[test]
fn what_ran_there_is_told_from_what_was_stopped() {
    let import = xxl(XXL_2_4);
    assert_eq!(job(&import, "id 5").was, Was::Stopped);
    assert_eq!(job(&import, "id 5").state(), "import:stopped");
    assert_eq!(job(&import, "id 4").state(), "import:ready");
    let labelled: usize = ["import:ready", "import:review", "import:stopped"]
        .into_iter()
        .map(|label| import.count(label))
        .sum();
    assert_eq!(labelled, import.jobs.len());
}

#[test]
fn the_zone_is_checked_against_what_xxl_job_has_planned() {
    notes_for_all(
        &xxl(XXL_2_4),
        "trigger_next_time of all 8 running cron jobs is a fire in Asia/Shanghai",
    );
    let wrong = xxl_job::import(
        &tables(XXL_2_4, &xxl_job::TABLES),
        &options(Tz::America__New_York),
    )
    .unwrap();
    assert!(
        wrong.warnings[0].ends_with("in Asia/Shanghai it is for 8: is --timezone right?"),
        "{:?}",
        wrong.warnings
    );
}

#[test]
fn the_shape_of_3_5_is_understood() {
    let import = xxl(XXL_3_5);
    let billing = job(&import, "id 1");
    assert_eq!(billing.draft.name, "每月计费");
    assert_eq!(billing.draft.on_success, ["账单摘要"]);
    assert_eq!(billing.draft.misfire, Misfire::Latest);
    assert!(billing.draft.labels.contains(&"group:billing-executor".into()));
    let param = job(&import, "id 2").draft.handler_param.clone().unwrap();
    assert!(param.starts_with("{\n    \"input\""), "{param}");
    assert_eq!(
        reason(&import, "id 3"),
        "name is an SQL expression (`CONCAT('a','b')`), not a value"
    );
    decides(job(&import, "id 4"), "handlerName", "GLUE_GROOVY");
}

#[test]
fn the_shape_before_2_3_is_understood() {
    let dump = "INSERT INTO `xxl_job_info`(`id`, `job_group`, `job_cron`, `job_desc`, `author`, `executor_route_strategy`, `executor_handler`, \
                `executor_block_strategy`, `executor_timeout`, `executor_fail_retry_count`, `glue_type`, `child_jobid`, `trigger_status`) VALUES \
                (1, 1, '0 0 0 * * ? *', '任务', 'XXL', 'FIRST', 'demoJobHandler', 'SERIAL_EXECUTION', 0, 0, 'BEAN', '', 1);";
    let import = xxl(dump.as_bytes());
    assert_eq!(
        job(&import, "id 1").draft.cron_expression.as_deref(),
        Some("0 0 0 * * ? *")
    );
    assert_eq!(job(&import, "id 1").draft.misfire, Misfire::Skip);
}

#[test]
fn a_table_that_is_not_xxl_jobs_is_refused() {
    let import = |dump: &str| {
        xxl_job::import(&tables(dump.as_bytes(), &xxl_job::TABLES), &options(Tz::UTC)).unwrap_err()
    };
    assert!(import("SELECT 1;").contains("xxl_job_info is not there"));
    assert!(
        import("INSERT INTO xxl_job_info (id, executor_handler) VALUES (1, 'x');")
            .contains("lacks the columns glue_type, trigger_status")
    );
    let none = import(
        "INSERT INTO xxl_job_info (id, executor_handler, glue_type, trigger_status) VALUES (1, 'x', 'BEAN', 1);",
    );
    assert!(
        none.contains("neither schedule_type and schedule_conf nor job_cron"),
        "{none}"
    );
}
