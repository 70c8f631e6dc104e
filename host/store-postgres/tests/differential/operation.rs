//! What may be asked of a store.

use proptest::prelude::*;
use serde_json::Value;
use wasmtab_domain::{policy::Overlap, status::AttemptStatus, time::Timestamp};

use crate::jobs;

/// An operation, and how long after the one before it.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// Milliseconds; the clock may have been set back.
    pause: i64,
    pub(crate) operation: Operation,
}

impl Step {
    /// The instant of the step, the one before it having been at `before`.
    pub(crate) fn after(&self, before: Timestamp) -> Timestamp {
        Timestamp::from_micros(before.as_micros() + self.pause * 1_000)
    }
}

/// Numbers stand for whatever lies at that place of a list, round and round.
#[derive(Clone, Debug)]
pub(crate) enum Operation {
    Create(Value),
    Edit(i64, Value, bool),
    Pause(i64, Option<u32>),
    Resume(i64),
    Delete(i64),
    ChangeAll(Vec<(i64, u8)>),
    Trigger(i64, Option<Overlap>, Option<String>),
    Call(u32, String),
    Backfill(i64, u8, Option<Overlap>),
    Repeat(Vec<usize>, bool, bool, bool),
    Release(u32),
    Replan,
    Claim { second: bool, limit: u32, by_age: u32 },
    Begin(usize),
    Finish(Vec<(usize, End)>),
    Cancel(usize),
    CancelSeveral(Vec<usize>),
    GiveBack(usize),
    TakeOver,
    Heartbeat(bool),
    Warn(usize),
    Push(u8),
    Activate(i64),
    DeleteVersion(i64),
    Bind(usize, Option<u32>, Option<i64>),
    Hold(usize),
    LetGo(usize),
    Unbind(usize),
    PutCalendar(u8),
    DeleteCalendar,
    PutChannel(bool),
    PutRule(u8),
    DeleteRule(u8),
    Silence(u32),
    TakeDeliveries,
    Tried(usize, bool),
    SetState(i64, String, u8),
    DeleteState(i64, String),
    ClearState(i64, String),
    Forget(usize),
}

/// How an attempt ends.
#[derive(Clone, Debug)]
pub(crate) enum End {
    As(AttemptStatus),
    Permanent,
    /// The work goes on elsewhere for so many seconds.
    Pending(u32),
}

fn end() -> impl Strategy<Value = End> {
    prop_oneof![
        5 => Just(End::As(AttemptStatus::Success)),
        3 => Just(End::As(AttemptStatus::Failure)),
        1 => proptest::sample::select(vec![
            AttemptStatus::Trap,
            AttemptStatus::Timeout,
            AttemptStatus::Denied,
            AttemptStatus::NoHandler,
            AttemptStatus::Cancelled,
            AttemptStatus::Abandoned,
        ])
        .prop_map(End::As),
        1 => Just(End::Permanent),
        1 => proptest::sample::select(vec![5, 60]).prop_map(End::Pending),
    ]
}

fn overlap() -> impl Strategy<Value = Option<Overlap>> {
    prop_oneof![
        3 => Just(None),
        1 => proptest::sample::select(vec![Overlap::Skip, Overlap::Allow, Overlap::BufferAll, Overlap::CancelOther])
            .prop_map(Some),
    ]
}

fn job() -> impl Strategy<Value = i64> {
    1..=6_i64
}

fn handler() -> impl Strategy<Value = usize> {
    0..jobs::HANDLERS.len()
}

fn key() -> impl Strategy<Value = String> {
    proptest::sample::select(vec!["k", "kk", "l/1", "schlüssel", "K"]).prop_map(str::to_owned)
}

fn operation() -> impl Strategy<Value = Operation> {
    use Operation as O;
    let of_jobs = prop_oneof![
        8 => jobs::said().prop_map(O::Create),
        4 => (job(), jobs::said(), any::<bool>()).prop_map(|(id, said, fresh)| O::Edit(id, said, fresh)),
        2 => (job(), proptest::option::of(1..300_u32)).prop_map(|(id, secs)| O::Pause(id, secs)),
        2 => job().prop_map(O::Resume),
        1 => job().prop_map(O::Delete),
        1 => proptest::collection::vec((job(), 0..4_u8), 1..4).prop_map(O::ChangeAll),
    ];
    let of_runs = prop_oneof![
        12 => (1..20_u32).prop_map(O::Release),
        1 => Just(O::Replan),
        5 => (job(), overlap(), proptest::option::of(Just("given".to_owned())))
            .prop_map(|(id, overlap, param)| O::Trigger(id, overlap, param)),
        2 => (0..60_u32, proptest::sample::select(vec!["", "p"]).prop_map(str::to_owned))
            .prop_map(|(secs, param)| O::Call(secs, param)),
        1 => (job(), 1..5_u8, overlap()).prop_map(|(id, fires, overlap)| O::Backfill(id, fires, overlap)),
        2 => (proptest::collection::vec(0..50_usize, 1..4), any::<bool>(), any::<bool>(), any::<bool>())
            .prop_map(|(runs, keep, again, dry)| O::Repeat(runs, keep, again, dry)),
        14 => (any::<bool>(), 1..8_u32, 0..2_u32)
            .prop_map(|(second, limit, by_age)| O::Claim { second, limit, by_age }),
        3 => (0..50_usize).prop_map(O::Begin),
        14 => proptest::collection::vec((0..50_usize, end()), 1..5).prop_map(O::Finish),
        3 => (0..50_usize).prop_map(O::Cancel),
        1 => proptest::collection::vec(0..50_usize, 1..4).prop_map(O::CancelSeveral),
        1 => (0..50_usize).prop_map(O::GiveBack),
        1 => Just(O::TakeOver),
        1 => any::<bool>().prop_map(O::Heartbeat),
        1 => (0..50_usize).prop_map(O::Warn),
        1 => (0..50_usize).prop_map(O::Forget),
    ];
    let of_handlers = prop_oneof![
        3 => (0..4_u8).prop_map(O::Push),
        3 => (1..4_i64).prop_map(O::Activate),
        1 => (1..4_i64).prop_map(O::DeleteVersion),
        3 => (handler(), proptest::option::of(1..3_u32), proptest::option::of(1..3_i64))
            .prop_map(|(name, most, version)| O::Bind(name, most, version)),
        2 => handler().prop_map(O::Hold),
        2 => handler().prop_map(O::LetGo),
        1 => handler().prop_map(O::Unbind),
    ];
    let of_the_rest = prop_oneof![
        2 => (0..3_u8).prop_map(O::PutCalendar),
        1 => Just(O::DeleteCalendar),
        2 => any::<bool>().prop_map(O::PutChannel),
        3 => (0..4_u8).prop_map(O::PutRule),
        1 => (0..4_u8).prop_map(O::DeleteRule),
        1 => (1..100_u32).prop_map(O::Silence),
        2 => Just(O::TakeDeliveries),
        2 => (0..20_usize, any::<bool>()).prop_map(|(place, well)| O::Tried(place, well)),
        2 => (job(), key(), 0..40_u8).prop_map(|(id, key, bytes)| O::SetState(id, key, bytes)),
        1 => (job(), key()).prop_map(|(id, key)| O::DeleteState(id, key)),
        1 => (job(), key()).prop_map(|(id, key)| O::ClearState(id, key)),
    ];
    prop_oneof![4 => of_jobs, 13 => of_runs, 2 => of_handlers, 2 => of_the_rest]
}

/// One step.
pub(crate) fn step() -> impl Strategy<Value = Step> {
    let pause = prop_oneof![
        4 => Just(0_i64),
        6 => 1..8_000_i64,
        3 => proptest::sample::select(vec![1_000, 5_000, 60_000, 61_500]),
        1 => Just(3_600_000),
        1 => -30_000..0_i64,
    ];
    (pause, operation()).prop_map(|(pause, operation)| Step { pause, operation })
}
