//! The two ways of writing a schedule, and the languages it is described in.

use std::fmt;
use std::str::FromStr;

use crate::error::shown;

/// How an expression is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Five fields as crontab(5), and nicknames such as `@daily`.
    Unix,
    /// Six or seven fields as Quartz: seconds first, perhaps a year last.
    Quartz,
}

impl Dialect {
    /// The name as it is written in `cronDialect`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unix => "unix",
            Self::Quartz => "quartz",
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Dialect {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "unix" => Ok(Self::Unix),
            "quartz" => Ok(Self::Quartz),
            _ => Err(format!("`{}` is not a dialect: unix or quartz", shown(text))),
        }
    }
}

/// The language of a description.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lang {
    /// Chinese, simplified.
    Zh,
    /// English.
    En,
}

impl FromStr for Lang {
    type Err = String;

    /// Takes `zh` and `en`, and either with a region (`zh-CN`, `en_US`).
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let primary = text.split(['-', '_']).next().unwrap_or(text);
        if primary.eq_ignore_ascii_case("zh") {
            Ok(Self::Zh)
        } else if primary.eq_ignore_ascii_case("en") {
            Ok(Self::En)
        } else {
            Err(format!("`{}` is not a language: zh or en", shown(text)))
        }
    }
}
