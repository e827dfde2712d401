//! This computer: clients, configs, stores, ports. It only reads, and keeps no secret.

use mcp_auth_diagnosis::computer::Computer;

mod files;
mod inventory;
mod machine;
#[cfg(test)]
mod tests;

pub use machine::Machine;

/// Reads this computer: which clients are here, which servers their configs name, what is stored for them.
pub fn look(machine: &Machine) -> Computer {
    let inventory = inventory::take(machine);
    Computer {
        clients: inventory.clients,
        servers: inventory.found.into_iter().map(|found| found.server).collect(),
        problems: inventory.problems,
        ..Computer::default()
    }
}
