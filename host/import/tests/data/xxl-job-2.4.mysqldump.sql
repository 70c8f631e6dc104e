/*M!999999\- enable the sandbox mode */ 
-- MariaDB dump 10.19  Distrib 10.11.19-MariaDB, for debian-linux-gnu (x86_64)
--
-- Host: localhost    Database: xxl_job
-- ------------------------------------------------------
-- Server version	10.11.19-MariaDB-0+deb12u1

/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!40101 SET @OLD_CHARACTER_SET_RESULTS=@@CHARACTER_SET_RESULTS */;
/*!40101 SET @OLD_COLLATION_CONNECTION=@@COLLATION_CONNECTION */;
/*!40101 SET NAMES utf8mb4 */;
/*!40103 SET @OLD_TIME_ZONE=@@TIME_ZONE */;
/*!40103 SET TIME_ZONE='+00:00' */;
/*!40014 SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0 */;
/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;
/*!40111 SET @OLD_SQL_NOTES=@@SQL_NOTES, SQL_NOTES=0 */;

--
-- Table structure for table `xxl_job_group`
--

DROP TABLE IF EXISTS `xxl_job_group`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `xxl_job_group` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `app_name` varchar(64) NOT NULL,
  `title` varchar(12) NOT NULL,
  `address_type` tinyint(4) NOT NULL DEFAULT 0,
  `address_list` text DEFAULT NULL,
  `update_time` datetime DEFAULT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB AUTO_INCREMENT=3 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;

--
-- Dumping data for table `xxl_job_group`
--

LOCK TABLES `xxl_job_group` WRITE;
/*!40000 ALTER TABLE `xxl_job_group` DISABLE KEYS */;
INSERT INTO `xxl_job_group` VALUES
(1,'shop-executor','商城',0,'http://10.0.0.1:9999/,http://10.0.0.2:9999/,http://10.0.0.3:9999/','2026-11-01 08:00:00'),
(2,'report executor, old','报表',1,NULL,'2026-11-01 08:00:00');
/*!40000 ALTER TABLE `xxl_job_group` ENABLE KEYS */;
UNLOCK TABLES;

--
-- Table structure for table `xxl_job_info`
--

DROP TABLE IF EXISTS `xxl_job_info`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `xxl_job_info` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `job_group` int(11) NOT NULL COMMENT 'group; the executors',
  `job_desc` varchar(255) NOT NULL,
  `add_time` datetime DEFAULT NULL,
  `update_time` datetime DEFAULT NULL,
  `author` varchar(64) DEFAULT NULL,
  `alarm_email` varchar(255) DEFAULT NULL,
  `schedule_type` varchar(50) NOT NULL DEFAULT 'NONE',
  `schedule_conf` varchar(128) DEFAULT NULL,
  `misfire_strategy` varchar(50) NOT NULL DEFAULT 'DO_NOTHING',
  `executor_route_strategy` varchar(50) DEFAULT NULL,
  `executor_handler` varchar(255) DEFAULT NULL,
  `executor_param` varchar(512) DEFAULT NULL,
  `executor_block_strategy` varchar(50) DEFAULT NULL,
  `executor_timeout` int(11) NOT NULL DEFAULT 0 COMMENT 'seconds',
  `executor_fail_retry_count` int(11) NOT NULL DEFAULT 0,
  `glue_type` varchar(50) NOT NULL,
  `glue_source` mediumtext DEFAULT NULL,
  `glue_remark` varchar(128) DEFAULT NULL,
  `glue_updatetime` datetime DEFAULT NULL,
  `child_jobid` varchar(255) DEFAULT NULL,
  `trigger_status` tinyint(4) NOT NULL DEFAULT 0,
  `trigger_last_time` bigint(13) NOT NULL DEFAULT 0,
  `trigger_next_time` bigint(13) NOT NULL DEFAULT 0,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB AUTO_INCREMENT=18 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;

--
-- Dumping data for table `xxl_job_info`
--

LOCK TABLES `xxl_job_info` WRITE;
/*!40000 ALTER TABLE `xxl_job_info` DISABLE KEYS */;
INSERT INTO `xxl_job_info` VALUES
(1,1,'订单超时取消','2024-03-01 10:00:00','2026-10-01 10:00:00','李雷','ops@example.com','CRON','0 0/5 * * * ?','DO_NOTHING','FIRST','orderTimeoutHandler','{\"minutes\": 30}','SERIAL_EXECUTION',0,0,'BEAN','','GLUE init',NULL,'3,4',1,1764172500000,1764172800000),
(2,1,'库存同步','2024-03-01 10:00:00','2026-10-01 10:00:00','韩梅梅','','FIX_RATE','90','FIRE_ONCE_NOW','ROUND','stockSyncHandler','','DISCARD_LATER',60,3,'BEAN','','GLUE init',NULL,'',1,1764172710000,1764172800000),
(3,2,'对账结果通知','2024-03-01 10:00:00','2026-10-01 10:00:00','李雷','','NONE','','DO_NOTHING','FAILOVER','notifyHandler','it\'s \"quoted\", C:\\jobs\\n	and 100%\nsecond line','COVER_EARLY',0,1,'BEAN','','GLUE init',NULL,'',0,0,0),
(4,2,'日报','2024-03-01 10:00:00','2026-10-01 10:00:00','韩梅梅','bi@example.com','CRON','0 30 8 ? * MON-FRI','FIRE_ONCE_NOW','LAST','reportHandler','day','SERIAL_EXECUTION',1800,2,'BEAN','','GLUE init',NULL,'3',1,1764117000000,1764203400000),
(5,2,'日报','2024-03-01 10:00:00','2026-10-01 10:00:00','韩梅梅','','CRON','0 30 9 L * ?','DO_NOTHING','FIRST','reportHandler','month','SERIAL_EXECUTION',0,0,'BEAN','','GLUE init',NULL,'',0,0,0),
(6,1,'分片清理','2024-03-01 10:00:00','2026-10-01 10:00:00',NULL,NULL,'CRON','0 0 3 * * ? *','DO_NOTHING','SHARDING_BROADCAST','cleanHandler',NULL,'SERIAL_EXECUTION',0,0,'BEAN','','GLUE init',NULL,'',1,1764097200000,1764183600000),
(7,2,'分片统计','2024-03-01 10:00:00','2026-10-01 10:00:00','','','CRON','0 0 4 * * ?','DO_NOTHING','SHARDING_BROADCAST','statHandler','','SERIAL_EXECUTION',0,0,'BEAN','','GLUE init',NULL,'',1,1764100800000,1764187200000),
(8,1,'脚本清理 🚀','2024-03-01 10:00:00','2026-10-01 10:00:00','root','','CRON','0 0 1 1 * ?','DO_NOTHING','FIRST','','-v','SERIAL_EXECUTION',0,0,'GLUE_SHELL','#!/bin/bash\necho \"hi; don\'t\"\nrm -rf /tmp/x\\*\nexit 0\n','v1','2026-10-01 10:00:00','',1,1764522000000,1764522000000),
(9,1,'没有处理器','2024-03-01 10:00:00','2026-10-01 10:00:00','','','CRON','0 0 1 * * ?','DO_NOTHING','FIRST','','','SERIAL_EXECUTION',0,0,'BEAN','','GLUE init',NULL,'',0,0,0),
(10,1,'写错的表达式','2024-03-01 10:00:00','2026-10-01 10:00:00','','','CRON','0 0 2 * *','DO_NOTHING','FIRST','badHandler','','SERIAL_EXECUTION',0,0,'BEAN','','GLUE init',NULL,'',0,0,0),
(11,1,'隔天','2024-03-01 10:00:00','2026-10-01 10:00:00','','','CRON','0 0 12 ? * MON-FRI/2','DO_NOTHING','FIRST','everyOtherHandler','','SERIAL_EXECUTION',0,0,'BEAN','','GLUE init',NULL,'',1,1764129600000,1764216000000),
(12,1,'停着的间隔','2024-03-01 10:00:00','2026-10-01 10:00:00','','','FIX_RATE','30','DO_NOTHING','FIRST','pollHandler','','DISCARD_LATER',0,0,'BEAN','','GLUE init',NULL,'',0,0,0),
(13,1,'固定延时','2024-03-01 10:00:00','2026-10-01 10:00:00','','','FIX_DELAY','45','DO_NOTHING','FIRST','delayHandler','','DISCARD_LATER',0,0,'BEAN','','GLUE init',NULL,'',1,0,0),
(14,1,'父','2024-03-01 10:00:00','2026-10-01 10:00:00','','','CRON','0 0 5 * * ?','DO_NOTHING','FIRST','parentHandler','','SERIAL_EXECUTION',0,0,'BEAN','','GLUE init',NULL,'15, 14,abc,99,9',1,1764104400000,1764190800000),
(15,1,'子','2024-03-01 10:00:00','2026-10-01 10:00:00','','','NONE','','DO_NOTHING','FIRST','childHandler','','SERIAL_EXECUTION',0,0,'BEAN','','GLUE init',NULL,'16',0,0,0),
(16,1,'孙','2024-03-01 10:00:00','2026-10-01 10:00:00','','','NONE','','DO_NOTHING','FIRST','grandchildHandler','','SERIAL_EXECUTION',0,0,'BEAN','','GLUE init',NULL,'14,3',0,0,0),
(17,7,'多次重试','2024-03-01 10:00:00','2026-10-01 10:00:00','','','CRON','0 0 6 * * ?','LATER','CONSISTENT_HASH','retryHandler','','PARALLEL',3600,5000,'BEAN','','GLUE init',NULL,'',1,1764108000000,1764194400000);
/*!40000 ALTER TABLE `xxl_job_info` ENABLE KEYS */;
UNLOCK TABLES;

--
-- Table structure for table `xxl_job_log`
--

DROP TABLE IF EXISTS `xxl_job_log`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
CREATE TABLE `xxl_job_log` (
  `id` bigint(20) NOT NULL AUTO_INCREMENT,
  `job_id` int(11) NOT NULL,
  `handle_msg` text DEFAULT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB AUTO_INCREMENT=3 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
/*!40101 SET character_set_client = @saved_cs_client */;

--
-- Dumping data for table `xxl_job_log`
--

LOCK TABLES `xxl_job_log` WRITE;
/*!40000 ALTER TABLE `xxl_job_log` DISABLE KEYS */;
INSERT INTO `xxl_job_log` VALUES
(1,1,'ok; INSERT INTO `xxl_job_info` VALUES (99,1,\'x\');'),
(2,2,'it\'s -- fine /* so */ #1');
/*!40000 ALTER TABLE `xxl_job_log` ENABLE KEYS */;
UNLOCK TABLES;
/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */;

/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;
/*!40014 SET FOREIGN_KEY_CHECKS=@OLD_FOREIGN_KEY_CHECKS */;
/*!40014 SET UNIQUE_CHECKS=@OLD_UNIQUE_CHECKS */;
/*!40101 SET CHARACTER_SET_CLIENT=@OLD_CHARACTER_SET_CLIENT */;
/*!40101 SET CHARACTER_SET_RESULTS=@OLD_CHARACTER_SET_RESULTS */;
/*!40101 SET COLLATION_CONNECTION=@OLD_COLLATION_CONNECTION */;
/*!40111 SET SQL_NOTES=@OLD_SQL_NOTES */;

-- Dump completed on 2026-11-24 23:31:09
