//! `base.h`: status and Boolean types, starting and stopping the library.

use std::ffi::{c_int, c_void};

use super::guard::guard;
use super::status;

/// Yes or no: OTC_FALSE is 0, anything else is yes.
pub type otc_bool = c_int;

/// The outcome of a call: OTC_SUCCESS (0), or a value of enum otc_error_code or enum otc_session_error_code.
pub type otc_status = c_int;

/// Codes that belong to no session. Codes of sessions are in enum otc_session_error_code.
///
/// Values marked "not used" exist so that programs which name them compile.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum otc_error_code {
    /// The object that the function works on is NULL, was deleted, or never was one.
    OTC_INVALID_PARAM = 1,
    /// The call cannot be done at all: the library is not running, the moment is wrong, or it needs media.
    OTC_FATAL = 2,
    /// A format of pictures that the function does not know.
    OTC_INVALID_VIDEO_FORMAT = 3,
    /// The same as OTC_SESSION_CONNECTION_DROPPED.
    OTC_CONNECTION_DROPPED = 1022,
    /// The client could not be removed from the session.
    OTC_UNABLE_TO_FORCE_DISCONNECT = 1520,
    /// The client could not be muted.
    OTC_UNABLE_TO_FORCE_MUTE = 1540,
    /// Media; not used.
    OTC_CONNECTION_TIMED_OUT = 1542,
    /// Media; not used.
    OTC_UNKNOWN_PUBLISHER_INSTANCE = 2003,
    /// Media; not used.
    OTC_UNKNOWN_SUBSCRIBER_INSTANCE = 2004,
    /// Media; not used.
    OTC_VIDEO_CAPTURE_FAILED = 3000,
    /// Media; not used.
    OTC_CAMERA_FAILED = 3010,
    /// Media; not used.
    OTC_VIDEO_RENDER_FAILED = 4000,
    /// Media; not used. The prefix is spelt so in the mirrored interface.
    OT_UNABLE_TO_ACCESS_MEDIA_ENGINE = 5000,
}

/// Why the video of a stream came or went. Media; not used.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum otc_video_reason {
    /// No reason is known.
    OTC_VIDEO_REASON_NONE = 0,
    /// The publisher began or ceased to send video.
    OTC_VIDEO_REASON_PUBLISH_VIDEO = 1,
    /// This client began or ceased to ask for video.
    OTC_VIDEO_REASON_SUBSCRIBE_TO_VIDEO = 2,
    /// The quality of the network changed.
    OTC_VIDEO_REASON_QUALITY = 3,
    /// The codec is not supported here.
    OTC_VIDEO_REASON_CODEC_NOT_SUPPORTED = 4,
    /// The quality changed for lack of bandwidth.
    OTC_VIDEO_REASON_QUALITY_DEGRADATION_BANDWIDTH = 5,
    /// The quality changed for lack of processor time.
    OTC_VIDEO_REASON_QUALITY_DEGRADATION_CPU = 6,
    /// The quality changed for another reason.
    OTC_VIDEO_REASON_QUALITY_DEGRADATION_OTHER = 7,
    /// The codec changed.
    OTC_VIDEO_REASON_CODEC_CHANGE = 8,
    /// The size of the picture changed.
    OTC_VIDEO_REASON_RESOLUTION_CHANGE = 9,
    /// The video was interrupted.
    OTC_VIDEO_REASON_VIDEO_INTERRUPTION = 10,
    /// The sender limits the quality.
    OTC_VIDEO_REASON_SENDER_QUALITY_RESTRICTION = 11,
}

/// What on_mute_forced receives.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct otc_on_mute_forced_info {
    /// OTC_TRUE: the session was muted by a moderator. OTC_FALSE: that was lifted.
    pub active: otc_bool,
}

/// Starts the library, or counts one more user of it.
///
/// - When: first of all. May be called any number of times; the library runs until otc_destroy() was called as often.
///   After that it may be started again.
/// - Threads: any; does not block.
/// - Ownership: reserved is not looked at.
/// - NULL: pass NULL.
/// - Returns: OTC_SUCCESS; OTC_FATAL if the threads of the library could not be started, or in a process made by
///   fork() after the library had been started in its parent.
/// - Defaults: the environment variable OTC_ABI_GENERATION (A, B or C, for programs built against older headers) is
///   read here; OTC_API_URL, OTC_CA_FILE and the variables of proxies when a session is made.
#[unsafe(no_mangle)]
pub extern "C" fn otc_init(reserved: *mut c_void) -> otc_status {
    // Documented to be NULL. A program that passes something else gains nothing from being refused.
    let _ = reserved;
    guard(status::FATAL, || status::of_init(super::library::start()))
}

/// Gives up one use of the library; the last one ends every session and stops it.
///
/// - When: after otc_session_delete() of every session. Sessions that still exist are ended without a callback; they
///   may, and should, still be deleted afterwards.
/// - Threads: any that is not inside a callback. The last call takes up to 2 s: it lets signals that were accepted
///   leave, says goodbye to the server, and waits for running callbacks. After it no callback runs.
/// - Ownership: nothing changes hands.
/// - Returns: OTC_SUCCESS; OTC_FATAL if the library is not running, if called inside a callback (nothing is stopped
///   then), or if a callback was still running after 2 s (it is left to itself, and everything else is stopped).
#[unsafe(no_mangle)]
pub extern "C" fn otc_destroy() -> otc_status {
    guard(status::FATAL, || status::of_destroy(super::library::stop()))
}
