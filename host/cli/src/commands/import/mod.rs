//! `wasmtab import`: jobs of other systems as a jobs file and a report. No server is asked; `apply` takes the file.

mod args;
mod database;
mod dump;
mod origin;
mod show;
mod write;

use clap::Subcommand;
use wasmtab_domain::time::Timestamp;
use wasmtab_import::{Import, compare, crontab, document, report, rows::Table, xxl_job, yudao};

use self::{
    args::{CommonArgs, CrontabArgs, SqlArgs},
    origin::Origin,
};
use crate::{context::Context, exit::Failure, input::file, output};

type Tables = std::collections::BTreeMap<String, Table>;

#[derive(Debug, Subcommand)]
pub(crate) enum ImportCommand {
    /// The entries of a crontab
    Crontab(CrontabArgs),
    /// XXL-JOB's jobs, from an SQL dump or from its database
    XxlJob(SqlArgs),
    /// yudao's jobs, from an SQL dump or from its database
    Yudao(SqlArgs),
}

impl ImportCommand {
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let common = match &self {
            Self::Crontab(args) => &args.common,
            Self::XxlJob(args) | Self::Yudao(args) => &args.common,
        };
        // Before anything is read: what stands in the way of writing.
        let target = write::Target::new(common, context)?;
        let (origin, import) = match &self {
            Self::Crontab(args) => crontab(args)?,
            Self::XxlJob(args) => sql(args, &xxl_job::TABLES, xxl_job::import).await?,
            Self::Yudao(args) => sql(args, &yudao::TABLES, yudao::import).await?,
        };
        finish(&import, &origin, common, &target, context)
    }
}

fn crontab(args: &CrontabArgs) -> Result<(Origin, Import), Failure> {
    let options = args.common.options()?;
    let origin = Origin::of_file(&args.from.get()?)?;
    let Origin::File(path) = &origin else {
        return Err(Failure::usage(
            "--from: a crontab is a file; `crontab -l > FILE` makes one",
        ));
    };
    let text = file::text(path)?;
    let import = crontab::import(&text, args.kind(path), &options)
        .map_err(|reason| Failure::usage(format!("--from: {} {reason}", path.display())))?;
    Ok((origin, import))
}

async fn sql(
    args: &SqlArgs,
    wanted: &[&str],
    import: fn(&Tables, &wasmtab_import::Options) -> Result<Import, String>,
) -> Result<(Origin, Import), Failure> {
    let options = args.common.options()?;
    let origin = Origin::of(&args.from.get()?)?;
    let tables = match &origin {
        Origin::File(path) => dump::tables(path, wanted, args.schema.as_deref())?,
        Origin::Database(database) => database::tables(database, wanted, args.schema.as_deref()).await?,
    };
    let import =
        import(&tables, &options).map_err(|reason| Failure::usage(format!("--from: {origin}: {reason}")))?;
    Ok((origin, import))
}

fn finish(
    import: &Import,
    origin: &Origin,
    args: &CommonArgs,
    target: &write::Target,
    context: &Context,
) -> Result<(), Failure> {
    // Whole seconds, as fires have them.
    let now = Timestamp::from_secs(context.now().as_micros().div_euclid(1_000_000));
    let after = args.after(now)?;
    let comparisons = compare::compare(import, after, args.n as usize);
    let from = origin.to_string();
    let place = report::Context {
        from: &from,
        out: target.out.as_deref(),
        now,
        after,
    };
    let report = report::markdown(import, &comparisons, &place);
    target.write(&document::yaml(import), &report)?;
    if import.jobs.is_empty() && import.left_out.is_empty() {
        output::warn(&format!("{origin} has no jobs"));
    }
    for warning in &import.warnings {
        output::warn(warning);
    }
    if target.to_stdout() {
        return Ok(());
    }
    let shown = show::json(
        import,
        args.compare.then_some(comparisons.as_slice()),
        &from,
        target,
    );
    context.out.list(&shown, |_| {
        let mut text = String::new();
        if args.compare {
            text.push_str(&show::comparison(import, &comparisons));
        }
        text.push_str(&show::summary(import, &comparisons, target));
        text
    })
}
