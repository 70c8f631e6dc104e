//! What has to be announced once a transaction has committed.

pub(crate) use wasmtab_store::Effects;
