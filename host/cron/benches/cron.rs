//! What a schedule costs. Aims: a next fire 250 ns, a parse 1 us.

use std::hint::black_box;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use criterion::{Criterion, criterion_group, criterion_main};
use wasmtab_cron::{Lang, Schedule};

const EXPRESSIONS: [(&str, &str); 6] = [
    ("minutely", "* * * * *"),
    ("daily", "0 2 * * *"),
    ("weekdays", "*/15 9-17 * * MON-FRI"),
    ("quartz third friday", "0 15 10 ? * 6#3"),
    ("quartz last workday", "0 0 9 LW * ? 2026-2099"),
    ("leap sunday", "0 0 */28 FEB 0"),
];

fn instant() -> DateTime<Utc> {
    DateTime::from_timestamp(1_773_000_123, 0).unwrap_or_default()
}

fn next(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("next");
    for (name, expr) in EXPRESSIONS {
        let Ok(schedule) = Schedule::parse(expr, None) else {
            continue;
        };
        for zone in [Tz::Asia__Shanghai, Tz::America__New_York] {
            group.bench_function(format!("{name} {zone}"), |bencher| {
                bencher.iter(|| black_box(&schedule).next_after(black_box(zone), black_box(instant())));
            });
        }
    }
    group.finish();
}

fn parse(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("parse");
    for (name, expr) in EXPRESSIONS {
        group.bench_function(name, |bencher| {
            bencher.iter(|| Schedule::parse(black_box(expr), None));
        });
    }
    group.bench_function("never", |bencher| {
        bencher.iter(|| Schedule::parse(black_box("0 0 0 30 2 ?"), None));
    });
    group.finish();
}

fn describe(criterion: &mut Criterion) {
    let Ok(schedule) = Schedule::parse("*/15 9-17 * * MON-FRI", None) else {
        return;
    };
    criterion.bench_function("describe", |bencher| {
        bencher.iter(|| black_box(&schedule).describe(Lang::Zh));
    });
}

criterion_group!(benches, next, parse, describe);
criterion_main!(benches);
