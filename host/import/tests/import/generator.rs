//! Dumps as large systems have them, made up anew each time and always the same: every strategy, duplicates, broken rows.

use std::fmt::Write;

/// XXL-JOB's rows in the form of mysqldump: many a statement, no column names.
pub(crate) fn xxl_dump(count: usize) -> String {
    let mut dump = String::from(XXL_TABLES);
    let mut random = Random(0x5eed);
    for from in (1..=count).step_by(90) {
        let rows: Vec<String> = (from..=count.min(from + 89))
            .map(|id| xxl_row(id, count, &mut random))
            .collect();
        writeln!(dump, "INSERT INTO `xxl_job_info` VALUES\n{};", rows.join(",\n"))
            .expect("a String takes it");
    }
    dump
}

/// yudao's rows in the form of database tools: a statement each, with column names.
pub(crate) fn yudao_dump(count: usize) -> String {
    let mut dump = String::from("SET NAMES utf8mb4;\n");
    let mut random = Random(0xdada);
    for id in 1..=count {
        let row = yudao_row(id, &mut random);
        writeln!(
            dump,
            "INSERT INTO `infra_job` (`id`, `name`, `status`, `handler_name`, `handler_param`, `cron_expression`, `retry_count`, \
             `retry_interval`, `monitor_timeout`, `creator`, `create_time`, `updater`, `update_time`, `deleted`) VALUES ({row});"
        )
        .expect("a String takes it");
    }
    dump
}

const XXL_TABLES: &str = "-- MySQL dump 10.13  Distrib 8.0.36\n\
CREATE TABLE `xxl_job_group` (`id` int NOT NULL AUTO_INCREMENT, `app_name` varchar(64) NOT NULL, `title` varchar(12) NOT NULL, \
`address_type` tinyint NOT NULL DEFAULT '0', `address_list` text, `update_time` datetime DEFAULT NULL, PRIMARY KEY (`id`)) ENGINE=InnoDB;\n\
INSERT INTO `xxl_job_group` VALUES (1,'shop-executor','商城',0,'http://10.0.0.1:9999/,http://10.0.0.2:9999/','2026-11-01 08:00:00'),\
(2,'report-executor','报表',0,NULL,'2026-11-01 08:00:00'),(3,'risk-executor','风控',1,'http://10.0.1.1:9999/','2026-11-01 08:00:00');\n\
CREATE TABLE `xxl_job_info` (`id` int NOT NULL AUTO_INCREMENT, `job_group` int NOT NULL, `job_desc` varchar(255) NOT NULL, \
`add_time` datetime, `update_time` datetime, `author` varchar(64), `alarm_email` varchar(255), `schedule_type` varchar(50) NOT NULL, \
`schedule_conf` varchar(128), `misfire_strategy` varchar(50) NOT NULL, `executor_route_strategy` varchar(50), `executor_handler` varchar(255), \
`executor_param` varchar(512), `executor_block_strategy` varchar(50), `executor_timeout` int NOT NULL, `executor_fail_retry_count` int NOT NULL, \
`glue_type` varchar(50) NOT NULL, `glue_source` mediumtext, `glue_remark` varchar(128), `glue_updatetime` datetime, `child_jobid` varchar(255), \
`trigger_status` tinyint NOT NULL, `trigger_last_time` bigint NOT NULL, `trigger_next_time` bigint NOT NULL, PRIMARY KEY (`id`)) ENGINE=InnoDB;\n";

const CRONS: [&str; 20] = [
    "0 0 2 * * ?",
    "0 0/5 * * * ?",
    "0 30 8 ? * MON-FRI",
    "0 15 10 L * ?",
    "0 0 12 ? * 6#3",
    "0 0 0 1 * ? *",
    "0 0/10 9-18 ? * 2-6",
    "0 0 3 15W * ?",
    "30 45 23 * * ?",
    "0 0 22-2 * * ?",
    "0 0 6 ? * L",
    "0 */20 * * * ?",
    "*/30 * * * * ?",
    "0 0 4 L-3 * ?",
    "0 10,40 7,19 * * ?",
    "0 0 1 ? JAN,APR,JUL,OCT 2#1",
    "0 5 0 1 1 ? 2027-2035",
    "0 0 12 ? * MONDAY",
    "0 0 12 ? * MON-FRI/2",
    "0 0 5 LW * ?",
];
const WORDS: [&str; 10] = [
    "订单超时",
    "库存同步",
    "日报",
    "对账",
    "风控扫描",
    "短信补发",
    "it\\'s \\\"quoted\\\"",
    "清理日志",
    "back\\\\slash",
    "会员积分",
];
const ROUTES: [&str; 10] = [
    "FIRST",
    "LAST",
    "ROUND",
    "RANDOM",
    "CONSISTENT_HASH",
    "LEAST_FREQUENTLY_USED",
    "LEAST_RECENTLY_USED",
    "FAILOVER",
    "BUSYOVER",
    "SHARDING_BROADCAST",
];
const BLOCKS: [&str; 3] = ["SERIAL_EXECUTION", "DISCARD_LATER", "COVER_EARLY"];
const MISFIRES: [&str; 2] = ["DO_NOTHING", "FIRE_ONCE_NOW"];

fn xxl_row(id: usize, count: usize, random: &mut Random) -> String {
    let cron = random.of(&CRONS);
    let (kind, conf) = match id % 20 {
        0 => ("FIX_RATE", random.of(&["30", "90", "600", "3600"])),
        7 => ("NONE", ""),
        13 if id % 100 == 13 => (
            "CRON",
            random.of(&["0 0 2 * *", "0 0 25 * * ?", "every day", "0 0 2 * * *"]),
        ),
        _ => ("CRON", cron),
    };
    let running = !id.is_multiple_of(3);
    // A planned fire of the grid; of cron jobs nothing is planned, so that no zone is told.
    let next = if running && kind == "FIX_RATE" {
        1_795_000_000_000_u64 + id as u64 * 1_000
    } else {
        0
    };
    let glue = if id % 50 == 49 {
        random.of(&["GLUE_SHELL", "GLUE_GROOVY", "GLUE_PYTHON"])
    } else {
        "BEAN"
    };
    let handler = if glue == "BEAN" {
        format!("handler{}", random.below(40))
    } else {
        String::new()
    };
    let children = match id % 10 {
        // Ahead, so that there is no circle; the last ones point past the end.
        4 => format!("{},{}", id + 3, id + 13),
        _ if id == count => "1".into(),
        _ => String::new(),
    };
    format!(
        "({id},{},'{} {}','2024-03-01 10:00:00','2026-10-01 10:00:00','{}','{}','{kind}','{conf}','{}','{}','{handler}','{{\\\"n\\\": {id}}}','{}',{},{},\
         '{glue}','echo \\'; )\\n','init',NULL,'{children}',{},0,{next})",
        random.below(3) + 1,
        random.of(&WORDS),
        random.below(60),
        random.of(&["李雷", "韩梅梅", ""]),
        random.of(&["ops@example.com", ""]),
        random.of(&MISFIRES),
        random.of(&ROUTES),
        random.of(&BLOCKS),
        random.of(&["0", "60", "1800"]),
        random.below(4),
        u8::from(running),
    )
}

fn yudao_row(id: usize, random: &mut Random) -> String {
    format!(
        "{id}, '{} {}', {}, 'job{id}', {}, '{}', {}, {}, {}, '1', '2024-10-27 08:34:42', '1', '2026-09-12 13:32:48', b'{}'",
        random.of(&WORDS),
        random.below(20),
        random.of(&["1", "1", "2"]),
        random.of(&["NULL", "''", "'{\\\"days\\\": 7}'"]),
        random.of(&CRONS),
        random.below(4),
        random.of(&["0", "1000", "1500", "60000"]),
        random.of(&["0", "30000", "1800000"]),
        u8::from(id.is_multiple_of(25)),
    )
}

/// A linear congruential generator: enough to mix, and the same everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }

    fn of(&mut self, choices: &[&'static str]) -> &'static str {
        choices[self.below(choices.len())]
    }
}
