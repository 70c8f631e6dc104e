//! Channels: where messages are sent.

use std::{fmt, time::Duration};

use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use tokio::sync::broadcast::error::RecvError;
use url::Url;
use utoipa::ToSchema;
use wasmtab_domain::alert::{self, DeliveryStatus};
use wasmtab_store::{Channel, DeleteRefused, Delivery, Hint, Principal, Role};

use crate::{
    error::{Conflict, ConflictKind, ServiceError, ServiceResult},
    names,
    paging::{self, PageQuery},
    service::{Change, Service, authorize},
    view::{ChannelView, DeliveryView, ListView},
};

/// What a channel says.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChannelPut {
    /// An `http` or `https` address, to which messages are sent by `POST`.
    #[schema(example = "https://example.com/hooks/wasmtab")]
    pub url: String,
    /// Whether anything is sent there; it is unless said.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// With which messages are signed; absent keeps it, null forgets it. It is never shown.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<String>)]
    pub secret: Option<Option<String>>,
}

const fn yes() -> bool {
    true
}

/// Tells `null` from an absent field.
#[expect(
    clippy::option_option,
    reason = "absent, null and a text are three different wishes"
)]
fn said<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl fmt::Debug for ChannelPut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChannelPut")
            .field("enabled", &self.enabled)
            .finish_non_exhaustive()
    }
}

/// How often a waiting request looks for itself: a hint can only come from this process.
const LOOK: Duration = Duration::from_secs(2);

impl Service {
    /// Channels, by name.
    pub async fn channels(&self, by: &Principal, query: &PageQuery) -> ServiceResult<ListView<ChannelView>> {
        authorize(by, Role::Viewer)?;
        let channels = self.store.channels().await?;
        let views = channels.iter().map(|channel| show(by, channel)).collect();
        paging::cut("channels", query, views)
    }

    /// One channel.
    pub async fn channel(&self, by: &Principal, name: &str) -> ServiceResult<ChannelView> {
        authorize(by, Role::Viewer)?;
        Ok(show(by, &self.find_channel(name).await?))
    }

    /// Makes or replaces a channel; true: it is new. What waits for it goes to the new address; a channel that is disabled
    /// gives up what waits.
    pub async fn put_channel(
        &self,
        by: &Principal,
        name: &str,
        put: ChannelPut,
    ) -> ServiceResult<(ChannelView, bool)> {
        authorize(by, Role::Administrator)?;
        names::check_name("name", name)?;
        let before = self.store.channel(name).await?;
        let url = read_url(&put.url)?;
        let secret_is_said = put.secret.is_some();
        let secret = match put.secret {
            Some(secret) => secret,
            None => before.as_ref().and_then(|channel| channel.secret.clone()),
        };
        if let Some(secret) = &secret {
            if secret.is_empty() {
                return Err(ServiceError::field("secret", "is empty; null stands for none"));
            }
            names::check_length("secret", secret, alert::SECRET_BYTES)?;
        }
        let channel = Channel {
            name: name.to_owned(),
            url,
            secret,
            enabled: put.enabled,
            updated_at: self.now(),
            updated_by: by.name.clone(),
        };
        let Ok(before) = self.store.put_channel(channel.clone()).await? else {
            let most = alert::CHANNELS;
            return Err(ServiceError::field(
                "name",
                format!("there are {most} channels already"),
            ));
        };
        let mut after = audited(&channel);
        if secret_is_said {
            after["secretChanged"] = json!(true);
        }
        let change = Change::of(before.as_ref().map(audited), after);
        self.audit(by, "alertChannel.put", subject(name), change).await;
        Ok((show(by, &channel), before.is_none()))
    }

    /// Removes a channel that no rule names.
    pub async fn delete_channel(&self, by: &Principal, name: &str) -> ServiceResult<()> {
        authorize(by, Role::Administrator)?;
        let before = self.find_channel(name).await?;
        match self.store.delete_channel(name, self.now()).await? {
            Ok(()) => {}
            Err(DeleteRefused::NotFound) => return Err(not_found(name)),
            Err(DeleteRefused::InUse(rules)) => {
                let detail = format!("channel `{name}` is named by the rules {}", rules.join(", "));
                return Err(Conflict::new(ConflictKind::InUse, detail)
                    .with_names(rules)
                    .into());
            }
        }
        let change = Change::removed(audited(&before));
        self.audit(by, "alertChannel.delete", subject(name), change).await;
        Ok(())
    }

    /// Sends a message that only tries the channel, and tells what became of it, within `patience`.
    pub async fn test_channel(
        &self,
        by: &Principal,
        name: &str,
        patience: Duration,
    ) -> ServiceResult<DeliveryView> {
        authorize(by, Role::Operator)?;
        self.find_channel(name).await?;
        // Listening begins before it is written: an answer in between is heard.
        let mut hints = self.store.hints().listen();
        let Some(delivery) = self.store.test_channel(name, self.now()).await? else {
            let detail = format!("channel `{name}` is disabled");
            return Err(Conflict::new(ConflictKind::ChannelDisabled, detail).into());
        };
        self.audit(by, "alertChannel.test", subject(name), Change::NONE)
            .await;
        let deadline = tokio::time::Instant::now() + patience;
        loop {
            let now = tokio::time::Instant::now();
            let delivery = self.find_delivery(delivery.id).await?;
            if delivery.status != DeliveryStatus::Pending || now >= deadline {
                return Ok(DeliveryView::new(&delivery));
            }
            let look = deadline.min(now + LOOK);
            let heard = async {
                loop {
                    match hints.recv().await {
                        Ok(Hint::Alerts) | Err(RecvError::Lagged(_)) => return,
                        Ok(_) => {}
                        // Nobody is left to say anything; the clock remains.
                        Err(RecvError::Closed) => std::future::pending().await,
                    }
                }
            };
            // The outcome does not matter: either way it is time to look.
            let _ = tokio::time::timeout_at(look, heard).await;
        }
    }

    async fn find_channel(&self, name: &str) -> ServiceResult<Channel> {
        self.store.channel(name).await?.ok_or_else(|| not_found(name))
    }

    pub(super) async fn find_delivery(&self, id: i64) -> ServiceResult<Delivery> {
        self.store
            .delivery(id)
            .await?
            .ok_or_else(|| ServiceError::not_found(format!("delivery {id}")))
    }
}

/// The address may be a secret of its own, so that only administrators see all of it.
fn show(by: &Principal, channel: &Channel) -> ChannelView {
    let url = if by.role >= Role::Administrator {
        channel.url.clone()
    } else {
        let origin = Url::parse(&channel.url).map(|url| url.origin().ascii_serialization());
        format!("{}/…", origin.unwrap_or_default())
    };
    ChannelView::new(channel, url)
}

fn read_url(said: &str) -> ServiceResult<String> {
    let refuse = |reason: &str| Err(ServiceError::field("url", reason));
    names::check_length("url", said, alert::URL_BYTES)?;
    let url = match Url::parse(said) {
        Ok(url) => url,
        Err(error) => return refuse(&format!("is not an address: {error}")),
    };
    if !matches!(url.scheme(), "http" | "https") {
        return refuse("must begin with http:// or https://");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("must not hold a user or a password");
    }
    if url.fragment().is_some() {
        return refuse("must not hold a fragment (#…), which is never sent");
    }
    Ok(url.into())
}

fn subject(name: &str) -> String {
    format!("alertChannel/{name}")
}

fn not_found(name: &str) -> ServiceError {
    ServiceError::not_found(format!("channel `{name}`"))
}

/// What the audit log keeps of a channel: its secret is never part of it.
fn audited(channel: &Channel) -> Value {
    json!({ "url": channel.url, "enabled": channel.enabled, "signed": channel.secret.is_some() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_of_the_web_and_no_more() {
        for url in ["http://127.0.0.1:8080/x?y=z", "https://example.com"] {
            assert!(read_url(url).is_ok(), "{url}");
        }
        for (url, reason) in [
            ("", "is not an address"),
            ("example.com/x", "is not an address"),
            ("ftp://example.com/", "must begin with"),
            ("https://ann:hunter2@example.com/", "a user or a password"),
            ("https://example.com/#x", "fragment"),
            ("https://", "is not an address"),
        ] {
            let error = read_url(url).unwrap_err().to_string();
            assert!(error.contains(reason), "{url}: {error}");
        }
        assert!(read_url(&format!("https://example.com/{}", "x".repeat(2_000))).is_err());
    }

    #[test]
    fn a_secret_does_not_show_in_debug_output() {
        let put: ChannelPut =
            serde_json::from_value(json!({"url": "https://a/hunter2", "secret": "hunter2"})).unwrap();
        assert!(!format!("{put:?}").contains("hunter2"));
    }
}
