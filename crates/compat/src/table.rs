//! Every exported function and what it does, read from the headers that programs compile against.

use std::collections::BTreeMap;

/// What the library does with a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Status {
    /// It does what it should.
    Works,
    /// It always answers with one error.
    Refused,
    /// It needs media.
    Stub,
    /// It is not there.
    Unknown,
}

impl Status {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Works => "works",
            Self::Refused => "refused",
            Self::Stub => "stub",
            Self::Unknown => "unknown",
        }
    }
}

macro_rules! headers {
    ($($name:literal)*) => {
        [$(($name, include_str!(concat!("../../../include/opentok/", $name)))),*]
    };
}

/// The headers, in the order of the table.
const HEADERS: [(&str, &str); 14] = headers! {
    "base.h" "connection.h" "stream.h" "session.h" "otc_x.h" "video_frame.h" "publisher.h" "subscriber.h"
    "video_capturer.h" "audio_device.h" "audio_data.h"
    "camera_capture_resolution.h" "media_transformer.h" "media_utils.h"
};

/// Headers whose functions work, but for those named below.
const WORKING: [&str; 6] = ["base.h", "connection.h", "stream.h", "session.h", "otc_x.h", "video_frame.h"];

/// Functions of working headers that attach media.
const MEDIA: [&str; 4] =
    ["otc_session_publish", "otc_session_unpublish", "otc_session_subscribe", "otc_session_unsubscribe"];

/// Functions whose wire form nobody outside the vendor knows.
const REFUSED: [&str; 3] =
    ["otc_session_force_mute_stream", "otc_session_force_mute_all", "otc_session_disable_force_mute"];

/// The functions by name, with header and status.
pub(crate) struct Table {
    functions: BTreeMap<String, (&'static str, Status)>,
}

impl Table {
    pub(crate) fn new() -> Self {
        let mut functions = BTreeMap::new();
        for (header, text) in HEADERS {
            for name in declared(text) {
                let status = if REFUSED.contains(&&*name) {
                    Status::Refused
                } else if MEDIA.contains(&&*name) || !WORKING.contains(&header) {
                    Status::Stub
                } else {
                    Status::Works
                };
                functions.entry(name).or_insert((header, status));
            }
        }
        Self { functions }
    }

    pub(crate) fn knows(&self, name: &str) -> bool {
        self.functions.contains_key(name)
    }

    pub(crate) fn status(&self, name: &str) -> Status {
        self.functions.get(name).map_or(Status::Unknown, |(_, status)| *status)
    }

    pub(crate) fn markdown(&self) -> String {
        let mut out = String::from("| function | header | status |\n|---|---|---|\n");
        for (header, _) in HEADERS {
            for (name, (_, status)) in self.functions.iter().filter(|(_, (of, _))| *of == header) {
                out.push_str(&format!("| `{name}` | `{header}` | {} |\n", status.name()));
            }
        }
        out
    }
}

/// Names that a header declares as functions: `otc_…(` at the top level of a declaration, outside comments and macros.
fn declared(header: &str) -> Vec<String> {
    let code = crate::scan::without_comments(header);
    let mut names = Vec::new();
    let mut exported = false;
    for line in code.lines() {
        let line = line.trim_start();
        if line.starts_with('#') {
            continue;
        }
        exported |= line.starts_with("OTC_API") || line.starts_with("OTC_DECL");
        if exported && let Some((name, _)) = crate::scan::calls(line).next() {
            names.push(name.to_owned());
            exported = false;
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_of_every_status_are_found_in_the_headers() {
        let table = Table::new();
        assert_eq!(table.status("otc_init"), Status::Works);
        assert_eq!(table.status("otc_session_send_signal_to_connection_with_options"), Status::Works);
        assert_eq!(table.status("otc_session_force_mute_all"), Status::Refused);
        assert_eq!(table.status("otc_session_publish"), Status::Stub);
        assert_eq!(table.status("otc_publisher_new"), Status::Stub);
        assert_eq!(table.status("otc_video_frame_convert"), Status::Works);
        assert_eq!(table.status("otc_no_such_function"), Status::Unknown);
    }

    #[test]
    fn page_of_the_documentation_is_what_the_headers_say() {
        let page = include_str!("../../../docs/compatibility.md");
        assert!(
            page.contains(&Table::new().markdown()),
            "docs/compatibility.md does not hold the table that `otc-compat --table` prints"
        );
    }
}
