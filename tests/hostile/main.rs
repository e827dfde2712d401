//! Servers that mean harm, or that are broken below HTTP: whatever they do, a result comes, within the caps, without a panic,
//! without a byte that goes where it must not, and without a secret in anything that is shown.

mod canaries;
mod faults;
mod matrix;
mod mutations;
mod panics;
mod signing_in;
mod traps;
mod world;
