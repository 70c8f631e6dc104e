//! Setting the demo up, through the API as anybody would.

use serde_json::{Value, json};
use wasmtab_domain::grant::Grants;
use wasmtab_guests::Sample;

use super::scratch::Scratch;
use crate::{client::Client, exit::Failure, input::yaml, output};

/// The seed's jobs, as its document has them.
pub(super) const SEED: &str = include_str!("seed.yaml");
/// What can be watched.
const FAST: &str = include_str!("fast.yaml");

/// Which handlers the jobs need; they are there first, so that something fires soon.
const FIRST: [&str; 6] = [
    "HealthCheckHandler",
    "DataBackupHandler",
    "WeeklyReportHandler",
    "FlakyHandler",
    "PanicHandler",
    "LoopHandler",
];

/// Uploads, activates and binds the sample handlers, and applies the jobs.
pub(super) async fn all(client: &Client, url: &str, token: &str, scratch: &Scratch) -> Result<(), Failure> {
    let (first, later): (Vec<&Sample>, Vec<&Sample>) = wasmtab_guests::samples()
        .iter()
        .partition(|sample| FIRST.contains(&sample.handler_name));
    for sample in first {
        install(client, sample, &reach(sample.handler_name, url, scratch)?, token).await?;
    }
    for (name, document) in [("seed", SEED), ("fast", FAST)] {
        let document =
            yaml::read(document).map_err(|reason| Failure::own(format!("{name}.yaml: {reason}")))?;
        client
            .post(&["jobs:apply"])
            .json(&json!({ "document": document }))
            .send()
            .await?;
    }
    for sample in later {
        install(client, sample, &reach(sample.handler_name, url, scratch)?, token).await?;
    }
    Ok(())
}

async fn install(client: &Client, sample: &Sample, grants: &Grants, token: &str) -> Result<(), Failure> {
    output::progress(&format!("uploading {}", sample.plugin));
    let upload = client
        .post(&["plugins", sample.plugin, "versions"])
        .query("activate", "true");
    upload.wasm(sample.component.to_vec()).send().await?;
    let mut body = json!({ "plugin": sample.plugin, "grants": grants });
    if grants.secrets.contains("token") {
        body["secrets"] = json!({ "token": token });
    }
    client
        .put(&["handlers", sample.handler_name])
        .json(&body)
        .send()
        .await?;
    Ok(())
}

/// What each handler may touch: its part of the scratch directory, and this very server.
fn reach(handler: &str, url: &str, scratch: &Scratch) -> Result<Grants, Failure> {
    let own_server = [
        format!("http={url}"),
        "net=127.0.0.0/8".to_owned(),
        "net=::1/128".to_owned(),
    ];
    let texts: Vec<String> = match handler {
        "DataBackupHandler" => vec![
            scratch.grant("files", "/data", "ro"),
            scratch.grant("backup", "/backup", "rw"),
        ],
        "WeeklyReportHandler" => vec![
            scratch.grant("files", "/data", "ro"),
            scratch.grant("reports", "/reports", "rw"),
        ],
        "LogCleanupHandler" => vec![scratch.grant("logs", "/logs", "rw")],
        "HealthCheckHandler" => {
            let mut texts = own_server.to_vec();
            texts.push(format!("config=healthCheckUrl={url}/healthz"));
            texts
        }
        "HttpCallHandler" => own_server.to_vec(),
        "DataSyncHandler" => {
            let mut texts = own_server.to_vec();
            texts.extend([
                scratch.grant("sync", "/data", "rw"),
                format!("config=dataSyncUrl={url}/api/v1/jobs?limit=2"),
                "secret=token".to_owned(),
            ]);
            texts
        }
        _ => Vec::new(),
    };
    let mut grants = Grants::default();
    for text in &texts {
        grants.allow(text).map_err(Failure::own)?;
    }
    Ok(grants)
}

/// The names of the jobs that fire as the seed says.
pub(super) fn seed_names() -> Vec<String> {
    let seed = yaml::read(SEED).unwrap_or_default();
    let jobs = seed.as_array().into_iter().flatten();
    jobs.filter_map(|job| job.get("name").and_then(Value::as_str).map(str::to_owned))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handlers(document: &Value) -> Vec<&str> {
        let jobs = document.get("jobs").unwrap_or(document).as_array().unwrap();
        jobs.iter()
            .map(|job| job["handlerName"].as_str().unwrap())
            .collect()
    }

    #[test]
    fn the_seeds_jobs_are_all_there() {
        assert_eq!(seed_names(), ["数据备份", "周报生成", "系统健康检查"]);
    }

    #[test]
    fn every_job_has_a_handler_that_comes_first() {
        let samples: Vec<&str> = wasmtab_guests::samples()
            .iter()
            .map(|sample| sample.handler_name)
            .collect();
        for document in [SEED, FAST] {
            let document = yaml::read(document).unwrap();
            for handler in handlers(&document) {
                assert!(
                    FIRST.contains(&handler) && samples.contains(&handler),
                    "{handler}"
                );
            }
        }
    }

    #[test]
    fn grants_are_valid() {
        let scratch = Scratch::new().unwrap();
        for sample in wasmtab_guests::samples() {
            reach(sample.handler_name, "http://127.0.0.1:7320", &scratch)
                .unwrap()
                .validate()
                .unwrap();
        }
    }
}
