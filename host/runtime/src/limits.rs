//! Every bound that the sandbox sets, in one table.
//!
//! What a job or a handler sets for itself (time, fuel, memory, state quota) is not here.

use std::time::Duration;

pub use wasmtab_domain::limits::{LOG_BYTES, LOG_LINES, PARAM_BYTES, RESULT_BYTES};
pub use wasmtab_upload::limits::{
    CORE_INSTANCES, MEMORIES, TABLE_ELEMENTS, TABLES, UPLOAD_FUNCTION_BYTES, UPLOAD_FUNCTIONS,
    UPLOAD_MODULES, UPLOAD_NESTING, UPLOAD_SECTIONS,
};

/// Bytes of an uploaded file. Components from Python and JavaScript have 12 to 35 MB.
pub const UPLOAD_BYTES: usize = 64 * 1024 * 1024;
/// Address space of the compile child. A Python component takes 2 to 3 GB.
pub const COMPILE_ADDRESS_SPACE: u64 = 8 * 1024 * 1024 * 1024;
/// CPU seconds of the compile child, all threads together.
pub const COMPILE_CPU_SECONDS: u64 = 300;
/// Wall time of the compile child.
pub const COMPILE_WALL: Duration = Duration::from_mins(5);
/// Threads of the compile child.
pub const COMPILE_THREADS: usize = 4;
/// Bytes of a file that the compile child writes.
pub const COMPILED_BYTES: u64 = 1024 * 1024 * 1024;
/// Bytes of what the compile child says besides (its last words before it died).
pub const COMPILE_STDERR_BYTES: u64 = 64 * 1024;

/// Compiled handlers that stay in memory; they are mapped files, so an entry costs little until it is used.
pub const LOADED_HANDLERS: usize = 256;

/// Bytes of a core instance's or component instance's own bookkeeping.
pub const INSTANCE_BYTES: usize = 1024 * 1024;
/// Bytes that one host call may copy out of a guest (arguments) before it traps.
pub const HOSTCALL_BYTES: usize = 16 * 1024 * 1024;
/// Handles (streams, files, requests) that a guest holds at once.
pub const HANDLES: usize = 4_096;
/// Bytes of randomness in one call.
pub const RANDOM_BYTES: u64 = 64 * 1024;

/// Bytes of one log line; the rest of a longer one is cut and counted.
pub const LOG_LINE_BYTES: usize = 16 * 1024;
/// Bytes of the topic that a log call bears.
pub const LOG_TARGET_BYTES: usize = 256;
/// Bytes of a progress report's message.
pub const PROGRESS_BYTES: usize = 1024;
/// Fuel after which a guest that only computes is counted and lets others run: about half a millisecond of work.
pub const FUEL_SLICE: u64 = 1_000_000;
/// Bytes of an attempt's error text.
pub const ERROR_BYTES: usize = wasmtab_domain::limits::ERROR_BYTES;
/// Lines of stderr that a command's failure quotes.
pub const ERROR_STDERR_LINES: usize = 5;
/// Frames of a backtrace.
pub const BACKTRACE_FRAMES: usize = 64;
/// Refusals that an attempt records; more are only counted in the last one's place.
pub const REFUSALS: usize = 32;

/// Time that `describe` has.
pub const DESCRIBE_TIMEOUT: Duration = Duration::from_secs(5);
/// Bytes of each text of a description; its schema may have [`PARAM_BYTES`].
pub const DESCRIBE_TEXT_BYTES: usize = 1024;

/// Time to make a connection: resolve, connect, TLS.
pub const HTTP_CONNECT: Duration = Duration::from_secs(30);
/// Bytes of headers that the guest holds in one set of fields.
pub const HTTP_FIELD_BYTES: usize = 128 * 1024;
/// Bytes of one response's headers.
pub const HTTP_RESPONSE_HEADER_BYTES: usize = 128 * 1024;
/// Headers of one response.
pub const HTTP_RESPONSE_HEADERS: usize = 256;
/// Bytes of one response body.
pub const HTTP_RESPONSE_BYTES: u64 = 256 * 1024 * 1024;
/// Requests that one attempt has under way.
pub const HTTP_CONCURRENT: usize = 32;
/// Idle connections that are kept for one address.
pub const HTTP_IDLE_PER_HOST: usize = 8;
/// Idle connections that are kept at all.
pub const HTTP_IDLE: usize = 256;
/// How long an idle connection may take to be ready again before a new one is made.
pub const HTTP_IDLE_READY: Duration = Duration::from_millis(50);
/// How long an idle connection is kept.
pub const HTTP_IDLE_TIME: Duration = Duration::from_mins(1);

/// Bytes of a state key.
pub const STATE_KEY_BYTES: usize = 255;
/// Keys that one `list` call answers.
pub const STATE_LIST: u32 = 1_000;
