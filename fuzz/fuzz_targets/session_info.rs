//! Session info: answers and refusals read the same when they are written again.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| otc_fuzz::check::session_info::check(input));
