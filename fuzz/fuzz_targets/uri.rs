//! URIs: there is no wrong one, and the pairs that are read are those that are there.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| otc_fuzz::check::uri::check(input));
