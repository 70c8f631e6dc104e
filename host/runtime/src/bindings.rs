//! Generated from `wit/job-1.0.0`.

wasmtime::component::bindgen!({
    path: "../../wit/job-1.0.0",
    world: "job",
    imports: {
        "wasmtab:job/state": async | trappable,
        default: trappable,
    },
    exports: { default: async },
    // What a guest is given is lent to it, in place of copied first.
    ownership: Borrowing { duplicate_if_necessary: true },
});
