//! Where the guests are, and how their files come about.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use wit_component::{StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("the crate lies in the repository")
}

fn guests() -> PathBuf {
    root().join("tests/hostile/guests")
}

/// Those that were built: the committed ones, or the ones that `WASMTAB_TEST_PLUGINS` has.
fn built() -> PathBuf {
    std::env::var_os("WASMTAB_TEST_PLUGINS").map_or_else(
        || guests().join("prebuilt"),
        |plugins| PathBuf::from(plugins).join("hostile"),
    )
}

/// The names of all guests, from their sources: a component without a source is none, a source without a component fails later.
pub(crate) fn names() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (folder, extension) in [("rust", "rs"), ("c", "c"), ("text", "wat")] {
        let folder = guests().join(folder);
        for entry in fs::read_dir(&folder).expect("the guests are there") {
            let path = entry.expect("a folder that can be read").path();
            let name = path.file_stem().and_then(|name| name.to_str()).expect("a name");
            // The Rust crate has a library, which is empty.
            if path.extension().is_some_and(|found| found == extension) && name != "lib" {
                assert!(names.insert(name.to_owned()), "two guests are called {name}");
            }
        }
    }
    names
}

/// The file to upload or to run; one of text is made in `scratch`.
pub(crate) fn file(scratch: &Path, name: &str) -> PathBuf {
    let text = guests().join("text").join(format!("{name}.wat"));
    let Ok(text) = fs::read_to_string(&text) else {
        let path = built().join(format!("{name}.wasm"));
        assert!(
            path.is_file(),
            "{} is not there: see `cargo xtask guests`",
            path.display()
        );
        return path;
    };
    let mut bytes = wat::parse_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    if text.contains("wasmtab:job/handler@1.0.0#execute") {
        embed(&mut bytes);
    }
    let path = scratch.join(format!("{name}.wasm"));
    fs::write(&path, bytes).expect("the scratch directory takes files");
    path
}

/// Adds the handler world to a core module, as guest toolchains do.
fn embed(module: &mut Vec<u8>) {
    let mut resolve = Resolve::default();
    let (package, _) = resolve
        .push_path(root().join("wit/job-1.0.0"))
        .expect("the interface parses");
    let world = resolve
        .select_world(&[package], Some("job"))
        .expect("it has the world");
    embed_component_metadata(module, &resolve, world, StringEncoding::UTF8)
        .expect("the module takes a section");
}
