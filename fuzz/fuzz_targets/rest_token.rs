//! REST credentials: what opens REST does not open a session, and the other way round.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| otc_fuzz::check::rest_token::check(input));
