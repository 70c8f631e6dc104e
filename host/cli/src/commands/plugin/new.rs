//! `wasmtab plugin new`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum};
use serde_json::json;

use crate::{
    context::Context,
    exit::{Exit, Failure},
    output::clean,
};

#[derive(Args, Debug)]
pub(crate) struct NewArgs {
    /// The project's name, and its folder's
    name: String,
    /// The language
    #[arg(long, value_enum, default_value_t = Lang::Rust)]
    lang: Lang,
    /// The folder [default: named as the project]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// The languages that there is a template for.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Lang {
    /// Rust, with the SDK
    Rust,
}

impl NewArgs {
    pub(crate) fn run(self, context: &Context) -> Result<(), Failure> {
        let files = match self.lang {
            Lang::Rust => wasmtab_guests::scaffold(&self.name).map_err(Failure::usage)?,
        };
        let dir = self.dir.unwrap_or_else(|| PathBuf::from(&self.name));
        if fs::read_dir(&dir).is_ok_and(|mut entries| entries.next().is_some()) {
            return Err(Failure::new(
                Exit::Conflict,
                format!("{} is there already, and not empty", dir.display()),
            ));
        }
        for file in &files {
            write(&dir.join(placed(&file.path)), &file.content)?;
        }
        let written: Vec<&str> = files.iter().map(|file| placed(&file.path)).collect();
        context.out.one(
            &json!({ "name": self.name, "dir": dir, "files": written }),
            |_| next_steps(&dir),
        )
    }
}

/// Templates lie in a repository where a hidden file would take effect itself.
fn placed(path: &str) -> &str {
    if path == "gitignore" { ".gitignore" } else { path }
}

fn write(path: &Path, content: &str) -> Result<(), Failure> {
    let refused = |error| Failure::own(format!("{} cannot be written: {error}", path.display()));
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(refused)?;
    }
    fs::write(path, content).map_err(refused)
}

fn next_steps(dir: &Path) -> String {
    let dir = clean::line(&dir.display().to_string());
    format!(
        "{dir} is there: src/lib.rs is the handler, README.md says how it goes on.\n\n  \
         wasmtab plugin build {dir}\n"
    )
}
