//! Public keys, from PEM or, for inputs that are no text, from the DER inside.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| otc_fuzz::check::public_key::check(input));
