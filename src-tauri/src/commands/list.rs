/// Every command of the app, by the name that the window calls. `build.rs` includes this file as well, so that each of
/// them needs a grant in `capabilities/main.json`.
pub const COMMANDS: &[&str] = &[
    "look_around",
    "understand",
    "catalogue",
    "start_check",
    "cancel_check",
    "practice_faults",
    "practice_start",
    "practice_mend",
    "practice_stop",
    "open_link",
];
