//! What a user would try, on the real binary. Each file is a promise of the product.

mod access;
mod calendars;
mod backup;
mod crash;
mod holds;
mod doctor;
mod hostile;
mod import;
mod options;
mod refusals;
mod replace;
mod seed;
mod story;
mod support;
