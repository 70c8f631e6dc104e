//! What the command prints: counts and the way on, the fires side by side, and all of it as JSON.

use serde_json::{Value, json};
use wasmtab_domain::time::Timestamp;
use wasmtab_import::{Finding, Import, Imported, Weight, compare::Comparison};

use super::write::Target;
use crate::output::{
    cell,
    clean::line,
    table::{column, render},
};

/// The whole import; `comparisons` stand beside the jobs where they were asked for.
pub(super) fn json(
    import: &Import,
    comparisons: Option<&[Comparison]>,
    from: &str,
    target: &Target,
) -> Value {
    let items: Vec<Value> = import
        .jobs
        .iter()
        .enumerate()
        .map(|(at, job)| item(job, comparisons.and_then(|all| all.get(at))))
        .collect();
    let left_out: Vec<Value> = import
        .left_out
        .iter()
        .map(|job| json!({ "origin": job.origin, "name": job.name, "reason": job.reason }))
        .collect();
    json!({
        "source": import.source.word(),
        "from": from,
        "timezone": import.timezone.name(),
        "out": target.out_shown(),
        "report": target.report.display().to_string(),
        "items": items,
        "leftOut": left_out,
        "notes": import.notes,
        "warnings": import.warnings,
    })
}

fn item(job: &Imported, comparison: Option<&Comparison>) -> Value {
    let mut item = json!({
        "origin": job.origin,
        "name": job.draft.name,
        "state": job.state(),
        "job": job.draft,
        "findings": job.findings.iter().map(finding).collect::<Vec<_>>(),
    });
    if let Some(comparison) = comparison {
        let shown = |fires: &[Timestamp]| -> Vec<String> {
            fires
                .iter()
                .map(|fire| fire.in_zone(comparison.timezone))
                .collect()
        };
        item["compare"] = json!({
            "old": comparison.old.as_deref().map(shown),
            "new": shown(&comparison.new),
            "equal": comparison.is_equal(),
            "differences": comparison.differences,
            "remark": comparison.remark,
        });
    }
    item
}

fn finding(finding: &Finding) -> Value {
    let weight = match finding.weight {
        Weight::Decide => "decide",
        Weight::Note => "note",
    };
    json!({ "weight": weight, "field": finding.field, "text": finding.text })
}

/// The fires of both systems, a line each, and below them what differs.
pub(super) fn comparison(import: &Import, comparisons: &[Comparison]) -> String {
    let mut rows = Vec::new();
    for comparison in comparisons {
        let zone = comparison.timezone;
        let shown = |fire: Option<&Timestamp>| {
            fire.map_or_else(|| "-".into(), |fire| cell::instant(&fire.in_zone(zone)))
        };
        let old = comparison.old.as_deref().unwrap_or_default();
        let lines = old.len().max(comparison.new.len()).max(1);
        for at in 0..lines {
            let differs = comparison.old.is_some() && old.get(at) != comparison.new.get(at);
            let first = at == 0;
            rows.push(json!({
                "job": if first { line(&comparison.name) } else { String::new() },
                "old": shown(old.get(at)),
                "new": shown(comparison.new.get(at)),
                "flag": if differs { "differs" } else { "" },
            }));
        }
        let remarks = comparison.differences.iter().chain(&comparison.remark);
        rows.extend(remarks.map(|text| json!({ "job": "", "old": "", "new": "", "flag": line(text) })));
    }
    let old = import.source.title();
    let columns = [
        column("JOB", |row| cell::raw(row, "/job").unwrap_or_default().into()),
        column("THERE", |row| cell::raw(row, "/old").unwrap_or_default().into()),
        column("HERE", |row| cell::raw(row, "/new").unwrap_or_default().into()),
        column("", |row| cell::raw(row, "/flag").unwrap_or_default().into()),
    ];
    format!(
        "next fires: THERE is {old}, HERE is wasmtab\n\n{}\n",
        render(&columns, &rows, "no jobs to compare")
    )
}

/// Counts, and how to go on.
pub(super) fn summary(import: &Import, comparisons: &[Comparison], target: &Target) -> String {
    let title = import.source.title();
    let [ready, review, stopped] =
        ["import:ready", "import:review", "import:stopped"].map(|label| import.count(label));
    let different = comparisons
        .iter()
        .filter(|comparison| !comparison.is_equal())
        .count();
    let (jobs, report) = (target.out_shown(), target.report.display());
    let mut lines = vec![
        format!("{} jobs from {title}, all stopped, in {jobs}", import.jobs.len()),
        format!("  {ready} ran there, with nothing left to decide (import:ready)"),
        format!("  {review} ran there, with something to decide (import:review)"),
        format!("  {stopped} were stopped there (import:stopped)"),
    ];
    if !import.left_out.is_empty() {
        lines.push(format!("{} left out", import.left_out.len()));
    }
    if different > 0 {
        lines.push(format!(
            "{different} of them with other fires than in {title}, now or at a clock change"
        ));
    }
    lines.push(format!("the report {report} has every reason; next:\n"));
    lines.push(format!(
        "  wasmtab apply -f {jobs} --source {} --dry-run\n",
        import.source.word()
    ));
    lines.join("\n")
}
