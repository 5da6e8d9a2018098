//! TLS: the certificate of the relay, which can be replaced while it runs.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use ring::digest;
use rustls::crypto::ring as provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{Error, InconsistentKeys, ServerConfig};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use crate::clock;
use crate::config::{ConfigError, TlsConfig};
use crate::stream::Stream;

/// What is spoken within TLS. Clients that offer something else as well are told to speak this.
const PROTOCOL: &[u8] = b"http/1.1";

/// The relay's side of TLS. Cheap to copy.
#[derive(Clone)]
pub(crate) struct Tls {
    acceptor: TlsAcceptor,
    certificates: Arc<Certificates>,
}

/// What a look at the files of the certificate came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CertificateNews {
    /// They are as they were at the last look.
    Unchanged,
    /// New handshakes use what they hold now.
    Replaced,
    /// They hold nothing usable. The certificate in use stays in use.
    Unusable(ConfigError),
}

/// The certificate that handshakes use now.
#[derive(Debug)]
struct Certificates {
    current: RwLock<Arc<CertifiedKey>>,
    /// When it ends, in seconds since 1970.
    expires: AtomicI64,
    files: Mutex<Files>,
}

/// Where the certificate is, and what was there at the last look.
#[derive(Debug)]
struct Files {
    certificate: PathBuf,
    key: PathBuf,
    seen: Result<Fingerprint, ConfigError>,
}

/// Tells whether files have changed, without keeping what is in them.
type Fingerprint = [u8; digest::SHA256_OUTPUT_LEN];

/// A certificate that was read and found usable.
struct Loaded {
    certified: CertifiedKey,
    expires: i64,
}

impl Tls {
    /// Reads the certificate, if one is configured.
    pub(crate) fn load(config: &TlsConfig) -> Result<Option<Self>, ConfigError> {
        let (Some(certificate), Some(key)) = (&config.certificate, &config.key) else { return Ok(None) };
        let (loaded, fingerprint) = read(certificate, key)?;
        let certificates = Arc::new(Certificates {
            current: RwLock::new(Arc::new(loaded.certified)),
            expires: AtomicI64::new(loaded.expires),
            files: Mutex::new(Files {
                certificate: certificate.clone(),
                key: key.clone(),
                seen: Ok(fingerprint),
            }),
        });
        let unusable =
            |error: Error| ConfigError::secret("tls", format!("what this build of TLS can do: {error}"));
        // The provider is named: a default of the process would be somebody else's to choose.
        let mut server = ServerConfig::builder_with_provider(Arc::new(provider::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(unusable)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&certificates) as Arc<dyn ResolvesServerCert>);
        server.alpn_protocols = vec![PROTOCOL.to_vec()];
        // Clients that come back, all at once after a failure of the network, are spared most of the handshake.
        server.ticketer = provider::Ticketer::new().map_err(unusable)?;
        server.send_tls13_tickets = 1;
        Ok(Some(Self { acceptor: TlsAcceptor::from(Arc::new(server)), certificates }))
    }

    /// Makes the handshake with a client, which has so long for it.
    pub(crate) async fn accept(&self, socket: TcpStream, patience: Duration) -> io::Result<Stream> {
        let handshake = tokio::time::timeout(patience, self.acceptor.accept(socket));
        Ok(Stream::Tls(Box::new(handshake.await.map_err(|_| io::ErrorKind::TimedOut)??)))
    }

    /// When the certificate in use ends, in seconds since 1970.
    pub(crate) fn expires(&self) -> i64 {
        self.certificates.expires.load(Ordering::Relaxed)
    }

    /// Looks whether the files have changed, and uses what they hold now.
    pub(crate) fn refresh(&self) -> CertificateNews {
        let mut files = self.certificates.files.lock().unwrap_or_else(PoisonError::into_inner);
        self.certificates.take(&mut files)
    }

    /// Uses what the files named here hold now.
    pub(crate) fn reload(&self, certificate: &Path, key: &Path) -> CertificateNews {
        let mut files = self.certificates.files.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever asked for it wants to hear of a mistake again.
        let seen = files.seen.clone().or(Ok([0; digest::SHA256_OUTPUT_LEN]));
        let mut new = Files { certificate: certificate.to_owned(), key: key.to_owned(), seen };
        let news = self.certificates.take(&mut new);
        // What cannot be used is not watched either.
        if !matches!(news, CertificateNews::Unusable(_)) {
            *files = new;
        }
        news
    }
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").field("expires", &self.expires()).finish_non_exhaustive()
    }
}

impl Certificates {
    fn take(&self, files: &mut Files) -> CertificateNews {
        let read = read(&files.certificate, &files.key);
        let seen = read.as_ref().map(|(_, fingerprint)| *fingerprint).map_err(Clone::clone);
        if seen == files.seen {
            return CertificateNews::Unchanged;
        }
        files.seen = seen;
        match read {
            Ok((loaded, _)) => {
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(loaded.certified);
                self.expires.store(loaded.expires, Ordering::Relaxed);
                CertificateNews::Replaced
            }
            Err(error) => CertificateNews::Unusable(error),
        }
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

/// Reads certificate and key, and checks that clients could do something with them.
fn read(certificate: &Path, key: &Path) -> Result<(Loaded, Fingerprint), ConfigError> {
    let wrong =
        |name, path: &Path, allowed: String| ConfigError::new(name, &path.display().to_string(), allowed);
    let in_certificate = |cause: String| {
        wrong(
            "tls.certificate",
            certificate,
            format!("a PEM file with the certificate and those it is signed with ({cause})"),
        )
    };
    let in_key = |cause: String| {
        wrong("tls.key", key, format!("a PEM file with the private key of tls.certificate ({cause})"))
    };
    let certificate_text = std::fs::read(certificate).map_err(|error| in_certificate(error.to_string()))?;
    let key_text = std::fs::read(key).map_err(|error| in_key(error.to_string()))?;

    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&certificate_text).collect();
    let chain = chain.map_err(|error| in_certificate(error.to_string()))?;
    let first = chain.first().ok_or_else(|| in_certificate("no certificate in it".to_owned()))?;
    let (begins, expires) =
        validity(first).ok_or_else(|| in_certificate("not an X.509 certificate".to_owned()))?;
    let now = i64::try_from(clock::unix_s()).unwrap_or(i64::MAX);
    if expires <= now {
        return Err(in_certificate(format!("this one expired {} days ago", (now - expires) / 86_400)));
    }
    if begins > now {
        tracing::warn!(begins_in_s = begins - now, "the certificate is not valid yet: is the clock right?");
    }
    let der =
        PrivateKeyDer::from_pem_slice(&key_text).map_err(|_| in_key("no private key in it".to_owned()))?;
    let certified =
        CertifiedKey::from_der(chain, der, &provider::default_provider()).map_err(|error| match error {
            Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
                in_key("this one belongs to another".to_owned())
            }
            error => in_key(error.to_string()),
        })?;

    let mut context = digest::Context::new(&digest::SHA256);
    context.update(&certificate_text);
    context.update(&key_text);
    let mut fingerprint = Fingerprint::default();
    fingerprint.copy_from_slice(context.finish().as_ref());
    Ok((Loaded { certified, expires }, fingerprint))
}

/// From when to when a certificate is valid, in seconds since 1970.
fn validity(certificate: &CertificateDer<'_>) -> Option<(i64, i64)> {
    let (_, parsed) = x509_parser::parse_x509_certificate(certificate).ok()?;
    let validity = parsed.validity();
    Some((validity.not_before.timestamp(), validity.not_after.timestamp()))
}
