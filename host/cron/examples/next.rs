//! Reads `dialect|expression|zone|instant|count` lines and prints the fires after (or, with a negative count,
//! before) the instant, for comparison with other engines.

use std::io::{BufRead, Write};

use chrono::{DateTime, SecondsFormat, Utc};
use wasmtab_cron::{Lang, Schedule};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let fields: Vec<&str> = line.split('|').collect();
        let &[dialect, expression, zone, instant, count] = &fields[..] else {
            return Err("expected dialect|expression|zone|instant|count".into());
        };
        let schedule = match Schedule::parse(expression, Some(dialect.parse()?)) {
            Ok(schedule) => schedule,
            Err(error) => {
                writeln!(out, "error {error}")?;
                continue;
            }
        };
        let zone: chrono_tz::Tz = zone.parse()?;
        let mut at: DateTime<Utc> = instant.parse()?;
        let count: i64 = count.parse()?;
        if count == 0 {
            writeln!(
                out,
                "{} | {}",
                schedule.describe(Lang::En),
                schedule.describe(Lang::Zh)
            )?;
            continue;
        }
        for _ in 0..count.unsigned_abs() {
            let fire = if count > 0 {
                schedule.next_after(zone, at)
            } else {
                schedule.prev_before(zone, at)
            };
            let Some(fire) = fire else { break };
            write!(out, "{} ", fire.to_rfc3339_opts(SecondsFormat::Secs, true))?;
            at = fire;
        }
        writeln!(out)?;
    }
    Ok(())
}
