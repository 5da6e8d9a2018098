//! Running a relay.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::pin::pin;
use std::sync::LazyLock;
use std::time::Duration;

use clap::Args;
use otc_protocol::token::{Role, Secret};
use serde_json::json;
use tracing_subscriber::filter::LevelFilter;

use super::signals::{Request, Requests};
use super::supervisor::{self, Inherited, News, Watchdog};
use super::{Failure, credentials, log, print, reload};
use crate::clock;
use crate::config::{Config, ConfigError, Development, Setting};
use crate::server::{self, Relay};

/// What follows the flags in the help of `serve`.
pub(super) static HELP: LazyLock<String> = LazyLock::new(|| {
    let mut text = String::from(
        "Examples:
  otc-relay serve --api-key 100 --api-secret S         one project, on 127.0.0.1:8080
  otc-relay serve --config /etc/otc-relay.toml         what the file says

Settings can stand in the file, in variables (OTC_RELAY_ and the key in capitals, a dot as _) and in --set. \
         Flags win over variables, variables over the file.\n\nSettings:\n",
    );
    let defaults = Config::default();
    for setting in Setting::all() {
        let default = setting.get(&defaults);
        let default = if default.is_empty() { "none".to_owned() } else { default };
        let Setting { key, help, allowed, .. } = setting;
        text.push_str(&format!("  {key} = {default}\n      {help}\n      [{allowed}]\n"));
    }
    text.push_str(
        "\nProjects and applications in the file:\n  [[project]]\n  api_key = \"100\"\n  \
         api_secret = [\"new secret\", \"old secret\"]\n\n  [[application]]\n  id = \"its UUID\"\n  \
         public_key = \"\"\"its PEM, BEGIN and END included\"\"\"\n",
    );
    text
});

#[derive(Debug, Args)]
pub(super) struct Common {
    /// Address and port to listen on; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// URL under which clients reach the relay, if not the one they use
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// Any setting, as key=value; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Log records to show: off, error, warn, info, debug or trace
    #[arg(long, env = "OTC_RELAY_LOG", default_value = "info", value_name = "LEVEL", value_parser = parse_level)]
    pub(super) log: LevelFilter,
    /// How log records look: text or json
    #[arg(long, env = "OTC_RELAY_LOG_FORMAT", default_value = "text", value_name = "FORMAT", value_parser = ["text", "json"])]
    pub(super) log_format: String,
}

#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// Configuration file, TOML
    #[arg(long, env = "OTC_RELAY_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// API key of a project, beside those in the file
    #[arg(long, env = "OTC_API_KEY", value_name = "KEY")]
    api_key: Option<String>,
    /// Its secret; may be repeated to accept several at a time
    #[arg(long, env = "OTC_API_SECRET", value_name = "SECRET", hide_env_values = true)]
    api_secret: Vec<String>,
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
pub(super) struct DevArgs {
    #[command(flatten)]
    common: Common,
    /// Print one line of JSON once it listens, for programs
    #[arg(long)]
    json: bool,
}

fn parse_level(text: &str) -> Result<LevelFilter, String> {
    text.parse().map_err(|_| "allowed are off, error, warn, info, debug and trace".to_owned())
}

/// `otc-relay serve`
pub(super) fn serve(args: ServeArgs) -> Result<(), Failure> {
    log::start(&args.common);
    let config = configure(&args)?;
    let again = || {
        readable_again(&args)?;
        configure(&args).and_then(|config| Ok(config.check().map(|()| config)?))
    };
    // Without a file there is nothing that could have changed, and a terminal that goes away ends the program.
    let greet = |relay: &Relay| match args.json {
        true => vec![json!({"listening": relay.url(), "admin": relay.admin_url()}).to_string()],
        false => listening(relay),
    };
    run(config, greet, args.config.is_some().then_some(&again))
}

/// Fails if the configuration came through a pipe, as from a program that deciphers it. Nobody writes into that a second
/// time, and whoever waited for it would not even see that the relay is to end.
fn readable_again(args: &ServeArgs) -> Result<(), Failure> {
    let Some(path) = &args.config else { return Ok(()) };
    match std::fs::metadata(path) {
        Ok(found) if !found.is_file() => {
            let allowed = "to reload, allowed is a file that can be read again";
            Err(Failure::Usage(format!("--config {}: {allowed}", path.display())))
        }
        // Whatever is wrong with it is told by reading it.
        _ => Ok(()),
    }
}

/// `otc-relay config`
pub(super) fn config(args: &ServeArgs) -> Result<(), Failure> {
    log::start(&args.common);
    let config = configure(args)?;
    config.check()?;
    if !args.json {
        print(config.to_toml().trim_end());
        return Ok(());
    }
    let values = Setting::all().iter().map(|setting| (setting.key.to_owned(), setting.get(&config).into()));
    let settings: serde_json::Map<String, serde_json::Value> = values.collect();
    let keys = config.keys.summary().into_iter().map(|(name, secrets)| match secrets {
        Some(count) => json!({"project": name, "secrets": count}),
        None => json!({"application": name}),
    });
    print(&json!({"settings": settings, "keys": keys.collect::<Vec<_>>()}).to_string());
    Ok(())
}

/// `otc-relay dev`
pub(super) fn dev(args: DevArgs) -> Result<(), Failure> {
    log::start(&args.common);
    let mut config = Config::default();
    variables(&mut config)?;
    flags(&mut config, &args.common)?;
    let api_key = format!("{}", 10_000_000 + u32::from_be_bytes(clock::random()) % 90_000_000);
    let secret: String = clock::random::<20>().iter().map(|byte| format!("{byte:02x}")).collect();
    config.keys.set_project(&api_key, &[&secret])?;
    config.development = Some(Development::new(&api_key, &secret));
    let admin = config.admin.take().unwrap_or_else(|| page_address(&config.listen));
    config.admin = Some(admin);
    let scheme = |secure| if secure { "https" } else { "http" };
    let (scheme, admin_scheme) = (scheme(config.tls.certificate.is_some()), scheme(config.tls.admin));
    let greet = move |relay: &Relay| {
        let project = Made::new(&api_key, &secret, &format!("{scheme}://{}", reachable(relay.address())));
        let page = relay.admin_address().map(|admin| format!("{admin_scheme}://{}/", reachable(admin)));
        if args.json {
            return vec![project.to_json(relay, page.as_deref())];
        }
        let page = page.map(|page| format!("See what happens, and try it out in a browser: {page}"));
        listening(relay).into_iter().chain(project.invitation()).chain(page).collect()
    };
    run(config, greet, None)
}

/// The lines that say where a relay listens.
fn listening(relay: &Relay) -> Vec<String> {
    let main = format!("otc-relay listening on {}", relay.url());
    std::iter::once(main).chain(relay.admin_url().map(|url| format!("otc-relay admin on {url}"))).collect()
}

/// Where `dev` shows the page, unless told: where `status` looks, if nobody is there and the relay itself has a place
/// of its own.
fn page_address(listen: &str) -> String {
    const USUAL: &str = "127.0.0.1:9090";
    const ANY: &str = "127.0.0.1:0";
    let usual = !listen.ends_with(":0") && server::bind(USUAL).is_ok();
    if usual { USUAL } else { ANY }.to_owned()
}

/// A made-up project, with all that two clients need, and the secret for a server.
struct Made {
    url: String,
    api_key: String,
    secret: String,
    session: String,
    /// For a moderator and a publisher.
    tokens: [String; 2],
}

impl Made {
    fn new(api_key: &str, secret: &str, url: &str) -> Self {
        const MONTH_S: u64 = 30 * 24 * 3600;
        let session = otc_protocol::session_id::mint(api_key, clock::now().unix_ms, &clock::random::<18>());
        let key = Secret::new(secret);
        let tokens = [(Role::Moderator, "name=one"), (Role::Publisher, "name=two")]
            .map(|(role, data)| credentials::mint(api_key, &key, &session, role, data, MONTH_S));
        let (url, api_key, secret) = (url.to_owned(), api_key.to_owned(), secret.to_owned());
        Self { url, api_key, secret, session, tokens }
    }

    /// What `dev` prints.
    fn invitation(&self) -> Vec<String> {
        let Self { url, api_key, secret, session, tokens } = self;
        let [one, two] = tokens.each_ref().map(|token| {
            format!(
                "export OTC_API_URL={url} OTC_API_KEY={api_key} OTC_SESSION_ID={session} OTC_TOKEN={token}"
            )
        });
        vec![
            String::new(),
            "Paste into one terminal, then start a client there:".to_owned(),
            one,
            "and into another:".to_owned(),
            two,
            "and where a server runs, or `otc-relay token`, `connections`, `signal` and `kick` for this session:".to_owned(),
            format!(
                "export OTC_API_URL={url} OTC_API_KEY={api_key} OTC_SESSION_ID={session} OTC_API_SECRET={secret}"
            ),
        ]
    }

    /// The same for programs.
    fn to_json(&self, relay: &Relay, page: Option<&str>) -> String {
        json!({
            "listening": relay.url(),
            "admin": page,
            "api_url": self.url,
            "api_key": self.api_key,
            "api_secret": self.secret,
            "session": self.session,
            "tokens": self.tokens,
        })
        .to_string()
    }
}

/// An address that can be connected to: one that stands for all addresses cannot everywhere.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => std::net::Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => std::net::Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// File, variables, flags, in the order in which the later win.
fn configure(args: &ServeArgs) -> Result<Config, Failure> {
    let mut config = Config::default();
    if let Some(path) = &args.config {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::Usage(format!("--config {}: {error}", path.display())))?;
        config.apply_toml(&text).map_err(|error| error.at(path.display().to_string()))?;
    }
    variables(&mut config)?;
    flags(&mut config, &args.common)?;
    match (&args.api_key, args.api_secret.is_empty()) {
        (Some(key), false) => {
            let secrets: Vec<&str> = args.api_secret.iter().map(String::as_str).collect();
            config.keys.set_project(key, &secrets)?;
        }
        (Some(key), true) if !config.keys.knows(key) => {
            return Err(Failure::Usage(format!(
                "--api-secret is missing for --api-key {key} (or OTC_API_SECRET)"
            )));
        }
        (None, false) => {
            return Err(Failure::Usage("--api-key is missing for --api-secret (or OTC_API_KEY)".to_owned()));
        }
        _ => {}
    }
    if config.keys.is_empty() {
        return Err(Failure::Usage(
            "no project: give --api-key and --api-secret, or [[project]] in --config FILE; `otc-relay dev` makes one up"
                .to_owned(),
        ));
    }
    Ok(config)
}

/// Whether a variable is that of a setting.
fn is_setting(name: &str) -> bool {
    let short = name.strip_prefix("OTC_RELAY_");
    short.is_some_and(|short| Setting::all().iter().any(|setting| setting.variable() == short))
}

fn variables(config: &mut Config) -> Result<(), ConfigError> {
    const OF_FLAGS: [&str; 4] =
        ["OTC_RELAY_CONFIG", "OTC_RELAY_LOG", "OTC_RELAY_LOG_FORMAT", "OTC_RELAY_ADMIN_URL"];
    let mut texts = Vec::new();
    for (name, value) in std::env::vars_os() {
        let Ok(name) = name.into_string() else { continue };
        match value.into_string() {
            Ok(value) => texts.push((name, value)),
            // Leaving out what somebody has set may leave a door open.
            Err(_) if is_setting(&name) => return Err(ConfigError::secret(name, "text in UTF-8")),
            Err(_) => {}
        }
    }
    for name in config.apply_variables(texts)? {
        if !OF_FLAGS.contains(&&*name) {
            tracing::warn!(name, "this variable is no setting; `otc-relay serve --help` lists them");
        }
    }
    Ok(())
}

/// What is no key may hold a secret.
fn not_an_assignment(text: &str) -> ConfigError {
    let allowed = "key=value, such as shards=2";
    match Setting::all().iter().any(|setting| setting.key == text) {
        true => ConfigError::new("--set", text, allowed),
        false => ConfigError::secret("--set", allowed),
    }
}

fn flags(config: &mut Config, flags: &Common) -> Result<(), ConfigError> {
    for assignment in &flags.set {
        let (key, value) = assignment.split_once('=').ok_or_else(|| not_an_assignment(assignment))?;
        config.set(key.trim(), value.trim()).map_err(|error| error.at("--set"))?;
    }
    if let Some(listen) = &flags.listen {
        config.set("listen", listen).map_err(|error| error.at("--listen"))?;
    }
    if let Some(url) = &flags.public_url {
        config.set("public_url", url).map_err(|error| error.at("--public-url"))?;
    }
    Ok(())
}

/// `otc-relay check`
pub(super) fn check(args: &ServeArgs) -> Result<(), Failure> {
    log::start(&args.common);
    let checked = configure(args).and_then(|config| {
        config.check()?;
        config.check_files()?;
        let summary = config.keys.summary();
        let projects = summary.iter().filter(|(_, secrets)| secrets.is_some()).count();
        Ok((projects, summary.len() - projects))
    });
    match &checked {
        Ok((projects, applications)) if args.json => {
            print(&json!({"fine": true, "keys": projects + applications}).to_string());
        }
        Ok((projects, applications)) => {
            let (projects, applications) = (count(*projects, "project"), count(*applications, "application"));
            print(&format!("the configuration is fine: {projects}, {applications}"));
        }
        Err(Failure::Usage(error) | Failure::Failed(error)) if args.json => {
            print(&json!({"fine": false, "error": error}).to_string());
        }
        Err(_) => {}
    }
    checked.map(|_| ())
}

/// So many of something.
fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// How long the shards may take to answer before they count as stuck.
const NOT_STUCK: Duration = Duration::from_secs(5);

fn cannot_listen(address: &str, error: &std::io::Error) -> Failure {
    let hint = match error.kind() {
        std::io::ErrorKind::AddrInUse => " (--listen says where else; port 0 takes a free one)",
        _ => "",
    };
    Failure::Failed(format!("cannot listen on {address}: {error}{hint}"))
}

/// Reads the configuration once more.
type Again<'a> = &'a dyn Fn() -> Result<Config, Failure>;

/// Runs a relay until a signal ends it. `greet` gives the lines to print once it listens.
fn run(
    mut config: Config,
    greet: impl FnOnce(&Relay) -> Vec<String>,
    again: Option<Again<'_>>,
) -> Result<(), Failure> {
    let mut inherited = Inherited::take()?;
    let addresses = inherited.addresses();
    config = addresses.enter_into(config);
    config.check()?;
    config.check_files()?;
    #[cfg(unix)]
    if let Err(error) = rlimit::increase_nofile_limit(u64::MAX) {
        tracing::warn!(%error, "the limit of open files stays as it is");
    }
    let cannot_start = |error| Failure::Failed(format!("cannot start: {error}"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(cannot_start)?;
    runtime.block_on(async {
        let mut requests = Requests::listen(again.is_some()).map_err(cannot_start)?;
        let listener = match inherited.main.take() {
            Some(listener) => listener,
            None => server::bind(&config.listen).map_err(|error| cannot_listen(&config.listen, &error))?,
        };
        let mut relay =
            Relay::start_on(listener, inherited.admin.take(), config.clone()).map_err(cannot_start)?;
        greet(&relay).iter().for_each(|line| print(line));
        supervisor::tell(News::Ready);
        let (mut watch, mut watchdog) = (reload::Watch::new(&config.tls), Watchdog::new());
        loop {
            tokio::select! {
                () = watch.next() => reload::certificate(&relay.refresh_certificate()),
                request = requests.next() => match request {
                    Request::Stop => {
                        tracing::info!("stopping");
                        break;
                    }
                    Request::Reload => if let Some(again) = again {
                        supervisor::tell(News::Reloading);
                        let new = again().map(|new| addresses.enter_into(new));
                        reload::reload(&relay, &config, new);
                        supervisor::tell(News::Ready);
                    }
                },
                () = relay.broken() => break,
                () = watchdog.next() => {
                    // A shard that is stuck does not answer, and then nobody is told that all is well.
                    if tokio::time::timeout(NOT_STUCK, relay.stats()).await.is_ok() {
                        supervisor::tell(News::Alive);
                    }
                }
            }
        }
        supervisor::tell(News::Stopping);
        let mut ended = pin!(relay.stop());
        loop {
            tokio::select! {
                ended = &mut ended => {
                    return ended.map_err(|error| Failure::Failed(format!("the relay failed: {error}")));
                }
                // Whoever asks twice does not want to wait.
                () = requests.stop() => return Ok(()),
                // Waiting for clients to leave is no reason to be killed.
                () = watchdog.next() => supervisor::tell(News::Alive),
            }
        }
    })
}
