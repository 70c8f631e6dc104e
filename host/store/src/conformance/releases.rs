//! What becomes of fires: on time, missed, many at once.

use serde_json::json;
use wasmtab_domain::{
    release::FIRES_PER_RELEASE,
    status::{RunState, Trigger},
};

use super::support::{World, active, at};

pub(super) async fn a_fire_runs_at_its_instant(w: World) {
    let job = w.job(json!({"name": "report", "handlerName": "Report"})).await;
    assert_eq!(w.release(at(59)).await.runs, 0);
    assert_eq!(w.release(at(60)).await.runs, 1);
    let run = w.runs(job.id).await.remove(0);
    assert_eq!(
        (run.job_id, run.job_name.as_deref(), run.revision),
        (Some(job.id), Some("report"), Some(1))
    );
    assert_eq!(
        (run.handler_name.as_str(), run.trigger, run.requested_by),
        ("Report", Trigger::Cron, None)
    );
    assert_eq!(
        (run.scheduled_at, run.due_at, run.attempts),
        (at(60), Some(at(60)), 0)
    );
    assert_eq!((run.status, run.held), (active(RunState::Queued), None));
}

pub(super) async fn a_fire_is_released_once(w: World) {
    let job = w.job(json!({"overlap": "allow"})).await;
    for _ in 0..3 {
        w.release(at(60)).await;
    }
    assert_eq!(w.ran(job.id).await, [60]);
    assert_eq!(w.read(job.id).await.progress.next_fire_at, Some(at(120)));
}

pub(super) async fn a_fire_within_the_grace_is_on_time(w: World) {
    let job = w.job(json!({"misfire": "skip"})).await;
    w.release(at(65)).await;
    assert_eq!(w.ran(job.id).await, [60]);
    w.release(at(126)).await;
    assert_eq!(w.skipped(job.id).await, [(120, 120, 1, "misfire")]);
}

pub(super) async fn latest_runs_the_newest_missed_fire(w: World) {
    let job = w.job(json!({})).await;
    w.release(at(215)).await;
    assert_eq!(w.ran(job.id).await, [180]);
    assert_eq!(
        w.skipped(job.id).await,
        [(60, 60, 1, "misfire"), (120, 120, 1, "misfire")]
    );
}

pub(super) async fn latest_runs_a_fire_of_any_age(w: World) {
    let job = w
        .job(json!({"cronExpression": "0 12 6 1 *", "catchUpWindow": 1}))
        .await;
    let noon = 36 * 3_600;
    w.release(at(noon + 90 * 86_400)).await;
    assert_eq!(w.ran(job.id).await, [noon]);
}

pub(super) async fn all_runs_what_lies_in_the_window_one_after_another(w: World) {
    let job = w.job(json!({"misfire": "all", "catchUpWindow": 130})).await;
    w.release(at(310)).await;
    // 310 - 130 = 180 lies in the window, its border included.
    assert_eq!(w.ran(job.id).await, [180, 240, 300]);
    assert_eq!(
        w.skipped(job.id).await,
        [(60, 60, 1, "misfire"), (120, 120, 1, "misfire")]
    );
    let held: Vec<_> = w
        .runs(job.id)
        .await
        .iter()
        .map(|run| run.held.is_some())
        .collect();
    assert_eq!(held, [false, true, true]);
}

pub(super) async fn skip_runs_no_missed_fire(w: World) {
    let job = w.job(json!({"misfire": "skip"})).await;
    w.release(at(190)).await;
    assert_eq!(w.ran(job.id).await, [0; 0]);
    assert_eq!(w.skipped(job.id).await.len(), 3);
    assert_eq!(w.read(job.id).await.progress.next_fire_at, Some(at(240)));
}

pub(super) async fn a_hundred_skipped_fires_get_a_row_each(w: World) {
    let job = w.job(json!({"misfire": "skip"})).await;
    w.release(at(100 * 60 + 30)).await;
    let rows = w.skipped(job.id).await;
    assert_eq!(rows.len(), 100);
    assert!(
        rows.iter()
            .enumerate()
            .all(|(i, row)| *row == (60 * (i as i64 + 1), row.0, 1, "misfire")),
        "{rows:?}"
    );
}

pub(super) async fn older_skipped_fires_share_a_row(w: World) {
    let job = w.job(json!({"misfire": "skip"})).await;
    w.release(at(250 * 60 + 30)).await;
    let rows = w.skipped(job.id).await;
    assert_eq!(rows.len(), 100);
    assert_eq!(rows[0], (60, 151 * 60, 151, "misfire"));
    assert_eq!(rows[99], (250 * 60, 250 * 60, 1, "misfire"));
}

pub(super) async fn a_run_between_skipped_fires_parts_their_rows(w: World) {
    // The newest missed fire runs; those after it are on time, and in its way.
    let job = w.job(json!({"every": 1})).await;
    w.release(at(300)).await;
    assert_eq!(w.ran(job.id).await, [294]);
    let rows = w.skipped(job.id).await;
    let covered: u32 = rows.iter().map(|row| row.2).sum();
    assert_eq!(covered, 299);
    assert!(rows.iter().all(|row| row.1 < 294 || row.0 > 294), "{rows:?}");
}

pub(super) async fn more_than_one_round_of_fires_is_decided_in_several(w: World) {
    let job = w.job(json!({"every": 1, "misfire": "skip"})).await;
    let late = FIRES_PER_RELEASE as i64 + 500;
    let first = w.store.release_due(at(late + 10), 500).await.unwrap();
    assert_eq!((first.skipped, first.more), (FIRES_PER_RELEASE as u64, true));
    let second = w.store.release_due(at(late + 10), 500).await.unwrap();
    assert_eq!(
        (first.skipped + second.skipped + second.runs, second.more),
        (late as u64 + 10, false)
    );
    let rows = w.skipped(job.id).await;
    assert_eq!(
        rows.iter().map(|row| u64::from(row.2)).sum::<u64>() + second.runs,
        late as u64 + 10
    );
    assert!(rows.len() <= 102, "{} rows", rows.len());
}

pub(super) async fn no_fire_lies_beyond_the_end(w: World) {
    let job = w
        .job(json!({"startAt": "2026-01-05T00:02:00Z", "endAt": "2026-01-05T00:03:00Z", "overlap": "allow"}))
        .await;
    assert_eq!(job.progress.next_fire_at, Some(at(120)));
    for minute in 1..10 {
        w.release(at(minute * 60)).await;
    }
    assert_eq!(w.ran(job.id).await, [120, 180]);
    let progress = w.read(job.id).await.progress;
    assert_eq!((progress.next_fire_at, progress.plan_at), (None, None));
}

pub(super) async fn a_batch_takes_no_more_jobs_than_asked(w: World) {
    for name in ["a", "b", "c"] {
        w.job(json!({"name": name})).await;
    }
    let first = w.store.release_due(at(60), 2).await.unwrap();
    assert_eq!((first.runs, first.more), (2, true));
    let second = w.store.release_due(at(60), 2).await.unwrap();
    assert_eq!((second.runs, second.more), (1, false));
}

pub(super) async fn the_next_look_is_told(w: World) {
    assert_eq!(w.release(at(0)).await.next_plan_at, None);
    w.job(json!({"name": "slow", "every": 600})).await;
    w.job(json!({"name": "quick", "every": 60})).await;
    assert_eq!(w.release(at(0)).await.next_plan_at, Some(at(60)));
    assert_eq!(w.release(at(60)).await.next_plan_at, Some(at(120)));
}
