//! Finding what an address names.

use wasmtab_domain::{
    ids::{AttemptId, JobId, RunId},
    job::Job,
    plugin::{Handler, Plugin, PluginVersion},
    run::{Attempt, Run},
};

use crate::{
    error::{ServiceError, ServiceResult},
    service::Service,
};

impl Service {
    pub(crate) async fn find_job(&self, id: JobId) -> ServiceResult<Job> {
        self.store
            .job(id)
            .await?
            .ok_or_else(|| ServiceError::not_found(format!("job {id}")))
    }

    pub(crate) async fn find_run(&self, id: RunId) -> ServiceResult<Run> {
        self.store
            .run(id)
            .await?
            .ok_or_else(|| ServiceError::not_found(format!("run {id}")))
    }

    pub(crate) async fn find_attempt(&self, id: AttemptId) -> ServiceResult<Attempt> {
        self.store
            .attempt(id)
            .await?
            .ok_or_else(|| ServiceError::not_found(format!("attempt {id}")))
    }

    pub(crate) async fn find_plugin(&self, name: &str) -> ServiceResult<Plugin> {
        self.store
            .plugin(name)
            .await?
            .ok_or_else(|| ServiceError::not_found(format!("plugin `{name}`")))
    }

    pub(crate) async fn find_handler(&self, name: &str) -> ServiceResult<Handler> {
        self.store
            .handler(name)
            .await?
            .ok_or_else(|| ServiceError::not_found(format!("handler `{name}`")))
    }

    /// A version by its number or its label.
    pub(crate) async fn find_version(&self, plugin: &str, which: &str) -> ServiceResult<PluginVersion> {
        let found = if let Ok(number) = which.parse() {
            self.store.version(plugin, number).await?
        } else {
            let versions = self.store.versions(plugin).await?;
            versions
                .into_iter()
                .find(|version| version.label.as_deref() == Some(which))
        };
        found.ok_or_else(|| ServiceError::not_found(format!("version {which} of plugin `{plugin}`")))
    }
}
