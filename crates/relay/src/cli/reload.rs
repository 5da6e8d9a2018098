//! Reading the configuration again while the relay runs.

use super::Failure;
use crate::config::{Config, TlsConfig};
use crate::server::Relay;
use crate::tls::CertificateNews;

/// When to look at the files of the certificate.
pub(super) struct Watch(Option<tokio::time::Interval>);

impl Watch {
    pub(super) fn new(config: &TlsConfig) -> Self {
        let wanted = config.certificate.is_some() && !config.watch.is_zero();
        let mut interval = wanted.then(|| tokio::time::interval(config.watch));
        if let Some(interval) = &mut interval {
            interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        }
        Self(interval)
    }

    /// Ready when it is time.
    pub(super) async fn next(&mut self) {
        match &mut self.0 {
            Some(interval) => drop(interval.tick().await),
            None => std::future::pending().await,
        }
    }
}

/// Writes down what became of the certificate.
pub(super) fn certificate(news: &CertificateNews) {
    match news {
        CertificateNews::Unchanged => {}
        CertificateNews::Replaced => tracing::info!("the certificate was replaced"),
        CertificateNews::Unusable(error) => {
            tracing::error!(%error, "the certificate was not replaced, the one in use stays");
        }
    }
}

/// Takes over what can be changed while the relay runs: projects and applications, and the certificate. If the
/// configuration is not fine, everything stays as it is.
pub(super) fn reload(relay: &Relay, old: &Config, new: Result<Config, Failure>) {
    match new {
        Ok(new) => {
            let of_certificate = |key: &&str| matches!(*key, "tls.certificate" | "tls.key");
            let with_tls = old.tls.certificate.is_some() && new.tls.certificate.is_some();
            for key in old.differences(&new).into_iter().filter(|key| !(with_tls && of_certificate(key))) {
                tracing::warn!(key, "this setting changes at the next start only");
            }
            let news = relay.reload_certificate(&new.tls);
            certificate(&news);
            if matches!(news, CertificateNews::Unusable(_)) {
                tracing::error!("not reloaded, all stays as it was");
                return;
            }
            tracing::info!(projects = new.keys.summary().len(), "projects and applications reloaded");
            relay.set_keys(new.keys);
        }
        Err(Failure::Usage(error) | Failure::Failed(error)) => {
            tracing::error!(error, "not reloaded, all stays as it was");
        }
    }
}
