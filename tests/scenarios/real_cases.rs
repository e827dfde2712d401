//! Failures from the field.
