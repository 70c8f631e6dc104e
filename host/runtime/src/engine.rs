//! The engine's settings. Whatever changes the compiled code is in [`tunables`], which the compile child and the pool share.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    num::NonZeroUsize,
};

use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, OperatorCost, PoolingAllocationConfig,
    WasmBacktraceDetails,
};

use crate::{
    config::RuntimeConfig,
    decommit,
    limits::{BACKTRACE_FRAMES, CORE_INSTANCES, INSTANCE_BYTES, MEMORIES, TABLE_ELEMENTS, TABLES},
};

/// The largest linear memory of a 32-bit guest, which is also the address space that is reserved for each.
const MEMORY_RESERVATION: u64 = 4 << 30;

/// Settings that decide what the compiled code looks like.
fn tunables() -> Config {
    let mut cost = OperatorCost::new();
    // A bulk operation is as much work as it moves bytes, so it costs that much.
    cost.variable.memory_copy_per_byte = 1;
    cost.variable.memory_fill_per_byte = 1;
    cost.variable.memory_init_per_byte = 1;
    cost.variable.table_copy_per_element = 1;
    cost.variable.table_fill_per_element = 1;
    cost.variable.table_init_per_element = 1;

    let mut config = Config::new();
    config
        .wasm_component_model(true)
        // WASI 0.3 and its async ABI are experimental in wasmtime 48 and get no security patches there; they are not even
        // compiled in (the feature `component-model-async`). Nor are threads, GC and exceptions.
        .concurrency_support(false)
        // Shared memory bypasses both limiter and pool.
        .shared_memory(false)
        // No guest toolchain needs these, and each widens what limiter and pool must cover.
        .wasm_memory64(false)
        .wasm_multi_memory(false)
        .wasm_tail_call(false)
        .consume_fuel(true)
        .operator_cost(cost)
        .epoch_interruption(true)
        // Bounds checks fall away with a reservation of the whole address range of a 32-bit memory.
        .memory_reservation(MEMORY_RESERVATION)
        .memory_guard_size(32 << 20)
        .memory_may_move(false)
        // The default reads an environment variable.
        .wasm_backtrace_details(WasmBacktraceDetails::Enable)
        .wasm_backtrace_max_frames(NonZeroUsize::new(BACKTRACE_FRAMES))
        // Only native debuggers want it, and registering it is slow with many modules.
        .native_unwind_info(false)
        // A later attempt gets the stack of an earlier one.
        .async_stack_zeroing(true);
    config
}

/// The engine that compiles: it allocates nothing ahead, so that it fits under an address space limit.
pub(crate) fn compiling() -> wasmtime::Result<Engine> {
    Engine::new(&tunables())
}

/// The engine that runs guests: from a pool where the address space allows it, else on demand.
pub(crate) fn running(config: &RuntimeConfig) -> wasmtime::Result<Engine> {
    let mut pooled = tunables();
    pooled.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(config)));
    match Engine::new(&pooled) {
        Ok(engine) => Ok(engine),
        Err(error) => {
            tracing::warn!(
                concurrency = config.max_concurrency,
                error = format!("{error:#}"),
                "the address space has no room for a pool of instances: they are made on demand, which is slower",
            );
            compiling()
        }
    }
}

/// An engine whose code counts no fuel and looks at no epoch: nothing stops its guests.
pub(crate) fn unmetered(config: &RuntimeConfig) -> wasmtime::Result<Engine> {
    let mut unmetered = tunables();
    unmetered
        .consume_fuel(false)
        .epoch_interruption(false)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool(config)));
    Engine::new(&unmetered)
}

/// A guest of the usual kind is four core instances (itself, the preview-1 adapter and two shims) with one memory; a Python
/// guest is thirty. The pool is sized for the usual kind everywhere and some of the others.
fn pool(config: &RuntimeConfig) -> PoolingAllocationConfig {
    let attempts = config.max_concurrency.max(1);
    let stores = attempts.saturating_add(4);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(stores)
        .total_stacks(stores)
        .total_core_instances(attempts.saturating_mul(4).saturating_add(CORE_INSTANCES))
        .total_memories(attempts.saturating_add(attempts / 2).saturating_add(MEMORIES))
        .total_tables(attempts.saturating_mul(3).saturating_add(TABLES))
        .max_core_instances_per_component(CORE_INSTANCES)
        .max_memories_per_component(MEMORIES)
        .max_tables_per_component(TABLES)
        .max_component_instance_size(INSTANCE_BYTES)
        .max_core_instance_size(INSTANCE_BYTES)
        .max_tables_per_module(4)
        .table_elements(TABLE_ELEMENTS)
        .max_memory_size(usize::try_from(config.max_memory.min(MEMORY_RESERVATION)).unwrap_or(usize::MAX))
        // Zeroing what a small guest touched is cheaper than giving the pages back: measured 101,000 attempts a second
        // against 59,000 on two cores.
        .linear_memory_keep_resident(2 << 20)
        // Where the kernel tells which pages were written, only those are zeroed: a guest has a megabyte of stack and uses two pages.
        .pagemap_scan(Enabled::Auto)
        .table_keep_resident(64 << 10)
        // Most attempts use no more; what is touched below is given back.
        .async_stack_keep_resident(16 << 10)
        // One system call, and one interruption of the other cores, for several attempts: a sixth of the processor time of small ones.
        .decommit_batch_size(decommit::BATCH)
        // Each warm slot may keep that much memory; more than can run at once are of no use.
        .max_unused_warm_slots(attempts.min(100));
    pool
}

/// Tells compiled code of different settings, versions and machines apart.
pub(crate) fn compatibility(engine: &Engine) -> String {
    let mut hasher = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_compile_child_makes_code_that_the_pool_takes() {
        let config = RuntimeConfig::unused();
        let mut pooled = tunables();
        pooled.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(&config)));
        let pooled = Engine::new(&pooled).unwrap();
        assert_eq!(compatibility(&pooled), compatibility(&compiling().unwrap()));
    }

    #[test]
    fn a_pool_that_does_not_fit_is_done_without() {
        let mut config = RuntimeConfig::unused();
        config.max_concurrency = 200_000;
        let engine = running(&config).unwrap();
        assert_eq!(compatibility(&engine), compatibility(&compiling().unwrap()));
    }
}
