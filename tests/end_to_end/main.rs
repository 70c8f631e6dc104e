//! What a user would try, on the real binary. Each file is a promise of the product.

mod access;
mod backup;
mod calendars;
mod crash;
mod doctor;
mod holds;
mod hostile;
mod import;
mod options;
mod refusals;
mod replace;
mod seed;
mod story;
mod support;
