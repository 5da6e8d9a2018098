//! Making credentials.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::{Value, json};

use super::jwt::CONNECT_SCOPE;
use super::key::{PrivateKey, Secret};
use super::role::Role;
use super::t1;

/// What goes into a token of the `T1==` kind.
#[derive(Debug, Clone)]
pub struct T1Params<'a> {
    /// The API key.
    pub partner_id: &'a str,
    /// A secret of the project.
    pub secret: &'a Secret,
    /// The session it is for.
    pub session_id: &'a str,
    /// What its bearer may do.
    pub role: Role,
    /// Text that other participants see; `""` for none. Server SDKs allow 1000 characters.
    pub connection_data: &'a str,
    /// When it is made, in seconds since 1970.
    pub create_time: u64,
    /// When it ends, in seconds since 1970. Server SDKs allow 30 days.
    pub expire_time: u64,
    /// Anything that makes this token unlike others.
    pub nonce: &'a str,
}

/// Makes a token of the `T1==` kind.
pub fn mint_t1(params: &T1Params<'_>) -> String {
    let mut signed = format!(
        "session_id={}&create_time={}&expire_time={}&role={}&nonce={}",
        form_encode(params.session_id),
        params.create_time,
        params.expire_time,
        params.role.name(),
        form_encode(params.nonce),
    );
    if !params.connection_data.is_empty() {
        signed.push_str("&connection_data=");
        signed.push_str(&form_encode(params.connection_data));
    }
    let signature = hex(params.secret.sign_sha1(signed.as_bytes()).as_ref());
    let text = format!("partner_id={}&sig={signature}:{signed}", params.partner_id);
    format!("{}{}", t1::SENTINEL, t1::BASE64.encode(text))
}

/// Who signs a JWT.
#[derive(Debug, Clone, Copy)]
pub enum Signer<'a> {
    /// A project, with HMAC-SHA256.
    Project {
        /// The API key.
        api_key: &'a str,
        /// A secret of the project.
        secret: &'a Secret,
    },
    /// An application, with RSA and SHA-256.
    Application {
        /// The application id.
        id: &'a str,
        /// Its private key.
        key: &'a PrivateKey,
    },
}

/// What goes into a client token of the JWT kind.
#[derive(Debug, Clone)]
pub struct JwtParams<'a> {
    /// Who signs.
    pub signer: Signer<'a>,
    /// The session it is for.
    pub session_id: &'a str,
    /// What its bearer may do.
    pub role: Role,
    /// Text that other participants see; `""` for none. Server SDKs allow 1000 characters.
    pub connection_data: &'a str,
    /// When it is made, in seconds since 1970.
    pub create_time: u64,
    /// When it ends, in seconds since 1970. Server SDKs allow 30 days.
    pub expire_time: u64,
    /// Anything that makes this token unlike others.
    pub jti: &'a str,
}

/// Makes a client token of the JWT kind.
pub fn mint_jwt(params: &JwtParams<'_>) -> String {
    let mut claims = json!({
        "scope": CONNECT_SCOPE,
        "session_id": params.session_id,
        "role": params.role.name(),
        "initial_layout_class_list": "",
        "iat": params.create_time,
        "exp": params.expire_time,
        "jti": params.jti,
    });
    if !params.connection_data.is_empty() {
        claims["connection_data"] = params.connection_data.into();
    }
    if let Signer::Application { .. } = params.signer {
        claims["sub"] = "video".into();
        claims["acl"] = json!({"paths": {"/session/**": {}}});
    }
    sign(params.signer, claims)
}

/// What goes into a REST credential.
#[derive(Debug, Clone)]
pub struct RestJwtParams<'a> {
    /// Who signs.
    pub signer: Signer<'a>,
    /// When it is made, in seconds since 1970.
    pub create_time: u64,
    /// When it ends, in seconds since 1970; for a project at most 300 s after it was made.
    pub expire_time: u64,
    /// Anything that makes this credential unlike others.
    pub jti: &'a str,
}

/// Makes a REST credential: for `X-OPENTOK-AUTH` if a project signs, for `Authorization: Bearer` if an application does.
pub fn mint_rest_jwt(params: &RestJwtParams<'_>) -> String {
    sign(params.signer, json!({ "iat": params.create_time, "exp": params.expire_time, "jti": params.jti }))
}

fn sign(signer: Signer<'_>, mut claims: Value) -> String {
    let algorithm = match signer {
        Signer::Project { api_key, .. } => {
            claims["iss"] = api_key.into();
            claims["ist"] = "project".into();
            "HS256"
        }
        Signer::Application { id, .. } => {
            claims["application_id"] = id.into();
            "RS256"
        }
    };
    let signed = format!("{}.{}", segment(&json!({ "alg": algorithm, "typ": "JWT" })), segment(&claims));
    let signature = match signer {
        Signer::Project { secret, .. } => secret.sign_sha256(signed.as_bytes()).as_ref().to_vec(),
        Signer::Application { key, .. } => key.sign(signed.as_bytes()),
    };
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn segment(value: &impl Serialize) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(value).expect("JSON values are always representable"))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Form encoding that every reader understands: a space is `%20`, which programs that do not know `+` read as well.
fn form_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
