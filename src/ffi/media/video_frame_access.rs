//! `video_frame.h`: what can be asked of pictures, and how they are copied and converted.

use std::ffi::{c_int, c_void};

use super::super::base::{otc_bool, otc_status};
use super::super::guard::guard;
use super::super::status;
use super::frame::{self, METADATA_MAX, find, is_compressed, otc_video_frame};
use super::frame_arguments::{format_of_number, give, listed_planes, look_up, name_of_format, writable};
use super::video_frame::otc_video_frame_format as FrameFormatName;
use super::{FrameFormat, FramePlane};
use crate::video::Format;

/// Ends a frame.
///
/// - When, threads: once, after the last use, on any thread. Does not block.
/// - Ownership: the frame, and what its getters returned, is gone. Memory of the program is released when no copy
///   shares it any more.
/// - NULL: gives OTC_INVALID_PARAM.
/// - Returns: OTC_SUCCESS; OTC_INVALID_PARAM. Deleting a frame twice is an error that cannot always be detected.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_video_frame_delete(frame: *mut otc_video_frame) -> otc_status {
    guard(status::FATAL, || {
        // SAFETY: the caller passes NULL or a frame that is still valid, and does not use it again.
        status::of_delete(unsafe { frame::delete(frame) })
    })
}

/// Would tell the handle of a picture in a graphics card; frames are in main memory here.
///
/// - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
/// - NULL: gives NULL.
/// - Returns: NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_video_frame_get_native_handle(frame: *const otc_video_frame) -> *mut c_void {
    guard(std::ptr::null_mut(), || {
        let _ = frame;
        std::ptr::null_mut()
    })
}

/// Tells where the bytes of a frame are whose planes follow each other.
///
/// - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
/// - Ownership: the bytes live as long as the frame.
/// - NULL: gives NULL.
/// - Returns: the first byte; NULL for a frame of separate planes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_video_frame_get_buffer(frame: *const otc_video_frame) -> *const u8 {
    guard(std::ptr::null(), || {
        // SAFETY: the caller passes NULL or a frame that is still valid.
        unsafe { find(frame) }
            .map_or(std::ptr::null(), |frame| frame.contiguous().map_or(std::ptr::null(), |(start, _)| start))
    })
}

/// Tells how many bytes otc_video_frame_get_buffer() returns.
///
/// - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
/// - NULL: gives 0.
/// - Returns: bytes; 0 for a frame of separate planes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_video_frame_get_buffer_size(frame: *const otc_video_frame) -> usize {
    guard(0, || {
        // SAFETY: the caller passes NULL or a frame that is still valid.
        unsafe { find(frame) }.map_or(0, |frame| frame.contiguous().map_or(0, |(_, size)| size))
    })
}

/// Tells the time that was set for a frame.
///
/// - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
/// - NULL: gives 0.
/// - Returns: the number given to otc_video_frame_set_timestamp(), 0 at first.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_video_frame_get_timestamp(frame: *const otc_video_frame) -> i64 {
    guard(0, || {
        // SAFETY: the caller passes NULL or a frame that is still valid.
        unsafe { find(frame) }.map_or(0, |frame| frame.notes.lock().timestamp)
    })
}

/// Sets a time for a frame, in units of the program.
///
/// - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
/// - NULL: does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_video_frame_set_timestamp(frame: *mut otc_video_frame, timestamp: i64) {
    guard((), || {
        // SAFETY: the caller passes NULL or a frame that is still valid.
        if let Some(frame) = unsafe { find(frame) } {
            frame.notes.lock().timestamp = timestamp;
        }
    })
}

/// Tells the width of a frame.
///
/// - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
/// - NULL: gives 0.
/// - Returns: pixels.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_video_frame_get_width(frame: *const otc_video_frame) -> c_int {
    guard(0, || {
        // SAFETY: the caller passes NULL or a frame that is still valid.
        unsafe { find(frame) }.map_or(0, |frame| frame.width as c_int)
    })
}

/// Tells the height of a frame.
///
/// - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
/// - NULL: gives 0.
/// - Returns: pixels.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_video_frame_get_height(frame: *const otc_video_frame) -> c_int {
    guard(0, || {
        // SAFETY: the caller passes NULL or a frame that is still valid.
        unsafe { find(frame) }.map_or(0, |frame| frame.height as c_int)
    })
}

/// Tells how many planes a frame has.
///
/// - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
/// - NULL: gives 0.
/// - Returns: 1 to 3; 1 for a compressed frame.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_video_frame_get_number_of_planes(frame: *const otc_video_frame) -> usize {
    guard(0, || {
        // SAFETY: the caller passes NULL or a frame that is still valid.
        unsafe { find(frame) }.map_or(0, |frame| frame.layout().len().max(1))
    })
}

/// Tells the format of a frame.
///
/// - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
/// - NULL: gives OTC_VIDEO_FRAME_FORMAT_UNKNOWN.
/// - Returns: the format.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_video_frame_get_format(frame: *const otc_video_frame) -> FrameFormatName {
    guard(NO_FORMAT, || {
        // SAFETY: the caller passes NULL or a frame that is still valid.
        unsafe { find(frame) }.map_or(NO_FORMAT, |frame| name_of_format(frame.format()))
    })
}

/// Says that the pixels of a frame are of another format; they are not converted.
///
/// - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
/// - NULL: does nothing.
/// - Outcome: nothing for a format whose planes have other sizes than those of the frame.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_video_frame_set_format(frame: *mut otc_video_frame, format: FrameFormat) {
    guard((), || {
        // SAFETY: the caller passes NULL or a frame that is still valid.
        let (Some(frame), Some(format)) = (unsafe { find(frame) }, format_of_number(format)) else { return };
        let sizes = |format: Format| {
            let planes = format.planes(frame.width, frame.height);
            planes
                .map(|planes| planes.iter().map(|plane| (plane.row_bytes, plane.height)).collect::<Vec<_>>())
        };
        let mut notes = frame.notes.lock();
        if sizes(format) == sizes(notes.format) {
            notes.format = format;
        }
    })
}

/// Tells where a plane of a frame is.
///
/// - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
/// - Ownership: the bytes live as long as the frame, or as the program's own memory.
/// - NULL: gives NULL.
/// - Returns: the first byte; NULL if the frame has no such plane.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_video_frame_get_plane_binary_data(
    frame: *const otc_video_frame,
    plane: FramePlane,
) -> *const u8 {
    guard(std::ptr::null(), || {
        // SAFETY: the caller passes NULL or a frame that is still valid.
        unsafe { find(frame) }.map_or(std::ptr::null(), |frame| {
            look_up(frame, plane).map_or(std::ptr::null(), |plane| plane.start)
        })
    })
}

/// Tells the size of a plane of a frame.
///
/// - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
/// - NULL: gives 0.
/// - Returns: bytes, the padding of every row included; 0 if the frame has no such plane.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_video_frame_get_plane_size(
    frame: *const otc_video_frame,
    plane: FramePlane,
) -> usize {
    guard(0, || {
        // SAFETY: the caller passes NULL or a frame that is still valid.
        unsafe { find(frame) }.map_or(0, |frame| look_up(frame, plane).map_or(0, |plane| plane.size))
    })
}

/// Tells the distance of two rows of a plane.
///
/// - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
/// - NULL: gives 0.
/// - Returns: bytes; 0 if the frame has no such plane, and for compressed frames.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_video_frame_get_plane_stride(
    frame: *const otc_video_frame,
    plane: FramePlane,
) -> c_int {
    guard(0, || {
        // SAFETY: the caller passes NULL or a frame that is still valid.
        unsafe { find(frame) }
            .map_or(0, |frame| look_up(frame, plane).map_or(0, |plane| plane.stride as c_int))
    })
}

/// Tells the width of a plane.
///
/// - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
/// - NULL: gives 0.
/// - Returns: samples in a row: pixels, or pairs of U and V; 0 if the frame has no such plane.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_video_frame_get_plane_width(
    frame: *const otc_video_frame,
    plane: FramePlane,
) -> c_int {
    guard(0, || {
        // SAFETY: the caller passes NULL or a frame that is still valid.
        unsafe { find(frame) }
            .map_or(0, |frame| look_up(frame, plane).map_or(0, |plane| plane.width as c_int))
    })
}

/// Tells the height of a plane.
///
/// - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
/// - NULL: gives 0.
/// - Returns: rows; 0 if the frame has no such plane.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_video_frame_get_plane_height(
    frame: *const otc_video_frame,
    plane: FramePlane,
) -> c_int {
    guard(0, || {
        // SAFETY: the caller passes NULL or a frame that is still valid.
        unsafe { find(frame) }
            .map_or(0, |frame| look_up(frame, plane).map_or(0, |plane| plane.height as c_int))
    })
}

/// Copies a frame for reading.
///
/// - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
/// - Ownership: the pixels are shared where that is allowed, else copied. The new frame belongs to the caller until
///   otc_video_frame_delete().
/// - NULL: gives NULL.
/// - Returns: the copy; NULL if the pixels cannot be read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_video_frame_copy(frame: *const otc_video_frame) -> *mut otc_video_frame {
    guard(std::ptr::null_mut(), || {
        // SAFETY: the caller passes NULL or a frame that is still valid, and keeps the memory it lent.
        give(unsafe { find(frame).and_then(|frame| frame.copy()) })
    })
}

/// Copies a frame together with its pixels.
///
/// - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
/// - Ownership: the pixels are copied; their planes follow each other without padding. The new frame belongs to the
///   caller until otc_video_frame_delete().
/// - NULL: gives NULL.
/// - Returns: the copy; NULL if the pixels cannot be read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_video_frame_mutable_copy(frame: *const otc_video_frame) -> *mut otc_video_frame {
    guard(std::ptr::null_mut(), || {
        // SAFETY: the caller passes NULL or a frame that is still valid, and keeps the memory it lent.
        give(unsafe { find(frame).and_then(|frame| frame.deep_copy()) })
    })
}

/// Makes a frame of another format.
///
/// - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
/// - Ownership: the pixels are new; timestamp and metadata are copied. The new frame belongs to the caller until
///   otc_video_frame_delete().
/// - NULL: gives NULL.
/// - Returns: the frame; NULL for an unknown or compressed format on either side, or pixels that cannot be read.
///   Between YUV and RGB the colours are those of BT.601 with limited range.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_video_frame_convert(
    format: FrameFormat,
    frame: *const otc_video_frame,
) -> *mut otc_video_frame {
    guard(std::ptr::null_mut(), || {
        let Some(format) = format_of_number(format) else { return std::ptr::null_mut() };
        // SAFETY: the caller passes NULL or a frame that is still valid, and keeps the memory it lent.
        give(unsafe { find(frame).and_then(|frame| frame.convert(format)) })
    })
}

/// Writes the pixels of a frame, in another format, to memory of the program.
///
/// - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
/// - Ownership: planes and strides are arrays with one entry for each plane of format, in the order in which enum
///   otc_video_frame_format names them. Each plane has room for its rows, strides bytes apart.
/// - NULL: a NULL frame gives OTC_INVALID_PARAM; a NULL array or plane OTC_SESSION_NULL_OR_INVALID_PARAMETER.
/// - Returns: OTC_SUCCESS; OTC_INVALID_PARAM; OTC_SESSION_NULL_OR_INVALID_PARAMETER also for a stride less than a
///   row; OTC_INVALID_VIDEO_FORMAT for an unknown or compressed format on either side, or pixels that cannot be read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_video_frame_convert_inplace(
    format: FrameFormat,
    planes: *mut *mut u8,
    strides: *const c_int,
    input_frame: *const otc_video_frame,
) -> otc_status {
    guard(status::FATAL, || {
        // SAFETY: the caller passes NULL or a frame that is still valid.
        let Some(frame) = (unsafe { find(input_frame) }) else { return status::INVALID_PARAM };
        let (width, height) = (frame.width as c_int, frame.height as c_int);
        let Some(format) = format_of_number(format).filter(|format| !is_compressed(*format)) else {
            return status::INVALID_VIDEO_FORMAT;
        };
        // SAFETY: the caller passes as many planes and strides as the format has.
        let planes = unsafe { listed_planes(format, width, height, planes.cast_const().cast(), strides) };
        // SAFETY: the caller passes planes with room for their rows, none of which overlaps another.
        let target = planes.and_then(|planes| unsafe { writable(format, width, height, &planes) });
        let Some(mut target) = target else { return status::NULL_OR_INVALID_PARAMETER };
        // SAFETY: the program keeps the memory that it lent for the frame.
        match unsafe { frame.convert_into(format, &mut target) } {
            true => status::SUCCESS,
            false => status::INVALID_VIDEO_FORMAT,
        }
    })
}

/// Tells whether the values of a pixel lie side by side in one plane.
///
/// - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
/// - NULL: gives OTC_FALSE.
/// - Returns: OTC_TRUE or OTC_FALSE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_video_frame_is_packed(frame: *const otc_video_frame) -> otc_bool {
    guard(0, || {
        // SAFETY: the caller passes NULL or a frame that is still valid.
        unsafe { find(frame) }.map_or(0, |frame| frame.format().is_packed().into())
    })
}

/// Tells whether the planes of a frame follow each other.
///
/// - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
/// - NULL: gives OTC_FALSE.
/// - Returns: OTC_TRUE or OTC_FALSE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_video_frame_is_contiguous(frame: *const otc_video_frame) -> otc_bool {
    guard(0, || {
        // SAFETY: the caller passes NULL or a frame that is still valid.
        unsafe { find(frame) }.map_or(0, |frame| frame.contiguous().is_some().into())
    })
}

/// Attaches bytes of the program to a frame, in place of earlier ones.
///
/// - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
/// - Ownership: the bytes are copied.
/// - NULL: a NULL frame gives OTC_INVALID_PARAM; NULL data OTC_SESSION_NULL_OR_INVALID_PARAMETER, unless size is 0.
/// - Returns: OTC_SUCCESS; OTC_INVALID_PARAM; OTC_SESSION_NULL_OR_INVALID_PARAMETER also for a size above
///   OTC_VIDEO_FRAME_METADATA_MAX_SIZE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_video_frame_set_metadata(
    frame: *mut otc_video_frame,
    data: *const u8,
    size: usize,
) -> otc_status {
    guard(status::FATAL, || {
        // SAFETY: the caller passes NULL or a frame that is still valid.
        let Some(frame) = (unsafe { find(frame) }) else { return status::INVALID_PARAM };
        if size > METADATA_MAX || (data.is_null() && size > 0) {
            return status::NULL_OR_INVALID_PARAMETER;
        }
        let mut notes = frame.notes.lock();
        let room = notes.metadata.get_or_insert_default();
        if size > 0 {
            // SAFETY: the caller passes that many bytes.
            room[..size].copy_from_slice(unsafe { std::slice::from_raw_parts(data, size) });
        }
        notes.metadata_size = size;
        status::SUCCESS
    })
}

/// Tells the bytes that otc_video_frame_set_metadata() attached.
///
/// - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
/// - Ownership: the bytes belong to the frame and live until others are attached or it is deleted. *size is set to
///   their number.
/// - NULL: a NULL frame gives NULL and a size of 0. A NULL size gives NULL.
/// - Returns: the bytes; NULL if there are none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_video_frame_get_metadata(
    frame: *const otc_video_frame,
    size: *mut usize,
) -> *const u8 {
    guard(std::ptr::null(), || {
        if size.is_null() {
            return std::ptr::null();
        }
        // SAFETY: the caller passes NULL or a frame that is still valid.
        let notes = unsafe { find(frame) }.map(|frame| frame.notes.lock());
        let bytes = notes
            .as_ref()
            .and_then(|notes| notes.metadata.as_ref().map(|at| (at.as_ptr(), notes.metadata_size)));
        let (start, length) = bytes.filter(|(_, length)| *length > 0).unwrap_or((std::ptr::null(), 0));
        // SAFETY: not NULL, so by contract it is room for a size.
        unsafe { size.write(length) };
        start
    })
}

/// What is told about no frame.
const NO_FORMAT: FrameFormatName = FrameFormatName::OTC_VIDEO_FRAME_FORMAT_UNKNOWN;
