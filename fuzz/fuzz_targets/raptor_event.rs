//! Events: what is read and written again reads the same.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| otc_fuzz::check::raptor_event::check(input));
