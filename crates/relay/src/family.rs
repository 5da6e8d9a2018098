//! How a client takes its way into a session, told from the version it gives.

/// The first stock version that takes the session's state from the answer to create and never reads it. From 2.11 on
/// they take it from there if they find it, and read it if not; earlier ones always read it.
const FIRST_WITHOUT_READ: [u32; 3] = [2, 13, 2];

/// Whether a client of this `clientVersion` reads the session's state after create, and can make nothing of what
/// arrives before that: clients that give no version, and stock ones before 2.13.2.
pub(crate) fn reads_session(client_version: Option<&str>) -> bool {
    let Some(version) = client_version else { return true };
    version.strip_prefix("js-").and_then(numbers).is_some_and(|numbers| numbers < FIRST_WITHOUT_READ)
}

/// The three leading numbers of a version; missing ones are 0, and what follows a number is not looked at.
fn numbers(version: &str) -> Option<[u32; 3]> {
    let mut numbers = [0; 3];
    for (at, part) in version.splitn(4, '.').take(3).enumerate() {
        let digits = part.find(|c: char| !c.is_ascii_digit()).map_or(part, |end| &part[..end]);
        match digits.parse() {
            Ok(number) => numbers[at] = number,
            Err(_) if at == 0 => return None,
            Err(_) => break,
        }
        if digits.len() < part.len() {
            break;
        }
    }
    Some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_before_2_13_2_and_those_without_a_version_read_the_session() {
        for version in
            ["js-2.2.6", "js-2.7.6", "js-2.12.2", "js-2.13.0", "js-2.13.1", "js-2.13", "js-2", "js-1.99.99"]
        {
            assert!(reads_session(Some(version)), "{version}");
        }
        assert!(reads_session(None));
    }

    #[test]
    fn later_clients_and_all_others_do_not() {
        for version in [
            "js-2.13.2",
            "js-2.13.10",
            "js-2.14.0",
            "js-2.35.2",
            "js-2.35.2-beta.1",
            "js-3",
            "js-10.0.0",
            "otc-0.1.0",
            "ios-2.15.2",
            "js-",
            "js-next",
            "",
            "JS-2.7.6",
        ] {
            assert!(!reads_session(Some(version)), "{version}");
        }
    }

    #[test]
    fn a_suffix_does_not_change_the_number_before_it() {
        assert!(reads_session(Some("js-2.13.1-rc.9")));
        assert!(reads_session(Some("js-2.7rc.20")));
        assert!(!reads_session(Some("js-2.13.2+build")));
    }
}
