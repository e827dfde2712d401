//! The checks of the stage `scope`, in order.

use crate::check::Check;

mod scope_challenge_complete;
mod scope_granted;
mod scope_hierarchy;
mod scope_insufficient_status;
mod scope_requested_at_all;
mod scope_stepup_loop;
mod scope_syntax;
mod scope_tool_needs;

pub(super) const ALL: &[&Check] = &[
    &scope_granted::CHECK,
    &scope_requested_at_all::CHECK,
    &scope_tool_needs::CHECK,
    &scope_insufficient_status::CHECK,
    &scope_challenge_complete::CHECK,
    &scope_stepup_loop::CHECK,
    &scope_hierarchy::CHECK,
    &scope_syntax::CHECK,
];
