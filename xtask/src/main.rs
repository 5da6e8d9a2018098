//! Maintenance commands of this repository.
fn main() {}
