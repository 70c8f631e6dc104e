//! What an import yields.

use chrono_tz::Tz;
use serde_json::{Map, Value};
use wasmtab_domain::{
    interval::Interval,
    job::{JobSpec, ReadContext},
};

use crate::{draft::JobDraft, names, old::OldSchedule};

/// What the person says who imports.
#[derive(Clone, Debug)]
pub struct Options {
    /// The zone of the old system's schedules: theirs is not written anywhere.
    pub timezone: Tz,
    /// What every name begins with; may be empty.
    pub prefix: String,
    /// `monitorTimeout` of jobs that had no enforced limit.
    pub timeout: Interval,
}

/// Where the jobs come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A file of cron(8).
    Crontab,
    /// The tables of XXL-JOB.
    XxlJob,
    /// The table of yudao.
    Yudao,
}

impl Source {
    /// The word of the command line, and of the label `imported:…`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Crontab => "crontab",
            Self::XxlJob => "xxl-job",
            Self::Yudao => "yudao",
        }
    }

    /// Its name in a sentence.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Crontab => "cron",
            Self::XxlJob => "XXL-JOB",
            Self::Yudao => "yudao",
        }
    }
}

/// What a job did there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Was {
    /// It fired.
    Running,
    /// It was stopped, or never started.
    Stopped,
}

/// What a finding asks of the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// A person must decide before the job is resumed.
    Decide,
    /// To know.
    Note,
}

/// Something that changed on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it asks.
    pub weight: Weight,
    /// The job's field that it is about.
    pub field: &'static str,
    /// A sentence.
    pub text: String,
}

impl Finding {
    pub(crate) fn decide(field: &'static str, text: impl Into<String>) -> Self {
        Self {
            weight: Weight::Decide,
            field,
            text: text.into(),
        }
    }

    pub(crate) fn note(field: &'static str, text: impl Into<String>) -> Self {
        Self {
            weight: Weight::Note,
            field,
            text: text.into(),
        }
    }
}

/// A job that was carried over.
#[derive(Clone, Debug)]
pub struct Imported {
    /// Its place there: `id 17`, `line 12`.
    pub origin: String,
    /// Whether it ran there.
    pub was: Was,
    /// The job.
    pub draft: JobDraft,
    /// What changed on the way.
    pub findings: Vec<Finding>,
    pub(crate) old: OldSchedule,
}

/// A job that could not be carried over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Its place there.
    pub origin: String,
    /// Its name there.
    pub name: String,
    /// Why.
    pub reason: String,
}

/// The whole of an import.
#[derive(Clone, Debug)]
pub struct Import {
    /// Where the jobs come from.
    pub source: Source,
    /// The zone that was said.
    pub timezone: Tz,
    /// What was carried over, in the old system's order.
    pub jobs: Vec<Imported>,
    /// What was not.
    pub left_out: Vec<LeftOut>,
    /// What holds for many jobs, or for the whole.
    pub notes: Vec<String>,
    /// What makes the whole doubtful: that another zone was probably meant.
    pub warnings: Vec<String>,
}

impl Import {
    /// The last step of every import: labels, and the promise that `apply` takes what is written.
    pub(crate) fn finish(mut self) -> Self {
        for job in &mut self.jobs {
            job.findings.sort_by_key(|finding| finding.weight);
            let state = job.state();
            job.draft.labels.extend([
                "imported".into(),
                format!("imported:{}", self.source.word()),
                state.into(),
            ]);
            job.draft.labels.sort_unstable();
            job.draft.labels.dedup();
        }
        self.leave_out_what_is_refused();
        self
    }

    /// How many jobs bear this label.
    pub fn count(&self, label: &str) -> usize {
        self.jobs
            .iter()
            .filter(|job| job.draft.labels.iter().any(|known| known == label))
            .count()
    }

    fn leave_out_what_is_refused(&mut self) {
        let (taken, refused): (Vec<_>, Vec<_>) = std::mem::take(&mut self.jobs)
            .into_iter()
            .map(|job| {
                let verdict = job.spec();
                (job, verdict)
            })
            .partition(|(_, verdict)| verdict.is_ok());
        self.jobs = taken.into_iter().map(|(job, _)| job).collect();
        for (job, verdict) in refused {
            for parent in &mut self.jobs {
                if parent.draft.on_success.contains(&job.draft.name) {
                    parent.draft.on_success.retain(|child| *child != job.draft.name);
                    parent.findings.push(Finding::decide(
                        "onSuccess",
                        format!(
                            "`{}` ({}) is not carried over, so it is not started",
                            job.draft.name, job.origin
                        ),
                    ));
                }
            }
            self.left_out.push(LeftOut {
                origin: job.origin,
                name: job.draft.name,
                reason: verdict.err().unwrap_or_default(),
            });
        }
    }
}

/// Ran there, and nothing is left to decide.
pub(crate) const READY: &str = "import:ready";
/// Ran there, and something must be decided first.
pub(crate) const REVIEW: &str = "import:review";
/// Was stopped there.
pub(crate) const STOPPED: &str = "import:stopped";

impl Imported {
    /// The label that says how far the job is from being resumed.
    pub fn state(&self) -> &'static str {
        let decide = self
            .findings
            .iter()
            .any(|finding| finding.weight == Weight::Decide);
        match self.was {
            Was::Stopped => STOPPED,
            Was::Running if decide => REVIEW,
            Was::Running => READY,
        }
    }

    /// The job as the server will read it.
    pub(crate) fn spec(&self) -> Result<JobSpec, String> {
        self.read(&self.fields())
    }

    /// The same as it will be once resumed.
    pub(crate) fn resumed(&self) -> Result<JobSpec, String> {
        let mut fields = self.fields();
        fields.insert("status".into(), "normal".into());
        self.read(&fields)
    }

    fn fields(&self) -> Map<String, Value> {
        match serde_json::to_value(&self.draft) {
            Ok(Value::Object(fields)) => fields,
            _ => Map::new(),
        }
    }

    fn read(&self, fields: &Map<String, Value>) -> Result<JobSpec, String> {
        let context = ReadContext {
            default_zone: self.draft.timezone,
            max_memory: u64::MAX,
        };
        JobSpec::read(fields, &context, None).map_err(|errors| errors.to_string())
    }
}

/// What was found out about the whole, as a note or as a warning.
pub(crate) fn split(found: Option<Result<String, String>>) -> (Vec<String>, Vec<String>) {
    match found {
        None => (Vec::new(), Vec::new()),
        Some(Ok(note)) => (vec![note], Vec::new()),
        Some(Err(warning)) => (Vec::new(), vec![warning]),
    }
}

/// A label from somebody else's word.
pub(crate) fn label(kind: &str, word: &str) -> String {
    let bad = |c: char| c.is_whitespace() || c.is_control() || c == ',';
    let label = format!("{kind}:{}", word.trim().replace(bad, "-"));
    names::cut(&label, wasmtab_domain::limits::LABEL_BYTES).to_owned()
}
