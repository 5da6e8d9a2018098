//! Frames: what is read is written back byte for byte, and no reader's memory outgrows the message.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| otc_fuzz::check::rumor_frame::check(input));
