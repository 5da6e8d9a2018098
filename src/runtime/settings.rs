//! What a program chooses for a session, and what the environment adds.
#![forbid(unsafe_code)]

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::session::SessionConfig;
use crate::transport::address::{Address, Family, shown_text};
use crate::transport::proxy::{Exempt, FromEnvironment, Proxies, Proxy};
use crate::transport::websocket::Route;
use crate::transport::{Hop, TransportError, short_line};

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
    /// The proxy that leads to every host. `None`: what the environment's `https_proxy`, `http_proxy`, `all_proxy` and
    /// `no_proxy` say.
    pub forward_proxy: Option<ForwardProxy>,
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
            forward_proxy: None,
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
        let proxies = match &self.forward_proxy {
            Some(ForwardProxy::Direct) => Proxies::Chosen(None),
            Some(ForwardProxy::Through(proxy)) => Proxies::Chosen(Some(proxy.clone())),
            None => {
                if let Some(error) = environment.proxies.senseless() {
                    crate::log::warning!("{error}");
                }
                Proxies::Environment(environment.proxies.read())
            }
        };
        Ok(Route {
            api,
            api_is_default,
            ip_proxy,
            proxies,
            ca_file,
            max_message_bytes: self.config.max_frame,
        })
    }
}

/// How a program wants hosts to be reached, whatever the environment says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ForwardProxy {
    /// Without a proxy.
    Direct,
    /// All of them, loopback too, through this proxy.
    Through(Proxy),
}

impl ForwardProxy {
    /// Reads what a program wrote: the URL of a proxy, or `direct`.
    pub fn parse(text: &str) -> Result<Self, SettingError> {
        if text == "direct" {
            return Ok(Self::Direct);
        }
        Proxy::parse(text)
            .map(Self::Through)
            .map_err(|allowed| SettingError::new("forward_proxy", text, allowed))
    }
}

/// What the environment says. An empty variable says nothing.
#[derive(Debug, Clone, Default)]
pub(super) struct Environment {
    api_url: Option<OsString>,
    ca_file: Option<OsString>,
    proxies: ProxyVariables,
}

/// What the environment says about proxies: a variable's name and its value.
#[derive(Clone, Default)]
struct ProxyVariables {
    plain: Option<(&'static str, String)>,
    secure: Option<(&'static str, String)>,
    all: Option<(&'static str, String)>,
    exempt: Option<(&'static str, String)>,
}

impl fmt::Debug for ProxyVariables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The values may hold passwords.
        f.write_str("ProxyVariables")
    }
}

impl ProxyVariables {
    /// Of two names for one thing the first that is set counts.
    fn of(read: impl Fn(&'static str) -> Option<OsString>) -> Self {
        let first = |names: &[&'static str]| {
            names.iter().find_map(|name| Some((*name, read(name)?.to_string_lossy().into_owned())))
        };
        // A web server hands the header "Proxy" of a stranger's request to its CGI programs as HTTP_PROXY, and sets
        // REQUEST_METHOD. Where names have no case, both are that variable.
        let plain: &[&str] = match read("REQUEST_METHOD") {
            None => &["http_proxy", "HTTP_PROXY"],
            Some(_) if cfg!(windows) => &[],
            Some(_) => &["http_proxy"],
        };
        Self {
            plain: first(plain),
            secure: first(&["https_proxy", "HTTPS_PROXY"]),
            all: first(&["all_proxy", "ALL_PROXY"]),
            exempt: first(&["no_proxy", "NO_PROXY"]),
        }
    }

    fn read(&self) -> FromEnvironment {
        let proxy = |named: &Option<(&'static str, String)>| {
            let (key, url) = named.as_ref().or(self.all.as_ref())?;
            let proxy = Proxy::parse(url);
            Some(proxy.map_err(|allowed| SettingError::new(key, url, allowed).as_failure()))
        };
        FromEnvironment {
            plain: proxy(&self.plain),
            secure: proxy(&self.secure),
            exempt: self.exempt.as_ref().map(|(_, list)| Exempt::parse(list).0).unwrap_or_default(),
        }
    }

    /// What the list of hosts without a proxy says and nobody can make sense of, if a proxy is used at all. To connect
    /// through a proxy that was not meant is no reason to fail: it is told in the log.
    fn senseless(&self) -> Option<SettingError> {
        let proxies = [&self.plain, &self.secure, &self.all];
        let (key, list) = self.exempt.as_ref().filter(|_| proxies.iter().any(|proxy| proxy.is_some()))?;
        let (_, senseless) = Exempt::parse(list);
        let allowed =
            "*, a name, an address or ADDRESS/BITS, each perhaps with :PORT; such entries exempt nothing";
        // One by one: what may be a password hides its own entry only.
        let value = senseless.iter().map(|entry| shown_text(entry)).collect::<Vec<_>>().join(",");
        (!senseless.is_empty()).then(|| SettingError { key, value: short_line(&value), allowed })
    }
}

impl Environment {
    /// The environment of this process; nothing for a program that runs with more rights than its user has, because
    /// the environment is the user's.
    pub(super) fn of_process() -> Self {
        if has_borrowed_rights() {
            return Self::default();
        }
        let read = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let proxies = ProxyVariables::of(read);
        Self { api_url: read(API_URL_VARIABLE), ca_file: read(CA_FILE_VARIABLE), proxies }
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
