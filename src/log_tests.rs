//! The level filter and the sink, which are global: the tests of this file take turns.
#![forbid(unsafe_code)]

use super::*;

#[test]
fn nothing_is_logged_before_a_level_is_set() {
    assert!(!enabled(Level::Disabled));
}
