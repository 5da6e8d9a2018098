//! The projects and applications whose tokens are accepted.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use otc_protocol::token::{Keys, PublicKey, Secret};

use super::ConfigError;

/// The most secrets a project can have at a time: the one in use, the one that follows it, and one to spare.
const MAX_SECRETS: usize = 3;

/// The keys of all projects and applications. It can be looked into by name only: secrets do not come out again.
#[derive(Debug, Clone, Default)]
pub struct KeyRing {
    projects: HashMap<String, Vec<Secret>>,
    applications: HashMap<String, PublicKey>,
}

impl KeyRing {
    /// Sets the secrets of a project, in place of any it had. Several are valid at the same time, so that a secret can
    /// be replaced without a moment at which tokens fail.
    pub fn set_project(&mut self, api_key: &str, secrets: &[&str]) -> Result<(), ConfigError> {
        if !is_name(api_key) {
            return Err(ConfigError::new("api_key", api_key, "1 to 64 of A-Z a-z 0-9 - _"));
        }
        if secrets.is_empty() || secrets.len() > MAX_SECRETS || secrets.iter().any(|s| s.is_empty()) {
            return Err(ConfigError::secret("api_secret", "1 to 3 secrets, none of them empty"));
        }
        let secrets = secrets.iter().map(|secret| Secret::new(secret)).collect();
        self.projects.insert(api_key.to_owned(), secrets);
        Ok(())
    }

    /// Sets the public key of an application, given as PEM text.
    pub fn set_application(&mut self, id: &str, public_key: &str) -> Result<(), ConfigError> {
        if !is_uuid(id) {
            let allowed = "the UUID of an application, such as 0b1c2d3e-4f50-4617-8293-a4b5c6d7e8f9";
            return Err(ConfigError::new("application.id", id, allowed));
        }
        let key = PublicKey::from_pem(public_key).map_err(|error| {
            ConfigError::secret("application.public_key", format!("an RSA public key as PEM text: {error}"))
        })?;
        self.applications.insert(id.to_ascii_lowercase(), key);
        Ok(())
    }

    /// Whether there is nothing in it, so that no token can ever be good.
    pub fn is_empty(&self) -> bool {
        self.projects.is_empty() && self.applications.is_empty()
    }

    /// The API keys with the number of their secrets, and the ids of applications, sorted.
    pub fn summary(&self) -> Vec<(&str, Option<usize>)> {
        let projects = self.projects.iter().map(|(name, secrets)| (name.as_str(), Some(secrets.len())));
        let applications = self.applications.keys().map(|name| (name.as_str(), None));
        let mut all: Vec<_> = projects.chain(applications).collect();
        all.sort_unstable();
        all
    }

    /// Whether there is a project or application of this name.
    pub fn knows(&self, partner: &str) -> bool {
        self.projects.contains_key(partner) || self.applications.contains_key(partner)
    }
}

impl Keys for KeyRing {
    fn project_secrets(&self, api_key: &str) -> Option<&[Secret]> {
        self.projects.get(api_key).map(Vec::as_slice)
    }

    fn application_key(&self, id: &str) -> Option<&PublicKey> {
        self.applications.get(id)
    }
}

/// The keys that a running relay goes by. They can be replaced as a whole.
#[derive(Debug, Default)]
pub(crate) struct CurrentKeys(RwLock<Arc<KeyRing>>);

impl CurrentKeys {
    pub(crate) fn new(keys: KeyRing) -> Self {
        Self(RwLock::new(Arc::new(keys)))
    }

    /// Those of now. Whoever holds them may finish with them.
    pub(crate) fn get(&self) -> Arc<KeyRing> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// From now on these.
    pub(crate) fn replace(&self, keys: KeyRing) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
    }
}

/// Names go into URIs and into the fields of session ids, whose separator is `~`.
pub(super) fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

/// Whether a text can be the id of an application.
pub(crate) fn is_uuid(id: &str) -> bool {
    let groups: Vec<&str> = id.split('-').collect();
    let lengths = groups.iter().map(|group| group.len());
    lengths.eq([8, 4, 4, 4, 12]) && groups.iter().all(|group| group.bytes().all(|b| b.is_ascii_hexdigit()))
}
