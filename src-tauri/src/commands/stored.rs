//! What clients have stored: plan, consent, receipt, undo. The work is `mcp-auth-remedies`'.

use std::time::SystemTime;

use mcp_auth_probes::computer;
use mcp_auth_remedies::{
    Backup, HistoryKind, Newer, Offer, Plan, Receipt, Refusal, RepairPlan, RepairRequest, Request, Undone,
};
use tauri::State;
use tauri::async_runtime::spawn_blocking;

use super::{own, remember, stopped};
use crate::failure::{CommandFailure, FailureCode};
use crate::session::Session;

/// Plans what would be forgotten. Nothing is changed.
#[tauri::command]
pub async fn plan_clear(session: State<'_, Session>, request: Request) -> Result<Plan, CommandFailure> {
    let machine = session.machine();
    let plan = at_work("Looking at what is stored", move || {
        mcp_auth_remedies::plan_clear(&computer::look(&machine), &machine.home, &request)
    })
    .await?;
    session.keep_plan(plan.clone());
    Ok(plan)
}

/// What can be put right in configs without asking anything.
#[tauri::command]
pub async fn repair_offers(session: State<'_, Session>) -> Result<Vec<Offer>, CommandFailure> {
    let machine = session.machine();
    at_work("Looking at the configs", move || Ok(mcp_auth_remedies::offers(&computer::look(&machine)))).await
}

/// Plans how a config would be put right. Nothing is changed.
#[tauri::command]
pub async fn plan_repair(session: State<'_, Session>, request: RepairRequest) -> Result<RepairPlan, CommandFailure> {
    let machine = session.machine();
    // Only what is offered right now: the window names no file of its own choice.
    let looked = at_work("Looking at the config", move || {
        let offers = mcp_auth_remedies::offers(&computer::look(&machine));
        if !offers.iter().any(|offer| offer.request == request) {
            return Ok(None);
        }
        mcp_auth_remedies::plan_repair(&machine.home, &request).map(Some)
    });
    let repair = looked.await?.ok_or_else(|| {
        CommandFailure::new(
            FailureCode::NotAgreed,
            "There is nothing to put right in this file any more. Look again, then decide.",
        )
    })?;
    session.keep_plan(repair.plan.clone());
    Ok(repair)
}

/// Does what was planned, when `digest` is what was agreed to.
#[tauri::command]
pub async fn apply_plan(session: State<'_, Session>, digest: String) -> Result<Receipt, CommandFailure> {
    let plan = session.plan().ok_or_else(|| {
        CommandFailure::new(FailureCode::NotAgreed, "There is no plan to agree to. Look again, then decide.")
    })?;
    let vault = session.vault();
    let receipt =
        at_work("Changing what is stored", move || mcp_auth_remedies::apply(&plan, &digest, &vault, SystemTime::now()))
            .await?;
    remember(&session, HistoryKind::Change, None, own(session.language(), &receipt.summary), None);
    Ok(receipt)
}

/// The backups that are there; what ended half-way is among them, ready for Undo. Those that are old are deleted.
#[tauri::command]
pub async fn list_backups(session: State<'_, Session>) -> Result<Vec<Backup>, CommandFailure> {
    let vault = session.vault();
    at_work("Looking at the backups", move || {
        vault.recover()?;
        vault.expire(SystemTime::now())?;
        vault.backups()
    })
    .await
}

/// Brings back what a receipt is about.
#[tauri::command]
pub async fn undo_receipt(session: State<'_, Session>, id: String, newer: Newer) -> Result<Undone, CommandFailure> {
    let vault = session.vault();
    let undone = at_work("Bringing it back", move || mcp_auth_remedies::undo(&id, newer, &vault)).await?;
    let title = own(session.language(), "What was forgotten was brought back.");
    remember(&session, HistoryKind::Change, None, title, None);
    Ok(undone)
}

/// Deletes a backup for good.
#[tauri::command]
pub async fn delete_backup(session: State<'_, Session>, id: String) -> Result<(), CommandFailure> {
    let vault = session.vault();
    at_work("Deleting the backup", move || vault.delete(&id)).await
}

async fn at_work<T: Send + 'static>(
    what: &'static str,
    work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, CommandFailure> {
    let done = spawn_blocking(work).await.map_err(|_| stopped(what))?;
    done.map_err(|refusal| {
        let code = match refusal {
            Refusal::Newer(_) => FailureCode::Newer,
            Refusal::NotAgreed | Refusal::Changed(_) | Refusal::Gone(_) => FailureCode::NotAgreed,
            _ => FailureCode::NotChanged,
        };
        CommandFailure::new(code, refusal.to_string())
    })
}
