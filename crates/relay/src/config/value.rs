//! How values are written in files, variables and flags.

use std::time::Duration;

/// Reads `250ms`, `90s`, `5m` or `2h`; a bare number is seconds. What is below a millisecond is dropped.
pub fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = split(text)?;
    let number_f: f64 = number.parse().ok()?;
    let seconds = match unit {
        "ms" => number_f / 1000.0,
        "" | "s" => number_f,
        "m" => number_f * 60.0,
        "h" => number_f * 3600.0,
        _ => return None,
    };
    let whole = Duration::try_from_secs_f64(seconds).ok()?.as_millis();
    u64::try_from(whole).ok().map(Duration::from_millis)
}

/// Writes a duration so that [`duration`] reads it.
pub(super) fn show_duration(value: Duration) -> String {
    let ms = value.as_millis();
    match ms {
        0 => "0s".to_owned(),
        _ if !ms.is_multiple_of(1000) => format!("{ms}ms"),
        _ if ms.is_multiple_of(3_600_000) => format!("{}h", ms / 3_600_000),
        _ if ms.is_multiple_of(60_000) => format!("{}m", ms / 60_000),
        _ => format!("{}s", ms / 1000),
    }
}

/// Reads `65536`, `64KiB`, `8MiB` or `1GiB`.
pub(super) fn size(text: &str) -> Option<usize> {
    let (number, unit) = split(text)?;
    let number: usize = number.parse().ok()?;
    number.checked_mul(match unit {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    })
}

/// Writes a size so that [`size`] reads it.
pub(super) fn show_size(value: usize) -> String {
    match value {
        0 => "0".to_owned(),
        _ if value.is_multiple_of(1 << 30) => format!("{}GiB", value >> 30),
        _ if value.is_multiple_of(1 << 20) => format!("{}MiB", value >> 20),
        _ if value.is_multiple_of(1 << 10) => format!("{}KiB", value >> 10),
        _ => value.to_string(),
    }
}

fn split(text: &str) -> Option<(&str, &str)> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    (end > 0).then(|| (&text[..end], text[end..].trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_with_their_units() {
        for (text, ms) in [
            ("250ms", 250),
            ("90s", 90_000),
            ("5m", 300_000),
            ("2h", 7_200_000),
            ("3", 3000),
            ("1.5ms", 1),
            ("0.0001ms", 0),
        ] {
            assert_eq!(duration(text), Some(Duration::from_millis(ms)), "{text}");
        }
        for text in ["", "s", "-1s", "5 parsecs", "1.2.3s", "99999999999999999999999h"] {
            assert_eq!(duration(text), None, "{text}");
        }
    }

    #[test]
    fn sizes_are_read_with_their_units() {
        for (text, bytes) in [("12", 12), ("64KiB", 65_536), ("8 MiB", 8 << 20), ("1GiB", 1 << 30)] {
            assert_eq!(size(text), Some(bytes), "{text}");
        }
        for text in ["", "KiB", "1.5MiB", "1KB", "99999999999999999999", "99999999999GiB"] {
            assert_eq!(size(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_shown_can_be_read_again() {
        for ms in [0, 1, 999, 1000, 1500, 60_000, 90_000, 3_600_000] {
            let value = Duration::from_millis(ms);
            assert_eq!(duration(&show_duration(value)), Some(value));
        }
        for bytes in [0, 1, 1023, 1024, 65_536, 40 << 20, 1 << 30] {
            assert_eq!(size(&show_size(bytes)), Some(bytes));
        }
    }
}
