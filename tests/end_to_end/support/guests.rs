//! Guests to upload: the sample handlers, and small hostile ones in text.

use std::{
    fs,
    path::{Path, PathBuf},
};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("the crate lies in the repository")
}

/// A sample handler's component: the committed one, or the one that `WASMTAB_TEST_PLUGINS` has.
pub(crate) fn plugin(name: &str) -> PathBuf {
    let directory = std::env::var_os("WASMTAB_TEST_PLUGINS")
        .map_or_else(|| root().join("plugins/prebuilt"), PathBuf::from);
    let path = directory.join(format!("{name}.wasm"));
    assert!(path.is_file(), "{} is not there", path.display());
    path
}

/// A component or module from its text.
pub(crate) fn wat(directory: &Path, name: &str, text: &str) -> PathBuf {
    let path = directory.join(format!("{name}.wasm"));
    let bytes = wat::parse_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
    fs::write(&path, bytes).expect("the scratch directory takes files");
    path
}

/// The three jobs of the design document, as they stand there.
pub(crate) fn seed_jobs(directory: &Path) -> PathBuf {
    let path = directory.join("seed-jobs.yaml");
    fs::write(
        &path,
        r#"# 每日凌晨2点执行数据备份
- name: "数据备份"
  cronExpression: "0 2 * * *"
  handlerName: "DataBackupHandler"

# 每周一上午9点生成周报
- name: "周报生成"
  cronExpression: "0 9 * * 1"
  handlerName: "WeeklyReportHandler"

# 每小时检查系统状态
- name: "系统健康检查"
  cronExpression: "0 * * * *"
  handlerName: "HealthCheckHandler"
"#,
    )
    .expect("the scratch directory takes files");
    path
}
