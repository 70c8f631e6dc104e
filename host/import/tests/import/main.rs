//! Jobs of other systems, from texts in their real shapes.

mod compare;
mod crontab;
mod files;
mod generated;
mod generator;
mod properties;
mod sql;
mod support;
mod xxl_job;
mod yudao;
