//! Client tokens: one that is accepted says what its claims say when it is made again.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| otc_fuzz::check::client_token::check(input));

libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    otc_fuzz::json::mutate(data, size, max_size, seed, libfuzzer_sys::fuzzer_mutate)
});
