//! A document of jobs: a bare list, or a list and what holds for all of it.

use crate::field::{FieldError, FieldErrors};
use serde_json::{Map, Value};

/// The most jobs that one document has.
pub const MAX_JOBS: usize = 10_000;

/// A job as the document says it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Where it stands, as a JSON pointer.
    pub pointer: String,
    /// The fields that it says itself.
    pub own: Map<String, Value>,
    /// The same with the document's defaults for those that it leaves out.
    pub said: Map<String, Value>,
}

/// Reads a bare list of jobs, or `{defaults, jobs}`.
pub fn read(document: &Value) -> Result<Vec<Entry>, FieldErrors> {
    let (defaults, jobs, prefix) = match document {
        Value::Array(jobs) => (Map::new(), jobs, String::new()),
        Value::Object(document) => {
            check_members(document)?;
            let defaults = match document.get("defaults") {
                None | Some(Value::Null) => Map::new(),
                Some(Value::Object(defaults)) => defaults.clone(),
                Some(_) => return Err(FieldError::new("defaults", "must be an object of job fields").into()),
            };
            let jobs = match document.get("jobs") {
                Some(Value::Array(jobs)) => jobs,
                Some(_) => return Err(FieldError::new("jobs", "must be a list of jobs").into()),
                None => return Err(FieldError::new("jobs", "is missing: a list of jobs").into()),
            };
            (defaults, jobs, "/jobs".to_owned())
        }
        _ => {
            return Err(whole(
                "the document must be a list of jobs, or an object with `jobs` and perhaps `defaults`",
            ));
        }
    };
    if let Some(name) = ["name", "id"]
        .into_iter()
        .find(|name| defaults.contains_key(*name))
    {
        return Err(FieldError::new(name, "belongs to one job, not under defaults")
            .within("/defaults")
            .into());
    }
    if jobs.len() > MAX_JOBS {
        return Err(whole(&format!(
            "the document has {} jobs; {MAX_JOBS} are taken at once",
            jobs.len()
        )));
    }
    let mut entries = Vec::with_capacity(jobs.len());
    let mut errors = Vec::new();
    for (index, job) in jobs.iter().enumerate() {
        let pointer = format!("{prefix}/{index}");
        match job {
            Value::Object(own) => {
                let mut said = inherited(&defaults, own);
                said.extend(own.clone());
                entries.push(Entry {
                    pointer,
                    own: own.clone(),
                    said,
                });
            }
            _ => errors.push(FieldError {
                pointer,
                detail: format!("job {} of the list must be an object", index + 1),
            }),
        }
    }
    if errors.is_empty() {
        Ok(entries)
    } else {
        Err(FieldErrors(errors))
    }
}

/// A job that says one kind of schedule does not inherit the other kind.
fn inherited(defaults: &Map<String, Value>, own: &Map<String, Value>) -> Map<String, Value> {
    let mut said = defaults.clone();
    if own.contains_key("every") {
        said.remove("cronExpression");
        said.remove("cronDialect");
    }
    if own.contains_key("cronExpression") {
        said.remove("every");
    }
    said
}

fn check_members(document: &Map<String, Value>) -> Result<(), FieldErrors> {
    let Some(name) = document
        .keys()
        .find(|name| !["defaults", "jobs"].contains(&name.as_str()))
    else {
        return Ok(());
    };
    let reason = if document.contains_key("jobs") || document.contains_key("defaults") {
        "stands beside jobs; what holds for all jobs goes under `defaults`"
    } else if document.contains_key("name") {
        "is a field of a single job; write a list of jobs"
    } else {
        "holds for all jobs here, so put it under `defaults`: {defaults: {…}, jobs: […]}"
    };
    Err(FieldError::new(name, reason).into())
}

fn whole(detail: &str) -> FieldErrors {
    FieldError {
        pointer: String::new(),
        detail: detail.to_owned(),
    }
    .into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refusal(document: &Value) -> String {
        read(document).unwrap_err().to_string()
    }

    #[test]
    fn both_shapes_are_read() {
        let bare = read(&json!([{"name": "a"}, {"name": "b"}])).unwrap();
        assert_eq!(
            bare.iter()
                .map(|entry| entry.pointer.as_str())
                .collect::<Vec<_>>(),
            ["/0", "/1"]
        );
        let full = read(&json!({"defaults": {"retryCount": 3}, "jobs": [{"name": "a"}, {"retryCount": 1}]}))
            .unwrap();
        assert_eq!(full[0].said["retryCount"], 3);
        assert_eq!(full[1].said["retryCount"], 1);
        assert_eq!(full[1].pointer, "/jobs/1");
    }

    #[test]
    fn bare_defaults_are_refused_with_advice() {
        assert!(refusal(&json!({"retryCount": 3, "retryInterval": 300})).contains("put it under `defaults`"));
        assert!(refusal(&json!({"retryCount": 3, "jobs": []})).contains("goes under `defaults`"));
        assert!(refusal(&json!({"name": "a", "every": 5})).contains("write a list of jobs"));
    }

    #[test]
    fn other_shapes_are_refused_by_place() {
        assert!(refusal(&json!("jobs")).contains("must be a list of jobs"));
        assert!(refusal(&json!({"defaults": {}})).contains("jobs: is missing"));
        assert!(refusal(&json!({"defaults": {"name": "x"}, "jobs": []})).contains("belongs to one job"));
        assert!(refusal(&json!([{}, 3])).contains("job 2 of the list"));
    }

    #[test]
    fn a_job_with_a_grid_does_not_inherit_an_expression() {
        let entries =
            read(&json!({"defaults": {"cronExpression": "0 2 * * *"}, "jobs": [{"every": 60}]})).unwrap();
        assert!(!entries[0].said.contains_key("cronExpression"));
    }
}
