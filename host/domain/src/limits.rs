//! The limits on what a job, a handler and a server's settings may say, in one table.

/// Bytes of a job's or a handler's name.
pub const NAME_BYTES: usize = 255;
/// Bytes of a handler parameter: 64 KiB.
pub const PARAM_BYTES: usize = 64 * 1024;
/// Bytes of a result: 256 KiB.
pub const RESULT_BYTES: usize = 256 * 1024;
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
