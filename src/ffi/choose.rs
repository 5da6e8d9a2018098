//! What a program chooses in settings, checked and converted.
#![forbid(unsafe_code)]

use std::time::Duration;

use super::string::NotUtf8;
use super::x::{otc_x_limits, otc_x_timeouts};
use crate::runtime::{ForwardProxy, SessionSettings, SettingError};
use crate::session::SessionConfig;

/// A choice that cannot be used. Why has been logged where it is not plain.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused;

impl From<NotUtf8> for Refused {
    fn from(_: NotUtf8) -> Self {
        Self
    }
}

/// A URL that is absent or passes the check.
pub(super) fn url(
    url: Result<Option<String>, NotUtf8>,
    check: impl Fn(&str) -> Result<(), SettingError>,
) -> Result<Option<String>, Refused> {
    let url = url?;
    if let Some(Err(error)) = url.as_deref().map(check) {
        crate::log::error!("setting refused: {error}");
        return Err(Refused);
    }
    Ok(url)
}

/// A proxy that is absent or can be used.
pub(super) fn forward_proxy(url: Option<String>) -> Result<Option<ForwardProxy>, Refused> {
    let proxy = url.as_deref().map(ForwardProxy::parse).transpose();
    proxy.map_err(|error| {
        crate::log::error!("setting refused: {error}");
        Refused
    })
}

/// Sets all time limits: 0 gives the default.
pub(super) fn set_timeouts(settings: &mut SessionSettings, chosen: &otc_x_timeouts) -> Result<(), Refused> {
    let default = SessionConfig::default();
    let or = |chosen: u32, default: Duration| match chosen {
        0 => default,
        milliseconds => Duration::from_millis(milliseconds.into()),
    };
    let ping_interval = or(chosen.keepalive_interval_ms, default.ping_interval);
    let silence_limit = or(chosen.keepalive_loss_ms, default.silence_limit);
    if silence_limit <= ping_interval {
        crate::log::error!(
            "keepalive_loss_ms is {}; allowed is more than keepalive_interval_ms, which is {}",
            silence_limit.as_millis(),
            ping_interval.as_millis()
        );
        return Err(Refused);
    }
    settings.config = SessionConfig {
        info_limit: or(chosen.session_info_ms, default.info_limit),
        socket_limit: or(chosen.socket_ms, default.socket_limit),
        create_limit: or(chosen.create_ms, default.create_limit),
        read_limit: or(chosen.create_ms, default.read_limit),
        connect_limit: or(chosen.connect_ms, default.connect_limit),
        ping_interval,
        silence_limit,
        give_up_limit: or(chosen.reconnect_limit_ms, default.give_up_limit),
        request_limit: or(chosen.request_ms, default.request_limit),
        drain_limit: or(chosen.drain_ms, default.drain_limit),
        ..settings.config.clone()
    };
    Ok(())
}

/// Sets all limits of what may wait: 0 gives the default.
pub(super) fn set_limits(settings: &mut SessionSettings, chosen: &otc_x_limits) {
    let default = SessionSettings::default();
    let or = |chosen: usize, default: usize| if chosen == 0 { default } else { chosen };
    settings.callback_queue_bytes = or(chosen.callback_queue_bytes, default.callback_queue_bytes);
    settings.config.outbox_count = or(chosen.outbox_signals, default.config.outbox_count);
    settings.config.outbox_bytes = or(chosen.outbox_bytes, default.config.outbox_bytes);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::check_api_url;

    const NO_TIMEOUTS: otc_x_timeouts = otc_x_timeouts {
        struct_size: size_of::<otc_x_timeouts>(),
        session_info_ms: 0,
        socket_ms: 0,
        create_ms: 0,
        keepalive_interval_ms: 0,
        keepalive_loss_ms: 0,
        reconnect_limit_ms: 0,
        request_ms: 0,
        drain_ms: 0,
        connect_ms: 0,
    };

    /// The times that a program can choose, in the order in which it names them.
    fn timeouts_ms(config: &SessionConfig) -> [u128; 9] {
        [
            config.info_limit,
            config.socket_limit,
            config.create_limit,
            config.ping_interval,
            config.silence_limit,
            config.give_up_limit,
            config.request_limit,
            config.drain_limit,
            config.connect_limit,
        ]
        .map(|limit| limit.as_millis())
    }

    #[test]
    fn zero_timeouts_are_the_defaults() {
        let mut settings = SessionSettings::default();
        settings.config.drain_limit = Duration::from_secs(77);
        set_timeouts(&mut settings, &NO_TIMEOUTS).expect("defaults fit");
        assert_eq!(settings.config, SessionConfig::default());
    }

    #[test]
    fn timeouts_reach_the_limits_they_name() {
        let mut settings = SessionSettings::default();
        settings.config.connection_events_suppressed = true;
        let chosen = otc_x_timeouts {
            session_info_ms: 1,
            socket_ms: 2,
            create_ms: 3,
            keepalive_interval_ms: 4,
            keepalive_loss_ms: 5,
            reconnect_limit_ms: 6,
            request_ms: 7,
            drain_ms: 8,
            connect_ms: 9,
            ..NO_TIMEOUTS
        };
        set_timeouts(&mut settings, &chosen).expect("they fit");
        let config = &settings.config;
        assert_eq!(timeouts_ms(config), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
        assert_eq!(config.read_limit.as_millis(), 3);
        assert!(config.connection_events_suppressed, "other settings stay");
    }

    #[test]
    fn keepalive_that_is_lost_before_it_is_sent_is_refused() {
        let mut settings = SessionSettings::default();
        for (interval, loss) in [(10_000, 0), (0, 5_000), (7, 7)] {
            let chosen =
                otc_x_timeouts { keepalive_interval_ms: interval, keepalive_loss_ms: loss, ..NO_TIMEOUTS };
            assert_eq!(set_timeouts(&mut settings, &chosen), Err(Refused));
        }
        assert_eq!(settings.config, SessionConfig::default(), "nothing has changed");
    }

    #[test]
    fn limits_reach_what_they_name() {
        let mut settings = SessionSettings::default();
        let mut chosen =
            otc_x_limits { struct_size: 0, outbox_signals: 1, outbox_bytes: 2, callback_queue_bytes: 3 };
        set_limits(&mut settings, &chosen);
        assert_eq!((settings.config.outbox_count, settings.config.outbox_bytes), (1, 2));
        assert_eq!(settings.callback_queue_bytes, 3);
        chosen = otc_x_limits { struct_size: 0, outbox_signals: 0, outbox_bytes: 0, callback_queue_bytes: 0 };
        set_limits(&mut settings, &chosen);
        assert_eq!(settings.config, SessionConfig::default());
        assert_eq!(settings.callback_queue_bytes, SessionSettings::default().callback_queue_bytes);
    }

    #[test]
    fn defaults_are_those_that_the_header_tells() {
        let header = include_str!("../../include/opentok/otc_x.h");
        let told = header.split("Default ").skip(1);
        let told =
            told.filter_map(|text| text.split(|c: char| !c.is_ascii_digit()).next()?.parse::<u128>().ok());
        let settings = SessionSettings::default();
        let config = &settings.config;
        let sizes = [config.outbox_count, config.outbox_bytes, settings.callback_queue_bytes];
        let taken = timeouts_ms(config).into_iter().chain(sizes.map(|size| size as u128));
        assert_eq!(told.collect::<Vec<_>>(), taken.collect::<Vec<_>>());
        assert_eq!(config.read_limit, config.create_limit);
    }

    #[test]
    fn absent_url_is_the_default_and_text_that_is_not_utf8_is_refused() {
        assert_eq!(url(Ok(None), check_api_url), Ok(None));
        assert_eq!(url(Err(NotUtf8), check_api_url), Err(Refused));
        let good = "https://relay.example";
        assert_eq!(url(Ok(Some(good.to_owned())), check_api_url), Ok(Some(good.to_owned())));
    }
}
