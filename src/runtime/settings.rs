//! What a program chooses for a session, and what the environment adds.
#![forbid(unsafe_code)]

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::session::SessionConfig;
use crate::transport::address::{Address, Family, shown_text};
use crate::transport::websocket::Route;
use crate::transport::{Hop, TransportError};

/// Where session info is asked for when nothing says otherwise: where the project's own relay listens by default.
pub const DEFAULT_API_URL: &str = "http://127.0.0.1:8080";

/// Default of [`SessionSettings::callback_queue_bytes`]: room for thousands of the largest signals.
pub const DEFAULT_CALLBACK_QUEUE_BYTES: usize = 64 * 1024 * 1024;

const API_URL_VARIABLE: &str = "OTC_API_URL";
const CA_FILE_VARIABLE: &str = "OTC_CA_FILE";

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
    /// [`DEFAULT_API_URL`].
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

impl SessionSettings {
    /// Where and how to connect. A bad setting is an error; a bad environment variable becomes the failure of each
    /// connect, because there the program's user is told of it.
    pub(super) fn route(&self, environment: &Environment) -> Result<Route, SettingError> {
        let (api, api_is_default) = match (&self.api_url, &environment.api_url) {
            (Some(url), _) => (Ok(api_address("api_url", url)?), false),
            (None, Some(url)) => {
                let url = url.to_string_lossy();
                (api_address(API_URL_VARIABLE, &url).map_err(|error| error.as_failure()), false)
            }
            (None, None) => (Ok(api_address("api_url", DEFAULT_API_URL)?), true),
        };
        let ip_proxy = self.proxy_url.as_deref().map(|url| proxy_address("proxy_url", url)).transpose()?;
        let ca_file = self.ca_file.clone().or_else(|| environment.ca_file.clone().map(PathBuf::from));
        Ok(Route { api, api_is_default, ip_proxy, ca_file, max_message_bytes: self.config.max_frame })
    }
}

/// What the environment says. An empty variable says nothing.
#[derive(Debug, Clone, Default)]
pub(super) struct Environment {
    api_url: Option<OsString>,
    ca_file: Option<OsString>,
}

impl Environment {
    /// The environment of this process; nothing for a program that runs with more rights than its user has, because
    /// the environment is the user's.
    pub(super) fn of_process() -> Self {
        if has_borrowed_rights() {
            return Self::default();
        }
        let read = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        Self { api_url: read(API_URL_VARIABLE), ca_file: read(CA_FILE_VARIABLE) }
    }
}

#[cfg(unix)]
fn has_borrowed_rights() -> bool {
    use nix::unistd::{getegid, geteuid, getgid, getuid};
    getuid() != geteuid() || getgid() != getegid()
}

#[cfg(not(unix))]
fn has_borrowed_rights() -> bool {
    false
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

impl SettingError {
    fn new(key: &'static str, value: &str, allowed: &'static str) -> Self {
        Self { key, value: shown_text(value), allowed }
    }

    fn as_failure(&self) -> TransportError {
        let Self { key, value, allowed } = self;
        TransportError::new(Hop::Setting, format!("{key} \"{value}\""), format!("allowed is {allowed}"))
    }
}

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is \"{}\"; allowed is {}", self.key, self.value, self.allowed)
    }
}

impl std::error::Error for SettingError {}

/// Whether `url` can be [`SessionSettings::api_url`].
pub fn check_api_url(url: &str) -> Result<(), SettingError> {
    api_address("api_url", url).map(drop)
}

/// Whether `url` can be [`SessionSettings::proxy_url`].
pub fn check_proxy_url(url: &str) -> Result<(), SettingError> {
    proxy_address("proxy_url", url).map(drop)
}

/// Whether `path` can be [`SessionSettings::ca_file`]. What is in the file is looked at when connecting.
pub fn check_ca_file(path: &Path) -> Result<(), SettingError> {
    if path.as_os_str().is_empty() {
        return Err(SettingError::new("ca_file", "", "the path of a PEM file"));
    }
    Ok(())
}

fn api_address(key: &'static str, url: &str) -> Result<Address, SettingError> {
    let address =
        Address::parse(url, Family::Http).map_err(|allowed| SettingError::new(key, url, allowed))?;
    if address.has_query() {
        return Err(SettingError::new(key, url, "a URL without a query"));
    }
    Ok(address)
}

/// The proxy's URL has the form of an API URL: a server, and perhaps a path below which everything is.
fn proxy_address(key: &'static str, url: &str) -> Result<Address, SettingError> {
    api_address(key, url)
}

#[cfg(test)]
#[path = "settings_tests.rs"]
mod tests;
