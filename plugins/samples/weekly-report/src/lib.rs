//! `WeeklyReportHandler`: counts and sizes of a granted directory's files, and what changed since the last report.

mod render;
mod summary;

use guest_files::walk;
use std::fs;
use std::path::Path;
use std::time::SystemTime;
use summary::{Snapshot, Summary};
use wasmtab_sdk::prelude::*;

const KEY: &str = "weekly-report";

/// A snapshot larger than this is not kept: state has a quota.
const MAX_SNAPSHOT: usize = 512 * 1024;

/// What is reported on, and where to.
#[param]
#[serde(default)]
struct Report {
    /// What is counted.
    directory: String,
    /// Where the report's files are written.
    target: String,
    /// The report's heading.
    title: String,
}

impl Default for Report {
    fn default() -> Self {
        Self {
            directory: "/data".to_owned(),
            target: "/reports".to_owned(),
            title: "Weekly report".to_owned(),
        }
    }
}

/// Writes a weekly CSV and HTML summary of a directory's files
#[handler(name = "WeeklyReportHandler")]
fn weekly_report(ctx: &Context, report: Report) -> Result<Value, Failure> {
    write_report(ctx, &report, SystemTime::now())
}

fn write_report(ctx: &Context, report: &Report, now: SystemTime) -> Result<Value, Failure> {
    let target = Path::new(&report.target);
    let listing = walk(Path::new(&report.directory), true, &[target]).or_give_up(|| "directory")?;
    let present = Snapshot::of(&listing.files);
    let last: Option<Snapshot> = state::get(KEY)?;
    let summary = Summary::new(&listing.files, &present, last.as_ref(), now);

    let stem = format!("report-{}", ctx.scheduled_date());
    let mut files = Vec::new();
    for (extension, content) in [
        ("csv", render::csv(&summary)),
        (
            "html",
            render::html(&summary, &report.title, &report.directory, ctx.scheduled_date()),
        ),
    ] {
        let path = target.join(format!("{stem}.{extension}"));
        fs::write(&path, content).or_give_up(|| format!("target {}", path.display()))?;
        files.push(path.to_string_lossy().into_owned());
    }
    // Only a report that was written moves the point that the next one compares with.
    keep(&present)?;
    info!(
        "{} files, {} bytes in {} folders",
        summary.total.files,
        summary.total.bytes,
        summary.folders.len()
    );
    Ok(json!({
        "reports": files,
        "files": summary.total.files,
        "bytes": summary.total.bytes,
        "lastWeek": summary.total.recent,
        "since": summary.changes,
    }))
}

fn keep(snapshot: &Snapshot) -> Result<(), Failure> {
    let size = wasmtab_sdk::serde_json::to_vec(snapshot)?.len();
    if size > MAX_SNAPSHOT {
        warn!("too many files to remember ({size} bytes): the next report cannot tell what changed");
        state::delete(KEY)?;
    } else {
        state::set(KEY, snapshot)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;
    use wasmtab_sdk::testing;

    fn place() -> (TempDir, Report) {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("data/sales")).unwrap();
        fs::create_dir(dir.path().join("reports")).unwrap();
        fs::write(dir.path().join("data/notes.txt"), "12345").unwrap();
        fs::write(dir.path().join("data/sales/<jan>.csv"), "1,2").unwrap();
        let report = Report {
            directory: dir.path().join("data").to_str().unwrap().to_owned(),
            target: dir.path().join("reports").to_str().unwrap().to_owned(),
            ..Report::default()
        };
        (dir, report)
    }

    fn run(report: &Report) -> Value {
        write_report(&testing::context(), report, SystemTime::UNIX_EPOCH).unwrap()
    }

    #[test]
    fn both_files_say_what_is_there() {
        let (dir, report) = place();
        let result = run(&report);
        assert_eq!(
            (&result["files"], &result["bytes"], &result["since"]),
            (&json!(2), &json!(8), &Value::Null)
        );
        let read = |name: &str| fs::read_to_string(dir.path().join("reports").join(name)).unwrap();
        let csv = read("report-2026-01-05.csv");
        assert_eq!(
            csv,
            "folder,files,bytes,writtenLastWeek\r\n.,1,5,1\r\nsales,1,3,1\r\ntotal,2,8,2\r\n"
        );
        let html = read("report-2026-01-05.html");
        assert!(
            html.contains("<td>sales</td>") && html.contains("Weekly report"),
            "{html}"
        );
    }

    #[test]
    fn the_second_report_tells_what_changed() {
        let (dir, report) = place();
        run(&report);
        fs::write(dir.path().join("data/new & old.txt"), "1").unwrap();
        fs::remove_file(dir.path().join("data/sales/<jan>.csv")).unwrap();
        fs::write(dir.path().join("data/notes.txt"), "123456").unwrap();
        let result = run(&report);
        assert_eq!(
            result["since"],
            json!({"added": 1, "changed": 1, "removed": 1, "names": [
                "+ new & old.txt", "* notes.txt", "- sales/<jan>.csv",
            ]})
        );
        let html = fs::read_to_string(dir.path().join("reports/report-2026-01-05.html")).unwrap();
        assert!(
            html.contains("- sales/&lt;jan&gt;.csv") && html.contains("+ new &amp; old.txt"),
            "{html}"
        );
    }

    #[test]
    fn a_missing_directory_ends_the_run_and_keeps_the_last_state() {
        let (_dir, report) = place();
        run(&report);
        let before: Option<Snapshot> = state::get(KEY).unwrap();
        let missing = Report {
            target: "/no/such/place".to_owned(),
            ..report
        };
        assert!(
            write_report(&testing::context(), &missing, SystemTime::UNIX_EPOCH)
                .unwrap_err()
                .is_permanent()
        );
        assert_eq!(state::get::<Snapshot>(KEY).unwrap(), before);
    }
}
