//! Session ids: the fields that are read are those that are there.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| otc_fuzz::check::session_id::check(input));
