//! Descriptions in Chinese: from the year down to the second.

use super::pattern::{Shape, from_monday, readable, shape, values};
use crate::schedule::{NO_OFFSET, Schedule};

const WEEKDAYS: [&str; 8] = ["日", "一", "二", "三", "四", "五", "六", "日"];
const NTH: [&str; 6] = ["第一个", "第二个", "第三个", "第四个", "第五个", "最后一个"];

pub(super) fn describe(schedule: &Schedule) -> String {
    let times = schedule.times();
    let mut parts = Vec::new();
    if let Some(years) = schedule.year_runs() {
        parts.push(format!("{}年", list(&years)));
    }
    let months = match shape(schedule.months.into(), 1, 12) {
        Shape::All => None,
        Shape::Step { first, step } => Some(format!("从{first}月起每{step}个月")),
        Shape::Runs(runs) => Some(format!("{}月", list(&runs))),
    };
    let by_number = by_number(schedule);
    let by_weekday = by_weekday(schedule);
    let monthly = by_number.is_some() || schedule.nth() != [0; 6];
    match &months {
        Some(months) if parts.is_empty() && !months.starts_with('从') => parts.push(format!("每年{months}")),
        Some(months) => parts.push(months.clone()),
        None if monthly => parts.push("每月".into()),
        None => {}
    }
    match (by_number, by_weekday) {
        (None, None) if months.is_some() || times.is_some() => parts.push("每天".into()),
        (None, None) => {}
        (Some(days), None) => parts.push(days),
        (None, Some(weekdays)) => parts.push(weekdays),
        (Some(days), Some(weekdays)) if schedule.flags.both_days() => {
            parts.push(format!("{days}且须为{weekdays}"));
        }
        (Some(days), Some(weekdays)) => parts.push(format!("{days}以及{weekdays}")),
    }
    let clock = times.map_or_else(|| clock(schedule), |times| times.join("、"));
    let days = parts.concat();
    if days.is_empty() {
        clock
    } else {
        format!("{days} {clock}")
    }
}

/// The time of day by field, such as "9点至17点 每15分钟".
fn clock(schedule: &Schedule) -> String {
    let minutes = shape(schedule.minutes, 0, 59);
    let hours = shape(schedule.hours.into(), 0, 23);
    let seconds = shape(schedule.seconds, 0, 59);
    let mut parts = Vec::new();
    match (&hours, &minutes) {
        (Shape::All, Shape::Runs(_)) if schedule.minutes == 1 && schedule.seconds == 1 => {
            return "每小时整点".into();
        }
        (Shape::All, Shape::Runs(_)) => parts.push("每小时".into()),
        (Shape::All, Shape::All) if matches!(seconds, Shape::Runs(_)) && schedule.seconds != 1 => {
            parts.push("每分钟".into());
        }
        (Shape::All, _) => {}
        (Shape::Step { first: 0, step }, _) => parts.push(format!("每{step}小时")),
        (Shape::Step { first, step }, _) => parts.push(format!("从{first}点起每{step}小时")),
        (Shape::Runs(runs), _) => parts.push(format!("{}点", list(runs))),
    }
    if minutes != Shape::All || schedule.seconds == 1 {
        parts.push(unit(&minutes, "分", "分钟"));
    }
    if schedule.seconds != 1 {
        parts.push(unit(&seconds, "秒", "秒"));
    }
    parts.join(" ")
}

fn unit(shape: &Shape, point: &str, length: &str) -> String {
    match shape {
        Shape::All => format!("每{length}"),
        Shape::Step { first: 0, step } => format!("每{step}{length}"),
        Shape::Step { first, step } => format!("从第{first}{point}起每{step}{length}"),
        Shape::Runs(runs) => format!("第{}{point}", list(runs)),
    }
}

fn by_number(schedule: &Schedule) -> Option<String> {
    if !schedule.names_days() && schedule.flags.both_days() {
        return None;
    }
    let mut parts = Vec::new();
    match shape(schedule.days.into(), 1, 31) {
        Shape::Runs(runs) if runs.is_empty() => {}
        Shape::All => parts.push("每天".into()),
        Shape::Step { first, step } => parts.push(format!("从{first}日起每{step}天")),
        Shape::Runs(runs) => parts.push(format!("{}日", list(&runs))),
    }
    for day in values(schedule.near().into()) {
        parts.push(format!("离{day}日最近的工作日"));
    }
    match schedule.last {
        NO_OFFSET => {}
        0 => parts.push("最后一天".into()),
        back => parts.push(format!("最后一天之前第{back}天")),
    }
    match schedule.last_workday {
        NO_OFFSET => {}
        0 => parts.push("最后一个工作日".into()),
        back => parts.push(format!("离最后一天之前第{back}天最近的工作日")),
    }
    Some(parts.join("、"))
}

fn by_weekday(schedule: &Schedule) -> Option<String> {
    if !schedule.names_weekdays() && schedule.flags.both_days() {
        return None;
    }
    let mut parts = Vec::new();
    let set = from_monday(schedule.weekdays);
    match shape(set, 1, 7) {
        Shape::Runs(runs) if runs.is_empty() => {}
        Shape::All => parts.push("每天".into()),
        Shape::Runs(runs) => {
            let names: Vec<String> = readable(&runs)
                .into_iter()
                .map(|(from, to)| {
                    let to = if from == to {
                        String::new()
                    } else {
                        format!("至周{}", WEEKDAYS[to as usize])
                    };
                    format!("周{}{to}", WEEKDAYS[from as usize])
                })
                .collect();
            parts.push(format!("每{}", names.join("、")));
        }
        Shape::Step { .. } => {
            let names: Vec<String> = values(set)
                .iter()
                .map(|&day| format!("周{}", WEEKDAYS[day as usize]))
                .collect();
            parts.push(format!("每{}", names.join("、")));
        }
    }
    for (nth, weekdays) in NTH.iter().zip(schedule.nth()) {
        for day in values(from_monday(weekdays)) {
            parts.push(format!("{nth}周{}", WEEKDAYS[day as usize]));
        }
    }
    Some(parts.join("、"))
}

/// Values and ranges: "1、3、5至9".
fn list(runs: &[(u32, u32)]) -> String {
    let parts: Vec<String> = readable(runs)
        .into_iter()
        .map(|(from, to)| {
            if from == to {
                from.to_string()
            } else {
                format!("{from}至{to}")
            }
        })
        .collect();
    parts.join("、")
}
