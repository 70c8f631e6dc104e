//! What a store holds: everything that one attempt's guest can reach.

use std::{collections::HashMap, sync::Arc};

use wasmtab_domain::grant::{Access, Grants, SecretValues};
use wasmtime::component::{Linker, ResourceTable};
use wasmtime_wasi::{FsPerms, WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use crate::{
    attempt::{AttemptContext, Observer},
    bindings::Job,
    capability::{clocks::WallClock, filesystem, http::HttpHooks, sockets, stdio::Sink},
    limiter::Limiter,
    limits::{HANDLES, HTTP_FIELD_BYTES, RANDOM_BYTES},
    recorder::{Recorder, Stream},
    state::StateStore,
};

/// The data of one store.
pub(crate) struct Host {
    pub(crate) wasi: WasiCtx,
    pub(crate) table: ResourceTable,
    pub(crate) http: WasiHttpCtx,
    pub(crate) hooks: HttpHooks,
    pub(crate) limiter: Limiter,
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) grants: Arc<Grants>,
    pub(crate) secrets: Arc<SecretValues>,
    pub(crate) state: Arc<dyn StateStore>,
    /// The guest's handles of granted directories, by their place in the grants.
    pub(crate) preopens: HashMap<u32, usize>,
}

/// What a store is made of.
pub(crate) struct HostParts {
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) limiter: Limiter,
    pub(crate) hooks: HttpHooks,
    pub(crate) grants: Arc<Grants>,
    pub(crate) secrets: Arc<SecretValues>,
    pub(crate) state: Arc<dyn StateStore>,
    pub(crate) clock: WallClock,
}

/// What only a `wasi:cli/command` sees.
pub(crate) struct CommandInput<'a> {
    pub(crate) context: &'a AttemptContext,
    pub(crate) param: &'a str,
}

impl Host {
    /// Opens what was granted. `Err` says which directory could not be opened.
    pub(crate) fn new(parts: HostParts, command: Option<CommandInput<'_>>) -> Result<Self, String> {
        let HostParts {
            recorder,
            limiter,
            hooks,
            grants,
            secrets,
            state,
            clock,
        } = parts;
        let mut wasi = WasiCtxBuilder::new();
        wasi.wall_clock(clock)
            .max_random_size(RANDOM_BYTES)
            .stderr(Sink::log(Arc::clone(&recorder), Stream::Stderr));
        match command {
            Some(input) => {
                wasi.stdout(Sink::result(Arc::clone(&recorder)));
                crate::command::prepare(&mut wasi, &input);
            }
            None => {
                wasi.stdout(Sink::log(Arc::clone(&recorder), Stream::Stdout));
            }
        }
        for grant in &grants.directories {
            let permissions = match grant.access {
                Access::Read => FsPerms::ReadOnly,
                Access::Write => FsPerms::ReadWrite,
            };
            wasi.preopened_dir(&grant.host, &grant.guest, permissions)
                .map_err(|error| {
                    format!("the granted directory {} cannot be opened: {error:#}", grant.host)
                })?;
        }
        sockets::refuse(&mut wasi, &recorder);
        let mut http = WasiHttpCtx::new();
        http.set_field_size_limit(HTTP_FIELD_BYTES);
        let mut table = ResourceTable::new();
        table.set_max_capacity(HANDLES);
        Ok(Self {
            wasi: wasi.build(),
            table,
            http,
            hooks,
            limiter,
            recorder,
            grants,
            secrets,
            state,
            preopens: HashMap::new(),
        })
    }

    pub(crate) fn observer(&self) -> &dyn Observer {
        self.recorder.observer()
    }
}

impl WasiView for Host {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl WasiHttpView for Host {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView {
            hooks: &mut self.hooks,
            table: &mut self.table,
            ctx: &mut self.http,
        }
    }
}

/// Everything that any guest may import. What an attempt reaches through it is decided by its grants, below the interfaces,
/// so that no version of one can go around them.
pub(crate) fn linker(engine: &wasmtime::Engine) -> wasmtime::Result<Linker<Host>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
    filesystem::watch(&mut linker)?;
    Job::add_to_linker::<_, wasmtime::component::HasSelf<_>>(&mut linker, |host: &mut Host| host)?;
    Ok(linker)
}
