//! What is wrong with a certificate, in the words of people who do not know TLS.
//!
//! Library and relay both ask others over TLS and do not know of each other; that they say the same is here.
#![forbid(unsafe_code)]

use rustls::CertificateError;

/// Names of a certificate that are told when it has many.
const NAMES_SHOWN: usize = 5;

/// Why the certificate that `host` showed is not accepted, in one line.
///
/// `authorities` goes on after "the certificate is not signed by an authority that is trusted here": where trusted
/// authorities can be named, or which file with some was looked into.
pub fn in_words(error: &CertificateError, host: &str, authorities: &str) -> String {
    use CertificateError as E;
    match error {
        // A signature that is wrong is that of another authority of the same name.
        E::UnknownIssuer | E::BadSignature => {
            format!("the certificate is not signed by an authority that is trusted here{authorities}")
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
        E::NotValidYet => "the certificate is not valid yet; is the clock of this machine right?".to_owned(),
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

/// The names in a certificate, which come as `DnsName("relay.example")` and the like. Strangers wrote them.
fn names(presented: &[String]) -> String {
    let plain = |name: &String| {
        let inner = name.split_once('(').and_then(|(_, inner)| inner.strip_suffix(')')).unwrap_or(name);
        inner.trim_matches('"').escape_debug().take(100).collect::<String>()
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rustls::CertificateError as E;
    use rustls::pki_types::{ServerName, UnixTime};

    use super::*;

    fn for_names(presented: &[&str]) -> E {
        E::NotValidForNameContext {
            expected: ServerName::try_from("relay.example").expect("a name"),
            presented: presented.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    fn words(error: &E) -> String {
        in_words(error, "relay.example", "; ask the operator")
    }

    #[test]
    fn an_authority_that_is_not_known_is_told_with_what_to_do() {
        let expected = "the certificate is not signed by an authority that is trusted here; ask the operator";
        assert_eq!(words(&E::UnknownIssuer), expected);
        assert_eq!(words(&E::BadSignature), expected);
    }

    #[test]
    fn names_are_told_plainly_and_not_all_if_there_are_many() {
        let two = for_names(&["DnsName(\"a.example\")", "IpAddress(10.0.0.1)"]);
        assert_eq!(words(&two), "the certificate is for a.example, 10.0.0.1 and not for relay.example");
        let many = ["DnsName(\"a\")"; NAMES_SHOWN + 1];
        assert_eq!(
            words(&for_names(&many)),
            "the certificate is for a, a, a, a, a, others and not for relay.example"
        );
        assert!(words(&for_names(&[])).contains("it has no names (subjectAltName)"));
    }

    #[test]
    fn what_strangers_wrote_stays_on_its_line() {
        let hostile = format!("DnsName(\"a\nERROR b\u{1b}[31m{}\")", "c".repeat(1000));
        let told = words(&for_names(&[&hostile]));
        assert!(!told.contains(|c: char| c.is_control()), "{told:?}");
        assert!(told.chars().count() < 200, "{told:?}");
    }

    #[test]
    fn times_are_told_in_their_largest_unit() {
        let at = |seconds| UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        for (seconds, told) in
            [(0, "0 seconds"), (1, "1 second"), (3599, "59 minutes"), (7200, "2 hours"), (90_000, "1 day")]
        {
            let late = E::ExpiredContext { time: at(1_000_000 + seconds), not_after: at(1_000_000) };
            assert!(words(&late).starts_with(&format!("the certificate expired {told} ago;")), "{late:?}");
            let early = E::NotValidYetContext { time: at(1_000_000), not_before: at(1_000_000 + seconds) };
            assert!(words(&early).contains(&format!("(it will be in {told});")), "{early:?}");
        }
        // A clock that went back in between is no reason to count below zero.
        let odd = E::ExpiredContext { time: at(5), not_after: at(9) };
        assert!(words(&odd).contains("expired 0 seconds ago"));
    }
}
