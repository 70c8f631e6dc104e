//! The report: what was carried over, what was not and why, and what a person still has to decide. Markdown.

use std::{
    collections::BTreeMap,
    fmt::{self, Write},
};

use wasmtab_domain::time::Timestamp;

use crate::{
    compare::Comparison,
    names::clean,
    outcome::{Import, Imported, READY, REVIEW, STOPPED, Weight},
};

/// Where things come from and go to, as the person named them.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The file or database, without a password.
    pub from: &'a str,
    /// The jobs file; none where it went to standard output.
    pub out: Option<&'a str>,
    /// The instant of the import.
    pub now: Timestamp,
    /// Fires are compared from here on.
    pub after: Timestamp,
}

/// The whole report.
pub fn markdown(import: &Import, comparisons: &[Comparison], context: &Context<'_>) -> String {
    let mut report = Report(String::new());
    report.heading(import, context);
    report.left_out(import);
    report.decisions(import);
    report.notes(import);
    report.fires(import, comparisons, context);
    report.handlers(import);
    report.changes(import);
    report.0
}

struct Report(String);

impl Report {
    fn line(&mut self, line: impl fmt::Display) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.0, "{line}");
    }

    fn section(&mut self, title: impl fmt::Display) {
        self.line(format_args!("\n## {title}\n"));
    }

    fn row(&mut self, cells: &[&str]) {
        let cells: Vec<String> = cells.iter().map(|cell| escape(cell)).collect();
        self.line(format_args!("| {} |", cells.join(" | ")));
    }

    fn header(&mut self, titles: &[&str]) {
        self.line(format_args!("| {} |", titles.join(" | ")));
        self.line(format_args!("|{}", " --- |".repeat(titles.len())));
    }

    fn heading(&mut self, import: &Import, context: &Context<'_>) {
        let title = import.source.title();
        let word = import.source.word();
        self.line(format_args!("# Import from {title}\n"));
        self.line(format_args!(
            "From {} at {}, schedules in {}. {} jobs are in {}, all of them `stopped`; {} were left out.\n",
            code(context.from),
            context.now.in_zone(import.timezone),
            import.timezone,
            import.jobs.len(),
            context.out.map_or_else(|| "standard output".into(), code),
            import.left_out.len()
        ));
        for warning in &import.warnings {
            self.line(format_args!("**{}**\n", escape(warning)));
        }
        self.header(&["label", "jobs", "what they are"]);
        for (label, meaning) in [
            (READY, format!("ran in {title}, nothing is left to decide")),
            (
                REVIEW,
                format!("ran in {title}, something is to be decided first"),
            ),
            (STOPPED, format!("were stopped in {title}")),
        ] {
            let count = import.count(label);
            self.line(format_args!("| `{label}` | {count} | {meaning} |"));
        }
        self.line(format_args!(
            "\nEvery job also bears `imported` and `imported:{word}`. To go on: read this report, change what needs it in the jobs \
             file, bind the handlers, then\n"
        ));
        self.line(format_args!(
            "    wasmtab apply -f {} --source {word}\n\nand start them by label, as you stop them in {title}:\n\n    \
             wasmtab job bulk start --label {READY}\n\nApplied again, the file stops them: say `status: normal` there too if you keep it.",
            clean(context.out.unwrap_or("FILE"))
        ));
    }

    fn left_out(&mut self, import: &Import) {
        if import.left_out.is_empty() {
            return;
        }
        self.section(format_args!("Left out ({})", import.left_out.len()));
        self.header(&["where", "job", "why"]);
        for job in &import.left_out {
            self.row(&[&job.origin, &job.name, &job.reason]);
        }
    }

    fn decisions(&mut self, import: &Import) {
        let count = with(import, Weight::Decide).count();
        if count == 0 {
            return;
        }
        self.section(format_args!("To decide ({count} jobs)"));
        self.findings(import, Weight::Decide);
    }

    fn notes(&mut self, import: &Import) {
        if import.notes.is_empty() {
            return;
        }
        self.section("What holds for many");
        for note in &import.notes {
            self.line(format_args!("- {}", escape(note)));
        }
    }

    fn fires(&mut self, import: &Import, comparisons: &[Comparison], context: &Context<'_>) {
        let title = import.source.title();
        self.section("Next fires");
        let different = comparisons.iter().filter(|comparison| !comparison.is_equal());
        let open = comparisons
            .iter()
            .filter(|comparison| comparison.remark.is_some());
        let (different_count, open_count) = (different.clone().count(), open.clone().count());
        let equal = comparisons.len()
            - comparisons
                .iter()
                .filter(|c| !c.is_equal() || c.remark.is_some())
                .count();
        self.line(format_args!(
            "After {}, the next fires and those at the clock changes of the coming year are the same there and here for {equal} jobs; they \
             differ for {different_count}; for {open_count} there is no telling. {title}'s fires are worked out by its own rules{}.",
            context.after.in_zone(import.timezone),
            caveat(import)
        ));
        if different_count > 0 {
            self.line("");
            self.header(&["where", "job", "difference"]);
            for comparison in different {
                for difference in &comparison.differences {
                    self.row(&[&comparison.origin, &comparison.name, difference]);
                }
            }
        }
        if open_count > 0 {
            self.line("");
            self.header(&["where", "job", "why there is no telling"]);
            for comparison in open {
                let why = comparison.remark.as_deref().unwrap_or_default();
                self.row(&[&comparison.origin, &comparison.name, why]);
            }
        }
    }

    fn handlers(&mut self, import: &Import) {
        let mut handlers: BTreeMap<&str, usize> = BTreeMap::new();
        for job in &import.jobs {
            *handlers.entry(&job.draft.handler_name).or_insert(0) += 1;
        }
        if handlers.is_empty() {
            return;
        }
        self.section(format_args!("Handlers to bind ({})", handlers.len()));
        self.line("A run of a handler that nothing is bound to ends as `noHandler`: `wasmtab handler bind NAME PLUGIN`.\n");
        self.header(&["handlerName", "jobs"]);
        for (handler, count) in handlers {
            self.row(&[handler, &count.to_string()]);
        }
    }

    fn changes(&mut self, import: &Import) {
        let count = with(import, Weight::Note).count();
        if count > 0 {
            self.section(format_args!("Changed on the way ({count} jobs)"));
            self.findings(import, Weight::Note);
        }
    }

    fn findings(&mut self, import: &Import, weight: Weight) {
        self.header(&["where", "job", "field", "finding"]);
        for job in with(import, weight) {
            for finding in job.findings.iter().filter(|finding| finding.weight == weight) {
                self.row(&[&job.origin, &job.draft.name, finding.field, &finding.text]);
            }
        }
    }
}

fn with(import: &Import, weight: Weight) -> impl Iterator<Item = &Imported> {
    import
        .jobs
        .iter()
        .filter(move |job| job.findings.iter().any(|finding| finding.weight == weight))
}

fn caveat(import: &Import) -> &'static str {
    match import.source {
        crate::Source::Crontab => {
            "; at a clock change of three hours and more cron takes it for a correction"
        }
        crate::Source::XxlJob | crate::Source::Yudao => {
            " (Quartz: a time in a gap is lost, a repeated time means its second pass); where W stands beside several hours, releases of \
             Quartz differ from one another"
        }
    }
}

/// One line that no character of which means anything to Markdown's tables.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for c in clean(text).chars() {
        if matches!(c, '|' | '\\' | '<' | '>' | '*' | '_' | '#' | '[' | ']') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// A word that stands for itself.
fn code(text: &str) -> String {
    format!("`{}`", clean(text).replace('`', "'"))
}
