//! Real programs that nobody here wrote: `cargo xtask test interop`.

mod browser;
mod servers;
