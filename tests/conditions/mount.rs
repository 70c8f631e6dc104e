//! A small disk of a test's own: a tmpfs. Only root may mount one.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Unmounted when it is dropped.
pub(crate) struct Tmpfs(PathBuf);

impl Tmpfs {
    /// A disk of this size on a directory, which is made.
    pub(crate) fn on(directory: &Path, size: &str) -> Self {
        fs::create_dir_all(directory).expect("the scratch directory takes directories");
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
            .arg(directory);
        run(mount);
        Self(directory.to_owned())
    }

    /// Changes how it is mounted.
    pub(crate) fn remount(&self, option: &str) {
        let mut mount = Command::new("mount");
        mount.args(["-o", &format!("remount,{option}")]).arg(&self.0);
        run(mount);
    }
}

fn run(mut command: Command) {
    let output = command.output().expect("there is a program `mount`");
    assert!(
        output.status.success(),
        "this test mounts a file system of its own, and cannot do so here: it has to run as root (`unshare --map-root-user \
         --mount cargo test …` makes one where that is allowed): {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        // Lazily: a server that is killed a moment later may still hold files there.
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}
