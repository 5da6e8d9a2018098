//! Reads the test vectors in `testdata/`.
#![allow(dead_code, reason = "each test program uses a part of it")]

use std::collections::HashMap;

use otc_protocol::token::{Keys, PublicKey, Secret};
use serde_json::Value;

/// A file of vectors.
pub(crate) fn load(name: &str) -> Value {
    let path = format!("{}/testdata/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The vectors of a list, which must not be empty: a renamed list would otherwise pass.
pub(crate) fn list<'a>(file: &'a Value, name: &str) -> &'a [Value] {
    let items = file[name].as_array().unwrap_or_else(|| panic!("no list {name}"));
    assert!(!items.is_empty(), "list {name} is empty");
    items
}

/// The name of a vector.
pub(crate) fn name(vector: &Value) -> &str {
    vector["name"].as_str().expect("every vector has a name")
}

/// A text of a vector.
pub(crate) fn text<'a>(vector: &'a Value, field: &str) -> &'a str {
    vector[field].as_str().unwrap_or_else(|| panic!("{vector}: no text {field}"))
}

/// Undoes hexadecimal.
pub(crate) fn unhex(hex: &str) -> Vec<u8> {
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal"))
        .collect()
}

/// `[string, n]` as the string repeated.
pub(crate) fn repeated(pair: &Value) -> String {
    pair[0].as_str().expect("a text").repeat(count(&pair[1]))
}

/// A count.
pub(crate) fn count(value: &Value) -> usize {
    usize::try_from(value.as_u64().expect("a count")).expect("a count of things in memory")
}

/// Keys by id.
#[derive(Default)]
pub(crate) struct KeyRing {
    pub(crate) secrets: HashMap<String, Vec<Secret>>,
    pub(crate) applications: HashMap<String, PublicKey>,
}

impl KeyRing {
    /// The keys that the vectors are signed with.
    pub(crate) fn of_vectors() -> Self {
        let keys = load("client_tokens")["keys"].take();
        let entries = |field: &str| keys[field].as_object().expect("an object").clone();
        Self {
            secrets: entries("partners")
                .into_iter()
                .map(|(id, partner)| (id, vec![Secret::new(text(&partner, "secret"))]))
                .collect(),
            applications: entries("applications")
                .into_iter()
                .map(|(id, application)| {
                    (id, PublicKey::from_pem(text(&application, "public_key_pem")).expect("a public key"))
                })
                .collect(),
        }
    }
}

/// The time at which the tokens that tests make are valid, in seconds since 1970.
pub(crate) const NOW: u64 = 1_700_000_000;

/// The application whose keys lie in `testdata/keys`; they serve tests and nothing else.
pub(crate) const APPLICATION: &str = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee";

/// The text of a key file.
pub(crate) fn pem(name: &str) -> String {
    let path = format!("{}/testdata/keys/{name}.pem", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

impl KeyRing {
    /// One project, `100`, with two secrets, and one application.
    pub(crate) fn of_tests() -> Self {
        let key = PublicKey::from_pem(&pem("application_public")).expect("a public key");
        Self {
            secrets: [("100".into(), vec![Secret::new("old secret"), Secret::new("new secret")])].into(),
            applications: [(APPLICATION.into(), key)].into(),
        }
    }
}

impl Keys for KeyRing {
    fn project_secrets(&self, api_key: &str) -> Option<&[Secret]> {
        self.secrets.get(api_key).map(Vec::as_slice)
    }

    fn application_key(&self, id: &str) -> Option<&PublicKey> {
        self.applications.get(id)
    }
}
