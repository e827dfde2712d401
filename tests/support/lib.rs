//! What the stories share.

pub mod diagnosing;
pub mod scripted;
