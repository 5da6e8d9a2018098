//! Certificates of an authority that exists for one test.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Signs certificates for 127.0.0.1.
pub(crate) struct Authority {
    issuer: rcgen::Issuer<'static, rcgen::KeyPair>,
    /// Its own certificate, for clients that trust it.
    pub(crate) pem: String,
}

/// A certificate and its key, as PEM.
pub(crate) struct Pair {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl Authority {
    pub(crate) fn new() -> Self {
        let key = rcgen::KeyPair::generate().expect("a key");
        let mut params = rcgen::CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).expect("a certificate").pem();
        Self { issuer: rcgen::Issuer::new(params, key), pem }
    }

    /// A certificate that is good for a day.
    pub(crate) fn issue(&self) -> Pair {
        self.issue_with(|_| ())
    }

    /// One that was good until yesterday.
    pub(crate) fn issue_expired(&self) -> Pair {
        self.issue_with(|params| params.not_after = (now() - DAY).into())
    }

    /// One that is good from tomorrow on.
    pub(crate) fn issue_early(&self) -> Pair {
        self.issue_with(|params| {
            params.not_before = (now() + DAY).into();
            params.not_after = (now() + 2 * DAY).into();
        })
    }

    /// One that differs from the usual.
    pub(crate) fn issue_with(&self, adjust: impl FnOnce(&mut rcgen::CertificateParams)) -> Pair {
        let (key, params) = pair_params(adjust);
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        Pair { certificate: certificate.pem(), key: key.serialize_pem() }
    }
}

/// A certificate for 127.0.0.1 that signs itself; `adjust` says in what it differs from the usual.
pub(crate) fn self_signed(adjust: impl FnOnce(&mut rcgen::CertificateParams)) -> Pair {
    let (key, params) = pair_params(adjust);
    let certificate = params.self_signed(&key).expect("a certificate");
    Pair { certificate: certificate.pem(), key: key.serialize_pem() }
}

fn pair_params(
    adjust: impl FnOnce(&mut rcgen::CertificateParams),
) -> (rcgen::KeyPair, rcgen::CertificateParams) {
    let key = rcgen::KeyPair::generate().expect("a key");
    let mut params = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("parameters");
    params.not_before = (now() - 30 * DAY).into();
    params.not_after = (now() + DAY).into();
    adjust(&mut params);
    (key, params)
}

#[allow(clippy::disallowed_methods, reason = "certificates are about the time of day")]
fn now() -> SystemTime {
    SystemTime::now()
}

/// Where a test keeps the files of a certificate.
pub(crate) struct Files {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

impl Files {
    /// Files of this name among those of the tests, holding this.
    pub(crate) fn new(name: &str, pair: &Pair) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let files = Self {
            certificate: folder.join(format!("{name}.cert.pem")),
            key: folder.join(format!("{name}.key.pem")),
        };
        files.put(pair);
        files
    }

    /// Replaces what they hold.
    pub(crate) fn put(&self, pair: &Pair) {
        std::fs::write(&self.certificate, &pair.certificate).expect("a file");
        std::fs::write(&self.key, &pair.key).expect("a file");
    }
}
