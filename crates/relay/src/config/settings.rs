//! The one list of keys.

use std::time::Duration;

use super::value::{duration, show_duration, show_size, size};
use super::{AdminToken, Config, ConfigError, PublicUrl, admin, is_host, transport};

/// A key that can be configured.
pub struct Setting {
    /// Its name in the file, a dot between section and key.
    pub key: &'static str,
    /// What it does, in a line.
    pub help: &'static str,
    /// What values it takes.
    pub allowed: &'static str,
    /// Its value must not be repeated; it is masked where it is shown.
    pub secret: bool,
    /// If it is a limit: the metric, without `otc_relay_`, that shows how near or how often it is met.
    pub metric: Option<&'static str>,
    set: fn(&mut Config, &str) -> Option<()>,
    get: fn(&Config) -> String,
}

impl std::fmt::Debug for Setting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Setting").field("key", &self.key).finish_non_exhaustive()
    }
}

impl Setting {
    /// Every key there is, in the order in which the documents list them.
    pub fn all() -> &'static [Self] {
        SETTINGS
    }

    /// Its present value.
    pub fn get(&self, config: &Config) -> String {
        (self.get)(config)
    }

    /// A setting that is a limit.
    const fn limit(mut self, metric: &'static str) -> Self {
        self.metric = Some(metric);
        self
    }

    /// The name of its environment variable after `OTC_RELAY_`.
    pub fn variable(&self) -> String {
        self.key.replace('.', "_").to_ascii_uppercase()
    }
}

/// Whether there is a setting of this name.
pub(super) fn is_known(key: &str) -> bool {
    SETTINGS.iter().any(|setting| setting.key == key)
}

pub(super) fn set(config: &mut Config, key: &str, value: &str) -> Result<(), ConfigError> {
    let Some(setting) = SETTINGS.iter().find(|setting| setting.key == key) else {
        let in_section = |setting: &Setting| setting.key.split_once('.').is_some_and(|(of, _)| of == key);
        if SETTINGS.iter().any(in_section) {
            return Err(ConfigError::secret(key, format!("a section: [{key}], and its keys below")));
        }
        let hint = nearest(key).map_or(String::new(), |near| format!("; did you mean {near}?"));
        let allowed = format!("one of the keys that `otc-relay serve --help` lists{hint}");
        // The value may be a secret that stands in the wrong place.
        return Err(ConfigError::secret(key, allowed));
    };
    (setting.set)(config, value).ok_or_else(|| match setting.secret {
        true => ConfigError::secret(key, setting.allowed),
        false => ConfigError::new(key, value, setting.allowed),
    })
}

pub(super) fn check(config: &Config) -> Result<(), ConfigError> {
    if config.link.output_soft > config.link.output_hard {
        let value = show_size(config.link.output_soft);
        return Err(ConfigError::new("link.output_soft", &value, "at most link.output_hard"));
    }
    if config.limits.ping_interval >= config.limits.silence_limit {
        let value = show_duration(config.limits.ping_interval);
        let allowed = "less than limits.silence_limit, so that clients are asked before they count as lost";
        return Err(ConfigError::new("limits.ping_interval", &value, allowed));
    }
    transport::check(config)?;
    admin::check(config.admin.as_deref(), config.admin_token.as_ref())?;
    // Otherwise a client that missed much is ended again each time it comes back for it.
    if config.link.output_hard <= config.limits.kept_bytes {
        let value = show_size(config.link.output_hard);
        return Err(ConfigError::new(
            "link.output_hard",
            &value,
            "more than limits.kept_bytes, so that a full replay fits",
        ));
    }
    Ok(())
}

/// A key that differs little from what was written.
fn nearest(key: &str) -> Option<&'static str> {
    let last = |key: &str| key.rsplit('.').next().unwrap_or_default().replace('-', "_").to_ascii_lowercase();
    let wanted = last(key);
    let similar = |setting: &&Setting| {
        let name = last(setting.key);
        wanted.len() > 3 && (name.contains(&wanted) || wanted.contains(&name))
    };
    let mistyped = |setting: &&Setting| wanted.len() > 3 && distance(&last(setting.key), &wanted) <= 2;
    if wanted.starts_with("project") || matches!(&*wanted, "api_key" | "api_secret") {
        return Some("[[project]]");
    }
    if wanted.starts_with("application") || wanted == "public_key" {
        return Some("[[application]]");
    }
    let same = SETTINGS.iter().find(|setting| last(setting.key) == wanted);
    same.or_else(|| SETTINGS.iter().find(mistyped))
        .or_else(|| SETTINGS.iter().find(similar))
        .map(|setting| setting.key)
}

/// How many letters have to be put in, left out or changed to make one of the other.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, a) in one.bytes().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], index + 1);
        for (at, b) in other.bytes().enumerate() {
            let changed = diagonal + usize::from(a != b);
            diagonal = row[at + 1];
            row[at + 1] = changed.min(row[at] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

/// Whether a text says where to listen: a host and a port.
fn is_listen(text: &str) -> bool {
    is_host(text) && text.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && !port.is_empty())
}

/// A number, if it lies within the bounds.
fn number<T: std::str::FromStr + PartialOrd>(text: &str, least: T, most: T) -> Option<T> {
    text.trim().parse().ok().filter(|value| *value >= least && *value <= most)
}

/// A key whose value is a number, a duration, a size or a switch: its field, and the least and most it can be.
macro_rules! setting {
    (number $key:literal, $($field:ident).+, $least:literal, $most:literal, $help:literal) => {
        Setting {
            key: $key,
            help: $help,
            allowed: concat!("a number from ", $least, " to ", $most),
            secret: false,
            metric: None,
            set: |config, text| number(text, $least, $most).map(|value| config.$($field).+ = value),
            get: |config| config.$($field).+.to_string(),
        }
    };
    // Zero means never, or at once.
    (duration $key:literal, $($field:ident).+, $help:literal) => {
        Setting {
            key: $key,
            help: $help,
            allowed: DURATION,
            secret: false,
            metric: None,
            set: |config, text| {
                let value = duration(text).filter(|value| value.is_zero() || is_some(*value))?;
                config.$($field).+ = value;
                Some(())
            },
            get: |config| show_duration(config.$($field).+),
        }
    };
    // What is waited for with this cannot come at once.
    (some_duration $key:literal, $($field:ident).+, $help:literal) => {
        Setting {
            key: $key,
            help: $help,
            allowed: SOME_DURATION,
            secret: false,
            metric: None,
            set: |config, text| {
                let value = duration(text).filter(|value| is_some(*value))?;
                config.$($field).+ = value;
                Some(())
            },
            get: |config| show_duration(config.$($field).+),
        }
    };
    (size $key:literal, $($field:ident).+, $least:expr, $most:expr, $allowed:literal, $help:literal) => {
        Setting {
            key: $key,
            help: $help,
            allowed: $allowed,
            secret: false,
            metric: None,
            set: |config, text| {
                let value = size(text).filter(|value| (($least)..=($most)).contains(value))?;
                config.$($field).+ = value;
                Some(())
            },
            get: |config| show_size(config.$($field).+),
        }
    };
    (path $key:literal, $($field:ident).+, $help:literal) => {
        Setting {
            key: $key,
            help: $help,
            allowed: "the path of a file",
            secret: false,
            metric: None,
            set: |config, text| {
                config.$($field).+ = (!text.is_empty()).then(|| text.into());
                Some(())
            },
            get: |config| config.$($field).+.as_ref().map(|path| path.display().to_string()).unwrap_or_default(),
        }
    };
    (switch $key:literal, $($field:ident).+, $help:literal) => {
        Setting {
            key: $key,
            help: $help,
            allowed: "true or false",
            secret: false,
            metric: None,
            set: |config, text| text.parse().ok().map(|value| config.$($field).+ = value),
            get: |config| config.$($field).+.to_string(),
        }
    };
}

/// The shortest time that clients on a network can keep.
const SHORTEST: Duration = Duration::from_millis(100);
/// More than anybody waits for. Deadlines are moments that a clock must be able to name.
const LONGEST: Duration = Duration::from_secs(24 * 3600);
const SOME_DURATION: &str = "a duration from 100ms to 24h, such as 250ms, 90s, 5m or 2h";
const DURATION: &str = "0, or a duration from 100ms to 24h, such as 250ms, 90s, 5m or 2h";

fn is_some(duration: Duration) -> bool {
    (SHORTEST..=LONGEST).contains(&duration)
}

const SETTINGS: &[Setting] = &[
    Setting {
        key: "listen",
        help: "address and port to listen on; port 0 takes a free one",
        allowed: "address:port, such as 127.0.0.1:8080 or [::]:8080",
        secret: false,
        metric: None,
        set: |config, text| is_listen(text).then(|| config.listen = text.to_owned()),
        get: |config| config.listen.clone(),
    },
    Setting {
        key: "admin",
        help: "address and port for health, metrics, status and the page; empty for none",
        allowed: "address:port, such as 127.0.0.1:9090",
        secret: false,
        metric: None,
        set: |config, text| {
            config.admin =
                if text.is_empty() { None } else { Some(is_listen(text).then(|| text.to_owned())?) };
            Some(())
        },
        get: |config| config.admin.clone().unwrap_or_default(),
    },
    Setting {
        key: "admin_token",
        help: "what to show for metrics, status and the page (Authorization: Bearer); needed unless admin is on loopback",
        allowed: "16 to 256 visible ASCII characters",
        secret: true,
        metric: None,
        set: |config, text| {
            config.admin_token = if text.is_empty() { None } else { Some(AdminToken::new(text)?) };
            Some(())
        },
        get: |config| admin::show(config.admin_token.as_ref()),
    },
    Setting {
        key: "public_url",
        help: "address that clients are sent to; empty for the one they used",
        allowed: "http://host[:port][/path] or https://…",
        secret: false,
        metric: None,
        set: |config, text| {
            config.public_url = if text.is_empty() { None } else { Some(PublicUrl::parse(text)?) };
            Some(())
        },
        get: |config| config.public_url.as_ref().map(ToString::to_string).unwrap_or_default(),
    },
    setting!(switch "plain_http", plain_http,
        "whether other machines may be served without TLS, because a proxy in front ends it"),
    setting!(number "shards", shards, 0, 256, "threads that carry sessions; 0 for one a core"),
    setting!(duration "drain", drain, "how long clients may finish by themselves after a stop was asked for"),
    setting!(path "tls.certificate", tls.certificate, "PEM file with the certificate chain; empty for no TLS"),
    setting!(path "tls.key", tls.key, "PEM file with its private key"),
    setting!(duration "tls.watch", tls.watch,
        "how often to look whether these files have changed; 0 for never. SIGHUP looks at once"),
    setting!(some_duration "tls.handshake_timeout", tls.handshake_timeout, "how long a TLS handshake may take")
        .limit("limited_total{reason=\"tls_handshake_timeout\"}"),
    setting!(switch "tls.admin", tls.admin, "whether the admin listener speaks TLS too, by the same certificate"),
    setting!(some_duration "http.head_timeout", http.head_timeout,
        "how long a request's head may take, and an idle connection stay")
        .limit("limited_total{reason=\"head_timeout\"}"),
    setting!(some_duration "http.body_timeout", http.body_timeout, "how long a request's body may take")
        .limit("limited_total{reason=\"body_timeout\"}"),
    setting!(size "http.max_head", http.max_head, 8 << 10, 1 << 20, "a size of 8KiB to 1MiB",
        "the largest request head, URL included")
        .limit("limited_total{reason=\"head_too_large\"}"),
    setting!(size "http.max_body", http.max_body, 1 << 10, 1 << 30, "a size of 1KiB to 1GiB",
        "the largest request body")
        .limit("limited_total{reason=\"body_too_large\"}"),
    setting!(size "http.max_url", http.max_url, 1 << 10, 64 << 10, "a size of 1KiB to 64KiB", "the longest URL")
        .limit("limited_total{reason=\"url_too_long\"}"),
    setting!(number "http.rest_per_second", http.rest_per_second, 1, 10_000_000,
        "REST calls a second of one project, in the long run")
        .limit("limited_total{reason=\"rest_rate\"}"),
    setting!(number "http.rest_burst", http.rest_burst, 1, 10_000_000,
        "REST calls that one project may make at once")
        .limit("limited_total{reason=\"rest_rate\"}"),
    Setting {
        key: "http.allowed_origins",
        help: "web origins whose pages may use the relay; empty for all",
        allowed: "origins such as https://app.example, separated by commas",
        secret: false,
        metric: None,
        set: |config, text| {
            let origins: Vec<String> =
                text.split(',').map(|origin| origin.trim().to_owned()).filter(|o| !o.is_empty()).collect();
            let plain = |origin: &String| origin.split_once("://").is_some_and(|(_, host)| is_host(host));
            origins.iter().all(plain).then(|| config.http.allowed_origins = origins)
        },
        get: |config| config.http.allowed_origins.join(","),
    },
    setting!(number "link.max_sockets", link.max_sockets, 1, 1_000_000, "open sockets altogether")
        .limit("sockets_refused_total{limit=\"max_sockets\"}"),
    setting!(number "link.max_half_open", link.max_half_open, 1, 1_000_000,
        "open sockets whose clients have shown no good token or key yet")
        .limit("sockets_refused_total{limit=\"half_open\"}"),
    setting!(number "link.max_half_open_per_address", link.max_half_open_per_address, 0, 1_000_000,
        "those of one address, or /64 of IPv6; 0 for no limit")
        .limit("sockets_refused_total{limit=\"half_open_per_address\"}"),
    setting!(number "link.max_admin_sockets", link.max_admin_sockets, 4, 10_000,
        "connections to the admin listener; a further one takes the place of one that waits")
        .limit("sockets_refused_total{limit=\"max_admin_sockets\"}"),
    Setting {
        key: "link.proxies",
        help: "addresses of proxies, which stand for many clients and have no such limit",
        allowed: "addresses and networks such as 192.0.2.1 or 10.0.0.0/8, separated by commas",
        secret: false,
        metric: None,
        set: |config, text| {
            let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
            config.link.proxies = parts.map(|part| part.parse().ok()).collect::<Option<_>>()?;
            Some(())
        },
        get: |config| {
            config.link.proxies.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
        },
    },
    setting!(size "link.output_soft", link.output_soft, 4 << 10, 1 << 30, "a size of 4KiB to 1GiB",
        "output waiting for one socket from which on little more is read from it")
        .limit("limited_total{reason=\"output_soft\"}"),
    setting!(size "link.output_hard", link.output_hard, 4 << 10, 16 << 30, "a size of 4KiB to 16GiB",
        "output waiting for one socket at which it is ended")
        .limit("limited_total{reason=\"output_hard\"}"),
    setting!(some_duration "link.close_timeout", link.close_timeout,
        "how long a socket that is being closed may be silent; ten times as long in all")
        .limit("limited_total{reason=\"close_timeout\"}"),
    setting!(some_duration "limits.create_timeout", limits.create_timeout,
        "how long a new socket may take to enter its session")
        .limit("rejections_total{reason=\"create_timeout\"}"),
    setting!(number "limits.frames_before_create", limits.frames_before_create, 3, 10_000,
        "frames that a socket may send before it enters its session")
        .limit("rejections_total{reason=\"create_flood\"}"),
    setting!(some_duration "limits.unknown_resume_timeout", limits.unknown_resume_timeout,
        "how long a socket may be silent that wants to resume what is not here")
        .limit("resumes_refused_total"),
    setting!(some_duration "limits.resume_hold", limits.resume_hold,
        "how long what a client missed waits for its first word, if the answer to its create may be lost")
        .limit("resume_holds_total"),
    setting!(some_duration "limits.ping_interval", limits.ping_interval,
        "silence after which a client is pinged")
        .limit("pings_total"),
    setting!(some_duration "limits.silence_limit", limits.silence_limit,
        "silence after which a client counts as lost")
        .limit("rejections_total{reason=\"silent\"}"),
    setting!(some_duration "limits.leave_timeout", limits.leave_timeout,
        "how long a client that said goodbye may take to close its socket")
        .limit("goodbye_timeouts_total"),
    setting!(some_duration "limits.grace_window", limits.grace_window,
        "how long a lost client may stay away before the others are told; clients try for 60s to 90s")
        .limit("departures_total{reason=\"lost\"}"),
    setting!(size "limits.frame_bytes", limits.frame_bytes, 64 << 10, 16 << 20, "a size of 64KiB to 16MiB",
        "the largest message from a client")
        .limit("rejections_total{reason=\"too_large\"}"),
    setting!(size "limits.signal_payload_bytes", limits.signal_payload_bytes, 8 << 10, 16 << 20, "a size of 8KiB to 16MiB",
        "the largest signal as it is passed on, escapes included")
        .limit("rejections_total{reason=\"too_large\"}"),
    setting!(number "limits.id_bytes", limits.id_bytes, 36, 4096,
        "the longest connection id, socket id, stream id and transaction id")
        .limit("rejections_total{reason=\"malformed\"}"),
    setting!(number "limits.remembered_requests", limits.remembered_requests, 512, 1_000_000,
        "requests remembered for each connection, to tell repeats from news")
        .limit("repeats_total"),
    setting!(number "limits.kept_messages", limits.kept_messages, 16, 16_384,
        "messages kept for each connection until it acknowledges them")
        .limit("rejections_total{reason=\"kept_overflow\"}"),
    setting!(size "limits.kept_bytes", limits.kept_bytes, 64 << 10, 1 << 30, "a size of 64KiB to 1GiB",
        "the bytes of those messages")
        .limit("rejections_total{reason=\"kept_overflow\"}"),
    setting!(number "limits.requests_per_second", limits.requests_per_second, 1, 10_000_000,
        "requests a second of one connection, in the long run")
        .limit("pauses_total"),
    setting!(number "limits.request_burst", limits.request_burst, 1, 10_000_000,
        "requests that one connection may make at once")
        .limit("pauses_total"),
    setting!(some_duration "limits.longest_pause", limits.longest_pause,
        "for how long at a time a client that sends too fast is not read")
        .limit("pauses_total"),
    setting!(number "limits.connections_per_session", limits.connections_per_session, 1, 1_000_000,
        "clients in a session")
        .limit("rejections_total{reason=\"session_full\"}"),
    setting!(number "limits.streams_per_connection", limits.streams_per_connection, 0, 10_000,
        "streams that one connection may publish at a time")
        .limit("rejections_total{reason=\"too_many_streams\"}"),
    setting!(size "limits.stream_bytes", limits.stream_bytes, 1 << 10, 1 << 20, "a size of 1KiB to 1MiB",
        "the largest description of a stream")
        .limit("rejections_total{reason=\"too_large\"}"),
    setting!(switch "limits.subscriber_may_signal", limits.subscriber_may_signal,
        "whether the role subscriber may send signals"),
];
