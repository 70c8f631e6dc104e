/*
 Source Server Type    : MySQL
 Source Schema         : ruoyi-vue-pro
*/

SET NAMES utf8mb4;
SET FOREIGN_KEY_CHECKS = 0;

-- ----------------------------
-- Table structure for infra_job
-- ----------------------------
DROP TABLE IF EXISTS `infra_job`;
CREATE TABLE `infra_job`  (
  `id` bigint NOT NULL AUTO_INCREMENT COMMENT 'id',
  `name` varchar(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL COMMENT 'name',
  `status` tinyint NOT NULL COMMENT '0, 1 or 2',
  `handler_name` varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL,
  `handler_param` varchar(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL DEFAULT NULL,
  `cron_expression` varchar(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL,
  `retry_count` int NOT NULL DEFAULT 0,
  `retry_interval` int NOT NULL DEFAULT 0 COMMENT 'ms',
  `monitor_timeout` int NOT NULL DEFAULT 0 COMMENT 'ms',
  `creator` varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL DEFAULT '',
  `create_time` datetime NOT NULL DEFAULT CURRENT_TIMESTAMP,
  `updater` varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL DEFAULT '',
  `update_time` datetime NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  `deleted` bit(1) NOT NULL DEFAULT b'0',
  PRIMARY KEY (`id`) USING BTREE
) ENGINE = InnoDB AUTO_INCREMENT = 41 CHARACTER SET = utf8mb4 COLLATE = utf8mb4_unicode_ci COMMENT = 'jobs';

-- ----------------------------
-- Records of infra_job
-- ----------------------------
BEGIN;
INSERT INTO `infra_job` (`id`, `name`, `status`, `handler_name`, `handler_param`, `cron_expression`, `retry_count`, `retry_interval`, `monitor_timeout`, `creator`, `create_time`, `updater`, `update_time`, `deleted`) VALUES (5, '支付通知', 2, 'shopNotifyJob', NULL, '* * * * * ?', 0, 0, 0, '1', '2024-10-27 08:34:42', '1', '2026-09-12 13:32:48', b'0');
INSERT INTO `infra_job` (`id`, `name`, `status`, `handler_name`, `handler_param`, `cron_expression`, `retry_count`, `retry_interval`, `monitor_timeout`, `creator`, `create_time`, `updater`, `update_time`, `deleted`) VALUES (17, '订单同步', 1, 'shopOrderSyncJob', '', '0 0/1 * * * ?', 3, 1500, 30000, '1', '2024-07-22 14:36:26', '1', '2026-07-22 15:39:08', b'0');
INSERT INTO `infra_job` (`id`, `name`, `status`, `handler_name`, `handler_param`, `cron_expression`, `retry_count`, `retry_interval`, `monitor_timeout`, `creator`, `create_time`, `updater`, `update_time`, `deleted`) VALUES (18, '订单过期', 1, 'shopOrderExpireJob', '{"note": "it\'s; \\"so\\""}', '0 0 2 * * ?', 3, 60000, 1800001, '1', '2024-07-22 15:36:23', '1', '2026-07-22 15:39:54', b'0');
INSERT INTO `infra_job` (`id`, `name`, `status`, `handler_name`, `handler_param`, `cron_expression`, `retry_count`, `retry_interval`, `monitor_timeout`, `creator`, `create_time`, `updater`, `update_time`, `deleted`) VALUES (19, '旧的退款', 2, 'shopRefundJob', NULL, '0 0/1 * * * ?', 0, 0, 0, '1', '2024-07-23 21:03:44', '1', '2026-07-23 21:09:00', b'1');
INSERT INTO `infra_job` (`id`, `name`, `status`, `handler_name`, `handler_param`, `cron_expression`, `retry_count`, `retry_interval`, `monitor_timeout`, `creator`, `create_time`, `updater`, `update_time`, `deleted`) VALUES (21, '订单过期', 1, 'shopCartExpireJob', '7', '0 30 1 * * ?', 0, 0, 0, '1', '2025-09-25 23:43:26', '1', '2026-10-02 11:08:34', b'0');
INSERT INTO `infra_job` (`id`, `name`, `status`, `handler_name`, `handler_param`, `cron_expression`, `retry_count`, `retry_interval`, `monitor_timeout`, `creator`, `create_time`, `updater`, `update_time`, `deleted`) VALUES (22, '没做完的', 0, 'shopNewJob', '', '0 0 3 1 * ?', 0, 0, 0, '1', '2025-09-26 19:23:53', '1', '2026-10-02 11:08:36', b'0');
INSERT INTO `infra_job` (`id`, `name`, `status`, `handler_name`, `handler_param`, `cron_expression`, `retry_count`, `retry_interval`, `monitor_timeout`, `creator`, `create_time`, `updater`, `update_time`, `deleted`) VALUES (23, '坏表达式', 1, 'shopBadJob', '', '0 0 25 * * ?', 0, 0, 0, '1', '2025-09-26 19:23:53', '1', '2026-10-02 11:08:36', b'0');
COMMIT;

SET FOREIGN_KEY_CHECKS = 1;
