//! Where HTTP requests may go.

use std::{fmt, net::IpAddr, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::GrantError;
use crate::status::words;

words! {
    /// How a request travels.
    Scheme {
        /// In the clear.
        Http = "http",
        /// Over TLS.
        Https = "https",
    }
}

impl Scheme {
    /// The port that a URL of this scheme means when it names none.
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// One destination, or one family of destinations, of HTTP requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HttpGrant {
    /// Both schemes where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheme: Option<Scheme>,
    /// `api.example.com`, `*.example.com` (any name below it), an address, or `*`.
    pub host: HostPattern,
    /// The scheme's own port (80, 443) where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// Every method where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub methods: Option<Vec<String>>,
}

impl HttpGrant {
    /// The narrowest grant that lets a request through, whatever its method.
    pub fn for_request(scheme: Scheme, host: &str, port: u16) -> Option<Self> {
        let host = host.parse().ok()?;
        Some(Self {
            scheme: Some(scheme),
            host,
            port: (port != scheme.default_port()).then_some(port),
            methods: None,
        })
    }

    pub(super) fn matches(&self, scheme: Scheme, host: &str, port: u16, method: &str) -> bool {
        self.scheme.is_none_or(|granted| granted == scheme)
            && self.port.unwrap_or(scheme.default_port()) == port
            && self.host.matches(host)
            && self
                .methods
                .as_ref()
                .is_none_or(|methods| methods.iter().any(|granted| granted.eq_ignore_ascii_case(method)))
    }

    pub(super) fn validate(&self) -> Result<(), GrantError> {
        let Some(methods) = &self.methods else {
            return Ok(());
        };
        if methods.is_empty() {
            return Err(GrantError::new(
                "methods",
                "an empty list allows nothing; leave it out to allow every method",
            ));
        }
        match methods
            .iter()
            .find(|method| method.is_empty() || !method.bytes().all(|byte| byte.is_ascii_alphabetic()))
        {
            Some(method) => Err(GrantError::new(
                "methods",
                format!("`{method}` is not an HTTP method"),
            )),
            None => Ok(()),
        }
    }
}

/// `https://host:port`, `host:port` or `host`; methods do not show.
impl fmt::Display for HttpGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(scheme) = self.scheme {
            write!(f, "{scheme}://")?;
        }
        write!(f, "{}", self.host)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

impl FromStr for HttpGrant {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => {
                let scheme = scheme.to_ascii_lowercase();
                (
                    Some(scheme.parse().map_err(|error| format!("scheme: {error}"))?),
                    rest,
                )
            }
            None => (None, text),
        };
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        if authority.contains(['/', '?', '#', '@']) {
            return Err(format!(
                "`{text}`: a grant is for a whole host; leave path, query and user out"
            ));
        }
        let (host, port) = match authority.rfind(':') {
            // The colons of a bracketed IPv6 address are not before a port.
            Some(at) if !authority[at..].contains(']') => (&authority[..at], Some(&authority[at + 1..])),
            _ => (authority, None),
        };
        let port = match port {
            None => None,
            Some(digits) => {
                let port = digits.parse().ok().filter(|port| *port != 0_u16);
                Some(port.ok_or_else(|| format!("port: `{digits}` is not a port from 1 to 65535"))?)
            }
        };
        Ok(Self {
            scheme,
            host: host.parse()?,
            port,
            methods: None,
        })
    }
}

/// Which hosts are meant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HostPattern {
    /// Any host.
    Any,
    /// Any name below this one, not itself.
    Below(String),
    /// This name.
    Name(String),
    /// This address.
    Address(IpAddr),
}

impl HostPattern {
    fn matches(&self, host: &str) -> bool {
        let host = host.strip_suffix('.').unwrap_or(host);
        match self {
            Self::Any => true,
            Self::Below(parent) => {
                let at = host.len().checked_sub(parent.len() + 1);
                at.is_some_and(|at| {
                    at > 0
                        && host.as_bytes()[at] == b'.'
                        && host.as_bytes()[at + 1..].eq_ignore_ascii_case(parent.as_bytes())
                })
            }
            Self::Name(name) => host.eq_ignore_ascii_case(name),
            Self::Address(address) => parse_address(host).is_some_and(|host| host.to_canonical() == *address),
        }
    }

    pub(super) fn is_address(&self, host: &str, address: IpAddr) -> bool {
        matches!(self, Self::Address(granted) if *granted == address) && self.matches(host)
    }
}

fn parse_address(host: &str) -> Option<IpAddr> {
    match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(inside) => inside.parse().ok().map(IpAddr::V6),
        None => host.parse().ok(),
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Below(parent) => write!(f, "*.{parent}"),
            Self::Name(name) => f.write_str(name),
            Self::Address(IpAddr::V4(address)) => write!(f, "{address}"),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

impl FromStr for HostPattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "*" {
            return Ok(Self::Any);
        }
        if let Some(address) = parse_address(text) {
            return Ok(Self::Address(address.to_canonical()));
        }
        let (below, name) = text
            .strip_prefix("*.")
            .map_or((false, text), |parent| (true, parent));
        let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
        let label = |label: &str| {
            (1..=63).contains(&label.len())
                && label
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        };
        if name.len() > 253 || !name.split('.').all(label) {
            return Err(format!(
                "host: `{text}` is neither a name (api.example.com), a family (*.example.com), an address nor *"
            ));
        }
        Ok(if below {
            Self::Below(name)
        } else {
            Self::Name(name)
        })
    }
}

impl Serialize for HostPattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for HostPattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(grant: &str, scheme: Scheme, host: &str, port: u16) -> bool {
        grant
            .parse::<HttpGrant>()
            .unwrap()
            .matches(scheme, host, port, "GET")
    }

    #[test]
    fn a_grant_matches_scheme_host_and_port() {
        assert!(allows(
            "https://api.example.com",
            Scheme::Https,
            "API.example.com.",
            443
        ));
        assert!(!allows(
            "https://api.example.com",
            Scheme::Http,
            "api.example.com",
            80
        ));
        assert!(!allows(
            "https://api.example.com",
            Scheme::Https,
            "api.example.com",
            8443
        ));
        assert!(allows(
            "https://api.example.com:8443",
            Scheme::Https,
            "api.example.com",
            8443
        ));
        assert!(allows("api.example.com", Scheme::Http, "api.example.com", 80));
        assert!(!allows("api.example.com", Scheme::Http, "xapi.example.com", 80));
        assert!(allows("*", Scheme::Https, "anything", 443));
        assert!(allows("http://[::1]:80", Scheme::Http, "[::1]", 80));
    }

    #[test]
    fn a_family_does_not_contain_its_parent_or_look_alikes() {
        assert!(allows("*.example.com", Scheme::Https, "a.b.Example.com", 443));
        for host in [
            "example.com",
            ".example.com",
            "badexample.com",
            "example.com.evil.org",
            "",
        ] {
            assert!(!allows("*.example.com", Scheme::Https, host, 443), "{host}");
        }
    }

    #[test]
    fn methods_narrow_a_grant() {
        let mut grant: HttpGrant = "example.com".parse().unwrap();
        grant.methods = Some(vec!["get".into()]);
        assert!(grant.matches(Scheme::Https, "example.com", 443, "GET"));
        assert!(!grant.matches(Scheme::Https, "example.com", 443, "POST"));
        grant.methods = Some(vec![]);
        assert_eq!(grant.validate().unwrap_err().field, "methods");
    }

    #[test]
    fn what_is_no_destination_is_refused() {
        for text in [
            "",
            "https://",
            "ftp://example.com",
            "https://example.com/path",
            "a b",
            "u@example.com",
            "x:0",
            "x:99999",
            "[::1",
        ] {
            assert!(text.parse::<HttpGrant>().is_err(), "{text}");
        }
    }
}
