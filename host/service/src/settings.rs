//! The settings of the database, and who asks.

use chrono_tz::Tz;
use serde::Deserialize;
use utoipa::ToSchema;
use wasmtab_store::{Principal, Role};

use crate::{
    error::{ServiceError, ServiceResult},
    service::{Change, Service, TIMEZONE, authorize},
    view::{MeView, SettingsView},
};

/// Settings that change; what is absent stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct SettingsPatch {
    /// The zone of jobs that name none from now on. Jobs that are there keep theirs.
    #[schema(example = "Asia/Shanghai")]
    pub timezone: Option<String>,
}

impl Service {
    /// Who asks.
    pub fn me(&self, by: &Principal) -> MeView {
        by.into()
    }

    /// The settings.
    pub async fn settings(&self, by: &Principal) -> ServiceResult<SettingsView> {
        authorize(by, Role::Viewer)?;
        Ok(SettingsView {
            timezone: self.default_zone().await?.name().to_owned(),
        })
    }

    /// Changes settings.
    pub async fn patch_settings(&self, by: &Principal, patch: SettingsPatch) -> ServiceResult<SettingsView> {
        authorize(by, Role::Administrator)?;
        let before = self.settings(by).await?;
        if let Some(name) = patch.timezone {
            let zone: Tz = name.parse().map_err(|_| {
                ServiceError::field(
                    "timezone",
                    format!("`{name}` is not an IANA time zone like Asia/Shanghai or UTC"),
                )
            })?;
            self.store.set_setting(TIMEZONE, Some(zone.name())).await?;
        }
        let after = self.settings(by).await?;
        if before.timezone != after.timezone {
            self.audit(
                by,
                "settings.update",
                "settings".into(),
                Change::of(&before, &after),
            )
            .await;
        }
        Ok(after)
    }
}
