//! An attempt's report as the API would show the attempt.

use serde_json::{Value, json};
use wasmtab_runtime::AttemptReport;

/// The members that only the caller knows are added by it.
pub(crate) fn view(report: &AttemptReport) -> Value {
    json!({
        "status": report.status,
        "result": report.result,
        "error": report.error,
        "permanent": report.permanent,
        "pending": report.pending,
        "backtrace": report.backtrace,
        "duration": u64::try_from(report.duration.as_millis()).unwrap_or(u64::MAX),
        "fuelUsed": report.fuel_used,
        "peakMemory": report.peak_memory,
        "exitCode": report.exit_code,
        "refusals": report.refusals,
        "logs": report.logs.lines,
        "logLines": report.logs.lines.len(),
        "logCutLines": report.logs.cut_lines,
        "logCutBytes": report.logs.cut_bytes,
    })
}
