--
-- jobs of a test system; the tables as releases from 3.5 on have them

CREATE DATABASE IF NOT EXISTS `xxl_job` DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
USE `xxl_job`;

CREATE TABLE `xxl_job_group`
(
    `id`                    INT                 NOT NULL AUTO_INCREMENT,
    `app_name`              VARCHAR(64)         NOT NULL                COMMENT 'AppName',
    `name`                  VARCHAR(64)         NOT NULL                COMMENT 'name',
    `address_type`          TINYINT             NOT NULL DEFAULT 0      COMMENT '0, 1',
    `address_list`          TEXT                DEFAULT NULL            COMMENT 'addresses, with commas',
    `access_token`          VARCHAR(255)        DEFAULT NULL,
    `update_time`           DATETIME            DEFAULT NULL,
    PRIMARY KEY (`id`),
    UNIQUE KEY `i_app_name` (`app_name`) USING BTREE
) ENGINE = InnoDB
  DEFAULT CHARSET = utf8mb4;

CREATE TABLE `xxl_job_info`
(
    `id`                        INT                 NOT NULL AUTO_INCREMENT,
    `job_group`                 INT                 NOT NULL                        COMMENT 'group',
    `name`                      VARCHAR(255)        NOT NULL                        COMMENT 'name',
    `author`                    VARCHAR(64)         DEFAULT NULL,
    `alarm_email`               VARCHAR(255)        DEFAULT NULL,
    `schedule_type`             VARCHAR(50)         NOT NULL DEFAULT 'NONE',
    `schedule_conf`             VARCHAR(128)        DEFAULT NULL,
    `misfire_strategy`          VARCHAR(50)         NOT NULL DEFAULT 'DO_NOTHING',
    `executor_route_strategy`   VARCHAR(50)         DEFAULT NULL,
    `executor_handler`          VARCHAR(255)        DEFAULT NULL,
    `executor_param`            TEXT                DEFAULT NULL,
    `executor_block_strategy`   VARCHAR(50)         DEFAULT NULL,
    `executor_timeout`          INT                 NOT NULL DEFAULT 0,
    `executor_fail_retry_count` INT                 NOT NULL DEFAULT 0,
    `glue_type`                 VARCHAR(50)         NOT NULL,
    `glue_source`               MEDIUMTEXT          DEFAULT NULL,
    `glue_remark`               VARCHAR(128)        DEFAULT NULL,
    `glue_updatetime`           DATETIME            DEFAULT NULL,
    `child_jobid`               VARCHAR(255)        DEFAULT NULL,
    `trigger_status`            TINYINT             NOT NULL DEFAULT 0,
    `trigger_last_time`         BIGINT              NOT NULL DEFAULT 0,
    `trigger_next_time`         BIGINT              NOT NULL DEFAULT 0,
    `add_time`                  DATETIME            DEFAULT NULL,
    `update_time`               DATETIME            DEFAULT NULL,
    PRIMARY KEY (`id`)
) ENGINE = InnoDB
  DEFAULT CHARSET = utf8mb4;

-- ================== rows ==================

START TRANSACTION;

INSERT INTO `xxl_job_group`(`id`, `app_name`, `name`, `address_type`, `address_list`, `access_token`, `update_time`)
    VALUES (1, 'billing-executor', '计费', 0,  NULL, 'a token', now()),
           (2, 'ai-executor', '智能', 0, 'http://10.1.0.9:9999/', 'a token', now());

INSERT INTO `xxl_job_info`(`id`, `job_group`, `name`, `add_time`, `update_time`, `author`, `alarm_email`,
                           `schedule_type`, `schedule_conf`, `misfire_strategy`, `executor_route_strategy`,
                           `executor_handler`, `executor_param`, `executor_block_strategy`, `executor_timeout`,
                           `executor_fail_retry_count`, `glue_type`, `glue_source`, `glue_remark`, `glue_updatetime`,
                           `child_jobid`)
VALUES (1, 1, '每月计费', now(), now(), '王芳', '', 'CRON', '0 0 1 L * ? *',
        'FIRE_ONCE_NOW', 'FIRST', 'billingJobHandler', '', 'DISCARD_LATER', 7200, 2, 'BEAN', '', 'init',
        now(), '2'),
       (2, 2, '账单摘要', now(), now(), '王芳', '', 'NONE', '',
        'DO_NOTHING', 'FIRST', 'summaryJobHandler', '{
    "input": "summarise it",
    "model": "small:1b"
}', 'SERIAL_EXECUTION', 0, 0, 'BEAN', '', 'init',
        now(), ''),
       (3, 1, CONCAT('a', 'b'), now(), now(), '王芳', '', 'CRON', '0 0 1 * * ?',
        'DO_NOTHING', 'FIRST', 'xJobHandler', '', 'SERIAL_EXECUTION', 0, 0, 'BEAN', '', 'init',
        now(), ''),
       (4, 2, '在线脚本', now(), now(), '王芳', '', 'CRON', '0 15 10 ? * 6#3',
        'DO_NOTHING', 'BUSYOVER', '', '', 'COVER_EARLY', 0, 0, 'GLUE_GROOVY', 'package demo;\nclass X {}', 'init',
        now(), '');

commit;
