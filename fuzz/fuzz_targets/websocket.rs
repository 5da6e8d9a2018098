//! WebSocket framing: read at once or in pieces, it is the same.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| otc_fuzz::check::websocket::check(input));
