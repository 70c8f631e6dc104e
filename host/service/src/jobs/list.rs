use std::collections::HashMap;

use serde::Deserialize;
use utoipa::IntoParams;
use wasmtab_cron::Lang;
use wasmtab_domain::{ids::JobId, job::Job, plugin::Handler};
use wasmtab_store::{JobFilter, Page, Principal, Role};

use super::missing_chained;
use crate::{
    error::{ServiceError, ServiceResult},
    paging,
    service::{Service, authorize},
    view::{JobView, ListView},
};

/// Which jobs to list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct JobQuery {
    /// Part of the name, in any case.
    pub q: Option<String>,
    /// Exactly this name.
    pub name: Option<String>,
    /// Only jobs of this handler.
    pub handler_name: Option<String>,
    /// Only paused ones, or only those that are not.
    pub paused: Option<bool>,
    /// Only jobs that are declared `normal`, or `stopped`.
    pub status: Option<String>,
    /// Only jobs that bear exactly this label.
    pub label: Option<String>,
    /// Only jobs that this source of documents made.
    pub source: Option<String>,
    /// How many items, 1 to 500; 50 unless said.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
    /// The `nextCursor` of the page before.
    pub cursor: Option<String>,
    /// The language of descriptions, `zh` or `en`; by `Accept-Language` unless said.
    pub lang: Option<String>,
}

const LIST: &str = "jobs";

impl Service {
    /// One job.
    pub async fn job(&self, by: &Principal, id: JobId, lang: Lang) -> ServiceResult<JobView> {
        authorize(by, Role::Viewer)?;
        let job = self.find_job(id).await?;
        self.show_job(&job, lang).await
    }

    /// Jobs by rising id.
    pub async fn jobs(
        &self,
        by: &Principal,
        query: &JobQuery,
        lang: Lang,
    ) -> ServiceResult<ListView<JobView>> {
        authorize(by, Role::Viewer)?;
        let slice = paging::slice(LIST, query.limit, query.cursor.as_deref())?;
        let status = query.status.as_deref().map(str::parse).transpose();
        let status = status.map_err(|reason| ServiceError::field("status", reason))?;
        let page = if let Some(name) = &query.name {
            Page {
                items: self.store.job_named(name).await?.into_iter().collect(),
                next: None,
            }
        } else {
            let filter = JobFilter {
                text: query.q.clone(),
                handler_name: query.handler_name.clone(),
                paused: query.paused,
                status,
                label: query.label.clone(),
                source: query.source.clone(),
            };
            self.store.jobs(&filter, slice.from, slice.limit).await?
        };
        let handlers: HashMap<String, Handler> = self
            .store
            .handlers()
            .await?
            .into_iter()
            .map(|handler| (handler.name.clone(), handler))
            .collect();
        let known = self
            .known_chained(page.items.iter().map(|job| &*job.spec))
            .await?;
        let show = |job: &Job| {
            JobView::new(job, handlers.get(&job.spec.handler_name), lang)
                .with_missing(missing_chained(&job.spec, &known))
        };
        Ok(ListView {
            items: page.items.iter().map(show).collect(),
            next_cursor: paging::next(LIST, page.next),
        })
    }
}
