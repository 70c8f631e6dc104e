//! Dumps of the size that people come with.

use std::collections::BTreeSet;

use chrono_tz::Tz;
use wasmtab_import::{
    Import,
    compare::{Comparison, compare},
    xxl_job, yudao,
};

use crate::{
    generator::{xxl_dump, yudao_dump},
    support::{at, options, tables},
};

fn xxl(count: usize, zone: Tz) -> Import {
    xxl_job::import(
        &tables(xxl_dump(count).as_bytes(), &xxl_job::TABLES),
        &options(zone),
    )
    .expect("it is read")
}

fn told(comparisons: &[Comparison]) -> usize {
    comparisons
        .iter()
        .filter(|comparison| comparison.old.is_some())
        .count()
}

#[test]
fn of_800_jobs_each_is_carried_over_or_listed() {
    let import = xxl(800, Tz::Asia__Shanghai);
    assert_eq!(import.jobs.len() + import.left_out.len(), 800);
    assert_eq!(
        import.left_out.len(),
        8,
        "the broken expressions: {:?}",
        import.left_out
    );
    let names: BTreeSet<_> = import.jobs.iter().map(|job| &job.draft.name).collect();
    assert_eq!(names.len(), import.jobs.len());
    for job in &import.jobs {
        for child in &job.draft.on_success {
            assert!(names.contains(child), "{child} is not there");
        }
    }
    assert_eq!(import.count("imported:xxl-job"), import.jobs.len());
}

#[test]
fn the_next_fires_of_800_jobs_are_what_xxl_job_would_have_done() {
    let comparisons = compare(&xxl(800, Tz::Asia__Shanghai), at("2026-11-24T08:00:00+08:00"), 5);
    for comparison in &comparisons {
        assert_eq!(
            comparison.differences,
            Vec::<String>::new(),
            "{}",
            comparison.name
        );
        if let Some(old) = &comparison.old {
            assert_eq!(*old, comparison.new, "{}", comparison.name);
        }
    }
    assert!(told(&comparisons) > 770, "{}", told(&comparisons));
}

#[test]
fn where_the_clock_changes_every_difference_is_told() {
    let import = xxl(400, Tz::America__New_York);
    // From well before to well after both changes of 2027.
    let comparisons = compare(&import, at("2027-03-13T00:00:00Z"), 300);
    let silent = comparisons
        .iter()
        .filter(|comparison| comparison.old.as_ref().is_some_and(|old| *old != comparison.new));
    for comparison in silent {
        assert!(!comparison.is_equal(), "{}", comparison.name);
    }
    assert!(comparisons.iter().any(|comparison| !comparison.is_equal()));
}

#[test]
fn fifty_jobs_of_yudao_are_carried_over_alike() {
    let tables = tables(yudao_dump(50).as_bytes(), &yudao::TABLES);
    let import = yudao::import(&tables, &options(Tz::Asia__Shanghai)).unwrap();
    assert_eq!((import.jobs.len(), import.left_out.len()), (48, 2));
    for comparison in compare(&import, at("2026-11-24T08:00:00+08:00"), 5) {
        assert!(comparison.is_equal(), "{comparison:?}");
        assert_eq!(comparison.old.as_deref(), Some(comparison.new.as_slice()));
    }
}
