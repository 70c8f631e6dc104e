//! What people write: files, fields, instants.

pub(crate) mod document;
pub(crate) mod file;
pub(crate) mod grants;
pub(crate) mod job_fields;
pub(crate) mod lang;
pub(crate) mod when;
pub(crate) mod yaml;
