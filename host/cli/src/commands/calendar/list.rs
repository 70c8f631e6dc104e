//! `wasmtab calendar list`.

use serde_json::Value;

use crate::{
    context::Context,
    exit::Failure,
    output::{
        cell::{text, time},
        table::{column, render},
    },
};

pub(super) async fn run(context: &Context) -> Result<(), Failure> {
    let list = context
        .client()?
        .list(&["calendars"], usize::MAX, |request| request)
        .await?;
    let columns = [
        column("CALENDAR", |calendar| text(calendar, "/name")),
        column("WINDOWS", |calendar| count(calendar, "windows")),
        column("JOBS", |calendar| count(calendar, "jobs")),
        column("UPDATED", |calendar| time(calendar, "/updatedAt")),
        column("BY", |calendar| text(calendar, "/updatedBy")),
    ];
    context.out.list(&list, |calendars| {
        render(&columns, calendars, "there are no calendars")
    })
}

fn count(calendar: &Value, member: &str) -> String {
    calendar
        .get(member)
        .and_then(Value::as_array)
        .map_or(0, Vec::len)
        .to_string()
}
