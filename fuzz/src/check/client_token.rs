//! Client tokens: one that is accepted says what its claims say when it is made again.

use crate::{NOW, Project, SESSION, credential};
use otc_protocol::token::{T1Params, mint_t1, verify_client};

/// Checks one input.
///
/// # Panics
///
/// When something reads wrongly.
pub fn check(input: &[u8]) {
    let Some(token) = credential(input) else { return };
    let keys = Project::new();
    match verify_client(&token, SESSION, None, &keys, NOW) {
        Err(error) => assert!(!error.name().is_empty() && !error.to_string().contains('\n')),
        Ok(claims) => {
            assert_eq!((claims.session_id.as_str(), claims.partner_id.as_str()), (SESSION, "100"));
            assert!(claims.expire_time > NOW);
            let again = mint_t1(&T1Params {
                partner_id: &claims.partner_id,
                secret: keys.secret(),
                session_id: &claims.session_id,
                role: claims.role,
                connection_data: &claims.connection_data,
                create_time: claims.create_time.unwrap_or(0),
                expire_time: claims.expire_time,
                nonce: "n",
            });
            let again =
                verify_client(&again, SESSION, Some("100"), &keys, NOW).expect("a token of valid claims");
            assert_eq!((again.role, again.connection_data), (claims.role, claims.connection_data));
            assert_eq!(again.expire_time, claims.expire_time);
        }
    }
}
