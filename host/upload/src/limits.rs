//! How large an upload may be in every way that costs something to look at or to run.

/// Core functions of an upload, all its modules together. A Python component has about 40,000.
pub const UPLOAD_FUNCTIONS: u32 = 400_000;
/// Bytes of one function's body; compile time grows faster than this does.
pub const UPLOAD_FUNCTION_BYTES: usize = 4 * 1024 * 1024;
/// How deep components and modules of an upload may be nested.
pub const UPLOAD_NESTING: usize = 16;
/// Modules and components within an upload.
pub const UPLOAD_MODULES: u32 = 256;
/// Sections of an upload, custom ones among them, all levels together.
pub const UPLOAD_SECTIONS: u32 = 100_000;

/// Core instances of one attempt. A Python component has about 30.
pub const CORE_INSTANCES: u32 = 64;
/// Linear memories of one attempt.
pub const MEMORIES: u32 = 32;
/// Tables of one attempt.
pub const TABLES: u32 = 64;
/// Elements of one table.
pub const TABLE_ELEMENTS: usize = 100_000;
