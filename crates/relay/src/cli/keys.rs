//! By whose key a command acts: that of a project, or that of an application.

use std::path::{Path, PathBuf};

use clap::Args;
use otc_protocol::token::{PrivateKey, Secret, Signer};

use super::Failure;
use crate::config::{KeyRing, is_uuid};

/// How it can be said whose a session is.
#[derive(Debug, Args)]
pub(super) struct OwnerArgs {
    /// API key of the project
    #[arg(long, env = "OTC_API_KEY", value_name = "KEY")]
    api_key: Option<String>,
    /// Id of the application, in place of a project
    #[arg(long, env = "OTC_APPLICATION_ID", value_name = "ID")]
    application_id: Option<String>,
}

/// How a key can be given.
#[derive(Debug, Args)]
pub(super) struct KeyArgs {
    /// API key of the project
    #[arg(long, env = "OTC_API_KEY", value_name = "KEY")]
    api_key: Option<String>,
    /// Secret of the project
    #[arg(long, env = "OTC_API_SECRET", value_name = "SECRET", hide_env_values = true)]
    api_secret: Option<String>,
    /// Id of the application, in place of a project
    #[arg(long, env = "OTC_APPLICATION_ID", value_name = "ID")]
    application_id: Option<String>,
    /// PEM file with the private key of the application
    // The key itself in its place begins with hyphens, and must not be told as a flag that nobody knows.
    #[arg(
        long,
        env = "OTC_PRIVATE_KEY",
        value_name = "FILE",
        hide_env_values = true,
        allow_hyphen_values = true
    )]
    private_key: Option<PathBuf>,
}

/// Who acts.
pub(super) enum Owner {
    Project { api_key: String, secret: Secret },
    Application { id: String, key: PrivateKey },
}

const NEEDED: &str = "no key: give --api-key and --api-secret of a project (or OTC_API_KEY and OTC_API_SECRET), \
                      or --application-id and --private-key of an application (or OTC_APPLICATION_ID and OTC_PRIVATE_KEY)";

impl OwnerArgs {
    /// What stands on the command line wins over variables.
    pub(super) fn prefer(&mut self, given: &[String]) {
        unset(&mut self.api_key);
        unset(&mut self.application_id);
        let is_given = |name: &str| given.iter().any(|given| given == name);
        match (is_given("api_key"), is_given("application_id")) {
            (true, false) => self.application_id = None,
            (false, true) => self.api_key = None,
            _ => {}
        }
    }

    /// Whether it is an application's.
    pub(super) fn is_application(&self) -> bool {
        self.application_id.is_some()
    }

    /// Whose it is. No secret is needed for that.
    pub(super) fn name(&self) -> Result<String, Failure> {
        match (&self.api_key, &self.application_id) {
            (Some(_), Some(_)) => Err(Failure::Usage(
                "--api-key or --application-id, not both (OTC_API_KEY and OTC_APPLICATION_ID count, too)"
                    .to_owned(),
            )),
            (Some(api_key), None) => {
                // Whatever can be a project's key can be in a session id.
                KeyRing::default().set_project(api_key, &["any"])?;
                Ok(api_key.clone())
            }
            (None, Some(id)) => application_id(id),
            (None, None) => Err(Failure::Usage(
                "--api-key is missing (or OTC_API_KEY), or --application-id (or OTC_APPLICATION_ID)"
                    .to_owned(),
            )),
        }
    }
}

/// An empty variable is as good as none.
fn unset(value: &mut Option<String>) {
    *value = value.take().filter(|value| !value.is_empty());
}

impl KeyArgs {
    /// What stands on the command line wins over variables: a project there over an application in variables, and the
    /// other way round. `given` are the names of what stands there.
    pub(super) fn prefer(&mut self, given: &[String]) {
        unset(&mut self.api_key);
        unset(&mut self.api_secret);
        unset(&mut self.application_id);
        self.private_key = self.private_key.take().filter(|path| !path.as_os_str().is_empty());
        let any = |names: [&str; 2]| given.iter().any(|name| names.contains(&name.as_str()));
        match (any(["api_key", "api_secret"]), any(["application_id", "private_key"])) {
            (true, false) => (self.application_id, self.private_key) = (None, None),
            (false, true) => (self.api_key, self.api_secret) = (None, None),
            _ => {}
        }
    }

    /// Who acts on a session that belongs to `partner`. It decides if there are keys of both kinds.
    pub(super) fn owner(&self, partner: &str) -> Result<Owner, Failure> {
        let of_project = self.api_key.is_some() || self.api_secret.is_some();
        let of_application = self.application_id.is_some() || self.private_key.is_some();
        let is_partner =
            |name: &Option<String>| name.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(partner));
        match (of_project, of_application) {
            (false, false) => Err(Failure::Usage(NEEDED.to_owned())),
            (true, true) if is_partner(&self.application_id) => self.application(partner),
            (true, _) => self.project(partner),
            (false, true) => self.application(partner),
        }
    }

    fn project(&self, partner: &str) -> Result<Owner, Failure> {
        let missing = |flag: &str, variable: &str| {
            Failure::Usage(format!("{flag} is missing (or {variable}); a project has a key and a secret"))
        };
        let api_key = self.api_key.as_deref().ok_or_else(|| missing("--api-key", "OTC_API_KEY"))?;
        let secret = self.api_secret.as_deref().ok_or_else(|| missing("--api-secret", "OTC_API_SECRET"))?;
        KeyRing::default().set_project(api_key, &[secret])?;
        if api_key != partner {
            return Err(foreign("--api-key", partner, api_key));
        }
        Ok(Owner::Project { api_key: api_key.to_owned(), secret: Secret::new(secret) })
    }

    fn application(&self, partner: &str) -> Result<Owner, Failure> {
        let missing = |flag: &str, variable: &str| {
            Failure::Usage(format!(
                "{flag} is missing (or {variable}); an application has an id and a private key"
            ))
        };
        let id = self
            .application_id
            .as_deref()
            .ok_or_else(|| missing("--application-id", "OTC_APPLICATION_ID"))?;
        let file = self.private_key.as_deref().ok_or_else(|| missing("--private-key", "OTC_PRIVATE_KEY"))?;
        let (id, key) = (application_id(id)?, read(file)?);
        if !id.eq_ignore_ascii_case(partner) {
            return Err(foreign("--application-id", partner, &id));
        }
        Ok(Owner::Application { id, key })
    }
}

fn foreign(flag: &str, partner: &str, given: &str) -> Failure {
    Failure::Usage(format!("--session: it belongs to {partner}, and {flag} is {given}"))
}

/// The id as credentials have it.
fn application_id(id: &str) -> Result<String, Failure> {
    if is_uuid(id) {
        return Ok(id.to_ascii_lowercase());
    }
    let shown: String = id.chars().flat_map(char::escape_debug).take(80).collect();
    Err(Failure::Usage(format!("--application-id \"{shown}\": allowed is the UUID of an application")))
}

/// Reads a private key. What is said of a mistake never repeats what the file holds.
fn read(path: &Path) -> Result<PrivateKey, Failure> {
    let name = path.to_string_lossy();
    if name.contains("-----BEGIN") || name.contains('\n') {
        return Err(Failure::Usage(
            "--private-key: allowed is the path of a PEM file, and not what stands in it".to_owned(),
        ));
    }
    let wrong = |cause: &dyn std::fmt::Display| {
        let allowed = "allowed is a PEM file with an RSA private key, PRIVATE KEY or RSA PRIVATE KEY";
        Failure::Usage(format!("--private-key {}: {allowed}: {cause}", name.escape_debug()))
    };
    let text = std::fs::read(path).map_err(|error| wrong(&error))?;
    let text = String::from_utf8(text).map_err(|_| wrong(&"this one is not text"))?;
    PrivateKey::from_pem(&text).map_err(|error| wrong(&error))
}

impl Owner {
    /// What signs for it.
    pub(super) fn signer(&self) -> Signer<'_> {
        match self {
            Self::Project { api_key, secret } => Signer::Project { api_key, secret },
            Self::Application { id, key } => Signer::Application { id, key },
        }
    }

    /// What it is called in paths and session ids.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Project { api_key, .. } => api_key,
            Self::Application { id, .. } => id,
        }
    }
}
