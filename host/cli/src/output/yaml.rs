//! Jobs as YAML that `apply` reads.

use serde_json::{Map, Value};
use serde_norway::{Mapping, Value as Yaml};
use wasmtab_domain::job::FIELDS;

use crate::exit::Failure;

/// A list of jobs, the fields of each in the order in which people write them.
pub(crate) fn jobs(jobs: &[Value]) -> Result<String, Failure> {
    if jobs.is_empty() {
        return Ok("[]\n".into());
    }
    let each = jobs
        .iter()
        .map(|job| {
            let empty = Map::new();
            let list = [ordered(job.as_object().unwrap_or(&empty))?];
            serde_norway::to_string(&list).map_err(unwritable)
        })
        .collect::<Result<Vec<_>, _>>()?;
    Ok(each.join("\n"))
}

fn ordered(job: &Map<String, Value>) -> Result<Yaml, Failure> {
    let known = FIELDS.iter().filter_map(|name| job.get_key_value(*name));
    // A newer server may say more than is known here.
    let others = job.iter().filter(|(name, _)| !FIELDS.contains(&name.as_str()));
    let mut ordered = Mapping::new();
    for (name, value) in known.chain(others) {
        ordered.insert(
            Yaml::String(name.clone()),
            serde_norway::to_value(value).map_err(unwritable)?,
        );
    }
    Ok(Yaml::Mapping(ordered))
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "it is passed to `map_err`, which hands errors over"
)]
fn unwritable(error: serde_norway::Error) -> Failure {
    Failure::own(format!("the jobs cannot be written as YAML: {error}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::input::yaml;

    #[test]
    fn what_is_written_reads_back() {
        let document = json!([
            {"name": "数据备份", "handlerName": "H", "cronExpression": "* * * * *", "timezone": "UTC",
                "handlerParam": {"a": [1, 2.5, null, true], "b": "yes", "c": "1", "d": ""}, "retryOn": ["trap"]},
            {"name": "null", "handlerName": "~", "every": 60, "handlerParam": "line one\n  line: two\n\n#three\n",
                "startAt": "2026-01-01T00:00:00+08:00", "memoryLimit": "64MiB", "owner": "- a: b", "runbook": "!x"},
        ]);
        let text = jobs(document.as_array().unwrap()).unwrap();
        assert_eq!(yaml::read(&text).unwrap(), document, "{text}");
        assert!(
            text.starts_with("- name: 数据备份\n  handlerName: H\n  handlerParam:\n"),
            "{text}"
        );
    }

    #[test]
    fn no_jobs_are_a_document_too() {
        assert_eq!(yaml::read(&jobs(&[]).unwrap()).unwrap(), json!([]));
    }
}
