//! What is wrong with a certificate, in the words of people who do not know TLS.
#![forbid(unsafe_code)]

use rustls::CertificateError;

/// Names of a certificate that are told when it has many.
const NAMES_SHOWN: usize = 5;

/// Why the certificate that `host` showed is not accepted.
pub(super) fn in_words(error: &CertificateError, host: &str) -> String {
    use CertificateError as E;
    match error {
        // A signature that is wrong is that of another authority of the same name.
        E::UnknownIssuer | E::BadSignature => {
            "the certificate is not signed by an authority that is trusted here; OTC_CA_FILE can name a file with it"
                .to_owned()
        }
        E::ExpiredContext { time, not_after } => format!(
            "the certificate expired {} ago; is the clock of this machine right?",
            span(time.as_secs().saturating_sub(not_after.as_secs()))
        ),
        E::Expired => "the certificate has expired; is the clock of this machine right?".to_owned(),
        E::NotValidYetContext { time, not_before } => format!(
            "the certificate is not valid yet (it will be in {}); is the clock of this machine right?",
            span(not_before.as_secs().saturating_sub(time.as_secs()))
        ),
        E::NotValidYet => {
            "the certificate is not valid yet; is the clock of this machine right?".to_owned()
        }
        E::NotValidForNameContext { presented, .. } if !presented.is_empty() => {
            format!("the certificate is for {} and not for {host}", names(presented))
        }
        E::NotValidForNameContext { .. } => format!(
            "the certificate is not for {host}: it has no names (subjectAltName); a common name does not count"
        ),
        E::NotValidForName => format!("the certificate is not for {host}"),
        E::InvalidPurpose | E::InvalidPurposeContext { .. } => {
            "the certificate is not one for servers".to_owned()
        }
        E::BadEncoding => "the certificate cannot be read".to_owned(),
        E::Other(other) => rare(&other.to_string()),
        error => format!("the certificate is not accepted: {error}"),
    }
}

/// What has no kind of its own, by the name that the verifier gives it.
fn rare(name: &str) -> String {
    match name {
        "CaUsedAsEndEntity" => {
            "the certificate is that of an authority, made to sign others, which is not taken for a server's own; \
             one that signs itself needs basicConstraints=CA:FALSE"
                .to_owned()
        }
        "UnsupportedCertVersion" => {
            "the certificate is of an old version; only X.509 version 3 is accepted".to_owned()
        }
        other => format!("the certificate is not accepted: {other}"),
    }
}

/// The names in a certificate, which come as `DnsName("relay.example")` and the like.
fn names(presented: &[String]) -> String {
    let plain = |name: &String| {
        let inner = name.split_once('(').and_then(|(_, inner)| inner.strip_suffix(')')).unwrap_or(name);
        inner.trim_matches('"').chars().take(100).collect::<String>()
    };
    let mut names: Vec<_> = presented.iter().take(NAMES_SHOWN).map(plain).collect();
    if presented.len() > NAMES_SHOWN {
        names.push("others".to_owned());
    }
    names.join(", ")
}

/// A time as people say it, in its largest unit.
fn span(seconds: u64) -> String {
    let (count, unit) = match seconds {
        0..60 => (seconds, "second"),
        60..3600 => (seconds / 60, "minute"),
        3600..86_400 => (seconds / 3600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}
