//! What can be configured, with defaults and their reasons.
//!
//! The same keys can be given in a TOML file, as variables and as flags. Flags win over variables, variables over the
//! file, the file over the defaults; [`Setting::all`] is the one list of keys behind all of them.

mod admin;
mod development;
mod error;
mod file;
mod keys;
mod network;
mod public_url;
mod settings;
mod tables;
mod transport;
mod value;

use std::path::PathBuf;
use std::time::Duration;

pub use admin::AdminToken;
pub(crate) use admin::is_loopback_host;
pub use development::Development;
pub use error::ConfigError;
pub(crate) use keys::CurrentKeys;
pub use keys::KeyRing;
#[cfg(feature = "cli")]
pub(crate) use keys::is_uuid;
pub use network::Network;
pub use public_url::PublicUrl;
pub(crate) use public_url::is_host;
pub use settings::Setting;
pub use value::duration as parse_duration;

use crate::limits::Limits;

/// Everything a relay is told before it starts.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen, as `address:port`; port 0 takes a free one. Only the command line reads it:
    /// [`run`](crate::run) is handed a listener. Default `127.0.0.1:8080`, which the client library assumes as well.
    pub listen: String,
    /// Where health, metrics, status and the page are served, as `address:port`. Default: nowhere.
    pub admin: Option<String>,
    /// What whoever asks for metrics and status must show. An admin listener that is not on loopback needs one.
    pub admin_token: Option<AdminToken>,
    /// The address that clients are sent to for the WebSocket. Default: the one they used for session info, as the
    /// Host header (or a proxy's X-Forwarded-Host and X-Forwarded-Proto) tells it.
    pub public_url: Option<PublicUrl>,
    /// Threads that carry sessions; each session lives on one. Default 0: one a core.
    pub shards: usize,
    /// How long clients may finish by themselves after the relay was told to stop, before it closes their sockets. No
    /// new sockets are accepted meanwhile. Default 0: it tells them at once.
    pub drain: Duration,
    /// Whose tokens are accepted.
    pub keys: KeyRing,
    /// The project that the page of the admin listener may play with. Default: none, and the page only shows. With
    /// one, and on loopback without [`Config::admin_token`], the page is open to everybody on this machine.
    pub development: Option<Development>,
    /// Whether clients may be served without TLS from other machines: there is a proxy in front that ends it, or the
    /// network is trusted. Default no.
    pub plain_http: bool,
    /// TLS.
    pub tls: TlsConfig,
    /// HTTP requests.
    pub http: HttpConfig,
    /// WebSockets.
    pub link: LinkConfig,
    /// Sessions and the clients in them.
    pub limits: Limits,
}

/// TLS. It is spoken when there is a certificate.
#[derive(Debug, Clone)]
pub struct TlsConfig {
    /// A PEM file with the certificate, and those it is signed with after it.
    pub certificate: Option<PathBuf>,
    /// A PEM file with the private key.
    pub key: Option<PathBuf>,
    /// How often to look whether these files have changed; zero for never. Default one minute: tools that renew
    /// certificates do so days before they end.
    pub watch: Duration,
    /// How long a handshake may take. Default 10 s, as a request's head.
    pub handshake_timeout: Duration,
    /// Whether the admin listener speaks TLS as well, by the same certificate. Default no.
    pub admin: bool,
}

/// Limits of HTTP requests.
#[derive(Debug, Clone)]
pub struct HttpConfig {
    /// How long a request's head may take, and an idle connection may stay. Default 10 s: a head is one packet, and
    /// slower ones are mostly somebody holding sockets open.
    pub head_timeout: Duration,
    /// How long a request's body may take, and a client to take a part of its answer. Default 10 s.
    pub body_timeout: Duration,
    /// The largest request head, URL included. Default 16 KiB: tokens with 1,000 characters of data, escaped twice,
    /// stay below 8 KiB.
    pub max_head: usize,
    /// The largest request body. Default 256 KiB, as a frame: the largest legal signal takes about 100 KiB with every
    /// character escaped.
    pub max_body: usize,
    /// The longest URL. Default 8 KiB.
    pub max_url: usize,
    /// REST calls that a project may make in a second, in the long run. Default 1,000, as signals of a client; further
    /// ones are answered 429.
    pub rest_per_second: u32,
    /// REST calls that a project may make at once. Default 20,000.
    pub rest_burst: u32,
    /// Web origins whose pages may use the relay; empty for all, which is the default: admission is by token.
    pub allowed_origins: Vec<String>,
}

/// Limits of WebSockets.
#[derive(Debug, Clone)]
pub struct LinkConfig {
    /// Open sockets altogether, HTTP included. Further ones are closed at once. Default 20,000: idle ones in
    /// sessions take about 3 KiB each.
    pub max_sockets: usize,
    /// Sockets whose clients have shown nothing good yet: neither a token that lets them in nor a key. Further ones
    /// are closed at once. Default 10,000: half of the places, so that strangers cannot take them all.
    pub max_half_open: usize,
    /// How many of those may be of one address (of one /64 of IPv6); 0 for no limit. Default 1,000: an office behind one
    /// address may come back all at once.
    pub max_half_open_per_address: usize,
    /// Connections to the admin listener. When there are that many, a further one takes the place of one on which
    /// nothing is being answered. Default 64: a few scrapers and people.
    pub max_admin_sockets: usize,
    /// Addresses of proxies, behind which there are many clients: the limit above is not for them. Default: this
    /// machine, `127.0.0.0/8` and `::1`.
    pub proxies: Vec<Network>,
    /// Output that waits for one socket from which on the relay only reads a little each second from it, so that
    /// replies to someone who does not read them cannot pile up. Default 1 MiB.
    pub output_soft: usize,
    /// Output that waits for one socket at which it is ended. A client that can resume enters its grace window and
    /// gets what it missed when it returns. Default 40 MiB: a full replay (32 MiB) with its replies must fit, or a
    /// client that has missed much could never catch up. Payloads are shared between receivers.
    pub output_hard: usize,
    /// How long a socket that is being closed may be silent before it is let go. One whose client still sends, or has
    /// yet to take its output, has ten times as long in all. Default 2 s.
    pub close_timeout: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8080".to_owned(),
            admin: None,
            admin_token: None,
            public_url: None,
            shards: 0,
            drain: Duration::ZERO,
            keys: KeyRing::default(),
            development: None,
            plain_http: false,
            tls: TlsConfig::default(),
            http: HttpConfig::default(),
            link: LinkConfig::default(),
            limits: Limits::default(),
        }
    }
}

impl Default for TlsConfig {
    fn default() -> Self {
        Self {
            certificate: None,
            key: None,
            watch: Duration::from_secs(60),
            handshake_timeout: Duration::from_secs(10),
            admin: false,
        }
    }
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            head_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(10),
            max_head: 16 * 1024,
            max_body: 256 * 1024,
            max_url: 8 * 1024,
            rest_per_second: 1_000,
            rest_burst: 20_000,
            allowed_origins: Vec::new(),
        }
    }
}

impl Default for LinkConfig {
    fn default() -> Self {
        Self {
            max_sockets: 20_000,
            max_half_open: 10_000,
            max_half_open_per_address: 1_000,
            max_admin_sockets: 64,
            proxies: ["127.0.0.0/8", "::1"].iter().filter_map(|text| text.parse().ok()).collect(),
            output_soft: 1 << 20,
            output_hard: 40 << 20,
            close_timeout: Duration::from_secs(2),
        }
    }
}

impl Config {
    /// Sets one key of [`Setting::all`].
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), ConfigError> {
        settings::set(self, key, value)
    }

    /// Applies the text of a configuration file. Keys that are not known are errors. Nothing is applied in parts of it
    /// that follow an error.
    pub fn apply_toml(&mut self, text: &str) -> Result<(), ConfigError> {
        file::apply(self, text)
    }

    /// The whole as the text of a configuration file. Projects and applications are named in comments: their keys do
    /// not come out again.
    pub fn to_toml(&self) -> String {
        let mut text = String::new();
        let mut section = "";
        for setting in Setting::all() {
            let (of, name) = setting.key.split_once('.').unwrap_or(("", setting.key));
            if of != section {
                text.push_str(&format!("\n[{of}]\n"));
                section = of;
            }
            let value = setting.get(self);
            // What is masked cannot be read again, and must not be taken for the value.
            let comment = if setting.secret && !value.is_empty() { "# " } else { "" };
            text.push_str(&format!("# {}\n{comment}{name} = {}\n", setting.help, file::quoted(&value)));
        }
        text.push('\n');
        for (name, secrets) in self.keys.summary() {
            text.push_str(&match secrets {
                Some(1) => format!("# project {name}: 1 secret\n"),
                Some(count) => format!("# project {name}: {count} secrets\n"),
                None => format!("# application {name}: public key\n"),
            });
        }
        text
    }

    /// Applies environment variables: `OTC_RELAY_` and a key in capitals, its dot an underscore. Returns the names
    /// that begin so and are no key: they may be somebody else's (container platforms make up such names), so that
    /// they are worth a warning, and no more.
    pub fn apply_variables(
        &mut self,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Vec<String>, ConfigError> {
        let mut unknown = Vec::new();
        for (name, value) in variables {
            let Some(short) = name.strip_prefix("OTC_RELAY_") else { continue };
            match Setting::all().iter().find(|setting| setting.variable() == short) {
                Some(setting) => self.set(setting.key, &value).map_err(|error| error.at(&*name))?,
                None => unknown.push(name),
            }
        }
        Ok(unknown)
    }

    /// The keys of [`Setting::all`] that differ between this and another configuration.
    pub fn differences(&self, other: &Self) -> Vec<&'static str> {
        let differs = |setting: &&Setting| setting.get(self) != setting.get(other);
        Setting::all().iter().filter(differs).map(|setting| setting.key).collect()
    }

    /// Checks what no single key can tell: values that do not go together.
    pub fn check(&self) -> Result<(), ConfigError> {
        settings::check(self)
    }

    /// Checks what the files hold that it names.
    pub fn check_files(&self) -> Result<(), ConfigError> {
        crate::tls::Tls::load(&self.tls).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_can_be_read_again_and_holds_no_secret() {
        let mut config = Config::default();
        config.keys.set_project("100", &["the secret", "another"]).unwrap();
        for (key, value) in [
            ("listen", "[::1]:0"),
            ("admin", "127.0.0.1:9090"),
            ("public_url", "https://relay.example"),
            ("tls.certificate", "C:\\relay\\a \"certificate\".pem"),
            ("http.allowed_origins", "https://a.example,http://b.example:81"),
            ("limits.grace_window", "70s"),
            ("limits.kept_bytes", "1MiB"),
            ("limits.subscriber_may_signal", "true"),
        ] {
            config.set(key, value).unwrap();
        }
        let text = config.to_toml();
        assert!(text.contains("# project 100: 2 secrets") && !text.contains("the secret"), "{text}");
        let mut again = Config::default();
        again.apply_toml(&text).unwrap();
        for setting in Setting::all() {
            assert_eq!(setting.get(&again), setting.get(&config), "{}", setting.key);
        }
    }

    #[test]
    fn no_setting_breaks_what_clients_rely_on() {
        use otc_protocol::limits::{MAX_KEPT_MESSAGES, MAX_REQUESTS_UNDER_WAY};
        let mut config = Config::default();
        let mut allowed = |key, value: u16| config.set(key, &value.to_string()).is_ok();
        let requests = MAX_REQUESTS_UNDER_WAY;
        assert!(allowed("limits.remembered_requests", requests));
        assert!(!allowed("limits.remembered_requests", requests - 1), "a repeat could count as new");
        assert!(allowed("limits.kept_messages", MAX_KEPT_MESSAGES));
        assert!(!allowed("limits.kept_messages", MAX_KEPT_MESSAGES + 1), "one could be told twice");
    }

    #[test]
    fn the_admin_token_is_masked_and_its_mask_is_not_read_as_a_token() {
        let mut config = Config::default();
        config.set("admin_token", "0123456789abcdef").unwrap();
        let text = config.to_toml();
        assert!(text.contains("\n# admin_token = \"********\"\n"), "{text}");
        assert!(!text.contains("0123456789abcdef") && !format!("{config:?}").contains("0123456789abcdef"));
        let mut again = Config::default();
        again.apply_toml(&text).unwrap();
        assert!(again.admin_token.is_none());
        let error = config.set("admin_token", "short secret").unwrap_err().to_string();
        assert!(error.contains("admin_token") && !error.contains("short secret"), "{error}");
    }

    #[test]
    fn a_secret_under_a_wrong_key_is_not_repeated() {
        for text in [
            "[tls]\nadmin_token = \"the-secret-of-it\"\n",
            "api_secret = \"the-secret-of-it\"\n",
            "admin_tokn = \"the-secret-of-it\"\n",
        ] {
            let error = Config::default().apply_toml(text).unwrap_err().to_string();
            assert!(!error.contains("the-secret-of-it"), "{error}");
        }
        let error = Config::default().set("tls.admin_token", "x").unwrap_err().to_string();
        assert!(error.ends_with("did you mean admin_token?"), "{error}");
    }

    #[test]
    fn a_project_or_an_application_that_stands_twice_is_refused() {
        let project = "[[project]]\napi_key = \"100\"\napi_secret = \"a secret\"\n";
        let error = Config::default().apply_toml(&project.repeat(2)).unwrap_err().to_string();
        assert!(error.contains("(api_key \"100\"): api_key") && error.contains("each once"), "{error}");
        Config::default().apply_toml(project).unwrap();
    }

    #[test]
    fn every_default_is_allowed_and_the_defaults_go_together() {
        let defaults = Config::default();
        for setting in Setting::all() {
            let mut config = Config::default();
            config.set(setting.key, &setting.get(&defaults)).unwrap();
            assert!(!setting.help.is_empty() && !setting.allowed.is_empty(), "{}", setting.key);
        }
        defaults.check().unwrap();
    }

    #[test]
    fn variables_are_settings_in_capitals_and_others_are_told() {
        let variable = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut config = Config::default();
        let unknown = config
            .apply_variables([
                variable("OTC_RELAY_LINK_MAX_SOCKETS", "7"),
                variable("OTC_RELAY_SERVICE_HOST", "10.0.0.1"),
                variable("PATH", "/bin"),
            ])
            .unwrap();
        assert_eq!((config.link.max_sockets, unknown), (7, vec!["OTC_RELAY_SERVICE_HOST".to_owned()]));
        let error = config.apply_variables([variable("OTC_RELAY_SHARDS", "many")]).unwrap_err();
        let words = "shards = \"many\" (OTC_RELAY_SHARDS): allowed is a number from 0 to 256";
        assert_eq!(error.to_string(), words);
    }
}
