//! REST calls: paths, queries, bodies and forms.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| otc_fuzz::check::rest_call::check(input));
