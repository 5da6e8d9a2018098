//! Session ids and tokens.

use otc_protocol::session_id;
use otc_protocol::token::{JwtParams, Role, Secret, T1Params, mint_jwt, mint_t1};
use serde_json::json;

use super::keys::Owner;
use super::{Failure, SessionArgs, TokenArgs};
use crate::clock;

/// The longest connection data that server SDKs put into a token, in characters.
const MAX_DATA: usize = 1000;

/// Makes a session id.
pub(super) fn session(args: &SessionArgs) -> Result<String, Failure> {
    let owner = args.owner.name()?;
    let session = session_id::mint(&owner, clock::now().unix_ms, &clock::random::<18>());
    let kind = if args.owner.is_application() { "application_id" } else { "api_key" };
    Ok(if args.json { json!({"session": session, kind: owner}).to_string() } else { session })
}

/// Makes a token.
pub(super) fn token(args: &TokenArgs) -> Result<String, Failure> {
    let (id, session) = args.session.get()?;
    let owner = args.keys.owner(&session.partner)?;
    let length = args.data.chars().count();
    if length > MAX_DATA {
        return Err(Failure::Usage(format!("--data: it has {length} characters; allowed are {MAX_DATA}")));
    }
    let expires = clock::unix_s() + args.ttl.as_secs();
    let token = match &owner {
        Owner::Project { api_key, secret } if !args.jwt => {
            mint(api_key, secret, id, args.role, &args.data, args.ttl.as_secs())
        }
        owner => {
            let create_time = clock::unix_s();
            mint_jwt(&JwtParams {
                signer: owner.signer(),
                session_id: id,
                role: args.role,
                connection_data: &args.data,
                create_time,
                expire_time: create_time + args.ttl.as_secs(),
                jti: &clock::uuid(),
            })
        }
    };
    if !args.json {
        return Ok(token);
    }
    Ok(json!({"token": token, "session": id, "role": args.role.name(), "expires": expires}).to_string())
}

/// Makes a token of a project, of things that are known to be good.
pub(super) fn mint(
    api_key: &str,
    secret: &Secret,
    session: &str,
    role: Role,
    data: &str,
    ttl_s: u64,
) -> String {
    let create_time = clock::unix_s();
    mint_t1(&T1Params {
        partner_id: api_key,
        secret,
        session_id: session,
        role,
        connection_data: data,
        create_time,
        expire_time: create_time + ttl_s,
        nonce: &clock::uuid(),
    })
}
