//! Giving back what ended attempts have used.
//!
//! The pool gives pages back in batches, for the sake of small attempts, and has no call for it. A batch that is not full waits for more
//! attempts: where none come, a guest's hundreds of megabytes would wait with it.

use futures_util::FutureExt;
use wasmtime::{Engine, Func, Store};

/// Ranges of pages in a batch.
pub(crate) const BATCH: usize = 16;

/// Bytes of linear memory that may wait for a full batch.
pub(crate) const LARGE: u64 = 4 * 1024 * 1024;

/// Fills up this thread's batch, so that all of it is given back. Each stack that is used and left is a range of it.
pub(crate) fn flush(engine: &Engine) {
    for _ in 0..BATCH {
        let mut store = Store::new(engine, ());
        let nothing = Func::wrap_async(&mut store, |_, (): ()| Box::new(async {}));
        // It waits for nothing, and where even that fails, the next attempts fill the batch.
        let _ = nothing.call_async(&mut store, &[], &mut []).now_or_never();
    }
}

#[cfg(test)]
mod tests {
    use wasmtime::{Instance, Module};

    use super::*;
    use crate::{RuntimeConfig, engine};

    #[tokio::test]
    async fn a_large_memory_does_not_wait_for_others() {
        let config = RuntimeConfig::unused();
        let engine = engine::running(&config).unwrap();
        let module = wat::parse_str(
            r#"(module (memory 512) (func (export "fill") (memory.fill (i32.const 0) (i32.const 1) (i32.const 0x2000000))))"#,
        )
        .unwrap();
        let module = Module::new(&engine, module).unwrap();
        let mut store = Store::new(&engine, ());
        store.set_fuel(u64::MAX).unwrap();
        store.set_epoch_deadline(u64::MAX / 2);
        let instance = Instance::new_async(&mut store, &module, &[]).await.unwrap();
        let fill = instance.get_typed_func::<(), ()>(&mut store, "fill").unwrap();
        fill.call_async(&mut store, ()).await.unwrap();
        drop(store);
        let metrics = engine.pooling_allocator_metrics().unwrap();
        assert_eq!(metrics.unused_warm_memories(), 0, "it waits for a full batch");
        flush(&engine);
        assert_eq!(metrics.unused_warm_memories(), 1);
    }
}
