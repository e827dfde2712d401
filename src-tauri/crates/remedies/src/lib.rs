//! Changes the user's files: the only crate that does, and only from a plan that was agreed to.
//!
//! The path through it: [`plan_clear`] makes a [`Plan`], the exact list of what would go, with a digest; the consent is that
//! digest; [`apply`] carries the plan out on the very files that were looked at, with a backup first and a journal before
//! every step, and gives a [`Receipt`]; [`undo`] brings everything back, byte for byte. [`Vault`] keeps the backups.
//!
//! Work is done by folder handle and never through a link (`folder`); only names on the list are moved (`allow`); a file
//! that holds several servers loses one entry and keeps the rest byte for byte (`edit`).

mod allow;
mod apply;
mod difference;
mod edit;
mod folder;
mod history;
mod journal;
mod lossless;
mod place;
mod plan;
mod refusal;
mod repair;
mod strain;
mod undo;
mod vault;

pub use apply::{Done, Found, Receipt, apply};
pub use difference::{Line, LineIs};
pub use history::{FileTrouble, History, HistoryEntry, HistoryKind, save_report};
pub use plan::{ByHand, Change, LeftAlone, Level, Plan, Request, Warning, plan_clear, stored_of};
pub use refusal::Refusal;
pub use repair::{Offer, Repair, RepairPlan, RepairRequest, offers, plan_repair};
pub use undo::{Back, HowBack, Newer, Undone, undo};
pub use vault::{Backup, KEPT_FOR, Vault};

/// Whether running programs are seen on this system. Where they are not, "quit it first" is said without knowing.
const PROGRAMS_ARE_SEEN: bool = cfg!(target_os = "linux");

#[cfg(test)]
mod tests;
#[cfg(test)]
mod trial;
