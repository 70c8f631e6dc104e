//! The documents that `apply` and `job create` take.

use std::path::Path;

use serde_json::{Map, Value};

use super::{file, yaml};
use crate::exit::Failure;

/// Reads a document of jobs: a list, or `{defaults, jobs}`. What the jobs say is the server's to judge.
pub(crate) fn jobs(path: &Path) -> Result<Value, Failure> {
    let document = read(path)?;
    check_jobs(&document).map_err(|reason| Failure::usage(format!("{}: {reason}", path.display())))?;
    Ok(document)
}

/// Reads the document of one job.
pub(crate) fn job(path: &Path) -> Result<Map<String, Value>, Failure> {
    let refuse = |reason: &str| Failure::usage(format!("{}: {reason}", path.display()));
    match read(path)? {
        Value::Object(job) if job.contains_key("jobs") => {
            Err(refuse("a document of several jobs; `wasmtab apply -f` takes it"))
        }
        Value::Object(job) => Ok(job),
        Value::Array(_) => Err(refuse("a list of jobs; `wasmtab apply -f` takes it")),
        _ => Err(refuse("must be the fields of one job, as `name: …`")),
    }
}

/// Reads the windows of a calendar: a list of them, or `{windows: […]}`, as a calendar is shown.
pub(crate) fn windows(path: &Path) -> Result<Vec<Value>, Failure> {
    let shape = "must be a list of windows, like `- date: 2026-12-25`";
    let windows = match read(path)? {
        Value::Object(mut calendar) => calendar.remove("windows").unwrap_or_default(),
        list => list,
    };
    match windows {
        Value::Array(windows) => Ok(windows),
        _ => Err(Failure::usage(format!("{}: {shape}", path.display()))),
    }
}

fn read(path: &Path) -> Result<Value, Failure> {
    yaml::read(&file::text(path)?).map_err(|reason| Failure::usage(format!("{}: {reason}", path.display())))
}

fn check_jobs(document: &Value) -> Result<(), String> {
    let shape = "a list of jobs (`- name: …`), or `defaults:` and `jobs:`";
    match document {
        Value::Array(jobs) => check_each(jobs),
        Value::Object(members) if members.contains_key("jobs") => match &members["jobs"] {
            Value::Array(jobs) => check_each(jobs),
            _ => Err("`jobs` must be a list of jobs".into()),
        },
        Value::Object(members) if members.contains_key("name") || members.contains_key("handlerName") => Err(
            format!("one job outside of a list; put `- ` before its first field. The document is {shape}"),
        ),
        Value::Object(members) => {
            let bare: Vec<String> = members
                .keys()
                .filter(|key| *key != "defaults")
                .map(|key| format!("`{key}`"))
                .collect();
            Err(if bare.is_empty() {
                format!("there are no jobs; the document is {shape}")
            } else {
                format!(
                    "{} outside of any job: what shall hold for all jobs goes under `defaults:`, and the jobs under `jobs:`",
                    bare.join(", ")
                )
            })
        }
        Value::Null => Err(format!("is empty; the document is {shape}")),
        _ => Err(format!("the document must be {shape}")),
    }
}

fn check_each(jobs: &[Value]) -> Result<(), String> {
    match jobs.iter().position(|job| !job.is_object()) {
        Some(index) => Err(format!(
            "entry {} of the list is not a job: it has no fields",
            index + 1
        )),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Result<(), String> {
        check_jobs(&yaml::read(text).unwrap())
    }

    #[test]
    fn a_list_and_defaults_with_jobs_are_taken() {
        check("- name: a\n- name: b\n").unwrap();
        check("defaults: {retryCount: 3}\njobs:\n- name: a\n").unwrap();
        check("[]").unwrap();
    }

    #[test]
    fn bare_policies_are_refused_with_the_advice() {
        let error = check("retryCount: 3\nretryInterval: 300\nmonitorTimeout: 1800\n").unwrap_err();
        assert!(
            error.contains("`retryCount`") && error.contains("`defaults:`"),
            "{error}"
        );
    }

    #[test]
    fn other_shapes_are_refused_with_the_reason() {
        for (text, reason) in [
            ("", "is empty"),
            ("name: a\nhandlerName: H\n", "put `- ` before"),
            ("jobs: 3\n", "must be a list"),
            ("- name: a\n- b\n", "entry 2"),
            ("defaults: {}\n", "there are no jobs"),
            ("just text", "must be"),
        ] {
            let error = check(text).unwrap_err();
            assert!(error.contains(reason), "{text:?}: {error}");
        }
    }
}
