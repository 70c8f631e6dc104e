//! What is known about an upload before anything of it runs, and why one is refused.

use serde::{Deserialize, Serialize};
use wasmtab_domain::digest::Digest;

/// What an upload is. Made without running any of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Inspection {
    /// SHA-256 of the original.
    pub digest: Digest,
    /// Bytes of the original.
    pub size: u64,
    /// What it was, and how it is run.
    pub kind: HandlerKind,
    /// The interfaces it imports, by name.
    pub imports: Vec<String>,
    /// The interfaces and functions it exports, by name.
    pub exports: Vec<String>,
    /// What it may ask for, read off the imports.
    pub capabilities: Vec<Capability>,
    /// What one attempt takes from the pool of instances.
    pub weight: Weight,
    /// Milliseconds that it took to compile.
    pub compile_millis: u64,
}

/// The shapes of programs that run as handlers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum HandlerKind {
    /// A component that exports `wasmtab:job/handler`.
    Handler,
    /// A `wasi:cli/command` component.
    Command,
    /// A preview-1 core module with `_start`, adapted to a command.
    ModuleCommand,
    /// A preview-1 core module with the world embedded, adapted to a handler.
    ModuleReactor,
}

impl HandlerKind {
    /// Whether it is run as a command, with arguments and stdin, rather than by `execute`.
    pub const fn is_command(self) -> bool {
        matches!(self, Self::Command | Self::ModuleCommand)
    }
}

/// What one attempt takes from the pool of instances.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Weight {
    /// Core instances.
    pub core_instances: u32,
    /// Linear memories.
    pub memories: u32,
    /// Tables.
    pub tables: u32,
}

impl Weight {
    /// How many attempts of the usual kind (four core instances, one memory, three tables) take as much of the pool.
    pub fn permits(self) -> u32 {
        let share = |count: u32, usual: u32| count.div_ceil(usual);
        share(self.core_instances, 4)
            .max(share(self.memories, 1))
            .max(share(self.tables, 3))
            .max(1)
    }
}

/// What a component may ask for; whether it gets any is a matter of grants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Capability {
    /// Outgoing HTTP requests.
    Http,
    /// Files in granted directories.
    Filesystem,
    /// Values that survive from run to run.
    State,
    /// Configuration and secrets.
    Config,
    /// Raw sockets, which are always refused. Standard libraries import them without using them.
    Sockets,
}

impl Capability {
    /// The capability that an imported interface belongs to, where it needs a grant.
    pub fn of_import(name: &str) -> Option<Self> {
        let interface = name.split_once('@').map_or(name, |(interface, _)| interface);
        Some(match interface {
            "wasi:http/outgoing-handler" => Self::Http,
            "wasmtab:job/state" => Self::State,
            "wasmtab:job/config" => Self::Config,
            _ if interface.starts_with("wasi:filesystem/") => Self::Filesystem,
            _ if interface.starts_with("wasi:sockets/") => Self::Sockets,
            _ => return None,
        })
    }
}

/// Why an upload is not taken. The messages are for the person who made it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum UploadError {
    /// Not a binary WebAssembly file.
    #[error("this is not a WebAssembly file, but {found}. {advice}")]
    NotWasm {
        /// What it looks like.
        found: String,
        /// What to do.
        advice: String,
    },
    /// Compiled machine code instead of WebAssembly.
    #[error(
        "this is compiled machine code (the output of `wasmtime compile`), which is never accepted. Upload the .wasm file that it was \
         compiled from; the server compiles it itself"
    )]
    Precompiled,
    /// A valid file that is no handler.
    #[error("this is {found}. {expected}")]
    WrongWorld {
        /// What it is.
        found: String,
        /// What was expected.
        expected: String,
    },
    /// Larger than a limit.
    #[error("{what} is {size}, the limit is {limit}. Strip debug information and leave unused code out")]
    TooLarge {
        /// What is too large.
        what: String,
        /// How large it is.
        size: u64,
        /// How large it may be.
        limit: u64,
    },
    /// It needs something that this host does not offer.
    #[error("it needs {import}, which this host does not offer: {advice}")]
    Unsupported {
        /// The import, or the feature.
        import: String,
        /// Why not, and what to do.
        advice: String,
    },
    /// It is broken, or cannot be compiled within the limits.
    #[error("it cannot be compiled: {reason}")]
    Compile {
        /// What the compiler says.
        reason: String,
    },
    /// The host itself failed; the upload may be fine.
    #[error("host: {reason}")]
    Host {
        /// What failed.
        reason: String,
    },
}

impl UploadError {
    /// It is broken, for this reason.
    pub fn compile(reason: impl Into<String>) -> Self {
        Self::Compile {
            reason: reason.into(),
        }
    }

    /// The host failed, for this reason.
    pub fn host(reason: impl std::fmt::Display) -> Self {
        Self::Host {
            reason: reason.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capabilities_are_read_off_imports() {
        for (import, wanted) in [
            ("wasi:http/outgoing-handler@0.2.3", Some(Capability::Http)),
            ("wasi:http/types@0.2.3", None),
            ("wasi:filesystem/preopens@0.2.0", Some(Capability::Filesystem)),
            ("wasi:sockets/tcp@0.2.0", Some(Capability::Sockets)),
            ("wasmtab:job/state@1.0.0", Some(Capability::State)),
            ("wasi:clocks/wall-clock@0.2.0", None),
        ] {
            assert_eq!(Capability::of_import(import), wanted, "{import}");
        }
    }

    #[test]
    fn a_heavy_guest_weighs_as_much_as_it_takes() {
        assert_eq!(Weight::default().permits(), 1);
        assert_eq!(
            Weight {
                core_instances: 4,
                memories: 1,
                tables: 2
            }
            .permits(),
            1
        );
        assert_eq!(
            Weight {
                core_instances: 30,
                memories: 2,
                tables: 4
            }
            .permits(),
            8
        );
    }
}
