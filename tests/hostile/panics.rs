//! Panics are caught by the engine, so a test that looks only at results would not see them. This one hears every one.

use std::panic;
use std::sync::{Mutex, Once, PoisonError};

static HEARD: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Writes down every panic from now on, caught or not.
pub fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            HEARD.lock().unwrap_or_else(PoisonError::into_inner).push(info.to_string());
            before(info);
        }));
    });
}

/// The panics in the engine's own code (a failed assertion of another test is none).
pub fn of_the_engine() -> Vec<String> {
    let heard = HEARD.lock().unwrap_or_else(PoisonError::into_inner);
    heard.iter().filter(|one| !one.contains("tests/hostile")).cloned().collect()
}
