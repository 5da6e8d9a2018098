//! Whom to trust when a relay is asked over TLS.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, Error, RootCertStore};

use super::Failure;

/// How it can be said whom to trust, beside those whom the system trusts.
#[derive(Debug, Default, Args)]
pub(super) struct CaArgs {
    /// PEM file with further certificates to trust
    #[arg(long, env = "OTC_CA_FILE", value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// It stands in a variable, where it is for all relays that are asked.
    #[arg(skip)]
    from_variable: bool,
}

/// The certificates of the file, and what to call it.
pub(super) struct Authorities {
    file: Option<String>,
    certificates: Vec<CertificateDer<'static>>,
}

impl CaArgs {
    /// Notes where it stands. `given` are the names of what stands on the command line.
    pub(super) fn prefer(&mut self, given: &[String]) {
        self.ca_file = self.ca_file.take().filter(|path| !path.as_os_str().is_empty());
        self.from_variable = !given.iter().any(|name| name == "ca_file");
    }

    /// Reads the file, if there is one. Without TLS it is of no use: then `url` is the flag with the URL that says so.
    pub(super) fn read(&self, without_tls: Option<&str>) -> Result<Authorities, Failure> {
        let none = Authorities { file: None, certificates: Vec::new() };
        let Some(path) = &self.ca_file else { return Ok(none) };
        let name = if self.from_variable { "OTC_CA_FILE" } else { "--ca-file" };
        let name = format!("{name} {}", path.display().to_string().escape_debug());
        let wrong = |cause: String| Failure::Usage(format!("{name}: {cause}"));
        match without_tls {
            Some(_) if self.from_variable => return Ok(none),
            Some(flag) => return Err(wrong(format!("allowed with https:// only, and {flag} says http://"))),
            None => {}
        }
        const ALLOWED: &str = "allowed is a PEM file with certificates";
        let text = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
        let certificates = certificates.map_err(|_| wrong(format!("{ALLOWED}; the PEM in it is broken")))?;
        if certificates.is_empty() {
            let cause = what_it_is(&text);
            return Err(wrong(format!("{ALLOWED}; {cause}")));
        }
        let mut store = RootCertStore::empty();
        for (index, certificate) in certificates.iter().enumerate() {
            let number = index + 1;
            store
                .add(certificate.clone())
                .map_err(|_| wrong(format!("{ALLOWED}; number {number} in it is no X.509 certificate")))?;
        }
        Ok(Authorities { file: Some(name), certificates })
    }
}

/// What a file is that holds no certificate. Nothing of it is repeated.
fn what_it_is(text: &[u8]) -> &'static str {
    let has = |what: &str| text.windows(what.len()).any(|part| part == what.as_bytes());
    match () {
        () if text.trim_ascii().is_empty() => "it is empty",
        () if has("PRIVATE KEY-----") => "it holds a private key and no certificate",
        () if has("-----BEGIN ") => "it is PEM without a certificate",
        () => "it is not PEM",
    }
}

impl Authorities {
    /// How to speak TLS, trusting these and those whom the system trusts.
    pub(super) fn client(&self) -> Result<Arc<ClientConfig>, String> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        for certificate in &self.certificates {
            roots.add(certificate.clone()).map_err(|error| error.to_string())?;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?;
        Ok(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
    }

    /// Why a handshake with `host` failed.
    pub(super) fn explain(&self, error: &std::io::Error, host: &str) -> String {
        let cause = error.get_ref().and_then(|error| error.downcast_ref::<Error>());
        match cause {
            Some(Error::InvalidCertificate(certificate)) => {
                let authorities = match &self.file {
                    None => "; --ca-file can name a file with it".to_owned(),
                    Some(file) => format!(", {file} included"),
                };
                format!("TLS: {}", otc_certificate::in_words(certificate, host, &authorities))
            }
            Some(Error::InvalidMessage(_)) => "it does not speak TLS; is http:// meant?".to_owned(),
            _ => format!("TLS: {error}"),
        }
    }
}
