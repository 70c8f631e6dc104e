//! The thread that makes guests look up that compute. Where none does, it rests: its ticks are most of what an idle host takes.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll},
    thread::{self, JoinHandle},
    time::Duration,
};

use wasmtime::Engine;

/// Ticks without a guest that computes before it rests: waking it is dearer than a tick, and guests come one after another.
const QUIET_TICKS: u32 = 16;

/// Advances the engine's epoch on a thread of its own; a busy async runtime could not be relied on for that.
#[derive(Debug)]
pub(crate) struct Epochs {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// What guests and the thread tell each other. Either writes its own and then looks at the other's, all in one order: a guest that
/// comes while the thread lies down is seen by it, or sees that it rests.
#[derive(Debug, Default)]
struct Shared {
    /// Guests that compute at the moment.
    computing: AtomicUsize,
    resting: AtomicBool,
    ended: AtomicBool,
}

impl Epochs {
    pub(crate) fn start(engine: &Engine, tick: Duration) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        // Weak, so that a leaked thread would not keep a whole engine alive.
        let engine = engine.weak();
        let ticking = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name("wasmtab-epoch".into())
            .spawn(move || {
                let mut quiet = 0;
                while !ticking.ended.load(SeqCst) {
                    if ticking.computing.load(SeqCst) > 0 {
                        quiet = 0;
                    } else if quiet == QUIET_TICKS {
                        ticking.rest();
                        quiet = 0;
                    } else {
                        quiet += 1;
                    }
                    thread::park_timeout(tick);
                    let Some(engine) = engine.upgrade() else { return };
                    engine.increment_epoch();
                }
            })?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    /// The same guest, at whose work the epochs go on.
    pub(crate) fn watch<F: Future + Unpin>(&self, guest: F) -> Watched<'_, F> {
        Watched { epochs: self, guest }
    }

    fn computing(&self) -> Computing<'_> {
        self.shared.computing.fetch_add(1, SeqCst);
        if self.shared.resting.load(SeqCst) {
            self.wake();
        }
        Computing(&self.shared)
    }

    fn wake(&self) {
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }
}

impl Shared {
    /// Until a guest computes, or all ends.
    fn rest(&self) {
        self.resting.store(true, SeqCst);
        while self.computing.load(SeqCst) == 0 && !self.ended.load(SeqCst) {
            thread::park();
        }
        self.resting.store(false, SeqCst);
    }
}

impl Drop for Epochs {
    fn drop(&mut self) {
        self.shared.ended.store(true, SeqCst);
        self.wake();
        if let Some(thread) = self.thread.take() {
            // The thread cannot panic, and nothing could be done about it here.
            let _ = thread.join();
        }
    }
}

/// As long as it is there, epochs go on.
struct Computing<'a>(&'a Shared);

impl Drop for Computing<'_> {
    fn drop(&mut self) {
        self.0.computing.fetch_sub(1, SeqCst);
    }
}

/// A guest's future: whenever it is polled, the guest computes.
pub(crate) struct Watched<'a, F> {
    epochs: &'a Epochs,
    guest: F,
}

impl<F: Future + Unpin> Future for Watched<'_, F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let _computing = self.epochs.computing();
        Pin::new(&mut self.guest).poll(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use wasmtime::{Instance, Module, Store, Trap, UpdateDeadline};

    use super::*;
    use crate::{RuntimeConfig, engine};

    /// Calls a loop whose fuel lasts for many ticks, and tells what ended it.
    async fn ends_by(epochs: &Epochs, engine: &Engine) -> Trap {
        let module = wat::parse_str(r#"(module (func (export "loop") (loop (br 0))))"#).unwrap();
        let module = Module::new(engine, module).unwrap();
        let mut store = Store::new(engine, ());
        store.set_fuel(10_000_000_000).unwrap();
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(|_| Ok(UpdateDeadline::Interrupt));
        let instance = Instance::new_async(&mut store, &module, &[]).await.unwrap();
        let endless = instance.get_typed_func::<(), ()>(&mut store, "loop").unwrap();
        let call = pin!(endless.call_async(&mut store, ()));
        let error = epochs.watch(call).await.unwrap_err();
        *error.downcast_ref().unwrap()
    }

    #[tokio::test]
    async fn it_rests_where_nobody_computes_and_wakes_where_somebody_does() {
        let engine = engine::running(&RuntimeConfig::unused()).unwrap();
        let epochs = Epochs::start(&engine, Duration::from_micros(100)).unwrap();
        for _ in 0..20 {
            while !epochs.shared.resting.load(SeqCst) {
                thread::yield_now();
            }
            assert_eq!(ends_by(&epochs, &engine).await, Trap::Interrupt);
        }
    }
}
