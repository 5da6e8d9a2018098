//! Session info: answers and refusals read the same when they are written again.

use otc_protocol::session_info::{self, Details, SessionInfoError};

/// Checks one input.
///
/// # Panics
///
/// When something reads wrongly.
pub fn check(input: &[u8]) {
    match session_info::decode(input) {
        Ok(info) => {
            let details = Details { host: "h", create_time_ms: 0, segment_id: "s" };
            let again = session_info::encode(&info, &details);
            assert_eq!(session_info::decode(again.as_bytes()), Ok(info));
        }
        Err(SessionInfoError::Refused { code, message }) => {
            assert!(!message.contains('\n'));
            let again = session_info::encode_refusal(code, &message);
            let refused = SessionInfoError::Refused { code, message };
            assert_eq!(session_info::decode(again.as_bytes()), Err(refused));
        }
        Err(SessionInfoError::NotUnderstood) => {}
    }
}
