//! The `buhin` command.

fn main() {}
