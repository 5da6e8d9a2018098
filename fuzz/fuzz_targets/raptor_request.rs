//! Requests: signals survive being passed on, create requests survive being written again.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| otc_fuzz::check::raptor_request::check(input));

libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    otc_fuzz::json::mutate(data, size, max_size, seed, libfuzzer_sys::fuzzer_mutate)
});
