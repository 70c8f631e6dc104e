//! The limits on what a job, a handler and a server's settings may say, in one table.

/// Bytes of a job's or a handler's name.
pub const NAME_BYTES: usize = 255;
/// Bytes of a handler parameter: 64 KiB.
pub const PARAM_BYTES: usize = 64 * 1024;
/// Bytes of a result: 256 KiB.
pub const RESULT_BYTES: usize = 256 * 1024;
/// Bytes of an error: 16 KiB.
pub const ERROR_BYTES: usize = 16 * 1024;
/// Bytes of one attempt's log: 1 MiB.
pub const LOG_BYTES: usize = 1024 * 1024;
/// Lines of one attempt's log.
pub const LOG_LINES: usize = 10_000;
/// Bytes of a note (why something was paused).
pub const NOTE_BYTES: usize = 1_000;
/// Most retries a job may ask for.
pub const RETRIES: u32 = 1_000;
/// Bytes of linear memory below which no guest can do anything useful: one wasm page.
pub const MIN_MEMORY: u64 = 64 * 1024;
/// Bytes of linear memory that an attempt may have unless the job says otherwise: 256 MiB.
pub const DEFAULT_MEMORY: u64 = 256 * 1024 * 1024;
/// How far priorities reach from 0, both ways.
pub const PRIORITY: i32 = 1_000;
/// Runs that one fire may be cut into.
pub const SHARDS: u32 = 1_000;
/// Labels of one job.
pub const LABELS: usize = 64;
/// Bytes of a label.
pub const LABEL_BYTES: usize = 63;
/// Jobs that one end may start.
pub const CHAINED_JOBS: usize = 32;
/// Chain starts that may follow one another.
pub const CHAIN_DEPTH: u32 = 32;
/// Windows of a job's blackouts or of a calendar.
pub const BLACKOUT_WINDOWS: usize = 1_000;
/// Attempts that a handler's bound may let go on at once.
pub const HANDLER_CONCURRENCY: u32 = 10_000;
/// Instants that one backfill runs, its shards counted singly.
pub const BACKFILL_RUNS: usize = 10_000;
/// Ended runs that one operation repeats.
pub const REPEATED_RUNS: usize = 10_000;
