//! Reading the configuration again while the relay runs.

use super::Failure;
use crate::config::Config;
use crate::server::Relay;

/// What asks for it: SIGHUP, where there is such a thing.
pub(super) struct Signal {
    #[cfg(unix)]
    hangup: Option<tokio::signal::unix::Signal>,
}

impl Signal {
    /// Listens for it, if it is `wanted`.
    #[cfg(unix)]
    pub(super) fn new(wanted: bool) -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { hangup: wanted.then(|| signal(SignalKind::hangup())).transpose()? })
    }

    /// Ready when it came.
    #[cfg(unix)]
    pub(super) async fn next(&mut self) {
        match &mut self.hangup {
            Some(hangup) => drop(hangup.recv().await),
            None => std::future::pending().await,
        }
    }

    /// Listens for nothing.
    #[cfg(not(unix))]
    pub(super) fn new(_wanted: bool) -> std::io::Result<Self> {
        Ok(Self {})
    }

    /// Never ready.
    #[cfg(not(unix))]
    pub(super) async fn next(&mut self) {
        std::future::pending().await
    }
}

/// Takes over what can be changed while the relay runs: projects and applications. If the configuration is not fine,
/// everything stays as it is.
pub(super) fn reload(relay: &Relay, old: &Config, new: Result<Config, Failure>) {
    match new {
        Ok(new) => {
            for key in old.differences(&new) {
                tracing::warn!(key, "this setting changes at the next start only");
            }
            tracing::info!(projects = new.keys.summary().len(), "projects and applications reloaded");
            relay.set_keys(new.keys);
        }
        Err(Failure::Usage(error) | Failure::Failed(error)) => {
            tracing::error!(error, "not reloaded, all stays as it was");
        }
    }
}
