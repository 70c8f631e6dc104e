//! What is written: the jobs file that `apply` takes, and the report.

use wasmtab_import::{Import, compare::compare, document, report};

use crate::support::{XXL_2_4, YUDAO_MYSQL, at, xxl, yudao};

fn written(import: &Import) -> String {
    let now = at("2025-11-26T23:59:00+08:00");
    let context = report::Context {
        from: "dump.sql",
        out: Some("jobs.yaml"),
        now,
        after: now,
    };
    report::markdown(import, &compare(import, now, 5), &context)
}

#[test]
fn the_jobs_file_reads_back_as_the_drafts() {
    for import in [xxl(XXL_2_4), yudao(YUDAO_MYSQL)] {
        let text = document::yaml(&import);
        let read: serde_json::Value = serde_norway::from_str(&text).unwrap();
        let drafts: Vec<_> = import.jobs.iter().map(|job| &job.draft).collect();
        assert_eq!(read, serde_json::to_value(drafts).unwrap());
        assert!(
            text.contains("# decide: ") || text.contains("# note: "),
            "the reviewer's comments stand in it"
        );
    }
}

#[test]
fn an_import_of_nothing_is_an_empty_list() {
    let mut import = yudao(YUDAO_MYSQL);
    import.jobs.clear();
    let read: serde_json::Value = serde_norway::from_str(&document::yaml(&import)).unwrap();
    assert_eq!(read, serde_json::json!([]));
}

#[test]
fn the_report_lists_everything() {
    let import = xxl(XXL_2_4);
    let report = written(&import);
    for section in [
        "# Import from XXL-JOB",
        "## Left out (2)",
        "## To decide",
        "## What holds for many",
        "## Next fires",
        "## Handlers to bind",
        "## Changed on the way",
    ] {
        assert!(report.contains(section), "{section}\n{report}");
    }
    for job in &import.left_out {
        assert!(report.contains(&format!("| {} |", job.origin)));
    }
    assert!(report.contains("wasmtab apply -f jobs.yaml --source xxl-job"));
    assert!(report.contains("| import:ready |") || report.contains("| `import:ready` |"));
}

#[test]
fn somebody_elses_text_cannot_break_the_report() {
    let dump = "INSERT INTO infra_job (id, name, status, handler_name, cron_expression, retry_count) VALUES \
                (1, 'a | b\n## <script> [x](y) `z`', 1, 'h|', '0 0 1 * * MON', 0), (2, 'ok', 1, 'h2', '0 0 1 * * ?', 0);";
    let report = written(&yudao(dump.as_bytes()));
    let row = report
        .lines()
        .find(|line| line.starts_with("| id 1 |"))
        .expect("it is listed");
    assert!(row.contains("a \\| b \\#\\# \\<script\\> \\[x\\](y)"), "{row}");
}
