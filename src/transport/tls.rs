//! TLS: whom to trust, and the handshake. Certificates are always verified.
#![forbid(unsafe_code)]

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::address::shown_text;
use super::dial::reason;
use super::socket::Socket;
use super::{Hop, TransportError, blocking};

/// TLS settings made so far, one for each file of own certificates. Reading the system's certificates takes
/// milliseconds and the result tens of KiB, so sessions share it.
#[derive(Default)]
pub struct TlsCache {
    /// An async lock, because it is held while another thread reads files.
    made: tokio::sync::Mutex<Vec<Made>>,
}

struct Made {
    key: Key,
    config: Arc<ClientConfig>,
}

/// A file of certificates, and its age: one that was replaced is read again.
#[derive(Clone, PartialEq, Eq)]
struct Key {
    ca_file: Option<PathBuf>,
    modified: Option<SystemTime>,
}

impl Key {
    fn new(ca_file: Option<&Path>) -> Self {
        let modified = ca_file.and_then(|path| path.metadata().ok()).and_then(|data| data.modified().ok());
        Self { ca_file: ca_file.map(Path::to_owned), modified }
    }
}

impl TlsCache {
    async fn config(&self, ca_file: Option<&Path>) -> Result<Arc<ClientConfig>, String> {
        let key = Key::new(ca_file);
        let mut made = self.made.lock().await;
        if let Some(found) = made.iter().find(|made| made.key == key) {
            return Ok(found.config.clone());
        }
        let path = key.ca_file.clone();
        let config = blocking::run(move || load(path.as_deref()))
            .await
            .map_err(|error| format!("cannot read certificates: {error}"))??;
        let config = Arc::new(config);
        made.retain(|made| made.key.ca_file != key.ca_file);
        made.push(Made { key, config: config.clone() });
        Ok(config)
    }

    /// Makes the TLS handshake with `host`, which `what` is for people.
    pub(super) async fn handshake(
        &self,
        socket: Socket,
        host: &str,
        what: &str,
        ca_file: Option<&Path>,
    ) -> Result<TlsStream<Socket>, TransportError> {
        let failed = |cause: String| TransportError::new(Hop::Tls, what, cause);
        let config = self.config(ca_file).await.map_err(failed)?;
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| failed("the host name cannot be in a certificate".to_owned()))?;
        TlsConnector::from(config).connect(name, socket).await.map_err(|error| {
            // What rustls objects to arrives as "invalid data"; everything else is the socket.
            if error.kind() == io::ErrorKind::InvalidData {
                failed(in_words(&error, host))
            } else {
                TransportError::interrupted(Hop::Tls, what, reason(&error))
            }
        })
    }
}

/// What is wrong, in the words of people who do not know TLS where that is possible.
fn in_words(error: &io::Error, host: &str) -> String {
    use rustls::Error;
    let Some(error) = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) else {
        return reason(error);
    };
    match error {
        Error::InvalidCertificate(error) => {
            otc_certificate::in_words(error, host, "; OTC_CA_FILE can name a file with it")
        }
        Error::InvalidMessage(_) => "the other side does not speak TLS".to_owned(),
        error => error.to_string(),
    }
}

fn load(ca_file: Option<&Path>) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    // Single certificates that cannot be read are common in system stores and none of our business.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(path) = ca_file {
        add_file(&mut roots, path)?;
    }
    if roots.is_empty() {
        return Err(
            "no trusted certificates found on this system; OTC_CA_FILE can name a file of them".to_owned()
        );
    }
    // The provider is named: a process-wide default would be the host program's to choose, or missing.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}

fn add_file(roots: &mut RootCertStore, path: &Path) -> Result<(), String> {
    let shown = shown_text(&path.to_string_lossy());
    let failed = |cause: String| format!("CA file \"{shown}\": {cause}");
    let pem = std::fs::read(path).map_err(|error| failed(reason(&error)))?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let certificates = certificates.map_err(|error| failed(error.to_string()))?;
    if certificates.is_empty() {
        return Err(failed("holds no certificate; a PEM file is expected".to_owned()));
    }
    for certificate in certificates {
        roots.add(certificate).map_err(|error| failed(error.to_string()))?;
    }
    Ok(())
}

#[cfg(test)]
#[path = "tls_tests.rs"]
mod tests;
