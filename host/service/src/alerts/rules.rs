//! Rules: who is told of what.

use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use wasmtab_domain::alert::{self, Occasion, Rule, Scope};
use wasmtab_store::{Principal, Role, RuleRefused, StoredRule};

use super::scope::{Said, no_job};
use crate::{
    error::{ServiceError, ServiceResult},
    names,
    paging::{self, PageQuery},
    service::{Change, Service, authorize},
    view::{ListView, RuleView},
};

/// What a rule says. It is about every run, unless it names a label, a job or a handler.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RulePut {
    /// The channel that is told.
    pub channel: String,
    /// Of what: `failure` (for good, in whatever way, a timeout too), `timeout` (only such failures), `recovery`, `warnAfter`;
    /// everything unless said.
    #[serde(default = "everything")]
    #[schema(value_type = Vec<String>, example = json!(["failure", "recovery"]))]
    pub on: Vec<Occasion>,
    /// Only runs of jobs that bear this label.
    #[serde(default)]
    pub label: Option<String>,
    /// Only runs of the job of this name.
    #[serde(default)]
    pub job: Option<String>,
    /// Only runs of the job of this number.
    #[serde(default)]
    pub job_id: Option<i64>,
    /// Only runs of this handler.
    #[serde(default)]
    pub handler_name: Option<String>,
}

fn everything() -> Vec<Occasion> {
    vec![Occasion::Failure, Occasion::Recovery, Occasion::WarnAfter]
}

impl Service {
    /// Rules, by name.
    pub async fn rules(&self, by: &Principal, query: &PageQuery) -> ServiceResult<ListView<RuleView>> {
        authorize(by, Role::Viewer)?;
        let page = paging::cut("rules", query, self.store.rules().await?)?;
        let mut items = Vec::with_capacity(page.items.len());
        for rule in &page.items {
            items.push(self.show_rule(rule).await?);
        }
        Ok(ListView {
            items,
            next_cursor: page.next_cursor,
        })
    }

    /// One rule.
    pub async fn rule(&self, by: &Principal, name: &str) -> ServiceResult<RuleView> {
        authorize(by, Role::Viewer)?;
        let rule = self.store.rule(name).await?.ok_or_else(|| not_found(name))?;
        self.show_rule(&rule).await
    }

    /// Makes or replaces a rule; true: it is new. It holds for runs that end from now on.
    pub async fn put_rule(
        &self,
        by: &Principal,
        name: &str,
        put: RulePut,
    ) -> ServiceResult<(RuleView, bool)> {
        authorize(by, Role::Author)?;
        names::check_name("name", name)?;
        let mut on = put.on;
        on.sort_unstable();
        on.dedup();
        if on.is_empty() {
            return Err(ServiceError::field(
                "on",
                "is empty: the rule would tell of nothing",
            ));
        }
        let said = Said {
            label: put.label,
            job: put.job,
            job_id: put.job_id,
            handler_name: put.handler_name,
        };
        let rule = StoredRule {
            rule: Rule {
                name: name.to_owned(),
                scope: self.read_scope(said).await?.unwrap_or(Scope::All),
                on,
                channel: put.channel,
            },
            updated_at: self.now(),
            updated_by: by.name.clone(),
        };
        let before = match self.store.put_rule(rule.clone()).await? {
            Ok(before) => before,
            Err(refused) => return Err(why(refused, &rule.rule)),
        };
        let after = self.show_rule(&rule).await?;
        let shown = match &before {
            Some(before) => Some(self.show_rule(before).await?),
            None => None,
        };
        self.audit(by, "alertRule.put", subject(name), Change::of(shown, &after))
            .await;
        Ok((after, before.is_none()))
    }

    /// Removes a rule.
    pub async fn delete_rule(&self, by: &Principal, name: &str) -> ServiceResult<()> {
        authorize(by, Role::Author)?;
        let before = self.rule(by, name).await?;
        if !self.store.delete_rule(name).await? {
            return Err(not_found(name));
        }
        self.audit(
            by,
            "alertRule.delete",
            subject(name),
            Change::removed(json!(before)),
        )
        .await;
        Ok(())
    }

    async fn show_rule(&self, stored: &StoredRule) -> ServiceResult<RuleView> {
        let scope = self.show_alert_scope(&stored.rule.scope).await?;
        Ok(RuleView::new(stored, scope))
    }
}

fn why(refused: RuleRefused, rule: &Rule) -> ServiceError {
    match (refused, &rule.scope) {
        (RuleRefused::NoChannel, _) => {
            let reason = format!("there is no channel `{}`; make it first", rule.channel);
            ServiceError::field("channel", reason)
        }
        (RuleRefused::TooMany, _) => {
            ServiceError::field("name", format!("there are {} rules already", alert::RULES))
        }
        (RuleRefused::NoJob, Scope::Job(id)) => no_job(id.0),
        (RuleRefused::NoJob, _) => ServiceError::field("job", "is not there any more"),
    }
}

fn subject(name: &str) -> String {
    format!("alertRule/{name}")
}

fn not_found(name: &str) -> ServiceError {
    ServiceError::not_found(format!("rule `{name}`"))
}
