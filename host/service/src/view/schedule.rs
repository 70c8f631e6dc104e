use serde::Serialize;
use utoipa::ToSchema;
use wasmtab_cron::{self as cron, Lang};
use wasmtab_domain::job::{JobSpec, LeftOut};

/// The next fires of a job that run.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NextView {
    /// Instants with the zone's offset.
    #[schema(example = json!(["2026-01-31T02:00:00+08:00"]))]
    pub next: Vec<String>,
    /// The fires before the last of them that fall into a blackout; absent where none does.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOutView>,
}

/// Consecutive fires that fall into the same window.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LeftOutView {
    /// The first of them.
    #[schema(format = DateTime)]
    pub from: String,
    /// The last.
    #[schema(format = DateTime)]
    pub until: String,
    /// How many.
    pub count: u64,
    /// The window, in words.
    pub cause: String,
}

/// What a schedule means.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PreviewView {
    /// The schedule in words.
    pub description: String,
    /// `unix` or `quartz`; null for a grid.
    pub cron_dialect: Option<String>,
    /// The zone that is followed.
    pub timezone: String,
    /// The next fires that run, with the zone's offset.
    pub next: Vec<String>,
    /// The fires before the last of them that fall into a blackout; absent where none does.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOutView>,
    /// Those of them that a clock change touches.
    pub clock_changes: Vec<ClockChangeView>,
}

/// A fire that owes its instant to a clock change.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ClockChangeView {
    /// The fire.
    #[schema(format = DateTime)]
    pub at: String,
    /// `gap`: the planned time does not exist on that day; `repeated`: it comes twice.
    pub kind: &'static str,
    /// The same as a sentence.
    pub note: &'static str,
}

/// A schedule in words.
pub(crate) fn describe(spec: &JobSpec, lang: Lang) -> String {
    match (&spec.cron_expression, spec.every) {
        (Some(text), _) => cron::Schedule::parse(text, spec.cron_dialect)
            .map_or_else(|_| text.clone(), |schedule| schedule.describe(lang)),
        (None, Some(every)) => grid(every.as_secs(), lang),
        (None, None) => String::new(),
    }
}

fn grid(secs: u64, lang: Lang) -> String {
    const UNITS: [(u64, &str, &str); 4] = [
        (86_400, "day", "天"),
        (3_600, "hour", "小时"),
        (60, "minute", "分钟"),
        (1, "second", "秒"),
    ];
    let (size, en, zh) = UNITS
        .into_iter()
        .find(|(size, ..)| secs >= *size && secs.is_multiple_of(*size))
        .unwrap_or(UNITS[3]);
    let count = secs / size;
    match (lang, count) {
        (Lang::Zh, _) => format!("每 {count} {zh}"),
        (Lang::En, 1) => format!("Every {en}"),
        (Lang::En, _) => format!("Every {count} {en}s"),
    }
}

impl LeftOutView {
    pub(crate) fn of(left_out: &[LeftOut], zone: chrono_tz::Tz) -> Vec<Self> {
        left_out
            .iter()
            .map(|span| Self {
                from: span.from.in_zone(zone),
                until: span.until.in_zone(zone),
                count: span.count,
                cause: span.cause.clone(),
            })
            .collect()
    }
}

impl ClockChangeView {
    pub(crate) fn new(at: String, change: cron::ClockChange, lang: Lang) -> Self {
        let (kind, note) = match (change, lang) {
            (cron::ClockChange::Gap, Lang::En) => (
                "gap",
                "the clock skips the planned time on that day; it fires at the first instant after the gap",
            ),
            (cron::ClockChange::Gap, Lang::Zh) => {
                ("gap", "当天时钟跳过了计划的时间，在跳过之后的第一个时刻触发")
            }
            (cron::ClockChange::Repeated, Lang::En) => {
                ("repeated", "this local time comes twice on that day")
            }
            (cron::ClockChange::Repeated, Lang::Zh) => ("repeated", "当天这个本地时间出现两次"),
        };
        Self { at, kind, note }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_is_told_in_its_largest_unit() {
        assert_eq!(grid(300, Lang::En), "Every 5 minutes");
        assert_eq!(grid(3_600, Lang::En), "Every hour");
        assert_eq!(grid(90, Lang::Zh), "每 90 秒");
        assert_eq!(grid(172_800, Lang::Zh), "每 2 天");
    }
}
