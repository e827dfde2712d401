//! The checks of the stage `cors`, in order.

use crate::check::Check;

mod cors_401;
mod cors_allow_headers;
mod cors_as;
mod cors_expose;
mod cors_methods;
mod cors_origin_rejected;
mod cors_preflight;
mod cors_valid;
mod cors_wellknown;

pub(super) const ALL: &[&Check] = &[
    &cors_preflight::CHECK,
    &cors_401::CHECK,
    &cors_expose::CHECK,
    &cors_allow_headers::CHECK,
    &cors_methods::CHECK,
    &cors_wellknown::CHECK,
    &cors_as::CHECK,
    &cors_valid::CHECK,
    &cors_origin_rejected::CHECK,
];
