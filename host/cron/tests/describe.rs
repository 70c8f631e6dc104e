//! Descriptions as people read them.

#![expect(clippy::unwrap_used, reason = "the expressions are good")]

use wasmtab_cron::{Lang, Schedule};

#[track_caller]
fn check(expr: &str, en: &str, zh: &str) {
    let schedule = Schedule::parse(expr, None).unwrap();
    assert_eq!(schedule.describe(Lang::En), en);
    assert_eq!(schedule.describe(Lang::Zh), zh);
}

#[test]
fn times_of_day() {
    check("0 2 * * *", "At 02:00 every day", "每天 02:00");
    check(
        "0 9,18 * * *",
        "At 09:00 and 18:00 every day",
        "每天 09:00、18:00",
    );
    check("0 * * * *", "Every hour", "每小时整点");
    check("17 * * * *", "At minute 17 of every hour", "每小时 第17分");
    check("* * * * *", "Every minute", "每分钟");
    check("0/10 * * * * ?", "Every 10 seconds", "每10秒");
    check("30 * * * * ?", "At second 30 of every minute", "每分钟 第30秒");
    check(
        "5,35 */2 * * *",
        "At minutes 5 and 35, every 2 hours",
        "每2小时 第5、35分",
    );
    check(
        "*/15 9-17 * * 1-5",
        "Every 15 minutes from 09:00 to 17:59 every Monday to Friday",
        "每周一至周五 9至17点 每15分钟",
    );
}

#[test]
fn days_and_months() {
    check("0 9 * * 1", "At 09:00 every Monday", "每周一 09:00");
    check(
        "@yearly",
        "At 00:00 on the 1st of the month in January",
        "每年1月1日 00:00",
    );
    check(
        "0 0 L * *",
        "At 00:00 on the last day of the month",
        "每月最后一天 00:00",
    );
    check(
        "0 9 * * 5L",
        "At 09:00 on the last Friday of the month",
        "每月最后一个周五 09:00",
    );
    check(
        "0 15 10 ? * 6#3",
        "At 10:15 on the third Friday of the month",
        "每月第三个周五 10:15",
    );
    check(
        "0 0 9 LW * ?",
        "At 09:00 on the last working day of the month",
        "每月最后一个工作日 09:00",
    );
    check(
        "0 0 0 1 1 ? 2030-2035",
        "At 00:00 on the 1st of the month in January in 2030 to 2035",
        "2030至2035年1月1日 00:00",
    );
}

#[test]
fn both_day_fields_say_whether_one_is_enough() {
    check(
        "0 0 1,15 * FRI",
        "At 00:00 on the 1st and 15th of the month and every Friday",
        "每月1、15日以及每周五 00:00",
    );
    check(
        "0 0 */2 * MON",
        "At 00:00 on every 2nd day from the 1st of the month if it is also Monday",
        "每月从1日起每2天且须为每周一 00:00",
    );
}
