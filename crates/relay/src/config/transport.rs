//! In the clear, or within TLS.

use super::admin::is_loopback;
use super::{Config, ConfigError};

/// What is said without TLS can be read and changed on the way, tokens included: not by oversight.
pub(super) fn check(config: &Config) -> Result<(), ConfigError> {
    let tls = &config.tls;
    match (&tls.certificate, &tls.key) {
        (Some(_), None) => {
            return Err(ConfigError::new("tls.key", "", "the file with the key of tls.certificate"));
        }
        (None, Some(_)) => {
            return Err(ConfigError::new("tls.certificate", "", "the file with the certificate of tls.key"));
        }
        (None, None) if tls.admin => {
            return Err(ConfigError::new(
                "tls.admin",
                "true",
                "false, or true with tls.certificate and tls.key",
            ));
        }
        _ => {}
    }
    let plain = |listen: &str, tls: bool| !tls && !config.plain_http && !is_loopback(listen);
    if plain(&config.listen, tls.certificate.is_some()) {
        return Err(ConfigError::new(
            "listen",
            &config.listen,
            "a loopback address such as 127.0.0.1:8080, or any address with tls.certificate and tls.key, \
             or with plain_http = true if a proxy in front ends TLS",
        ));
    }
    match &config.admin {
        Some(admin) if plain(admin, tls.admin) => Err(ConfigError::new(
            "admin",
            admin,
            "a loopback address such as 127.0.0.1:9090, or any address with tls.admin = true, \
             or with plain_http = true if nobody can listen on the way",
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(settings: &[(&str, &str)]) -> Result<(), String> {
        let mut config = Config::default();
        for (key, value) in settings {
            config.set(key, value).unwrap();
        }
        check(&config).map_err(|error| error.to_string())
    }

    const CERTIFICATE: [(&str, &str); 2] =
        [("tls.certificate", "/etc/cert.pem"), ("tls.key", "/etc/key.pem")];

    #[test]
    fn plain_http_stays_on_this_machine_unless_asked_for() {
        for listen in ["127.0.0.1:8080", "[::1]:8080", "localhost:8080"] {
            checked(&[("listen", listen)]).unwrap();
        }
        for listen in ["0.0.0.0:8080", "[::]:8080", "192.0.2.1:8080", "relay.example:80"] {
            let error = checked(&[("listen", listen)]).unwrap_err();
            for word in ["listen", listen, "tls.certificate", "plain_http = true"] {
                assert!(error.contains(word), "{error}");
            }
            checked(&[("listen", listen), ("plain_http", "true")]).unwrap();
            checked(&[("listen", listen), CERTIFICATE[0], CERTIFICATE[1]]).unwrap();
        }
    }

    #[test]
    fn the_admin_listener_is_held_to_the_same() {
        let elsewhere = ("admin", "192.0.2.1:9090");
        let error = checked(&[elsewhere]).unwrap_err();
        assert!(error.contains("admin = \"192.0.2.1:9090\"") && error.contains("tls.admin"), "{error}");
        checked(&[elsewhere, CERTIFICATE[0], CERTIFICATE[1]]).unwrap_err();
        checked(&[elsewhere, CERTIFICATE[0], CERTIFICATE[1], ("tls.admin", "true")]).unwrap();
        checked(&[elsewhere, ("plain_http", "true")]).unwrap();
    }

    #[test]
    fn a_certificate_without_a_key_is_half_a_setting() {
        for (set, missing) in [(0, "tls.key"), (1, "tls.certificate")] {
            let error = checked(&[CERTIFICATE[set]]).unwrap_err();
            assert!(error.starts_with(missing), "{error}");
        }
        assert!(checked(&[("tls.admin", "true")]).unwrap_err().contains("tls.certificate"));
    }
}
