//! Stories: the engine against servers that are broken on purpose, each in one way, and against servers that are fine.

mod clearing;
mod computer;
mod consent;
mod faults;
mod healthy;
mod real_cases;
mod shapes;
mod tokens;
