//! The checks of the stage `transport`, in order.

use crate::check::Check;

mod tr_era;
mod tr_initialize;
mod tr_second_request;
mod tr_session;

pub(super) const ALL: &[&Check] =
    &[&tr_era::CHECK, &tr_session::CHECK, &tr_second_request::CHECK, &tr_initialize::CHECK];
