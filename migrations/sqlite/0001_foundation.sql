-- Instants are microseconds since 1970-01-01T00:00:00Z; intervals are seconds; `duration` is milliseconds.

-- The job table: what each job says, and how far its fires are decided.
CREATE TABLE infra_job (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    name             TEXT    NOT NULL UNIQUE,
    status           TEXT    NOT NULL,
    handler_name     TEXT    NOT NULL,
    handler_param    TEXT,
    cron_expression  TEXT,
    cron_dialect     TEXT,
    every            INTEGER,
    timezone         TEXT    NOT NULL,
    start_at         INTEGER,
    end_at           INTEGER,
    retry_count      INTEGER NOT NULL,
    retry_interval   INTEGER NOT NULL,
    retry_backoff    TEXT    NOT NULL, -- JSON
    retry_on         TEXT    NOT NULL, -- JSON
    monitor_timeout  INTEGER NOT NULL,
    fuel             INTEGER,
    memory_limit     INTEGER NOT NULL,
    overlap          TEXT    NOT NULL,
    misfire          TEXT    NOT NULL,
    catch_up_window  INTEGER NOT NULL,
    jitter           INTEGER NOT NULL DEFAULT 0,
    priority         INTEGER NOT NULL DEFAULT 0,
    max_runs         INTEGER,
    blackouts        TEXT    NOT NULL DEFAULT '[]', -- JSON
    shards           INTEGER NOT NULL DEFAULT 1,
    warn_after       INTEGER,
    retry_version    TEXT    NOT NULL DEFAULT 'current',
    on_success       TEXT    NOT NULL DEFAULT '[]', -- JSON
    on_failure       TEXT    NOT NULL DEFAULT '[]', -- JSON
    labels           TEXT    NOT NULL DEFAULT '[]', -- JSON
    owner            TEXT,
    runbook          TEXT,
    revision         INTEGER NOT NULL,
    source           TEXT,             -- the collection of documents that made it
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL,
    -- The pause that lies over the declared state.
    paused_at        INTEGER,
    paused_until     INTEGER,
    paused_by        TEXT,
    paused_note      TEXT,
    -- The first fire that is not decided, when the planner looks, and the newest instant ever decided.
    next_fire_at     INTEGER,
    plan_at          INTEGER,
    decided_until    INTEGER,
    released         INTEGER NOT NULL DEFAULT 0 -- fires that ran or will: what max_runs counts
) STRICT;

CREATE INDEX infra_job_plan ON infra_job (plan_at) WHERE plan_at IS NOT NULL;
CREATE INDEX infra_job_handler ON infra_job (handler_name);
CREATE INDEX infra_job_blackouts ON infra_job (name) WHERE blackouts <> '[]';
CREATE INDEX infra_job_paused ON infra_job (paused_at) WHERE paused_at IS NOT NULL;

-- The labels of jobs once more, to find jobs by them.
CREATE TABLE job_label (
    label  TEXT    NOT NULL,
    job_id INTEGER NOT NULL,
    PRIMARY KEY (label, job_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX job_label_job ON job_label (job_id);

-- What a job said from an instant on; a revision without a specification is its deletion.
CREATE TABLE job_revision (
    job_id     INTEGER NOT NULL,
    revision   INTEGER NOT NULL,
    spec       TEXT, -- JSON
    policy     TEXT, -- JSON: the part of it that is fixed when a run is released
    created_at INTEGER NOT NULL, -- of the job: the anchor of its grid
    valid_from INTEGER NOT NULL,
    changed_by TEXT    NOT NULL,
    PRIMARY KEY (job_id, revision)
) STRICT, WITHOUT ROWID;

CREATE TABLE job_pause (
    id        INTEGER PRIMARY KEY,
    job_id    INTEGER NOT NULL,
    paused_at INTEGER NOT NULL,
    until     INTEGER,
    note      TEXT,
    paused_by TEXT    NOT NULL,
    ended_at  INTEGER,
    ended_by  TEXT
) STRICT;

CREATE INDEX job_pause_job ON job_pause (job_id);

-- Named lists of windows in which jobs must not fire.
CREATE TABLE calendar (
    name       TEXT    PRIMARY KEY,
    windows    TEXT    NOT NULL, -- JSON
    updated_at INTEGER NOT NULL,
    updated_by TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

-- The queue: runs that have not ended. An ended run is its last row in infra_job_log.
CREATE TABLE run (
    id            INTEGER PRIMARY KEY,
    job_id        INTEGER,
    job_name      TEXT,
    revision      INTEGER,
    policy        TEXT, -- JSON; none: the revision's
    handler_name  TEXT    NOT NULL,
    handler_param TEXT,
    run_trigger   TEXT    NOT NULL,
    requested_by  TEXT,
    retry_of      INTEGER,
    scheduled_at  INTEGER NOT NULL,
    fire_key      INTEGER NOT NULL, -- 0 for a fire of the schedule, else the run's own id
    due_at        INTEGER NOT NULL,
    state         TEXT    NOT NULL, -- scheduled, queued, running, waitingRetry
    hold          TEXT,             -- turn, paused, handler, capacity; none: claimable when due
    attempts      INTEGER NOT NULL DEFAULT 0,
    retries       INTEGER NOT NULL DEFAULT 0,
    abandons      INTEGER NOT NULL DEFAULT 0,
    attempt_id    INTEGER,          -- the newest attempt: the fencing token
    boot_id       INTEGER,          -- the process that owns it; none while its work goes on elsewhere
    cancel_by     TEXT,
    priority      INTEGER NOT NULL DEFAULT 0,
    group_id      INTEGER NOT NULL, -- the first shard's id: overlap sees the shards of a fire as one
    shard_index   INTEGER NOT NULL DEFAULT 0,
    shard_count   INTEGER NOT NULL DEFAULT 1,
    upstream      TEXT,             -- JSON: what a chain hands on
    upstream_run  INTEGER,
    chain_depth   INTEGER NOT NULL DEFAULT 0,
    pending_until INTEGER,          -- its work goes on elsewhere, at most until then
    warn_at       INTEGER           -- when its work that goes on elsewhere has gone on for as long as warn_after
) STRICT;

CREATE UNIQUE INDEX run_fire ON run (job_id, scheduled_at, fire_key, shard_index);
CREATE INDEX run_claimable ON run (priority, due_at) WHERE state <> 'running' AND hold IS NULL;
CREATE INDEX run_running ON run (handler_name) WHERE state = 'running';
CREATE INDEX run_pending ON run (pending_until) WHERE pending_until IS NOT NULL;
CREATE INDEX run_warn ON run (warn_at) WHERE warn_at IS NOT NULL;
CREATE INDEX run_retry ON run (retry_of) WHERE retry_of IS NOT NULL;
CREATE INDEX run_turn ON run (job_id, group_id, hold) WHERE hold = 'turn';
CREATE INDEX run_handler_hold ON run (handler_name, hold) WHERE hold IS NOT NULL;

-- The log: an attempt a row, or fires that were decided not to run.
CREATE TABLE infra_job_log (
    id              INTEGER PRIMARY KEY, -- rises with time; a run's first attempt bears the run's id
    job_id          INTEGER,
    job_name        TEXT,
    revision        INTEGER,
    handler_name    TEXT    NOT NULL,
    handler_param   TEXT,
    execute_index   INTEGER NOT NULL,
    begin_time      INTEGER,
    end_time        INTEGER,
    duration        INTEGER,
    status          TEXT    NOT NULL,
    result          TEXT,
    run_id          INTEGER,
    run_trigger     TEXT    NOT NULL,
    requested_by    TEXT,
    retry_of        INTEGER,
    scheduled_at    INTEGER NOT NULL,
    fire_key        INTEGER NOT NULL,
    scheduled_until INTEGER,
    fire_count      INTEGER,
    reason          TEXT,
    blocked_by      INTEGER,
    policy          TEXT, -- JSON; of runs without a job, so that they can be repeated alike
    due_at          INTEGER,
    claimed_at      INTEGER,
    plugin          TEXT,
    plugin_version  INTEGER,
    digest          TEXT,
    node            TEXT,
    boot_id         INTEGER,
    fuel_used       INTEGER,
    peak_memory     INTEGER,
    error           TEXT,
    backtrace       TEXT,
    refusals        TEXT, -- JSON
    log_lines       INTEGER NOT NULL DEFAULT 0,
    log_cut_lines   INTEGER NOT NULL DEFAULT 0,
    retry_at        INTEGER,
    cancel_by       TEXT,
    last            INTEGER NOT NULL DEFAULT 0,
    shard_index     INTEGER NOT NULL DEFAULT 0,
    shard_count     INTEGER NOT NULL DEFAULT 1,
    upstream_run    INTEGER,
    warned_at       INTEGER -- when it had gone on for as long as the job's warn_after
) STRICT;

-- No fire is decided twice; also the order of a job's history.
CREATE UNIQUE INDEX infra_job_log_fire ON infra_job_log (job_id, scheduled_at, fire_key, shard_index, execute_index);
-- First attempts are found by their own id.
CREATE INDEX infra_job_log_run ON infra_job_log (run_id) WHERE execute_index > 1;
CREATE INDEX infra_job_log_retry ON infra_job_log (retry_of) WHERE retry_of IS NOT NULL;

CREATE TABLE attempt_log (
    attempt_id INTEGER PRIMARY KEY,
    log        TEXT NOT NULL -- JSON
) STRICT;

CREATE TABLE plugin (
    name           TEXT    PRIMARY KEY,
    active_version INTEGER,
    created_at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE plugin_version (
    plugin      TEXT    NOT NULL,
    version     INTEGER NOT NULL,
    label       TEXT,
    digest      TEXT    NOT NULL,
    facts       TEXT    NOT NULL, -- JSON
    description TEXT,             -- JSON
    created_at  INTEGER NOT NULL,
    created_by  TEXT    NOT NULL,
    deleted     INTEGER NOT NULL DEFAULT 0, -- the number is never given again
    PRIMARY KEY (plugin, version)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX plugin_version_digest ON plugin_version (plugin, digest) WHERE NOT deleted;
CREATE UNIQUE INDEX plugin_version_label ON plugin_version (plugin, label) WHERE label IS NOT NULL AND NOT deleted;

CREATE TABLE plugin_content (
    digest  TEXT PRIMARY KEY,
    content BLOB NOT NULL
) STRICT;

CREATE TABLE plugin_activation (
    id           INTEGER PRIMARY KEY,
    plugin       TEXT    NOT NULL,
    version      INTEGER NOT NULL,
    activated_at INTEGER NOT NULL,
    activated_by TEXT    NOT NULL
) STRICT;

CREATE INDEX plugin_activation_plugin ON plugin_activation (plugin);

CREATE TABLE handler (
    name       TEXT    PRIMARY KEY,
    plugin     TEXT    NOT NULL,
    version    INTEGER,
    grants     TEXT    NOT NULL, -- JSON
    revision   INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    updated_by TEXT    NOT NULL,
    -- Attempts that go on at once; none for no bound of its own.
    max_concurrency INTEGER,
    -- Nothing is claimed for it while it is held.
    held_at    INTEGER,
    held_by    TEXT,
    held_note  TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX handler_bounded ON handler (name) WHERE held_at IS NOT NULL OR max_concurrency IS NOT NULL;

CREATE TABLE handler_secret (
    handler TEXT NOT NULL,
    name    TEXT NOT NULL,
    value   TEXT NOT NULL,
    PRIMARY KEY (handler, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE handler_state (
    scope TEXT NOT NULL,
    key   TEXT NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE api_token (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT    NOT NULL,
    role       TEXT    NOT NULL,
    hash       TEXT    NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    created_by TEXT    NOT NULL,
    expires_at INTEGER
) STRICT;

CREATE TABLE audit (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    at           INTEGER NOT NULL,
    by           TEXT    NOT NULL,
    action       TEXT    NOT NULL,
    subject      TEXT    NOT NULL,
    state_before TEXT, -- JSON
    state_after  TEXT  -- JSON
) STRICT;

CREATE TABLE idempotency_key (
    key          TEXT    PRIMARY KEY,
    request_hash TEXT    NOT NULL,
    status       INTEGER,
    body         TEXT,
    taken_at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE setting (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE node (
    boot_id     INTEGER PRIMARY KEY,
    name        TEXT    NOT NULL,
    started_at  INTEGER NOT NULL,
    seen_at     INTEGER NOT NULL,
    lease_until INTEGER NOT NULL,
    stopped_at  INTEGER
) STRICT;

-- Where messages are sent.
CREATE TABLE alert_channel (
    name       TEXT    PRIMARY KEY,
    url        TEXT    NOT NULL,
    secret     TEXT,
    enabled    INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    updated_by TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

-- Who is told of what.
CREATE TABLE alert_rule (
    name       TEXT    PRIMARY KEY,
    scope      TEXT    NOT NULL, -- JSON
    occasions  TEXT    NOT NULL, -- JSON
    channel    TEXT    NOT NULL,
    updated_at INTEGER NOT NULL,
    updated_by TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX alert_rule_channel ON alert_rule (channel);

-- Times in which nobody is told.
CREATE TABLE alert_silence (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    scope      TEXT    NOT NULL, -- JSON
    until      INTEGER NOT NULL,
    note       TEXT,
    created_at INTEGER NOT NULL,
    created_by TEXT    NOT NULL
) STRICT;

CREATE INDEX alert_silence_until ON alert_silence (until);

-- Jobs whose last run that was not cancelled had failed; kept as long as there are rules.
CREATE TABLE alert_failing (
    job_id INTEGER PRIMARY KEY,
    run_id INTEGER NOT NULL, -- the first that failed
    since  INTEGER NOT NULL
) STRICT;

-- Messages, written in the transaction that ends the run they tell of.
CREATE TABLE alert_delivery (
    id          INTEGER PRIMARY KEY, -- rises with time
    channel     TEXT    NOT NULL,
    event       TEXT    NOT NULL,
    run_id      INTEGER,
    job_id      INTEGER,
    job_name    TEXT,
    body        TEXT    NOT NULL, -- JSON
    status      TEXT    NOT NULL, -- pending, delivered, failed, silenced
    tries       INTEGER NOT NULL DEFAULT 0,
    created_at  INTEGER NOT NULL,
    next_at     INTEGER,
    taken       INTEGER NOT NULL DEFAULT 0, -- a try is under way, or its process died over it
    ended_at    INTEGER,
    answer      INTEGER,
    error       TEXT,
    silenced_by INTEGER
) STRICT;

-- One message a run, channel and event.
CREATE UNIQUE INDEX alert_delivery_once ON alert_delivery (run_id, event, channel) WHERE run_id IS NOT NULL;
CREATE INDEX alert_delivery_due ON alert_delivery (channel, next_at) WHERE status = 'pending';
