//! `subscriber.h`: receiving audio and video, refused.

use std::ffi::{c_char, c_void};
use std::sync::Once;

use super::super::base::{otc_bool, otc_status, otc_video_reason as VideoReason};
use super::super::guard::guard;
use super::super::handle::{otc_session, otc_stream};
use super::super::status;
use super::{media, otc_subscriber, otc_video_frame};

/// Why a subscriber failed. Not used.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum otc_subscriber_error_code {
    /// The session is not connected.
    OTC_SUBSCRIBER_SESSION_DISCONNECTED = 1010,
    /// Subscribing took too long.
    OTC_SUBSCRIBER_TIMED_OUT = 1542,
    /// The media engine failed.
    OTC_SUBSCRIBER_WEBRTC_ERROR = 1600,
    /// There is no such stream.
    OTC_SUBSCRIBER_SERVER_CANNOT_FIND_STREAM = 1604,
    /// Too many streams.
    OTC_SUBSCRIBER_STREAM_LIMIT_EXCEEDED = 1605,
    /// A defect.
    OTC_SUBSCRIBER_INTERNAL_ERROR = 2000,
}

/// What was received of the audio of a stream.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct otc_subscriber_audio_stats {
    /// Packets that did not arrive.
    pub packets_lost: u64,
    /// Packets that arrived.
    pub packets_received: u64,
    /// Bytes that arrived.
    pub bytes_received: u64,
    /// Loudness from 0 to 1.
    pub audio_level: f32,
    /// When this was measured, in milliseconds since 1970-01-01 00:00 UTC.
    pub timestamp: f64,
}

/// What was received of the video of a stream.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct otc_subscriber_video_stats {
    /// Packets that did not arrive.
    pub packets_lost: u64,
    /// Packets that arrived.
    pub packets_received: u64,
    /// Bytes that arrived.
    pub bytes_received: u64,
    /// When this was measured, in milliseconds since 1970-01-01 00:00 UTC.
    pub timestamp: f64,
}

/// Who receives reports of the media engine. Never called.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct otc_subscriber_rtc_stats_report_cb {
    /// Handed to the callback.
    pub user_data: *mut c_void,
    /// The report.
    pub on_rtc_stats_report: Option<
        unsafe extern "C" fn(
            subscriber: *mut otc_subscriber,
            user_data: *mut c_void,
            json_array_of_reports: *const c_char,
        ),
    >,
    /// Must be NULL.
    pub reserved: *mut c_void,
}

/// What a subscriber would tell the program. No member is ever called.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct otc_subscriber_callbacks {
    /// The stream is being received.
    pub on_connected: Option<
        unsafe extern "C" fn(
            subscriber: *mut otc_subscriber,
            user_data: *mut c_void,
            stream: *const otc_stream,
        ),
    >,
    /// The stream was interrupted.
    pub on_disconnected:
        Option<unsafe extern "C" fn(subscriber: *mut otc_subscriber, user_data: *mut c_void)>,
    /// The stream goes on.
    pub on_reconnected: Option<unsafe extern "C" fn(subscriber: *mut otc_subscriber, user_data: *mut c_void)>,
    /// There is a picture to show.
    pub on_render_frame: Option<
        unsafe extern "C" fn(
            subscriber: *mut otc_subscriber,
            user_data: *mut c_void,
            frame: *const otc_video_frame,
        ),
    >,
    /// Video has ceased.
    pub on_video_disabled: Option<
        unsafe extern "C" fn(subscriber: *mut otc_subscriber, user_data: *mut c_void, reason: VideoReason),
    >,
    /// Video has begun.
    pub on_video_enabled: Option<
        unsafe extern "C" fn(subscriber: *mut otc_subscriber, user_data: *mut c_void, reason: VideoReason),
    >,
    /// Audio has ceased.
    pub on_audio_disabled:
        Option<unsafe extern "C" fn(subscriber: *mut otc_subscriber, user_data: *mut c_void)>,
    /// Audio has begun.
    pub on_audio_enabled:
        Option<unsafe extern "C" fn(subscriber: *mut otc_subscriber, user_data: *mut c_void)>,
    /// The first video has arrived.
    pub on_video_data_received:
        Option<unsafe extern "C" fn(subscriber: *mut otc_subscriber, user_data: *mut c_void)>,
    /// Video may cease soon.
    pub on_video_disable_warning:
        Option<unsafe extern "C" fn(subscriber: *mut otc_subscriber, user_data: *mut c_void)>,
    /// Video will not cease soon after all.
    pub on_video_disable_warning_lifted:
        Option<unsafe extern "C" fn(subscriber: *mut otc_subscriber, user_data: *mut c_void)>,
    /// Statistics of audio.
    pub on_audio_stats: Option<
        unsafe extern "C" fn(
            subscriber: *mut otc_subscriber,
            user_data: *mut c_void,
            audio_stats: otc_subscriber_audio_stats,
        ),
    >,
    /// Statistics of video.
    pub on_video_stats: Option<
        unsafe extern "C" fn(
            subscriber: *mut otc_subscriber,
            user_data: *mut c_void,
            video_stats: otc_subscriber_video_stats,
        ),
    >,
    /// Loudness from 0 to 1.
    pub on_audio_level_updated: Option<
        unsafe extern "C" fn(subscriber: *mut otc_subscriber, user_data: *mut c_void, audio_level: f32),
    >,
    /// The subscriber has failed.
    pub on_error: Option<
        unsafe extern "C" fn(
            subscriber: *mut otc_subscriber,
            user_data: *mut c_void,
            error_string: *const c_char,
            error: otc_subscriber_error_code,
        ),
    >,
    /// Handed to each callback.
    pub user_data: *mut c_void,
    /// Must be NULL.
    pub reserved: *mut c_void,
}

/// Would make a subscriber to a stream: media, refused.
///
/// - When, threads: any; does not block.
/// - Ownership: nothing is kept.
/// - Returns: NULL.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_subscriber_new(
    stream: *const otc_stream,
    callbacks: *const otc_subscriber_callbacks,
) -> *mut otc_subscriber {
    static TOLD: Once = Once::new();
    let _ = (stream, callbacks);
    guard(std::ptr::null_mut(), || {
        media::tell(&TOLD, "otc_subscriber_new");
        std::ptr::null_mut()
    })
}

/// Would end a subscriber: media, refused.
///
/// - When, threads: any; does not block.
/// - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
/// - Returns: OTC_FATAL; OTC_INVALID_PARAM.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_subscriber_delete(subscriber: *mut otc_subscriber) -> otc_status {
    static TOLD: Once = Once::new();
    guard(status::FATAL, || media::refuse(&TOLD, "otc_subscriber_delete", subscriber.is_null()))
}

/// Would tell the stream of a subscriber: media, refused.
///
/// - When, threads: any; does not block.
/// - NULL: no difference.
/// - Returns: NULL.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_subscriber_get_stream(subscriber: *const otc_subscriber) -> *mut otc_stream {
    static TOLD: Once = Once::new();
    let _ = subscriber;
    guard(std::ptr::null_mut(), || {
        media::tell(&TOLD, "otc_subscriber_get_stream");
        std::ptr::null_mut()
    })
}

/// Would choose whether video is received: media, refused.
///
/// - When, threads: any; does not block.
/// - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
/// - Returns: OTC_FATAL; OTC_INVALID_PARAM.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_subscriber_set_subscribe_to_video(
    subscriber: *mut otc_subscriber,
    subscribe_to_video: otc_bool,
) -> otc_status {
    static TOLD: Once = Once::new();
    let _ = subscribe_to_video;
    guard(status::FATAL, || {
        media::refuse(&TOLD, "otc_subscriber_set_subscribe_to_video", subscriber.is_null())
    })
}

/// Would choose whether audio is received: media, refused.
///
/// - When, threads: any; does not block.
/// - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
/// - Returns: OTC_FATAL; OTC_INVALID_PARAM.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_subscriber_set_subscribe_to_audio(
    subscriber: *mut otc_subscriber,
    subscribe_to_audio: otc_bool,
) -> otc_status {
    static TOLD: Once = Once::new();
    let _ = subscribe_to_audio;
    guard(status::FATAL, || {
        media::refuse(&TOLD, "otc_subscriber_set_subscribe_to_audio", subscriber.is_null())
    })
}

/// Would tell whether video is received: media, refused.
///
/// - When, threads: any; does not block.
/// - NULL: no difference.
/// - Returns: OTC_FALSE.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_subscriber_get_subscribe_to_video(
    subscriber: *const otc_subscriber,
) -> otc_bool {
    static TOLD: Once = Once::new();
    let _ = subscriber;
    guard(0, || {
        media::tell(&TOLD, "otc_subscriber_get_subscribe_to_video");
        0
    })
}

/// Would tell whether audio is received: media, refused.
///
/// - When, threads: any; does not block.
/// - NULL: no difference.
/// - Returns: OTC_FALSE.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_subscriber_get_subscribe_to_audio(
    subscriber: *const otc_subscriber,
) -> otc_bool {
    static TOLD: Once = Once::new();
    let _ = subscriber;
    guard(0, || {
        media::tell(&TOLD, "otc_subscriber_get_subscribe_to_audio");
        0
    })
}

/// Would tell the session of a subscriber: media, refused.
///
/// - When, threads: any; does not block.
/// - NULL: no difference.
/// - Returns: NULL.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_subscriber_get_session(subscriber: *const otc_subscriber) -> *mut otc_session {
    static TOLD: Once = Once::new();
    let _ = subscriber;
    guard(std::ptr::null_mut(), || {
        media::tell(&TOLD, "otc_subscriber_get_session");
        std::ptr::null_mut()
    })
}

/// Would ask for video of a size, in pixels: media, refused.
///
/// - When, threads: any; does not block.
/// - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
/// - Returns: OTC_FATAL; OTC_INVALID_PARAM.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_subscriber_set_preferred_resolution(
    subscriber: *mut otc_subscriber,
    preferred_width: u32,
    preferred_height: u32,
) -> otc_status {
    static TOLD: Once = Once::new();
    let _ = (preferred_width, preferred_height);
    guard(status::FATAL, || {
        media::refuse(&TOLD, "otc_subscriber_set_preferred_resolution", subscriber.is_null())
    })
}

/// Would tell what size of video was asked for: media, refused.
///
/// - When, threads: any; does not block.
/// - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
/// - Returns: OTC_FATAL; OTC_INVALID_PARAM.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_subscriber_get_preferred_resolution(
    subscriber: *const otc_subscriber,
    preferred_width: *mut u32,
    preferred_height: *mut u32,
) -> otc_status {
    static TOLD: Once = Once::new();
    let _ = (preferred_width, preferred_height);
    guard(status::FATAL, || {
        media::refuse(&TOLD, "otc_subscriber_get_preferred_resolution", subscriber.is_null())
    })
}

/// Would ask for so many frames a second: media, refused.
///
/// - When, threads: any; does not block.
/// - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
/// - Returns: OTC_FATAL; OTC_INVALID_PARAM.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_subscriber_set_preferred_framerate(
    subscriber: *mut otc_subscriber,
    preferred_framerate: f32,
) -> otc_status {
    static TOLD: Once = Once::new();
    let _ = preferred_framerate;
    guard(status::FATAL, || {
        media::refuse(&TOLD, "otc_subscriber_set_preferred_framerate", subscriber.is_null())
    })
}

/// Would tell how many frames a second were asked for: media, refused.
///
/// - When, threads: any; does not block.
/// - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
/// - Returns: OTC_FATAL; OTC_INVALID_PARAM.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_subscriber_get_preferred_framerate(
    subscriber: *const otc_subscriber,
    preferred_framerate: *mut f32,
) -> otc_status {
    static TOLD: Once = Once::new();
    let _ = preferred_framerate;
    guard(status::FATAL, || {
        media::refuse(&TOLD, "otc_subscriber_get_preferred_framerate", subscriber.is_null())
    })
}

/// Would tell the id of a subscriber: media, refused.
///
/// - When, threads: any; does not block.
/// - NULL: no difference.
/// - Returns: NULL.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_subscriber_get_subscriber_id(
    subscriber: *const otc_subscriber,
) -> *const c_char {
    static TOLD: Once = Once::new();
    let _ = subscriber;
    guard(std::ptr::null(), || {
        media::tell(&TOLD, "otc_subscriber_get_subscriber_id");
        std::ptr::null()
    })
}

/// Would tell the user_data of the callbacks struct: media, refused.
///
/// - When, threads: any; does not block.
/// - NULL: no difference.
/// - Returns: NULL.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_subscriber_get_user_data(subscriber: *const otc_subscriber) -> *mut c_void {
    static TOLD: Once = Once::new();
    let _ = subscriber;
    guard(std::ptr::null_mut(), || {
        media::tell(&TOLD, "otc_subscriber_get_user_data");
        std::ptr::null_mut()
    })
}

/// Would ask for a report of the media engine: media, refused.
///
/// - When, threads: any; does not block.
/// - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
/// - Returns: OTC_FATAL; OTC_INVALID_PARAM.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_subscriber_get_rtc_stats_report(
    subscriber: *const otc_subscriber,
) -> otc_status {
    static TOLD: Once = Once::new();
    guard(status::FATAL, || media::refuse(&TOLD, "otc_subscriber_get_rtc_stats_report", subscriber.is_null()))
}

/// Would choose who receives reports of the media engine: media, refused.
///
/// - When, threads: any; does not block.
/// - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
/// - Returns: OTC_FATAL; OTC_INVALID_PARAM.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_subscriber_set_rtc_stats_report_cb(
    subscriber: *mut otc_subscriber,
    cb: otc_subscriber_rtc_stats_report_cb,
) -> otc_status {
    static TOLD: Once = Once::new();
    let _ = cb;
    guard(status::FATAL, || {
        media::refuse(&TOLD, "otc_subscriber_set_rtc_stats_report_cb", subscriber.is_null())
    })
}

/// Would choose whether captions are received: media, refused. The parameters are assumed.
///
/// - When, threads: any; does not block.
/// - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
/// - Returns: OTC_FATAL; OTC_INVALID_PARAM.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_subscriber_set_subscribe_to_captions(
    subscriber: *mut otc_subscriber,
    subscribe_to_captions: otc_bool,
) -> otc_status {
    static TOLD: Once = Once::new();
    let _ = subscribe_to_captions;
    guard(status::FATAL, || {
        media::refuse(&TOLD, "otc_subscriber_set_subscribe_to_captions", subscriber.is_null())
    })
}

/// Would tell whether captions are received: media, refused. The parameters are assumed.
///
/// - When, threads: any; does not block.
/// - NULL: no difference.
/// - Returns: OTC_FALSE.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_subscriber_get_subscribe_to_captions(
    subscriber: *const otc_subscriber,
) -> otc_bool {
    static TOLD: Once = Once::new();
    let _ = subscriber;
    guard(0, || {
        media::tell(&TOLD, "otc_subscriber_get_subscribe_to_captions");
        0
    })
}

/// Would choose how loud the audio is played: media, refused. The parameters are assumed.
///
/// - When, threads: any; does not block.
/// - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
/// - Returns: OTC_FATAL; OTC_INVALID_PARAM.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_subscriber_set_audio_volume(
    subscriber: *mut otc_subscriber,
    audio_volume: f64,
) -> otc_status {
    static TOLD: Once = Once::new();
    let _ = audio_volume;
    guard(status::FATAL, || media::refuse(&TOLD, "otc_subscriber_set_audio_volume", subscriber.is_null()))
}

/// Would tell how loud the audio is played: media, refused. The parameters are assumed.
///
/// - When, threads: any; does not block.
/// - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
/// - Returns: OTC_FATAL; OTC_INVALID_PARAM.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_subscriber_get_audio_volume(
    subscriber: *const otc_subscriber,
    audio_volume: *mut f64,
) -> otc_status {
    static TOLD: Once = Once::new();
    let _ = audio_volume;
    guard(status::FATAL, || media::refuse(&TOLD, "otc_subscriber_get_audio_volume", subscriber.is_null()))
}
