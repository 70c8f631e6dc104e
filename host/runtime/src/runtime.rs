//! The runtime: one engine, its caches, its clients.

use std::{error::Error as StdError, path::Path, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::Semaphore;
use wasmtab_domain::digest::Digest;
use wasmtime::{
    Engine,
    component::{Component, Linker},
};

use wasmtab_upload::{Inspection, UploadError};

use crate::{
    cache::{DiskCache, Miss},
    capability::http::HttpClient,
    compile::{self, entry, sha256},
    config::RuntimeConfig,
    engine,
    epoch::Epochs,
    handler::Handler,
    host::{Host, linker},
    limiter::Budget,
    limits::LOADED_HANDLERS,
    memory_cache::MemoryCache,
};

/// Compiles, inspects and runs handlers. Make one for a process and share it.
pub struct Runtime {
    pub(crate) config: RuntimeConfig,
    pub(crate) engine: Engine,
    pub(crate) budget: Arc<Budget>,
    pub(crate) http: Arc<HttpClient>,
    /// One for each guest that may compute for long at once.
    pub(crate) turns: Arc<Semaphore>,
    linker: Linker<Host>,
    disk: DiskCache,
    memory: MemoryCache,
    /// Compilations take all cores and gigabytes: one at a time.
    compiling: Semaphore,
    pub(crate) epochs: Epochs,
}

/// Where originals come from when a handler must be compiled again.
#[async_trait]
pub trait Source: Send + Sync {
    /// The original whose SHA-256 is `digest`.
    async fn original(&self, digest: &Digest) -> Result<Bytes, Box<dyn StdError + Send + Sync>>;
}

/// The original is at hand.
#[async_trait]
impl Source for Bytes {
    async fn original(&self, _: &Digest) -> Result<Bytes, Box<dyn StdError + Send + Sync>> {
        Ok(self.clone())
    }
}

/// Why a runtime cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// The directory of compiled code.
    #[error("the directory of compiled code {path} cannot be used: {cause}")]
    Cache {
        /// The directory.
        path: String,
        /// What is wrong with it.
        cause: std::io::Error,
    },
    /// The engine, or what belongs to it.
    #[error("the WebAssembly engine does not start: {0}")]
    Engine(String),
}

/// Why a handler is not there.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The original could not be fetched; another try may help.
    #[error("the original of {digest} is not at hand: {cause}")]
    Source {
        /// What was wanted.
        digest: Digest,
        /// What the source said.
        cause: Box<dyn StdError + Send + Sync>,
    },
    /// The source gave something else.
    #[error("the original of {digest} was changed: what is kept has the digest {found}")]
    Changed {
        /// What was wanted.
        digest: Digest,
        /// What came.
        found: Digest,
    },
    /// It is not taken by this host (any more).
    #[error(transparent)]
    Upload(#[from] UploadError),
}

impl Runtime {
    /// Starts the engine and opens the directory of compiled code.
    pub fn new(config: RuntimeConfig) -> Result<Self, RuntimeError> {
        let engine = engine::running(&config).map_err(|error| RuntimeError::Engine(format!("{error:#}")))?;
        Self::on(engine, config)
    }

    pub(crate) fn on(engine: Engine, mut config: RuntimeConfig) -> Result<Self, RuntimeError> {
        let cache = |cause| RuntimeError::Cache {
            path: config.cache_dir.display().to_string(),
            cause,
        };
        // The child works elsewhere: a relative path would mean another place there.
        std::fs::create_dir_all(&config.cache_dir).map_err(cache)?;
        let directory = config.cache_dir.canonicalize().map_err(cache)?;
        let disk = DiskCache::open(&directory, engine::compatibility(&engine)).map_err(cache)?;
        config.cache_dir = directory;
        let linker = linker(&engine).map_err(|error| RuntimeError::Engine(format!("{error:#}")))?;
        let http = HttpClient::new(Arc::clone(&config.resolver))
            .map_err(|error| RuntimeError::Engine(error.to_string()))?;
        let epochs = Epochs::start(&engine, config.epoch_tick)
            .map_err(|error| RuntimeError::Engine(error.to_string()))?;
        Ok(Self {
            budget: Budget::new(config.host_memory_budget),
            http: Arc::new(http),
            turns: Arc::new(Semaphore::new(config.computing.clamp(1, Semaphore::MAX_PERMITS))),
            linker,
            disk,
            memory: MemoryCache::new(LOADED_HANDLERS),
            compiling: Semaphore::new(1),
            epochs,
            engine,
            config,
        })
    }

    /// Says what an upload is, and compiles it on the way, so that a later [`Self::load`] finds it. Nothing of it runs.
    pub async fn inspect(&self, original: Bytes) -> Result<Inspection, UploadError> {
        let digest = hash(&original).await?;
        let turn = self.memory.turn(&digest);
        let _turn = turn.lock().await;
        if let Some(known) = self.disk.known(&digest) {
            return Ok(known.inspection);
        }
        self.compile(&digest, &original).await
    }

    /// The handler with this digest: from memory, else from the compiled code on disk, else compiled again from its original.
    pub async fn load(&self, digest: &Digest, source: &dyn Source) -> Result<Arc<Handler>, LoadError> {
        if let Some(handler) = self.memory.get(digest) {
            return Ok(handler);
        }
        let turn = self.memory.turn(digest);
        let _turn = turn.lock().await;
        if let Some(handler) = self.memory.get(digest) {
            return Ok(handler);
        }
        match self.load_from_disk(digest)? {
            Ok(handler) => return Ok(handler),
            Err(Miss::Absent) => {}
            Err(Miss::Unfit(reason)) => {
                tracing::warn!(%digest, reason, "compiled code is of no use; it is compiled again");
            }
        }
        let original = source.original(digest).await.map_err(|cause| LoadError::Source {
            digest: *digest,
            cause,
        })?;
        let found = hash(&original).await?;
        if found != *digest {
            return Err(LoadError::Changed {
                digest: *digest,
                found,
            });
        }
        self.compile(digest, &original).await?;
        match self.load_from_disk(digest)? {
            Ok(handler) => Ok(handler),
            // It compiles, but goes beyond what the pool of instances was sized for.
            Err(Miss::Unfit(reason)) => Err(UploadError::compile(reason).into()),
            Err(Miss::Absent) => Err(UploadError::host("code that was compiled just now is gone").into()),
        }
    }

    /// Bytes of linear memory that all attempts have at the moment.
    pub fn memory_in_use(&self) -> u64 {
        self.budget.used()
    }

    /// The settings.
    pub fn config(&self) -> &RuntimeConfig {
        &self.config
    }

    /// Drops a handler from memory, so that the next load reads the disk again. Attempts go on.
    pub fn forget(&self, digest: &Digest) {
        self.memory.remove(digest);
    }

    /// The file of compiled code for a digest.
    pub fn compiled_file(&self, digest: &Digest) -> impl AsRef<Path> + use<> {
        self.disk.code(digest)
    }

    async fn compile(&self, digest: &Digest, original: &[u8]) -> Result<Inspection, UploadError> {
        let _permit = self.compiling.acquire().await.map_err(UploadError::host)?;
        let output = self.disk.code(digest);
        let compiled =
            compile::compile(&self.config, original, *digest, &output, self.disk.scratch()).await?;
        if compiled.compatibility != engine::compatibility(&self.engine) {
            return Err(UploadError::host(
                "the compile child is of another version than this host; restart the server",
            ));
        }
        self.disk.keep(&compiled).map_err(UploadError::host)?;
        Ok(compiled.inspection)
    }

    /// The outer error says that nothing can be done about it.
    fn load_from_disk(&self, digest: &Digest) -> Result<Result<Arc<Handler>, Miss>, UploadError> {
        // On this thread, though it reads a file: blocking here for milliseconds once per handler and process is better
        // than a thread pool that may be full of guests' file calls.
        let (compiled, component) = match self.disk.load(&self.engine, digest) {
            Ok(loaded) => loaded,
            Err(miss) => return Ok(Err(miss)),
        };
        let handler = Arc::new(self.link(compiled.inspection, &component)?);
        self.memory.insert(Arc::clone(&handler));
        Ok(Ok(handler))
    }

    pub(crate) fn link(&self, inspection: Inspection, component: &Component) -> Result<Handler, UploadError> {
        let linked = self.linker.instantiate_pre(component);
        let pre = linked.map_err(|error| UploadError::host(format!("{error:#}")))?;
        let entry = entry(&pre).map_err(UploadError::host)?;
        Ok(Handler { inspection, entry })
    }
}

impl std::fmt::Debug for Runtime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runtime")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

/// SHA-256 off the async threads: an upload may have 64 MiB.
async fn hash(original: &Bytes) -> Result<Digest, UploadError> {
    let original = original.clone();
    tokio::task::spawn_blocking(move || sha256(&original))
        .await
        .map_err(UploadError::host)
}
