//! Files. wasmtime-wasi enforces what was granted; this module notices what was refused, so that an operator is told.
//!
//! Noticed: every opening, looking at, creating, linking, renaming or deleting under a granted directory that is refused, because it leaves the
//! directory or because the directory is granted for reading only. Not seen here: a path outside all granted directories, because
//! the guest's own library finds no directory for it and never asks the host. When such an attempt fails, [`outside`] reads
//! it off the library's message. A program that swallows that message, or a library that says only "No such file" while
//! other directories are granted, goes unnoticed: then the attempt is a plain `failure`.

use wasmtab_domain::grant::{Access, Grant, Grants};
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi::{
    filesystem::{Descriptor, WasiFilesystemView as _},
    p2::{
        FsError,
        bindings::filesystem::{
            preopens::Host as _,
            types::{DescriptorFlags, ErrorCode, Host as _, HostDescriptor as _, OpenFlags, PathFlags},
        },
    },
};

use crate::{host::Host, recorder::Recorder};

/// The version under which wasmtime-wasi links its implementation. A test holds that these names still override it.
const TYPES: &str = "wasi:filesystem/types@0.2.12";
const PREOPENS: &str = "wasi:filesystem/preopens@0.2.12";

type Fd = Resource<Descriptor>;

/// Puts a look at the outcome around the calls that name a path.
pub(crate) fn watch(linker: &mut Linker<Host>) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);

    let mut preopens = linker.instance(PREOPENS)?;
    preopens.func_wrap("get-directories", |mut store, (): ()| {
        let host: &mut Host = store.data_mut();
        let directories = host.filesystem().get_directories()?;
        host.preopens
            .extend(directories.iter().enumerate().map(|(at, (fd, _))| (fd.rep(), at)));
        Ok((directories,))
    })?;

    let mut types = linker.instance(TYPES)?;
    types.func_wrap_async(
        "[method]descriptor.open-at",
        |mut store, (fd, follow, path, open, flags): (Fd, PathFlags, String, OpenFlags, DescriptorFlags)| {
            Box::new(async move {
                let host: &mut Host = store.data_mut();
                let writes = open.intersects(OpenFlags::CREATE | OpenFlags::TRUNCATE)
                    || flags.intersects(DescriptorFlags::WRITE | DescriptorFlags::MUTATE_DIRECTORY);
                let base = fd.rep();
                let opened = host
                    .filesystem()
                    .open_at(fd, follow, path.clone(), open, flags)
                    .await;
                let verb = if writes { "write" } else { "read" };
                Ok((host.noticed(opened, verb, base, &path)?,))
            })
        },
    )?;
    types.func_wrap_async(
        "[method]descriptor.create-directory-at",
        |mut store, (fd, path): (Fd, String)| {
            Box::new(async move {
                let host: &mut Host = store.data_mut();
                let base = fd.rep();
                let done = host.filesystem().create_directory_at(fd, path.clone()).await;
                Ok((host.noticed(done, "create", base, &path)?,))
            })
        },
    )?;
    types.func_wrap_async(
        "[method]descriptor.unlink-file-at",
        |mut store, (fd, path): (Fd, String)| {
            Box::new(async move {
                let host: &mut Host = store.data_mut();
                let base = fd.rep();
                let done = host.filesystem().unlink_file_at(fd, path.clone()).await;
                Ok((host.noticed(done, "delete", base, &path)?,))
            })
        },
    )?;
    types.func_wrap_async(
        "[method]descriptor.remove-directory-at",
        |mut store, (fd, path): (Fd, String)| {
            Box::new(async move {
                let host: &mut Host = store.data_mut();
                let base = fd.rep();
                let done = host.filesystem().remove_directory_at(fd, path.clone()).await;
                Ok((host.noticed(done, "delete", base, &path)?,))
            })
        },
    )?;
    types.func_wrap_async(
        "[method]descriptor.rename-at",
        |mut store, (fd, old, to, new): (Fd, String, Fd, String)| {
            Box::new(async move {
                let host: &mut Host = store.data_mut();
                let base = fd.rep();
                let done = host.filesystem().rename_at(fd, old.clone(), to, new).await;
                Ok((host.noticed(done, "rename", base, &old)?,))
            })
        },
    )?;
    types.func_wrap_async(
        "[method]descriptor.symlink-at",
        |mut store, (fd, old, new): (Fd, String, String)| {
            Box::new(async move {
                let host: &mut Host = store.data_mut();
                let base = fd.rep();
                let done = host.filesystem().symlink_at(fd, old, new.clone()).await;
                Ok((host.noticed(done, "link", base, &new)?,))
            })
        },
    )?;
    types.func_wrap_async(
        "[method]descriptor.link-at",
        |mut store, (fd, follow, old, to, new): (Fd, PathFlags, String, Fd, String)| {
            Box::new(async move {
                let host: &mut Host = store.data_mut();
                let base = fd.rep();
                let done = host.filesystem().link_at(fd, follow, old.clone(), to, new).await;
                Ok((host.noticed(done, "link", base, &old)?,))
            })
        },
    )?;
    types.func_wrap_async(
        "[method]descriptor.stat-at",
        |mut store, (fd, follow, path): (Fd, PathFlags, String)| {
            Box::new(async move {
                let host: &mut Host = store.data_mut();
                let base = fd.rep();
                let stat = host.filesystem().stat_at(fd, follow, path.clone()).await;
                Ok((host.noticed(stat, "read", base, &path)?,))
            })
        },
    )?;
    linker.allow_shadowing(false);
    Ok(())
}

impl Host {
    /// Writes a refusal down, and gives the outcome on as the guest shall see it.
    fn noticed<T>(
        &mut self,
        outcome: Result<T, FsError>,
        verb: &str,
        base: u32,
        path: &str,
    ) -> wasmtime::Result<Result<T, ErrorCode>> {
        let error = match outcome {
            Ok(value) => return Ok(Ok(value)),
            Err(error) => self.filesystem().convert_error_code(error)?,
        };
        if matches!(error, ErrorCode::NotPermitted | ErrorCode::ReadOnly) {
            let directory = self
                .preopens
                .get(&base)
                .and_then(|at| self.grants.directories.get(*at));
            let wanted =
                directory.map_or_else(|| path.to_owned(), |granted| format!("{}/{path}", granted.guest));
            // Writing needs more of the same directory. A path that leaves it needs another one, which only people can name.
            let grant = directory
                .filter(|granted| granted.access == Access::Read && verb != "read")
                .map(|granted| {
                    let mut granted = granted.clone();
                    granted.access = Access::Write;
                    Grant::Directory(granted).to_string()
                });
            self.recorder.refuse_with(
                "filesystem",
                format!("{verb} {wanted}"),
                grant.or(Some("dir=HOST:GUEST".into())),
            );
        }
        Ok(Err(error))
    }
}

/// Looks through an attempt's words for a path outside all granted directories, and writes that down as a refusal.
pub(crate) fn outside(recorder: &Recorder, grants: &Grants, error: &str) {
    let found =
        missing_directory(error, grants).or_else(|| recorder.find(|line| missing_directory(line, grants)));
    let Some(path) = found else { return };
    let parent = match path.rsplit_once('/') {
        Some((parent, _)) if !parent.is_empty() => parent,
        _ => "/",
    };
    let grant = if path.starts_with('/') {
        format!("dir=HOST:{parent}")
    } else {
        "dir=HOST:GUEST".into()
    };
    recorder.refuse_with(
        "filesystem",
        if path.is_empty() { "a path outside" } else { &path },
        Some(grant),
    );
}

/// The path that a guest's library found no directory for; empty where it does not say which.
fn missing_directory(text: &str, grants: &Grants) -> Option<String> {
    // Rust's standard library.
    if let Some((_, rest)) = text.split_once("failed to find a pre-opened file descriptor through which ") {
        let path = rest
            .split_once('"')
            .and_then(|(_, rest)| rest.split_once('"'))
            .map(|(path, _)| path);
        return Some(path.unwrap_or_default().to_owned());
    }
    // wasi-libc's ENOTCAPABLE, as strerror and as a number.
    if text.contains("Capabilities insufficient") || text.contains("os error 76") {
        return Some(String::new());
    }
    // Its ENOENT means the same where there is no directory at all.
    (grants.directories.is_empty()
        && (text.contains("os error 44") || text.contains("No such file or directory")))
    .then(String::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_librarys_message_names_the_path() {
        let text =
            r#"failed to find a pre-opened file descriptor through which "/etc/passwd" could be opened"#;
        assert_eq!(
            missing_directory(text, &Grants::default()).as_deref(),
            Some("/etc/passwd")
        );
        assert_eq!(
            missing_directory("x: Capabilities insufficient", &Grants::default()).as_deref(),
            Some("")
        );
        assert_eq!(
            missing_directory("No such file or directory", &Grants::default()).as_deref(),
            Some("")
        );
        let mut grants = Grants::default();
        grants.allow("dir=/srv:/data").unwrap();
        assert_eq!(missing_directory("No such file or directory", &grants), None);
    }
}
