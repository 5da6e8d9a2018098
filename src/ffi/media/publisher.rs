//! `publisher.h`: sending audio and video, refused.

use std::ffi::{c_char, c_void};
use std::sync::Once;

use super::super::base::{otc_bool, otc_status};
use super::super::guard::guard;
use super::super::handle::{otc_session, otc_stream};
use super::super::status;
use super::video_capturer::otc_video_capturer_callbacks as CapturerCallbacks;
use super::{
    PublisherVideoType, media, otc_audio_transformer, otc_publisher, otc_publisher_settings, otc_video_frame,
    otc_video_transformer,
};

/// Why a publisher failed. Not used.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum otc_publisher_error_code {
    /// The session is not connected.
    OTC_PUBLISHER_SESSION_DISCONNECTED = 1010,
    /// Publishing was refused.
    OTC_PUBLISHER_UNABLE_TO_PUBLISH = 1500,
    /// Publishing took too long.
    OTC_PUBLISHER_TIMED_OUT = 1541,
    /// The media engine failed.
    OTC_PUBLISHER_WEBRTC_ERROR = 1610,
    /// A defect.
    OTC_PUBLISHER_INTERNAL_ERROR = 2000,
}

/// Where the video of a publisher comes from.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum otc_publisher_video_type {
    /// A camera.
    OTC_PUBLISHER_VIDEO_TYPE_CAMERA = 1,
    /// A screen or a window.
    OTC_PUBLISHER_VIDEO_TYPE_SCREEN = 2,
}

/// What was sent of the audio of a stream. Times are in milliseconds since 1970-01-01 00:00 UTC.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct otc_publisher_audio_stats {
    /// Connection of the receiver.
    pub connection_id: *const c_char,
    /// Its subscriber.
    pub subscriber_id: *const c_char,
    /// Packets that did not arrive.
    pub packets_lost: i64,
    /// Packets sent.
    pub packets_sent: i64,
    /// Bytes sent.
    pub bytes_sent: i64,
    /// Loudness from 0 to 1.
    pub audio_level: f32,
    /// When this was measured.
    pub timestamp: f64,
    /// Since when the sums are counted.
    pub start_time: f64,
}

/// What was sent of the video of a stream. Times are in milliseconds since 1970-01-01 00:00 UTC.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct otc_publisher_video_stats {
    /// Connection of the receiver.
    pub connection_id: *const c_char,
    /// Its subscriber.
    pub subscriber_id: *const c_char,
    /// Packets that did not arrive.
    pub packets_lost: i64,
    /// Packets sent.
    pub packets_sent: i64,
    /// Bytes sent.
    pub bytes_sent: i64,
    /// When this was measured.
    pub timestamp: f64,
    /// Since when the sums are counted.
    pub start_time: f64,
}

/// What a publisher would tell the program. No member is ever called.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct otc_publisher_callbacks {
    /// The stream has begun.
    pub on_stream_created: Option<
        unsafe extern "C" fn(
            publisher: *mut otc_publisher,
            user_data: *mut c_void,
            stream: *const otc_stream,
        ),
    >,
    /// The stream has ended.
    pub on_stream_destroyed: Option<
        unsafe extern "C" fn(
            publisher: *mut otc_publisher,
            user_data: *mut c_void,
            stream: *const otc_stream,
        ),
    >,
    /// There is a picture to show.
    pub on_render_frame: Option<
        unsafe extern "C" fn(
            publisher: *mut otc_publisher,
            user_data: *mut c_void,
            frame: *const otc_video_frame,
        ),
    >,
    /// Loudness from 0 to 1.
    pub on_audio_level_updated:
        Option<unsafe extern "C" fn(publisher: *mut otc_publisher, user_data: *mut c_void, audio_level: f32)>,
    /// Statistics of audio.
    pub on_audio_stats: Option<
        unsafe extern "C" fn(
            publisher: *mut otc_publisher,
            user_data: *mut c_void,
            audio_stats: *mut otc_publisher_audio_stats,
            number_of_stats: usize,
        ),
    >,
    /// Statistics of video.
    pub on_video_stats: Option<
        unsafe extern "C" fn(
            publisher: *mut otc_publisher,
            user_data: *mut c_void,
            video_stats: *mut otc_publisher_video_stats,
            number_of_stats: usize,
        ),
    >,
    /// The publisher has failed.
    pub on_error: Option<
        unsafe extern "C" fn(
            publisher: *mut otc_publisher,
            user_data: *mut c_void,
            error_string: *const c_char,
            error_code: otc_publisher_error_code,
        ),
    >,
    /// Handed to each callback.
    pub user_data: *mut c_void,
    /// Must be NULL.
    pub reserved: *mut c_void,
}

/// A report of the media engine about one receiver.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct otc_publisher_rtc_stats {
    /// Connection of the receiver.
    pub connection_id: *const c_char,
    /// The report.
    pub json_array_of_reports: *const c_char,
}

/// Who receives reports of the media engine. Never called.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct otc_publisher_rtc_stats_report_cb {
    /// Handed to the callback.
    pub user_data: *mut c_void,
    /// The reports, one for each receiver.
    pub on_rtc_stats_report: Option<
        unsafe extern "C" fn(
            publisher: *mut otc_publisher,
            user_data: *mut c_void,
            stats: *const otc_publisher_rtc_stats,
            entries: usize,
        ),
    >,
    /// Must be NULL.
    pub reserved: *mut c_void,
}

/// Would make a publisher: media, refused.
///
/// - When, threads: any; does not block.
/// - Ownership: nothing is kept.
/// - Returns: NULL.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_publisher_new(
    name: *const c_char,
    capturer: *const CapturerCallbacks,
    callbacks: *const otc_publisher_callbacks,
) -> *mut otc_publisher {
    static TOLD: Once = Once::new();
    let _ = (name, capturer, callbacks);
    guard(std::ptr::null_mut(), || {
        media::tell(&TOLD, "otc_publisher_new");
        std::ptr::null_mut()
    })
}

/// Would make a publisher with settings: media, refused.
///
/// - When, threads: any; does not block.
/// - Ownership: nothing is kept.
/// - Returns: NULL.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_publisher_new_with_settings(
    callbacks: *const otc_publisher_callbacks,
    settings: *mut otc_publisher_settings,
) -> *mut otc_publisher {
    static TOLD: Once = Once::new();
    let _ = (callbacks, settings);
    guard(std::ptr::null_mut(), || {
        media::tell(&TOLD, "otc_publisher_new_with_settings");
        std::ptr::null_mut()
    })
}

/// Would end a publisher: media, refused.
///
/// - When, threads: any; does not block.
/// - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
/// - Returns: OTC_FATAL; OTC_INVALID_PARAM.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_publisher_delete(publisher: *mut otc_publisher) -> otc_status {
    static TOLD: Once = Once::new();
    guard(status::FATAL, || media::refuse(&TOLD, "otc_publisher_delete", publisher.is_null()))
}

/// Would tell the stream of a publisher: media, refused.
///
/// - When, threads: any; does not block.
/// - NULL: no difference.
/// - Returns: NULL.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_publisher_get_stream(publisher: *mut otc_publisher) -> *mut otc_stream {
    static TOLD: Once = Once::new();
    let _ = publisher;
    guard(std::ptr::null_mut(), || {
        media::tell(&TOLD, "otc_publisher_get_stream");
        std::ptr::null_mut()
    })
}

/// Would choose whether a publisher sends video: media, refused.
///
/// - When, threads: any; does not block.
/// - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
/// - Returns: OTC_FATAL; OTC_INVALID_PARAM.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_publisher_set_publish_video(
    publisher: *mut otc_publisher,
    publish_video: otc_bool,
) -> otc_status {
    static TOLD: Once = Once::new();
    let _ = publish_video;
    guard(status::FATAL, || media::refuse(&TOLD, "otc_publisher_set_publish_video", publisher.is_null()))
}

/// Would choose whether a publisher sends audio: media, refused.
///
/// - When, threads: any; does not block.
/// - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
/// - Returns: OTC_FATAL; OTC_INVALID_PARAM.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_publisher_set_publish_audio(
    publisher: *mut otc_publisher,
    publish_audio: otc_bool,
) -> otc_status {
    static TOLD: Once = Once::new();
    let _ = publish_audio;
    guard(status::FATAL, || media::refuse(&TOLD, "otc_publisher_set_publish_audio", publisher.is_null()))
}

/// Would tell whether a publisher sends video: media, refused.
///
/// - When, threads: any; does not block.
/// - NULL: no difference.
/// - Returns: OTC_FALSE.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_publisher_get_publish_video(publisher: *const otc_publisher) -> otc_bool {
    static TOLD: Once = Once::new();
    let _ = publisher;
    guard(0, || {
        media::tell(&TOLD, "otc_publisher_get_publish_video");
        0
    })
}

/// Would tell whether a publisher sends audio: media, refused.
///
/// - When, threads: any; does not block.
/// - NULL: no difference.
/// - Returns: OTC_FALSE.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_publisher_get_publish_audio(publisher: *const otc_publisher) -> otc_bool {
    static TOLD: Once = Once::new();
    let _ = publisher;
    guard(0, || {
        media::tell(&TOLD, "otc_publisher_get_publish_audio");
        0
    })
}

/// Would tell the session of a publisher: media, refused.
///
/// - When, threads: any; does not block.
/// - NULL: no difference.
/// - Returns: NULL.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_publisher_get_session(publisher: *const otc_publisher) -> *mut otc_session {
    static TOLD: Once = Once::new();
    let _ = publisher;
    guard(std::ptr::null_mut(), || {
        media::tell(&TOLD, "otc_publisher_get_session");
        std::ptr::null_mut()
    })
}

/// Would limit the bits per second of audio: media, refused.
///
/// - When, threads: any; does not block.
/// - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
/// - Returns: OTC_FATAL; OTC_INVALID_PARAM.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_publisher_set_max_audio_bitrate(
    publisher: *mut otc_publisher,
    bitrate: u32,
) -> otc_status {
    static TOLD: Once = Once::new();
    let _ = bitrate;
    guard(status::FATAL, || media::refuse(&TOLD, "otc_publisher_set_max_audio_bitrate", publisher.is_null()))
}

/// Would choose who receives reports of the media engine: media, refused.
///
/// - When, threads: any; does not block.
/// - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
/// - Returns: OTC_FATAL; OTC_INVALID_PARAM.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_publisher_set_rtc_stats_report_cb(
    publisher: *mut otc_publisher,
    cb: otc_publisher_rtc_stats_report_cb,
) -> otc_status {
    static TOLD: Once = Once::new();
    let _ = cb;
    guard(status::FATAL, || {
        media::refuse(&TOLD, "otc_publisher_set_rtc_stats_report_cb", publisher.is_null())
    })
}

/// Would ask for a report of the media engine: media, refused.
///
/// - When, threads: any; does not block.
/// - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
/// - Returns: OTC_FATAL; OTC_INVALID_PARAM.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_publisher_get_rtc_stats_report(publisher: *const otc_publisher) -> otc_status {
    static TOLD: Once = Once::new();
    guard(status::FATAL, || media::refuse(&TOLD, "otc_publisher_get_rtc_stats_report", publisher.is_null()))
}

/// Would choose whether audio goes on without video when the network is poor: media, refused.
///
/// - When, threads: any; does not block.
/// - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
/// - Returns: OTC_FATAL; OTC_INVALID_PARAM.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_publisher_set_audio_fallback_enabled(
    publisher: *mut otc_publisher,
    enabled: otc_bool,
) -> otc_status {
    static TOLD: Once = Once::new();
    let _ = enabled;
    guard(status::FATAL, || {
        media::refuse(&TOLD, "otc_publisher_set_audio_fallback_enabled", publisher.is_null())
    })
}

/// Would tell whether audio goes on without video when the network is poor: media, refused.
///
/// - When, threads: any; does not block.
/// - NULL: no difference.
/// - Returns: OTC_FALSE.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_publisher_get_audio_fallback_enabled(
    publisher: *const otc_publisher,
) -> otc_bool {
    static TOLD: Once = Once::new();
    let _ = publisher;
    guard(0, || {
        media::tell(&TOLD, "otc_publisher_get_audio_fallback_enabled");
        0
    })
}

/// Would tell the id of a publisher: media, refused.
///
/// - When, threads: any; does not block.
/// - NULL: no difference.
/// - Returns: NULL.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_publisher_get_publisher_id(publisher: *const otc_publisher) -> *const c_char {
    static TOLD: Once = Once::new();
    let _ = publisher;
    guard(std::ptr::null(), || {
        media::tell(&TOLD, "otc_publisher_get_publisher_id");
        std::ptr::null()
    })
}

/// Would tell others where the video comes from: media, refused.
///
/// - When, threads: any; does not block.
/// - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
/// - Returns: OTC_FATAL; OTC_INVALID_PARAM.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_publisher_set_video_type(
    publisher: *mut otc_publisher,
    video_type: PublisherVideoType,
) -> otc_status {
    static TOLD: Once = Once::new();
    let _ = video_type;
    guard(status::FATAL, || media::refuse(&TOLD, "otc_publisher_set_video_type", publisher.is_null()))
}

/// Would tell where the video comes from: media, refused.
///
/// - When, threads: any; does not block.
/// - NULL: no difference.
/// - Returns: 0.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_publisher_get_video_type(publisher: *const otc_publisher) -> PublisherVideoType {
    static TOLD: Once = Once::new();
    let _ = publisher;
    guard(0, || {
        media::tell(&TOLD, "otc_publisher_get_video_type");
        0
    })
}

/// Would tell the user_data of the callbacks struct: media, refused.
///
/// - When, threads: any; does not block.
/// - NULL: no difference.
/// - Returns: NULL.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_publisher_get_user_data(publisher: *const otc_publisher) -> *mut c_void {
    static TOLD: Once = Once::new();
    let _ = publisher;
    guard(std::ptr::null_mut(), || {
        media::tell(&TOLD, "otc_publisher_get_user_data");
        std::ptr::null_mut()
    })
}

/// Would tell the name of the stream of a publisher: media, refused.
///
/// - When, threads: any; does not block.
/// - NULL: no difference.
/// - Returns: NULL.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_publisher_get_name(publisher: *const otc_publisher) -> *const c_char {
    static TOLD: Once = Once::new();
    let _ = publisher;
    guard(std::ptr::null(), || {
        media::tell(&TOLD, "otc_publisher_get_name");
        std::ptr::null()
    })
}

/// Would choose whether captions are sent: media, refused. The parameters are assumed.
///
/// - When, threads: any; does not block.
/// - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
/// - Returns: OTC_FATAL; OTC_INVALID_PARAM.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_publisher_set_publish_captions(
    publisher: *mut otc_publisher,
    publish_captions: otc_bool,
) -> otc_status {
    static TOLD: Once = Once::new();
    let _ = publish_captions;
    guard(status::FATAL, || media::refuse(&TOLD, "otc_publisher_set_publish_captions", publisher.is_null()))
}

/// Would choose what changes the video before it is sent: media, refused. The parameters are assumed.
///
/// - When, threads: any; does not block.
/// - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
/// - Returns: OTC_FATAL; OTC_INVALID_PARAM.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_publisher_set_video_transformers(
    publisher: *mut otc_publisher,
    transformers: *mut *mut otc_video_transformer,
    size: usize,
) -> otc_status {
    static TOLD: Once = Once::new();
    let _ = (transformers, size);
    guard(status::FATAL, || media::refuse(&TOLD, "otc_publisher_set_video_transformers", publisher.is_null()))
}

/// Would choose what changes the audio before it is sent: media, refused. The parameters are assumed.
///
/// - When, threads: any; does not block.
/// - NULL: gives OTC_INVALID_PARAM for the first argument; the others are not looked at.
/// - Returns: OTC_FATAL; OTC_INVALID_PARAM.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_publisher_set_audio_transformers(
    publisher: *mut otc_publisher,
    transformers: *mut *mut otc_audio_transformer,
    size: usize,
) -> otc_status {
    static TOLD: Once = Once::new();
    let _ = (transformers, size);
    guard(status::FATAL, || media::refuse(&TOLD, "otc_publisher_set_audio_transformers", publisher.is_null()))
}
