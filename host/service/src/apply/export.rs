//! Jobs as a document that makes them again.

use serde::Deserialize;
use utoipa::IntoParams;
use wasmtab_domain::field::FieldError;
use wasmtab_store::{JobFilter, Principal, Role};

use super::{MAX_DOCUMENT, document::MAX_JOBS};
use crate::{
    error::{ServiceError, ServiceResult},
    service::{Service, authorize},
    view::ExportView,
};

/// Which jobs to export; every one unless something is said.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExportQuery {
    /// Those that bear this label.
    pub label: Option<String>,
    /// Those that this source of documents made.
    pub source: Option<String>,
    /// Those of this handler.
    pub handler_name: Option<String>,
    /// Those whose name contains this, in any case.
    pub q: Option<String>,
}

/// Jobs that are read at once.
const PAGE: u32 = 500;

impl Service {
    /// Jobs as a document: what `apply` takes, so that applying it here changes nothing.
    pub async fn export(&self, by: &Principal, query: &ExportQuery) -> ServiceResult<ExportView> {
        authorize(by, Role::Viewer)?;
        let context = self.read_context().await?;
        let filter = JobFilter {
            text: query.q.clone(),
            handler_name: query.handler_name.clone(),
            label: query.label.clone(),
            source: query.source.clone(),
            ..JobFilter::default()
        };
        let (mut jobs, mut bytes, mut after) = (Vec::new(), 0, None);
        loop {
            let page = self.store.jobs(&filter, after, PAGE).await?;
            for job in page.items {
                let said = job.spec.said(&context);
                bytes += serde_json::to_string(&said).map_or(0, |text| text.len());
                jobs.push((job.spec.name.clone(), said));
            }
            if jobs.len() > MAX_JOBS {
                let detail = format!(
                    "more than {MAX_JOBS} jobs meet it, which no document takes; export by label, source or handlerName"
                );
                let error = FieldError {
                    pointer: String::new(),
                    detail,
                };
                return Err(ServiceError::Invalid(error.into()));
            }
            if bytes > MAX_DOCUMENT {
                return Err(ServiceError::TooLarge {
                    what: "the document of these jobs",
                    limit: MAX_DOCUMENT,
                });
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        jobs.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(ExportView {
            jobs: jobs.into_iter().map(|(_, said)| said).collect(),
        })
    }
}
