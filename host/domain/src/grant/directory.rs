//! Directories of the host, as a guest sees them.

use serde::{Deserialize, Serialize};

use super::GrantError;
use crate::status::words;

words! {
    /// What may be done under a directory.
    Access {
        /// List and read.
        Read = "read",
        /// Also create, change and delete.
        Write = "write",
    }
}

/// One directory of the host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DirectoryGrant {
    /// Where the guest finds it, an absolute path (`/data`).
    pub guest: String,
    /// Where it is on the host, an absolute path.
    pub host: String,
    /// What may be done there.
    #[serde(default = "read")]
    pub access: Access,
}

const fn read() -> Access {
    Access::Read
}

impl DirectoryGrant {
    /// Whether the guest's `path` lies in this directory.
    pub fn covers(&self, path: &str) -> bool {
        let inside = path.strip_prefix(self.guest.trim_end_matches('/'));
        inside.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

pub(super) fn check_guest(path: &str) -> Result<(), String> {
    if !path.starts_with('/')
        || path.contains('\0')
        || path.split('/').any(|part| part == ".." || part == ".")
    {
        return Err(format!(
            "`{path}` is not an absolute path without `.` and `..`, like /data"
        ));
    }
    Ok(())
}

pub(super) fn validate_all(grants: &[DirectoryGrant]) -> Result<(), GrantError> {
    for (at, grant) in grants.iter().enumerate() {
        check_guest(&grant.guest)
            .map_err(|reason| GrantError::new(&format!("directories[{at}].guest"), reason))?;
        if !std::path::Path::new(&grant.host).is_absolute() {
            let reason = format!("`{}` is not an absolute path of the host", grant.host);
            return Err(GrantError::new(&format!("directories[{at}].host"), reason));
        }
        if grants[..at]
            .iter()
            .any(|other| other.guest.trim_end_matches('/') == grant.guest.trim_end_matches('/'))
        {
            let reason = format!("`{}` is granted twice", grant.guest);
            return Err(GrantError::new(&format!("directories[{at}].guest"), reason));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_covers_what_lies_below_it() {
        let grant = DirectoryGrant {
            guest: "/data".into(),
            host: "/srv".into(),
            access: Access::Read,
        };
        assert!(grant.covers("/data") && grant.covers("/data/a/b"));
        assert!(!grant.covers("/database") && !grant.covers("/"));
        assert!(
            DirectoryGrant {
                guest: "/".into(),
                ..grant
            }
            .covers("/etc")
        );
    }

    #[test]
    fn a_guest_path_is_granted_once() {
        let grant = DirectoryGrant {
            guest: "/data".into(),
            host: "/srv".into(),
            access: Access::Read,
        };
        let again = DirectoryGrant {
            guest: "/data/".into(),
            ..grant.clone()
        };
        assert_eq!(
            validate_all(&[grant, again]).unwrap_err().field,
            "directories[1].guest"
        );
    }
}
