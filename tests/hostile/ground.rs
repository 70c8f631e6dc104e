//! What the guests may look at, and what lies beside it.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use tempfile::TempDir;

use crate::web::Web;

/// A directory that is granted, a file beside it that nobody may see, and somebody who answers HTTP badly.
pub(crate) struct Ground {
    directory: TempDir,
    cache: PathBuf,
    web: Web,
}

/// What a guest that gets out would read.
const SECRET: &str = "nobody may see this";

impl Ground {
    /// Compiled code is kept in `cache`, which grounds may share.
    pub(crate) fn new(cache: &Path) -> Self {
        let directory = TempDir::new().expect("a scratch directory");
        let ground = Self {
            directory,
            cache: cache.to_owned(),
            web: Web::start(),
        };
        let data = ground.path("data");
        fs::create_dir(&data).expect("an empty directory");
        fs::write(data.join("inside.txt"), "in").expect("a small file");
        fs::write(ground.path("outside.txt"), SECRET).expect("a small file");
        symlink("../outside.txt", data.join("link")).expect("a link");
        symlink("..", data.join("up")).expect("a link");
        symlink("/", data.join("everything")).expect("a link");
        ground
    }

    /// A place in the scratch directory.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Fills in where things are: `{data}`, `{web}`.
    pub(crate) fn filled(&self, text: &str) -> String {
        text.replace("{data}", &self.path("data").display().to_string())
            .replace("{web}", &self.web.origin())
            .replace("{port}", &self.web.port().to_string())
    }

    /// The binary, run to its end.
    pub(crate) fn wasmtab(&self, args: &[String]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_wasmtab"))
            .args(args)
            .env("XDG_CACHE_HOME", &self.cache)
            .stdin(Stdio::null())
            .output()
            .expect("the binary runs")
    }

    /// Whether a text holds what nobody may see.
    pub(crate) fn leaked(text: &str) -> bool {
        text.contains(SECRET) || text.contains("root:x:")
    }

    /// Whether what lies beside the granted directory is as it was.
    pub(crate) fn is_whole(&self) -> bool {
        fs::read_to_string(self.path("outside.txt")).is_ok_and(|text| text == SECRET)
    }
}
