//! Requests: signals survive being passed on, create requests survive being written again.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| otc_fuzz::check::raptor_request::check(input));
