//! Client tokens: one that is accepted says what its claims say when it is made again.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| otc_fuzz::check::client_token::check(input));
