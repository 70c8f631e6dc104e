//! One grant as a text, the way `--allow` takes it and a refusal proposes it.

use std::{fmt, str::FromStr};

use super::{Access, Cidr, DirectoryGrant, GrantError, HttpGrant, StateScope, directory::check_guest};

/// One grant. Its text goes behind `--allow`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grant {
    /// `http=https://api.example.com:8443`, `http=*.example.com`
    Http(HttpGrant),
    /// `net=10.0.0.0/8`
    Network(Cidr),
    /// `dir=HOST:GUEST`, `dir=HOST:GUEST:rw`
    Directory(DirectoryGrant),
    /// `state=handler`
    State(StateScope),
    /// `state-quota=1048576`, `state-quota=4MiB`
    StateQuota(u64),
    /// `config=KEY=VALUE`
    Config(String, String),
    /// `secret=NAME`
    Secret(String),
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http(grant) => write!(f, "http={grant}"),
            Self::Network(range) => write!(f, "net={range}"),
            Self::Directory(grant) => {
                let access = if grant.access == Access::Read { "ro" } else { "rw" };
                write!(f, "dir={}:{}:{access}", grant.host, grant.guest)
            }
            Self::State(scope) => write!(f, "state={scope}"),
            Self::StateQuota(quota) => write!(f, "state-quota={quota}"),
            Self::Config(key, value) => write!(f, "config={key}={value}"),
            Self::Secret(name) => write!(f, "secret={name}"),
        }
    }
}

impl FromStr for Grant {
    type Err = GrantError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (kind, value) = text.split_once('=').ok_or_else(|| unknown(text))?;
        let named = |reason: String| GrantError::new(kind, reason);
        match kind {
            "http" => value.parse().map(Self::Http).map_err(named),
            "net" => value.parse().map(Self::Network).map_err(named),
            "dir" => directory(value).map(Self::Directory).map_err(named),
            "state" => value.parse().map(Self::State).map_err(named),
            "state-quota" => bytes(value).map(Self::StateQuota).map_err(named),
            "config" => {
                let (key, value) = value
                    .split_once('=')
                    .ok_or_else(|| named(format!("`{value}` is not KEY=VALUE")))?;
                check_name(key).map_err(named)?;
                Ok(Self::Config(key.to_owned(), value.to_owned()))
            }
            "secret" => {
                check_name(value).map_err(named)?;
                Ok(Self::Secret(value.to_owned()))
            }
            _ => Err(unknown(text)),
        }
    }
}

/// Names of settings and secrets: 1 to 255 bytes that can be written on a command line.
pub(super) fn check_name(name: &str) -> Result<(), String> {
    if name.is_empty()
        || name.len() > 255
        || name.contains(|c: char| c == '=' || c.is_control() || c.is_whitespace())
    {
        return Err(format!(
            "`{name}` is not a name of 1 to 255 bytes without spaces and `=`"
        ));
    }
    Ok(())
}

fn unknown(text: &str) -> GrantError {
    let kinds = "http=URL, net=CIDR, dir=HOST:GUEST[:ro|rw], state=handler, state-quota=BYTES, config=KEY=VALUE, secret=NAME";
    GrantError::new("allow", format!("`{text}` is none of {kinds}"))
}

fn directory(value: &str) -> Result<DirectoryGrant, String> {
    let (rest, access) = match value.rsplit_once(':') {
        Some((rest, "ro")) => (rest, Access::Read),
        Some((rest, "rw")) => (rest, Access::Write),
        _ => (value, Access::Read),
    };
    // The guest's path has no colon; the host's may (a Windows drive).
    let (host, guest) = rest
        .rsplit_once(':')
        .ok_or_else(|| format!("`{value}` is not HOST:GUEST, HOST:GUEST:ro or HOST:GUEST:rw"))?;
    if host.is_empty() {
        return Err(format!("`{value}`: the host's path is missing"));
    }
    check_guest(guest)?;
    Ok(DirectoryGrant {
        guest: guest.to_owned(),
        host: host.to_owned(),
        access,
    })
}

fn bytes(value: &str) -> Result<u64, String> {
    let digits = value.len() - value.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = value.split_at(digits);
    let unit: u64 = match unit {
        "" | "B" => 1,
        "KiB" | "K" | "k" => 1 << 10,
        "MiB" | "M" => 1 << 20,
        "GiB" | "G" => 1 << 30,
        _ => return Err(format!("`{value}` is not a number of bytes like 1048576 or 4MiB")),
    };
    number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(unit))
        .ok_or_else(|| format!("`{value}` is not a number of bytes like 1048576 or 4MiB"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_grant_is_refused_by_its_kind() {
        for (text, field) in [
            ("everything", "allow"),
            ("files=/", "allow"),
            ("http=https://example.com/path", "http"),
            ("net=ten", "net"),
            ("dir=/srv", "dir"),
            ("dir=/srv:data", "dir"),
            ("dir=/srv:/a/../b:rw", "dir"),
            ("dir=:/data", "dir"),
            ("state=all", "state"),
            ("state-quota=many", "state-quota"),
            ("state-quota=99999999999GiB", "state-quota"),
            ("config=a", "config"),
            ("secret=", "secret"),
        ] {
            assert_eq!(text.parse::<Grant>().unwrap_err().field, field, "{text}");
        }
    }

    #[test]
    fn a_directory_is_read_only_unless_it_says_so() {
        let Grant::Directory(grant) = "dir=C:/srv:/data".parse().unwrap() else {
            panic!("not a directory")
        };
        assert_eq!(
            (grant.host.as_str(), grant.guest.as_str(), grant.access),
            ("C:/srv", "/data", Access::Read)
        );
        assert_eq!("state-quota=4MiB".parse(), Ok(Grant::StateQuota(4 << 20)));
    }
}
