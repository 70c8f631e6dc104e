--
-- PostgreSQL database dump
--

\restrict 6WKcWlNhSeCoFb15zaRtb4L9toFtlNUbnqXeMJpvjbpdmVh8blWbe0zTDaGmpgG

-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: clean(); Type: FUNCTION; Schema: public; Owner: postgres
--

CREATE FUNCTION public.clean() RETURNS integer
    LANGUAGE plpgsql
    AS $$ BEGIN INSERT INTO infra_job (id) VALUES (99); RETURN 1; END $$;


ALTER FUNCTION public.clean() OWNER TO postgres;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: infra_job; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.infra_job (
    id bigint NOT NULL,
    name character varying(32) NOT NULL,
    status smallint NOT NULL,
    handler_name character varying(64) NOT NULL,
    handler_param character varying(255) DEFAULT NULL::character varying,
    cron_expression character varying(32) NOT NULL,
    retry_count integer DEFAULT 0 NOT NULL,
    retry_interval integer DEFAULT 0 NOT NULL,
    monitor_timeout integer DEFAULT 0 NOT NULL,
    creator character varying(64) DEFAULT ''::character varying,
    create_time timestamp without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    updater character varying(64) DEFAULT ''::character varying,
    update_time timestamp without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    deleted smallint DEFAULT 0 NOT NULL
);


ALTER TABLE public.infra_job OWNER TO postgres;

--
-- Name: infra_job_log; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.infra_job_log (
    id bigint NOT NULL,
    job_id bigint,
    result character varying(4000)
);


ALTER TABLE public.infra_job_log OWNER TO postgres;

--
-- Name: infra_job_seq; Type: SEQUENCE; Schema: public; Owner: postgres
--

CREATE SEQUENCE public.infra_job_seq
    START WITH 41
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


ALTER TABLE public.infra_job_seq OWNER TO postgres;

--
-- Name: qrtz_cron_triggers; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.qrtz_cron_triggers (
    sched_name character varying(120) NOT NULL,
    trigger_name character varying(200) NOT NULL,
    trigger_group character varying(200) NOT NULL,
    cron_expression character varying(120) NOT NULL,
    time_zone_id character varying(80)
);


ALTER TABLE public.qrtz_cron_triggers OWNER TO postgres;

--
-- Data for Name: infra_job; Type: TABLE DATA; Schema: public; Owner: postgres
--

INSERT INTO public.infra_job VALUES (5, '支付通知', 2, 'shopNotifyJob', NULL, '* * * * * ?', 0, 0, 0, '1', '2024-10-27 08:34:42', '1', '2026-09-12 13:32:48', 0);
INSERT INTO public.infra_job VALUES (17, '订单同步', 1, 'shopOrderSyncJob', '', '0 0/1 * * * ?', 3, 1500, 30000, '1', '2024-07-22 14:36:26', '1', '2026-07-22 15:39:08', 0);
INSERT INTO public.infra_job VALUES (18, '订单过期', 1, 'shopOrderExpireJob', 'a	b\c
d ''e''', '0 0 2 * * ?', 3, 60000, 1800001, '1', '2024-07-22 15:36:23', '1', '2026-07-22 15:39:54', 0);
INSERT INTO public.infra_job VALUES (19, '旧的退款', 2, 'shopRefundJob', NULL, '0 0/1 * * * ?', 0, 0, 0, '1', '2024-07-23 21:03:44', '1', '2026-07-23 21:09:00', 1);
INSERT INTO public.infra_job VALUES (24, '月末结算', 1, 'shopMonthEndJob', '{"dry": false}', '0 0 23 L * ?', 1, 0, 600000, '1', '2025-09-26 19:23:53', '1', '2026-10-02 11:08:36', 0);


--
-- Data for Name: infra_job_log; Type: TABLE DATA; Schema: public; Owner: postgres
--

INSERT INTO public.infra_job_log VALUES (1, 17, 'COPY public.infra_job FROM stdin;
\.
INSERT INTO infra_job VALUES (1)');


--
-- Data for Name: qrtz_cron_triggers; Type: TABLE DATA; Schema: public; Owner: postgres
--

INSERT INTO public.qrtz_cron_triggers VALUES ('schedulerName', 'shopOrderSyncJob', 'DEFAULT', '0 0/1 * * * ?', 'Asia/Shanghai');
INSERT INTO public.qrtz_cron_triggers VALUES ('schedulerName', 'shopOrderExpireJob', 'DEFAULT', '0 0 2 * * ?', 'Asia/Shanghai');


--
-- Name: infra_job_seq; Type: SEQUENCE SET; Schema: public; Owner: postgres
--

SELECT pg_catalog.setval('public.infra_job_seq', 41, false);


--
-- Name: infra_job_log infra_job_log_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.infra_job_log
    ADD CONSTRAINT infra_job_log_pkey PRIMARY KEY (id);


--
-- Name: infra_job pk_infra_job; Type: CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.infra_job
    ADD CONSTRAINT pk_infra_job PRIMARY KEY (id);


--
-- Name: qrtz_cron_triggers qrtz_cron_triggers_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.qrtz_cron_triggers
    ADD CONSTRAINT qrtz_cron_triggers_pkey PRIMARY KEY (sched_name, trigger_name, trigger_group);


--
-- PostgreSQL database dump complete
--

\unrestrict 6WKcWlNhSeCoFb15zaRtb4L9toFtlNUbnqXeMJpvjbpdmVh8blWbe0zTDaGmpgG

