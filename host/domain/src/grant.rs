//! What a handler may reach. Nothing is reached that is not written here.
//!
//! Administrators write grants as JSON (`PUT` on a handler) or as the command line's `--allow` texts; a refusal names the
//! grant that would have helped in the same text.

mod address;
mod directory;
mod http;
mod secret;
mod state;
mod text;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use self::{
    address::{Cidr, is_public},
    directory::{Access, DirectoryGrant},
    http::{HostPattern, HttpGrant, Scheme},
    secret::SecretValues,
    state::{StateGrant, StateScope},
    text::Grant,
};

/// The most entries that any one list of grants holds.
pub const MAX_ENTRIES: usize = 256;
/// The longest configuration value, in bytes.
pub const MAX_CONFIG_VALUE: usize = 64 * 1024;

/// Everything that one handler may reach. The default reaches nothing but 1 MiB of state of its own job.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Grants {
    /// Where HTTP requests may go.
    pub http: Vec<HttpGrant>,
    /// Address ranges that are reached although they are not public: private, loopback, link-local and the like.
    pub networks: Vec<Cidr>,
    /// Directories of the host, and where the guest finds them.
    pub directories: Vec<DirectoryGrant>,
    /// The values that survive from run to run.
    pub state: StateGrant,
    /// Plain settings that the guest reads by key.
    pub config: BTreeMap<String, String>,
    /// Names of the secrets that the guest may read. Their values are kept apart.
    pub secrets: BTreeSet<String>,
}

/// A grant that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct GrantError {
    /// The field at fault, as a path into the JSON form (`directories[0].guest`).
    pub field: String,
    /// What is wrong and what is wanted.
    pub reason: String,
}

impl Grants {
    /// Adds the grant that `--allow TEXT` names.
    pub fn allow(&mut self, text: &str) -> Result<(), GrantError> {
        self.add(text.parse()?);
        Ok(())
    }

    /// Adds one grant. What is there already is not added twice.
    pub fn add(&mut self, grant: Grant) {
        fn push<T: PartialEq>(list: &mut Vec<T>, entry: T) {
            if !list.contains(&entry) {
                list.push(entry);
            }
        }
        match grant {
            Grant::Http(entry) => push(&mut self.http, entry),
            Grant::Network(entry) => push(&mut self.networks, entry),
            Grant::Directory(entry) => push(&mut self.directories, entry),
            Grant::State(scope) => self.state.scope = scope,
            Grant::StateQuota(quota) => self.state.quota = quota,
            Grant::Config(key, value) => {
                self.config.insert(key, value);
            }
            Grant::Secret(name) => {
                self.secrets.insert(name);
            }
        }
    }

    /// Every grant that goes beyond the default, one by one.
    pub fn list(&self) -> Vec<Grant> {
        let mut all: Vec<Grant> = self.http.iter().cloned().map(Grant::Http).collect();
        all.extend(self.networks.iter().copied().map(Grant::Network));
        all.extend(self.directories.iter().cloned().map(Grant::Directory));
        let default = StateGrant::default();
        if self.state.scope != default.scope {
            all.push(Grant::State(self.state.scope));
        }
        if self.state.quota != default.quota {
            all.push(Grant::StateQuota(self.state.quota));
        }
        all.extend(
            self.config
                .iter()
                .map(|(key, value)| Grant::Config(key.clone(), value.clone())),
        );
        all.extend(self.secrets.iter().cloned().map(Grant::Secret));
        all
    }

    /// Checks what the types alone do not hold. Call it before grants are saved.
    pub fn validate(&self) -> Result<(), GrantError> {
        let bound = |field: &str, length: usize| {
            if length > MAX_ENTRIES {
                return Err(GrantError::new(
                    field,
                    format!("{length} entries, at most {MAX_ENTRIES} are kept"),
                ));
            }
            Ok(())
        };
        bound("http", self.http.len())?;
        bound("networks", self.networks.len())?;
        bound("directories", self.directories.len())?;
        bound("config", self.config.len())?;
        bound("secrets", self.secrets.len())?;
        for (at, entry) in self.http.iter().enumerate() {
            entry
                .validate()
                .map_err(|error| error.inside(&format!("http[{at}]")))?;
        }
        directory::validate_all(&self.directories)?;
        self.state.validate().map_err(|error| error.inside("state"))?;
        for (key, value) in &self.config {
            text::check_name(key).map_err(|reason| GrantError::new("config", reason))?;
            if value.len() > MAX_CONFIG_VALUE {
                let reason = format!(
                    "the value is {} bytes long, at most {MAX_CONFIG_VALUE} are kept",
                    value.len()
                );
                return Err(GrantError::new(&format!("config.{key}"), reason));
            }
        }
        for name in &self.secrets {
            text::check_name(name).map_err(|reason| GrantError::new("secrets", reason))?;
        }
        Ok(())
    }

    /// Whether a request may be sent there at all; the address it resolves to is checked by [`Self::allows_address`].
    pub fn allows_http(&self, scheme: Scheme, host: &str, port: u16, method: &str) -> bool {
        self.http
            .iter()
            .any(|grant| grant.matches(scheme, host, port, method))
    }

    /// Whether a connection to `address` may be made for a request to `host`.
    ///
    /// Public addresses may. Others need an entry in `networks`, or a grant that names this very address as its host:
    /// no name is resolved there, so none can be rebound.
    pub fn allows_address(&self, host: &str, address: std::net::IpAddr) -> bool {
        let address = address.to_canonical();
        is_public(address)
            || self.networks.iter().any(|network| network.contains(address))
            || self.http.iter().any(|grant| grant.host.is_address(host, address))
    }
}

impl GrantError {
    pub(crate) fn new(field: &str, reason: impl Into<String>) -> Self {
        Self {
            field: field.to_owned(),
            reason: reason.into(),
        }
    }

    fn inside(self, parent: &str) -> Self {
        Self {
            field: format!("{parent}.{}", self.field),
            reason: self.reason,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn granted(texts: &[&str]) -> Grants {
        let mut grants = Grants::default();
        for text in texts {
            grants.allow(text).unwrap();
        }
        grants
    }

    #[test]
    fn nothing_is_granted_by_default() {
        let grants = Grants::default();
        assert!(!grants.allows_http(Scheme::Https, "example.com", 443, "GET"));
        assert!(!grants.allows_address("localhost", "127.0.0.1".parse().unwrap()));
        assert_eq!(
            grants.state,
            StateGrant {
                scope: StateScope::Job,
                quota: 1024 * 1024
            }
        );
        assert_eq!(serde_json::from_str::<Grants>("{}").unwrap(), grants);
        assert_eq!(grants.list(), []);
    }

    #[test]
    fn what_is_listed_grants_the_same_again() {
        let texts = [
            "http=https://api.example.com:8443",
            "http=*.example.org",
            "http=http://[::1]:9000",
            "net=10.0.0.0/8",
            "dir=/srv/in:/data:ro",
            "dir=/srv/out:/out:rw",
            "state=handler",
            "state-quota=4194304",
            "config=greeting=a=b",
            "secret=TOKEN",
        ];
        let grants = granted(&texts);
        grants.validate().unwrap();
        let listed: Vec<String> = grants.list().iter().map(Grant::to_string).collect();
        assert_eq!(listed, texts);
        let json = serde_json::to_string(&grants).unwrap();
        assert_eq!(serde_json::from_str::<Grants>(&json).unwrap(), grants);
    }

    #[test]
    fn unknown_fields_and_bad_values_are_refused_by_name() {
        for (json, wanted) in [
            (r#"{"https": []}"#, "https"),
            (r#"{"http": [{"host": "a b"}]}"#, "host"),
            (r#"{"networks": ["10.0.0.0/33"]}"#, "10.0.0.0/33"),
            (
                r#"{"directories": [{"guest": "/d", "host": "/d", "access": "all"}]}"#,
                "all",
            ),
        ] {
            let error = serde_json::from_str::<Grants>(json).unwrap_err().to_string();
            assert!(error.contains(wanted), "{json}: {error}");
        }
        let mut grants = granted(&["dir=/srv:/data"]);
        grants.directories[0].guest = "data".into();
        assert_eq!(grants.validate().unwrap_err().field, "directories[0].guest");
    }

    #[test]
    fn an_address_in_a_grant_stands_for_itself_only() {
        let grants = granted(&["http=http://127.0.0.1:8080", "http=http://intern"]);
        assert!(grants.allows_address("127.0.0.1", "127.0.0.1".parse().unwrap()));
        assert!(grants.allows_address("127.0.0.1", "::ffff:127.0.0.1".parse().unwrap()));
        assert!(!grants.allows_address("intern", "127.0.0.1".parse().unwrap()));
        assert!(granted(&["net=127.0.0.0/8"]).allows_address("intern", "127.0.0.1".parse().unwrap()));
    }
}
