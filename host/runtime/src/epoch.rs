//! The thread that makes running guests look up.

use std::{
    io,
    sync::mpsc::{RecvTimeoutError, Sender, channel},
    thread::JoinHandle,
    time::Duration,
};

use wasmtime::Engine;

/// Advances the engine's epoch on a thread of its own; a busy async runtime could not be relied on for that.
#[derive(Debug)]
pub(crate) struct EpochThread {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl EpochThread {
    pub(crate) fn start(engine: &Engine, tick: Duration) -> io::Result<Self> {
        let engine = engine.weak();
        let (stop, stopped) = channel::<()>();
        let thread = std::thread::Builder::new()
            .name("wasmtab-epoch".into())
            .spawn(move || {
                while stopped.recv_timeout(tick) == Err(RecvTimeoutError::Timeout) {
                    // Weak, so that a leaked thread would not keep a whole engine alive.
                    let Some(engine) = engine.upgrade() else { return };
                    engine.increment_epoch();
                }
            })?;
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for EpochThread {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // The thread cannot panic, and nothing could be done about it here.
            let _ = thread.join();
        }
    }
}
