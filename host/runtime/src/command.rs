//! How a `wasi:cli/command` gets what a handler gets by the world's own interface.
//!
//! Arguments are `[handlerName, handlerParam]`; the parameter is on stdin too. The variables are the ones of [`VARIABLES`]; a
//! variable whose value does not exist is not set. Nothing of the host's own environment is seen.

use wasmtime_wasi::{WasiCtxBuilder, p2::pipe::MemoryInputPipe};

use crate::{attempt::AttemptContext, host::CommandInput};

/// The variables that a command sees, and what they hold.
pub const VARIABLES: &[(&str, &str)] = &[
    (
        "WASMTAB_RUN_ID",
        "the run's id, stable over its attempts: the idempotency key",
    ),
    ("WASMTAB_JOB_ID", "the job's id; not set for a delayed call"),
    ("WASMTAB_JOB_NAME", "the job's name; not set for a delayed call"),
    ("WASMTAB_HANDLER_NAME", "the name that the job calls"),
    (
        "WASMTAB_EXECUTE_INDEX",
        "the attempt's number within the run, from 1",
    ),
    ("WASMTAB_TRIGGER", "cron, manual, call, backfill or chain"),
    (
        "WASMTAB_SCHEDULED_AT",
        "the planned instant, RFC 3339 with the job's offset",
    ),
    (
        "WASMTAB_DEADLINE",
        "the instant at which the attempt is stopped, RFC 3339 in UTC",
    ),
    ("WASMTAB_SHARD_INDEX", "from 0"),
    ("WASMTAB_SHARD_COUNT", "1 unless the job is sharded"),
    (
        "WASMTAB_COMPLETION_TOKEN",
        "the one-run token, where there is one",
    ),
    (
        "WASMTAB_UPSTREAM_RUN_ID",
        "the run that started this one, where a chain did",
    ),
    ("WASMTAB_UPSTREAM_JOB_NAME", "its job's name"),
    ("WASMTAB_UPSTREAM_STATUS", "its last attempt's status"),
    ("WASMTAB_UPSTREAM_RESULT", "its result, where it has one"),
];

pub(crate) fn prepare(wasi: &mut WasiCtxBuilder, input: &CommandInput<'_>) {
    wasi.args(&[input.context.handler_name.as_str(), input.param]);
    wasi.stdin(MemoryInputPipe::new(input.param.to_owned()));
    for (name, _) in VARIABLES {
        if let Some(value) = value(input.context, name) {
            wasi.env(name, value);
        }
    }
}

fn value(context: &AttemptContext, name: &str) -> Option<String> {
    let upstream = context.upstream.as_ref();
    match name {
        "WASMTAB_RUN_ID" => Some(context.run_id.clone()),
        "WASMTAB_JOB_ID" => context.job_id.map(|id| id.to_string()),
        "WASMTAB_JOB_NAME" => context.job_name.clone(),
        "WASMTAB_HANDLER_NAME" => Some(context.handler_name.clone()),
        "WASMTAB_EXECUTE_INDEX" => Some(context.execute_index.to_string()),
        "WASMTAB_TRIGGER" => Some(context.trigger.to_string()),
        "WASMTAB_SCHEDULED_AT" => Some(context.scheduled_at.clone()),
        "WASMTAB_DEADLINE" => Some(context.deadline.clone()),
        "WASMTAB_SHARD_INDEX" => Some(context.shard_index.to_string()),
        "WASMTAB_SHARD_COUNT" => Some(context.shard_count.to_string()),
        "WASMTAB_COMPLETION_TOKEN" => context.completion_token.clone(),
        "WASMTAB_UPSTREAM_RUN_ID" => upstream.map(|run| run.run_id.clone()),
        "WASMTAB_UPSTREAM_JOB_NAME" => upstream.map(|run| run.job_name.clone()),
        "WASMTAB_UPSTREAM_STATUS" => upstream.map(|run| run.status.clone()),
        "WASMTAB_UPSTREAM_RESULT" => upstream.and_then(|run| run.result.clone()),
        _ => None,
    }
}
