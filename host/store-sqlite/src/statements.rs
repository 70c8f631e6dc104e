//! The statements that make runs and their rows of the log: each by itself, or both on one way to the connection's thread, which for a
//! start by hand takes as long as they do.
//!
//! Parameters are bound in the order of the text, those of the second statement after those of the first.

/// Makes runs. Takes what follows in the same text, what the runs share (JSON), the runs (JSON), and what follows takes.
macro_rules! insert_runs {
    ($then:ident, $($argument:expr),+ $(,)?) => {
        $then!(
            "WITH said AS MATERIALIZED (
                SELECT key AS number, value ->> 0 AS handler_name, value ->> 1 AS handler_param, value ->> 2 AS run_trigger,
                    value ->> 3 AS requested_by, value ->> 4 AS retry_of, value ->> 5 AS scheduled, value ->> 6 AS state,
                    value ->> 7 AS hold, value ->> 8 AS priority, value ->> 9 AS shard_index, value ->> 10 AS shard_count,
                    value ->> 11 AS upstream, value ->> 12 AS upstream_run, value ->> 13 AS chain_depth,
                    value ->> 14 AS boot_id
                FROM jsonb_each(?)
            )
            INSERT INTO run (id, job_id, job_name, revision, handler_name, handler_param, run_trigger, requested_by,
                retry_of, scheduled_at, fire_key, due_at, state, hold, priority, group_id, shard_index, shard_count,
                upstream, upstream_run, chain_depth, boot_id, attempts, attempt_id)
            SELECT new.id, new.job_id, new.job_name, new.revision, handler_name, handler_param, run_trigger, requested_by,
                retry_of, new.scheduled_at, iif(scheduled, 0, new.group_id), new.due_at, state, hold, priority, new.group_id,
                shard_index, shard_count, upstream, upstream_run, chain_depth, boot_id, boot_id IS NOT NULL,
                iif(boot_id IS NULL, NULL, new.id)
            FROM (
                SELECT value ->> 0 AS id, value ->> 1 AS job_id, value ->> 2 AS job_name, value ->> 3 AS revision,
                    value ->> 4 AS scheduled_at, value ->> 5 AS due_at, value ->> 6 AS group_id, value ->> 7 AS said
                FROM jsonb_each(?)
            ) AS new CROSS JOIN said ON said.number = new.said;",
            $($argument),+
        )
    };
}

/// Writes rows of the log for claims on runs that are there. Takes what comes before in the same text and what that takes, what the claims
/// share (JSON), their status, the instant, the node and its boot, and the claims (JSON).
macro_rules! insert_log_rows {
    ($before:literal, $($argument:expr),+ $(,)?) => {
        sqlx::query!(
            $before + "WITH said AS MATERIALIZED (
                SELECT key AS number, value ->> 0 AS param, value ->> '$[1][0]' AS plugin, value ->> '$[1][1]' AS version,
                    value ->> '$[1][2]' AS digest
                FROM jsonb_each(?)
            )
            INSERT INTO infra_job_log (id, job_id, job_name, revision, handler_name, handler_param, execute_index, status,
                run_id, run_trigger, requested_by, retry_of, scheduled_at, fire_key, policy, due_at, claimed_at, plugin,
                plugin_version, digest, node, boot_id, shard_index, shard_count, upstream_run)
            SELECT coalesce(new.attempt, run.id), run.job_id, run.job_name, run.revision, run.handler_name, said.param,
                coalesce(new.execute_index, 1), ?, run.id, run.run_trigger, run.requested_by, run.retry_of,
                run.scheduled_at, run.fire_key, run.policy, run.due_at, ?, said.plugin, said.version, said.digest, ?, ?,
                run.shard_index, run.shard_count, run.upstream_run
            FROM (
                SELECT value ->> 0 AS run, value ->> 1 AS said, value ->> 2 AS attempt, value ->> 3 AS execute_index
                FROM jsonb_each(?)
            ) AS new CROSS JOIN run ON run.id = new.run CROSS JOIN said ON said.number = new.said",
            $($argument),+
        )
    };
}

/// A statement by itself.
macro_rules! query {
    ($sql:literal, $($argument:expr),+ $(,)?) => { sqlx::query!($sql, $($argument),+) };
}

pub(crate) use {insert_log_rows, insert_runs, query};
