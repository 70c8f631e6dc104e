use serde::Serialize;
use utoipa::ToSchema;

/// A check-up.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DoctorView {
    /// Whether nothing fails; warnings do not count.
    pub ok: bool,
    /// What was looked at.
    pub checks: Vec<CheckView>,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CheckView {
    /// A stable word: `database`, `schema`, `disk`, `directories`, `clock`, `zones`, `descriptors`, `compiler`, `handlers`, `jobs`, `pauses`,
    /// `runs`, `queue`, `leftovers`, `copies`, `access`.
    pub name: String,
    /// `ok`, `warn` or `fail`.
    pub status: String,
    /// What was found.
    pub detail: String,
    /// What to do about it; null where there is nothing to do.
    pub advice: Option<String>,
    /// Names or ids of what is meant, the first of them.
    pub items: Vec<String>,
}

impl DoctorView {
    /// The checks, in their order.
    pub fn new(checks: Vec<CheckView>) -> Self {
        Self {
            ok: checks.iter().all(|check| check.status != "fail"),
            checks,
        }
    }
}

impl CheckView {
    /// It is as it should be.
    pub fn ok(name: &str, detail: impl Into<String>) -> Self {
        Self::new(name, "ok", detail.into(), None)
    }

    /// It works, and somebody should look at it.
    pub fn warn(name: &str, detail: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::new(name, "warn", detail.into(), Some(advice.into()))
    }

    /// It does not work, or is about not to.
    pub fn fail(name: &str, detail: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::new(name, "fail", detail.into(), Some(advice.into()))
    }

    /// The same with names or ids.
    #[must_use]
    pub fn with(mut self, items: impl IntoIterator<Item = String>) -> Self {
        self.items = items.into_iter().collect();
        self
    }

    fn new(name: &str, status: &str, detail: String, advice: Option<String>) -> Self {
        Self {
            name: name.to_owned(),
            status: status.to_owned(),
            detail,
            advice,
            items: Vec::new(),
        }
    }
}
