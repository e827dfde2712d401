//! Lenient readers of OAuth documents. They keep what they could not read beside what they could, so that a check can
//! name the fault instead of "could not parse".

pub mod challenge;
pub mod resource_metadata;
pub mod server_metadata;
pub mod token;
pub mod well_known;
