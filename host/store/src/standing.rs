//! How a database's schema stands to the one that the program wants.

/// A migration: its version and its checksum.
pub type Migration<'a> = (i64, &'a [u8]);

/// The comparison of what was applied with what is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// There is none yet.
    New,
    /// It is the one, of this version.
    Current(i64),
    /// It is older.
    Behind {
        /// The newest version that was applied.
        at: i64,
        /// The version that is wanted.
        wanted: i64,
    },
    /// It is another one, or one from the future.
    Unknown(String),
}

impl Standing {
    /// What was applied, beside what the program has.
    pub fn of(applied: &[Migration<'_>], wanted: &[Migration<'_>]) -> Self {
        let Some(newest) = applied.iter().map(|(version, _)| *version).max() else {
            return Self::New;
        };
        for (version, checksum) in applied {
            let reason = match wanted.iter().find(|(known, _)| known == version) {
                None => format!("it has version {version}, which is newer or foreign"),
                Some((_, known)) if known != checksum => {
                    format!("its version {version} is not the one that is known")
                }
                Some(_) => continue,
            };
            return Self::Unknown(reason);
        }
        if applied.len() == wanted.len() {
            Self::Current(newest)
        } else {
            Self::Behind {
                at: newest,
                wanted: wanted.iter().map(|(version, _)| *version).max().unwrap_or(newest),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_is_new_current_behind_or_unknown() {
        let (one, two): (Migration<'_>, Migration<'_>) = ((1, b"a"), (2, b"b"));
        assert_eq!(Standing::of(&[], &[one]), Standing::New);
        assert_eq!(Standing::of(&[one, two], &[one, two]), Standing::Current(2));
        assert_eq!(
            Standing::of(&[one], &[one, two]),
            Standing::Behind { at: 1, wanted: 2 }
        );
        assert_eq!(
            Standing::of(&[one, two], &[one]),
            Standing::Unknown("it has version 2, which is newer or foreign".into())
        );
        assert_eq!(
            Standing::of(&[(1, b"z")], &[one]),
            Standing::Unknown("its version 1 is not the one that is known".into())
        );
    }
}
