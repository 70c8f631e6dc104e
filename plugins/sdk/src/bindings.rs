//! The world `wasmtab:job/job`, as generated. The attribute macro speaks to it; handlers need not.
#![expect(clippy::pedantic, reason = "generated")]

wit_bindgen::generate!({
    path: "../../wit/job-1.0.0",
    world: "job",
    generate_all,
    pub_export_macro: true,
    default_bindings_module: "::wasmtab_sdk::bindings",
});
