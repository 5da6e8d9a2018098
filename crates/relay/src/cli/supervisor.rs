//! What a service manager gives and wants to know: listeners that it opened, and news of how things stand.
//!
//! The manager is systemd or one that follows its conventions. Without one, or on another system, nothing happens here.

use std::net::TcpListener;

use super::Failure;
use crate::config::Config;

/// Listeners that the manager has opened.
#[derive(Debug, Default)]
pub(super) struct Inherited {
    /// For clients.
    pub(super) main: Option<TcpListener>,
    /// For the admin listener: the one that is named `admin`.
    pub(super) admin: Option<TcpListener>,
}

impl Inherited {
    /// Takes what there is.
    #[cfg(unix)]
    pub(super) fn take() -> Result<Self, Failure> {
        // Names come in the order of the listeners; without any, the only listener is for clients.
        let names = std::env::var("LISTEN_FDNAMES").unwrap_or_default();
        let mut names = names.split(':');
        let mut given = listenfd::ListenFd::from_env();
        let mut inherited = Self::default();
        for index in 0..given.len() {
            let name = names.next().unwrap_or_default();
            let wrong = |why: &str| {
                Failure::Failed(format!("the inherited socket {} (\"{name}\"): {why}", index + 1))
            };
            let listener = given.take_tcp_listener(index).map_err(|error| wrong(&error.to_string()))?;
            let place = if name == "admin" { &mut inherited.admin } else { &mut inherited.main };
            if listener.as_ref().is_some_and(|listener| socket2::SockRef::from(listener).peer_addr().is_ok())
            {
                return Err(wrong(
                    "it is a connection; allowed is a listener (Accept=no in the unit of the socket)",
                ));
            }
            if place.is_some() {
                return Err(wrong("one for clients and one named \"admin\" can be used"));
            }
            *place = listener;
        }
        Ok(inherited)
    }

    /// There is no such thing here.
    #[cfg(not(unix))]
    pub(super) fn take() -> Result<Self, Failure> {
        Ok(Self::default())
    }

    /// Where they listen.
    pub(super) fn addresses(&self) -> Addresses {
        let address = |listener: &Option<TcpListener>| {
            listener
                .as_ref()
                .and_then(|listener| listener.local_addr().ok())
                .map(|address| address.to_string())
        };
        Addresses { main: address(&self.main), admin: address(&self.admin) }
    }
}

/// Where inherited listeners listen.
#[derive(Debug)]
pub(super) struct Addresses {
    main: Option<String>,
    admin: Option<String>,
}

impl Addresses {
    /// Has a configuration name the addresses that are really listened on: what is allowed depends on them.
    pub(super) fn enter_into(&self, mut config: Config) -> Config {
        if let Some(address) = &self.main {
            config.listen.clone_from(address);
        }
        if self.admin.is_some() {
            config.admin.clone_from(&self.admin);
        }
        config
    }
}

/// Something that the manager is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum News {
    /// It serves clients; also once it has reloaded.
    Ready,
    /// It reads its configuration again.
    Reloading,
    /// It ends.
    Stopping,
    /// It is not stuck.
    Alive,
}

/// Tells the manager.
#[cfg(unix)]
pub(super) fn tell(news: News) {
    use sd_notify::NotifyState;
    let now = || NotifyState::monotonic_usec_now().unwrap_or(NotifyState::MonotonicUsec(0));
    let told = match news {
        News::Ready => sd_notify::notify(&[NotifyState::Ready]),
        News::Reloading => sd_notify::notify(&[NotifyState::Reloading, now()]),
        News::Stopping => sd_notify::notify(&[NotifyState::Stopping]),
        News::Alive => sd_notify::notify(&[NotifyState::Watchdog]),
    };
    if let Err(error) = told {
        tracing::warn!(%error, ?news, "the service manager could not be told");
    }
}

/// Nobody to tell.
#[cfg(not(unix))]
pub(super) fn tell(_news: News) {}

/// When the manager wants to hear that the relay is not stuck.
pub(super) struct Watchdog(Option<tokio::time::Interval>);

impl Watchdog {
    /// As often as it asks for, twice over.
    #[cfg(unix)]
    pub(super) fn new() -> Self {
        Self(sd_notify::watchdog_enabled().map(|every| {
            let mut interval = tokio::time::interval((every / 2).max(std::time::Duration::from_millis(1)));
            interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            interval
        }))
    }

    /// Never.
    #[cfg(not(unix))]
    pub(super) fn new() -> Self {
        Self(None)
    }

    /// Ready when it is time.
    pub(super) async fn next(&mut self) {
        match &mut self.0 {
            Some(interval) => drop(interval.tick().await),
            None => std::future::pending().await,
        }
    }
}
