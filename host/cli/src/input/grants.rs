//! Grants and secrets as flags.

use clap::Args;
use serde_json::{Map, Value};
use wasmtab_domain::grant::{Grant, Grants};

use super::file;
use crate::exit::Failure;

/// Grants to add.
#[derive(Args, Debug, Default)]
pub(crate) struct AllowArgs {
    /// Grant this: http=URL, net=CIDR, dir=HOST:GUEST or dir=HOST:GUEST:rw, state=handler, state-quota=SIZE, config=KEY=VALUE, secret=NAME
    #[arg(long, value_name = "GRANT")]
    allow: Vec<String>,
    /// Set the value of a secret: NAME=VALUE, NAME=@FILE; grants it too
    #[arg(long, value_name = "NAME=VALUE")]
    secret: Vec<String>,
}

impl AllowArgs {
    /// Adds to `grants`.
    pub(crate) fn add_to(&self, grants: &mut Grants) -> Result<(), Failure> {
        for text in &self.allow {
            grants.add(parse(text)?);
        }
        self.add_secrets_to(grants)
    }

    /// Adds to `grants` on this machine: directories may be named from where one is.
    pub(crate) fn add_here(&self, grants: &mut Grants) -> Result<(), Failure> {
        for text in &self.allow {
            let mut grant = parse(text)?;
            if let Grant::Directory(directory) = &mut grant {
                let host = std::path::absolute(&directory.host)
                    .map_err(|error| Failure::usage(format!("dir: `{}`: {error}", directory.host)))?;
                directory.host = host.display().to_string();
            }
            grants.add(grant);
        }
        self.add_secrets_to(grants)
    }

    fn add_secrets_to(&self, grants: &mut Grants) -> Result<(), Failure> {
        for (name, _) in self.secrets()? {
            grants.secrets.insert(name);
        }
        grants.validate().map_err(Failure::usage)
    }

    /// Whether nothing is added.
    pub(crate) const fn is_empty(&self) -> bool {
        self.allow.is_empty() && self.secret.is_empty()
    }

    /// The values of secrets, as the API takes them.
    pub(crate) fn secret_values(&self) -> Result<Map<String, Value>, Failure> {
        Ok(self
            .secrets()?
            .into_iter()
            .map(|(name, value)| (name, Value::String(value)))
            .collect())
    }

    fn secrets(&self) -> Result<Vec<(String, String)>, Failure> {
        let one = |said: &String| match said.split_once('=') {
            Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), file::or_literal(value)?)),
            // The text may be the secret itself, so it is not repeated.
            _ => Err(Failure::usage("--secret: NAME=VALUE or NAME=@FILE is expected")),
        };
        self.secret.iter().map(one).collect()
    }
}

/// One grant from its text.
pub(crate) fn parse(text: &str) -> Result<Grant, Failure> {
    text.parse().map_err(Failure::usage)
}

/// The grants that the API showed; none where this program does not know all of them.
pub(crate) fn read(grants: &Value) -> Option<Grants> {
    serde_json::from_value(grants.clone()).ok()
}

/// The grants of a handler, to be changed and sent back whole.
pub(crate) fn of(handler: &Value) -> Result<Grants, Failure> {
    match handler.get("grants") {
        None => Ok(Grants::default()),
        Some(grants) => read(grants).ok_or_else(|| {
            Failure::own(
                "the server has grants that this version of wasmtab does not know; use the server's version",
            )
        }),
    }
}

/// Takes away what `text` names. A grant that is not there is an error, or a typing mistake would leave it in place.
pub(crate) fn revoke(grants: &mut Grants, text: &str) -> Result<(), Failure> {
    let before = grants.clone();
    match parse(text)? {
        Grant::Http(entry) => grants.http.retain(|other| *other != entry),
        Grant::Network(entry) => grants.networks.retain(|other| *other != entry),
        Grant::Directory(entry) => {
            grants
                .directories
                .retain(|other| (&other.host, &other.guest) != (&entry.host, &entry.guest));
        }
        Grant::State(scope) => {
            if grants.state.scope == scope {
                grants.state.scope = Grants::default().state.scope;
            }
        }
        Grant::StateQuota(_) => grants.state.quota = Grants::default().state.quota,
        Grant::Config(key, _) => {
            grants.config.remove(&key);
        }
        Grant::Secret(name) => {
            grants.secrets.remove(&name);
        }
    }
    if *grants == before {
        return Err(Failure::usage(format!("--revoke: `{text}` is not granted")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(allow: &[&str], secret: &[&str]) -> AllowArgs {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        AllowArgs {
            allow: owned(allow),
            secret: owned(secret),
        }
    }

    #[test]
    fn a_secret_that_is_set_is_granted() {
        let mut grants = Grants::default();
        let args = args(&["dir=/srv:/data:rw"], &["TOKEN=a=b"]);
        args.add_to(&mut grants).unwrap();
        assert!(grants.secrets.contains("TOKEN"));
        assert_eq!(args.secret_values().unwrap()["TOKEN"], "a=b");
        assert_eq!(grants.directories.len(), 1);
    }

    #[test]
    fn a_bad_secret_is_not_repeated() {
        let failure = args(&[], &["hunter2"])
            .add_to(&mut Grants::default())
            .unwrap_err();
        assert!(!failure.to_string().contains("hunter2"), "{failure}");
    }

    #[test]
    fn what_is_revoked_must_have_been_granted() {
        let mut grants = Grants::default();
        grants.allow("net=10.0.0.0/8").unwrap();
        grants.allow("dir=/srv:/data:rw").unwrap();
        revoke(&mut grants, "dir=/srv:/data").unwrap();
        assert!(
            revoke(&mut grants, "net=10.0.0.0/16")
                .unwrap_err()
                .message
                .contains("is not granted")
        );
        revoke(&mut grants, "net=10.0.0.0/8").unwrap();
        assert_eq!(grants, Grants::default());
    }
}
