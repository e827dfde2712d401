//! The registry: one explicit list, in the order in which a connection goes.
//!
//! Adding a check touches its own file, its Markdown, and the list of its stage.

use crate::check::Check;

pub(crate) mod as_metadata;
mod authorization;
mod browser;
mod challenge;
mod client_specific;
mod cors;
mod local;
mod reach;
mod registration;
mod resource_metadata;
mod scope;
mod token;
mod token_validation;
mod transport;

/// The checks without which nothing behind them was reached. What asks the server itself comes after all of them.
pub(crate) const UNREACHED: &[&str] = &[
    "reach-url-valid",
    "reach-dns",
    "reach-tcp",
    "reach-localhost-family",
    "reach-public-for-cloud",
    "reach-port-443",
    "reach-https-required",
    "reach-tls-chain",
    "reach-tls-date",
    "reach-tls-name",
    "reach-tls-mitm",
    "reach-tls-protocol",
    "reach-proxy",
    "reach-redirect",
    "reach-slash",
    "reach-path",
    "reach-lb-path-rule",
    "reach-waf",
    "reach-rate-limit",
    "reach-5xx",
    "reach-host-header",
];

/// Every check, in order. A check may only come after checks that stand before it.
pub static ALL: &[&Check] = &{
    const STAGES: [&[&Check]; 14] = [
        reach::ALL,
        challenge::ALL,
        resource_metadata::ALL,
        as_metadata::ALL,
        registration::ALL,
        authorization::ALL,
        token::ALL,
        token_validation::ALL,
        scope::ALL,
        transport::ALL,
        cors::ALL,
        client_specific::ALL,
        local::ALL,
        browser::ALL,
    ];
    const COUNT: usize = {
        let mut count = 0;
        let mut stage = 0;
        while stage < STAGES.len() {
            count += STAGES[stage].len();
            stage += 1;
        }
        count
    };
    let mut all: [&Check; COUNT] = [STAGES[1][0]; COUNT];
    let mut at = 0;
    let mut stage = 0;
    while stage < STAGES.len() {
        let mut in_stage = 0;
        while in_stage < STAGES[stage].len() {
            all[at] = STAGES[stage][in_stage];
            at += 1;
            in_stage += 1;
        }
        stage += 1;
    }
    all
};

/// The check with this code.
pub fn named(code: &str) -> Option<&'static Check> {
    ALL.iter().copied().find(|check| check.code == code)
}
