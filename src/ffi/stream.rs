//! `stream.h`: what is known about a stream that a client publishes.

use std::ffi::{c_char, c_int};

use super::base::{otc_bool, otc_status};
use super::guard::guard;
use super::handle::{self, otc_connection, otc_stream};
use super::status;

/// Where the video of a stream comes from.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum otc_stream_video_type {
    /// A camera.
    OTC_STREAM_VIDEO_TYPE_CAMERA = 1,
    /// A screen or a window.
    OTC_STREAM_VIDEO_TYPE_SCREEN = 2,
    /// Something else that the publisher draws itself.
    OTC_STREAM_VIDEO_TYPE_CUSTOM = 3,
}

/// Tells the id of a stream.
///
/// - When: any time while the stream is valid.
/// - Threads: any; does not block.
/// - Ownership: the string belongs to the stream and lives as long.
/// - NULL: gives NULL.
/// - Returns: the id, never "".
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_stream_get_id(stream: *const otc_stream) -> *const c_char {
    guard(std::ptr::null(), || {
        // SAFETY: the caller passes NULL or a stream that is still valid.
        unsafe { handle::stream(stream) }.map_or(std::ptr::null(), otc_stream::id)
    })
}

/// Tells the name that the publisher gave a stream.
///
/// - When: any time while the stream is valid.
/// - Threads: any; does not block.
/// - Ownership: the string belongs to the stream and lives as long.
/// - NULL: gives NULL.
/// - Returns: the name, "" if there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_stream_get_name(stream: *const otc_stream) -> *const c_char {
    guard(std::ptr::null(), || {
        // SAFETY: the caller passes NULL or a stream that is still valid.
        unsafe { handle::stream(stream) }.map_or(std::ptr::null(), otc_stream::name)
    })
}

/// Tells whether a stream was published with a video track at all.
///
/// - When: any time while the stream is valid.
/// - Threads: any; does not block.
/// - NULL: gives OTC_FALSE.
/// - Returns: OTC_TRUE or OTC_FALSE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_stream_has_video_track(stream: *const otc_stream) -> otc_bool {
    guard(0, || {
        // SAFETY: the caller passes NULL or a stream that is still valid.
        unsafe { handle::stream(stream) }.map_or(0, otc_stream::has_video_track)
    })
}

/// Tells whether a stream carries video now.
///
/// - When: any time while the stream is valid.
/// - Threads: any; does not block.
/// - NULL: gives OTC_FALSE.
/// - Returns: OTC_TRUE or OTC_FALSE. Changes are reported by on_stream_has_video_changed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_stream_has_video(stream: *const otc_stream) -> otc_bool {
    guard(0, || {
        // SAFETY: the caller passes NULL or a stream that is still valid.
        unsafe { handle::stream(stream) }.map_or(0, otc_stream::has_video)
    })
}

/// Tells whether a stream was published with an audio track at all.
///
/// - When: any time while the stream is valid.
/// - Threads: any; does not block.
/// - NULL: gives OTC_FALSE.
/// - Returns: OTC_TRUE or OTC_FALSE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_stream_has_audio_track(stream: *const otc_stream) -> otc_bool {
    guard(0, || {
        // SAFETY: the caller passes NULL or a stream that is still valid.
        unsafe { handle::stream(stream) }.map_or(0, otc_stream::has_audio_track)
    })
}

/// Tells whether a stream carries audio now.
///
/// - When: any time while the stream is valid.
/// - Threads: any; does not block.
/// - NULL: gives OTC_FALSE.
/// - Returns: OTC_TRUE or OTC_FALSE. Changes are reported by on_stream_has_audio_changed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_stream_has_audio(stream: *const otc_stream) -> otc_bool {
    guard(0, || {
        // SAFETY: the caller passes NULL or a stream that is still valid.
        unsafe { handle::stream(stream) }.map_or(0, otc_stream::has_audio)
    })
}

/// Tells whether a stream carries captions now.
///
/// - When: any time while the stream is valid.
/// - Threads: any; does not block.
/// - NULL: gives OTC_FALSE.
/// - Returns: OTC_TRUE or OTC_FALSE. Changes are reported by on_stream_has_captions_changed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_stream_has_captions(stream: *const otc_stream) -> otc_bool {
    guard(0, || {
        // SAFETY: the caller passes NULL or a stream that is still valid.
        unsafe { handle::stream(stream) }.map_or(0, otc_stream::has_captions)
    })
}

/// Makes a copy that the program owns.
///
/// - When: any time while the stream is valid; typically inside a callback, to keep its argument.
/// - Threads: any; does not block.
/// - Ownership: the copy belongs to the caller, outlives callback, session and otc_destroy(), and ends with
///   otc_stream_delete(). It keeps the facts of the moment; later changes do not reach it.
/// - NULL: gives NULL.
/// - Returns: the copy; NULL on error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_stream_copy(stream: *const otc_stream) -> *mut otc_stream {
    guard(std::ptr::null_mut(), || {
        // SAFETY: the caller passes NULL or a stream that is still valid.
        let original = unsafe { handle::stream(stream) };
        original.map_or(std::ptr::null_mut(), |original| Box::into_raw(Box::new(original.copy())))
    })
}

/// Ends a copy.
///
/// - When: once for each otc_stream_copy(), after the last use. Deleting a copy twice is an error that cannot always
///   be detected.
/// - Threads: any; does not block.
/// - Ownership: the copy, its connection and the strings it returned are gone. A stream that belongs to the library
///   (an argument of a callback) is left alone, with success.
/// - NULL: gives OTC_INVALID_PARAM.
/// - Returns: OTC_SUCCESS; OTC_INVALID_PARAM.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_stream_delete(stream: *mut otc_stream) -> otc_status {
    guard(status::FATAL, || {
        // SAFETY: the caller passes NULL or a stream that is still valid, and does not use a copy again.
        status::of_delete(unsafe { handle::delete_stream(stream) })
    })
}

/// Tells the width of the video of a stream.
///
/// - When: any time while the stream is valid.
/// - Threads: any; does not block.
/// - NULL: gives 0.
/// - Returns: pixels; 0 without video. Changes are reported by on_stream_video_dimensions_changed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_stream_get_video_width(stream: *const otc_stream) -> c_int {
    guard(0, || {
        // SAFETY: the caller passes NULL or a stream that is still valid.
        unsafe { handle::stream(stream) }.map_or(0, otc_stream::video_width)
    })
}

/// Tells the height of the video of a stream.
///
/// - When: any time while the stream is valid.
/// - Threads: any; does not block.
/// - NULL: gives 0.
/// - Returns: pixels; 0 without video. Changes are reported by on_stream_video_dimensions_changed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_stream_get_video_height(stream: *const otc_stream) -> c_int {
    guard(0, || {
        // SAFETY: the caller passes NULL or a stream that is still valid.
        unsafe { handle::stream(stream) }.map_or(0, otc_stream::video_height)
    })
}

/// Tells when a stream was published.
///
/// - When: any time while the stream is valid.
/// - Threads: any; does not block.
/// - NULL: gives 0.
/// - Returns: milliseconds since 1970-01-01 00:00 UTC by the clock of the server; 0 if it is not known.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_stream_get_creation_time(stream: *const otc_stream) -> i64 {
    guard(0, || {
        // SAFETY: the caller passes NULL or a stream that is still valid.
        unsafe { handle::stream(stream) }.map_or(0, otc_stream::creation_time)
    })
}

/// Tells where the video of a stream comes from.
///
/// - When: any time while the stream is valid.
/// - Threads: any; does not block.
/// - NULL: gives OTC_STREAM_VIDEO_TYPE_CAMERA.
/// - Returns: one of the three types. Changes are reported by on_stream_video_type_changed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_stream_get_video_type(stream: *const otc_stream) -> otc_stream_video_type {
    guard(NO_STREAM, || {
        // SAFETY: the caller passes NULL or a stream that is still valid.
        unsafe { handle::stream(stream) }.map_or(NO_STREAM, otc_stream::video_type)
    })
}

/// Tells which client publishes a stream.
///
/// - When: any time while the stream is valid.
/// - Threads: any; does not block.
/// - Ownership: the connection belongs to the stream and lives as long.
/// - NULL: gives NULL.
/// - Returns: the connection, never NULL for a valid stream.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_stream_get_connection(stream: *const otc_stream) -> *const otc_connection {
    guard(std::ptr::null(), || {
        // SAFETY: the caller passes NULL or a stream that is still valid.
        unsafe { handle::stream(stream) }.map_or(std::ptr::null(), otc_stream::connection)
    })
}

/// What is told about no stream: there is no neutral value of this type.
const NO_STREAM: otc_stream_video_type = otc_stream_video_type::OTC_STREAM_VIDEO_TYPE_CAMERA;
