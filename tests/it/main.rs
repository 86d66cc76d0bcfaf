//! The integration tests, in one binary.

mod case;
mod cases;
