//! Frames: what is read is written back byte for byte, and no reader's memory outgrows the message.

use bytes::Bytes;
use otc_protocol::rumor::Frame;

/// Checks one input.
///
/// # Panics
///
/// When something reads wrongly.
pub fn check(input: &[u8]) {
    let message = Bytes::copy_from_slice(input);
    let Ok(frame) = Frame::decode(message, 1 << 20) else { return };
    // Fields take two bytes each at least, and their vectors double as they grow.
    assert!(frame.addresses.capacity() <= input.len() + 1);
    assert!(frame.headers.capacity() <= input.len() + 4);
    let mut expected = input.to_vec();
    expected[4..6].fill(0);
    assert_eq!(frame.encode().expect("what was read fits the format"), expected);
}
