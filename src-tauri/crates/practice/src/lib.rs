//! See ../../../README.md.
