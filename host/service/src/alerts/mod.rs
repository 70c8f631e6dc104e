//! Who is told of what.

mod channels;
mod history;
mod rules;
mod scope;
mod silences;

pub use self::{channels::ChannelPut, history::DeliveryQuery, rules::RulePut, silences::SilenceRequest};
