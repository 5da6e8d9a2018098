//! Session ids and tokens.

use otc_protocol::session_id;
use otc_protocol::token::{JwtParams, Role, Secret, Signer, T1Params, mint_jwt, mint_t1};
use serde_json::json;

use super::{Failure, SessionArgs, TokenArgs};
use crate::clock;
use crate::config::KeyRing;

/// The longest connection data that server SDKs put into a token, in characters.
const MAX_DATA: usize = 1000;

/// Makes a session id.
pub(super) fn session(args: &SessionArgs) -> Result<String, Failure> {
    // Whatever can be a project's key can be in a session id.
    KeyRing::default().set_project(&args.api_key, &["any"])?;
    let session = session_id::mint(&args.api_key, clock::now().unix_ms, &clock::random::<18>());
    Ok(if args.json { json!({"session": session, "api_key": args.api_key}).to_string() } else { session })
}

/// Makes a token.
pub(super) fn token(args: &TokenArgs) -> Result<String, Failure> {
    KeyRing::default().set_project(&args.api_key, &[&args.api_secret])?;
    let session = session_id::decode(&args.session)
        .map_err(|error| Failure::Usage(format!("--session \"{}\": {error}", args.session)))?;
    if session.partner != args.api_key {
        return Err(Failure::Usage(format!(
            "--session: it belongs to project {}, and --api-key is {}",
            session.partner, args.api_key
        )));
    }
    let length = args.data.chars().count();
    if length > MAX_DATA {
        return Err(Failure::Usage(format!("--data: it has {length} characters; allowed are {MAX_DATA}")));
    }
    let secret = Secret::new(&args.api_secret);
    let expires = clock::unix_s() + args.ttl.as_secs();
    let token =
        mint(&args.api_key, &secret, &args.session, args.role, &args.data, args.ttl.as_secs(), args.jwt);
    if !args.json {
        return Ok(token);
    }
    let (session, role) = (&args.session, args.role.name());
    Ok(json!({"token": token, "session": session, "role": role, "expires": expires}).to_string())
}

/// Makes a token of things that are known to be good.
pub(super) fn mint(
    api_key: &str,
    secret: &Secret,
    session: &str,
    role: Role,
    data: &str,
    ttl_s: u64,
    jwt: bool,
) -> String {
    let create_time = clock::unix_s();
    let expire_time = create_time + ttl_s;
    let nonce = clock::uuid();
    if jwt {
        return mint_jwt(&JwtParams {
            signer: Signer::Project { api_key, secret },
            session_id: session,
            role,
            connection_data: data,
            create_time,
            expire_time,
            jti: &nonce,
        });
    }
    mint_t1(&T1Params {
        partner_id: api_key,
        secret,
        session_id: session,
        role,
        connection_data: data,
        create_time,
        expire_time,
        nonce: &nonce,
    })
}
