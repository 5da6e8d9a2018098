//! What a program chooses for a session, and what the environment adds.
#![forbid(unsafe_code)]

use std::fmt;
use std::path::PathBuf;

use crate::session::SessionConfig;

/// What a new session is made of.
#[derive(Debug, Clone)]
pub struct Options {
    /// The API key or application id.
    pub api_key: String,
    /// The session id, any text: a relay judges it.
    pub session_id: String,
    /// The settings.
    pub settings: SessionSettings,
}

/// The settings of a session.
#[derive(Debug, Clone)]
pub struct SessionSettings {
    /// Where session info is asked for, `http://` or `https://`. `None`: the environment's `OTC_API_URL`, else
    /// `http://127.0.0.1:8080`.
    pub api_url: Option<String>,
    /// A PEM file with certificates to trust beside the system's. `None`: the environment's `OTC_CA_FILE`, else none.
    pub ca_file: Option<PathBuf>,
    /// An IP proxy: every URL is appended to this one without its scheme. `None`: direct.
    pub proxy_url: Option<String>,
    /// How many bytes of events may wait for callbacks before the link is no longer read. Default 64 MiB.
    pub callback_queue_bytes: usize,
    /// Limits and delays of the session itself.
    pub config: SessionConfig,
}

/// Default of [`SessionSettings::callback_queue_bytes`]: room for thousands of the largest signals.
pub(super) const DEFAULT_CALLBACK_QUEUE_BYTES: usize = 64 * 1024 * 1024;

impl Default for SessionSettings {
    fn default() -> Self {
        Self {
            api_url: None,
            ca_file: None,
            proxy_url: None,
            callback_queue_bytes: DEFAULT_CALLBACK_QUEUE_BYTES,
            config: SessionConfig::default(),
        }
    }
}

/// A setting that cannot be used. Its text is one line: the key, the value, what is allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingError {
    /// The setting or environment variable.
    pub key: &'static str,
    /// Its value, fit to be shown.
    pub value: String,
    /// What is allowed instead.
    pub allowed: &'static str,
}

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is \"{}\"; allowed is {}", self.key, self.value, self.allowed)
    }
}

impl std::error::Error for SettingError {}

/// Whether `url` can be an API URL.
pub fn check_api_url(_url: &str) -> Result<(), SettingError> {
    Ok(())
}

/// Whether `url` can be an IP proxy's URL.
pub fn check_proxy_url(_url: &str) -> Result<(), SettingError> {
    Ok(())
}
