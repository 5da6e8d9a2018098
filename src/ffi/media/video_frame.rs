//! `video_frame.h`: pictures as plain data, and how they are made. For programs that render or test them; none ever
//! travels.

use std::ffi::{c_int, c_void};

use super::super::base::otc_bool;
use super::super::guard::guard;
use super::frame::{Pixels, otc_video_frame};
use super::frame_arguments::{
    contiguous_size, copy_planes, format_of_number, give, lent_planes, listed_planes,
};
use super::{FrameFormat, FramePlane};
use crate::video::Format;

/// How the pixels of a frame lie in memory. The 32-bit formats are named after the word that a little-endian machine
/// loads: the bytes of OTC_VIDEO_FRAME_FORMAT_ARGB32 are B, G, R, A.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum otc_video_frame_format {
    /// None of the others.
    OTC_VIDEO_FRAME_FORMAT_UNKNOWN = 0,
    /// Planes Y, U, V; U and V have half the width and height. Also called I420.
    OTC_VIDEO_FRAME_FORMAT_YUV420P = 1,
    /// Planes Y and UV; in the latter U and V take turns, with half the width and height.
    OTC_VIDEO_FRAME_FORMAT_NV12 = 2,
    /// Planes Y and VU; in the latter V and U take turns, with half the width and height.
    OTC_VIDEO_FRAME_FORMAT_NV21 = 3,
    /// Y U Y V for two pixels.
    OTC_VIDEO_FRAME_FORMAT_YUY2 = 4,
    /// U Y V Y for two pixels.
    OTC_VIDEO_FRAME_FORMAT_UYVY = 5,
    /// Bytes B G R A.
    OTC_VIDEO_FRAME_FORMAT_ARGB32 = 6,
    /// Bytes A R G B.
    OTC_VIDEO_FRAME_FORMAT_BGRA32 = 7,
    /// Bytes B G R.
    OTC_VIDEO_FRAME_FORMAT_RGB24 = 8,
    /// Bytes R G B A.
    OTC_VIDEO_FRAME_FORMAT_ABGR32 = 9,
    /// A JPEG image. Kept, not decoded.
    OTC_VIDEO_FRAME_FORMAT_MJPEG = 10,
    /// Bytes A B G R.
    OTC_VIDEO_FRAME_FORMAT_RGBA32 = 11,
    /// One more than the last format above.
    OTC_VIDEO_FRAME_FORMAT_MAX = 12,
    /// Other compressed data. Kept, not decoded.
    OTC_VIDEO_FRAME_FORMAT_COMPRESSED = 255,
}

/// What a plane of a frame holds.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum otc_video_frame_plane {
    /// Brightness.
    OTC_VIDEO_FRAME_PLANE_Y = 0,
    /// Blue difference.
    OTC_VIDEO_FRAME_PLANE_U = 1,
    /// Red difference.
    OTC_VIDEO_FRAME_PLANE_V = 2,
    /// Whole pixels; of a compressed frame, all its bytes.
    OTC_VIDEO_FRAME_PLANE_PACKED = 3,
    /// U and V by turns.
    OTC_VIDEO_FRAME_PLANE_UV_INTERLEAVED = 4,
    /// V and U by turns.
    OTC_VIDEO_FRAME_PLANE_VU_INTERLEAVED = 5,
}

/// Tells where the planes of a frame in the program's memory are. May be called on any thread that uses the frame.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct otc_video_frame_planar_memory_callbacks {
    /// The first byte of a plane. Must not be NULL.
    pub get_plane: Option<unsafe extern "C" fn(user_data: *mut c_void, plane: FramePlane) -> *const u8>,
    /// Bytes from one row of a plane to the next. Must not be NULL.
    pub get_plane_stride: Option<unsafe extern "C" fn(user_data: *mut c_void, plane: FramePlane) -> c_int>,
    /// The frame and all its copies are gone. May be NULL.
    pub release: Option<unsafe extern "C" fn(user_data: *mut c_void)>,
    /// Handed to each callback.
    pub user_data: *mut c_void,
    /// Must be NULL.
    pub reserved: *mut c_void,
}

/// The frame and all its copies are gone: buffer may be freed.
pub type otc_video_frame_memory_release_callback =
    Option<unsafe extern "C" fn(buffer: *const u8, arg: *mut c_void)>;

/// Makes a frame from pixels whose planes follow each other without padding.
///
/// - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
/// - Ownership: the pixels are copied. The frame belongs to the caller until otc_video_frame_delete().
/// - NULL: a NULL buffer gives a frame of zeros.
/// - Returns: the frame; NULL for a format that is unknown or compressed, a width or height outside 1 to 16384.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_video_frame_new(
    format: FrameFormat,
    width: c_int,
    height: c_int,
    buffer: *const u8,
) -> *mut otc_video_frame {
    guard(std::ptr::null_mut(), || {
        let Some(format) = format_of_number(format) else { return std::ptr::null_mut() };
        let Some(size) = contiguous_size(format, width, height) else { return std::ptr::null_mut() };
        let bytes = match buffer.is_null() {
            true => vec![0; size],
            // SAFETY: the caller passes the pixels of a frame of that format and size.
            false => unsafe { std::slice::from_raw_parts(buffer, size) }.to_vec(),
        };
        give(otc_video_frame::new(format, width, height, Pixels::Owned(bytes)))
    })
}

/// Makes a frame of format OTC_VIDEO_FRAME_FORMAT_YUV420P from three planes.
///
/// - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
/// - Ownership: the pixels are copied. The frame belongs to the caller until otc_video_frame_delete().
/// - NULL: a NULL plane gives NULL.
/// - Returns: the frame; NULL for a NULL plane, a stride (bytes from row to row) less than a row, a width or height
///   outside 1 to 16384.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_video_frame_new_I420(
    width: c_int,
    height: c_int,
    y_plane: *const u8,
    y_stride: c_int,
    u_plane: *const u8,
    u_stride: c_int,
    v_plane: *const u8,
    v_stride: c_int,
) -> *mut otc_video_frame {
    guard(std::ptr::null_mut(), || {
        let planes = [(y_plane, y_stride), (u_plane, u_stride), (v_plane, v_stride)];
        // SAFETY: the caller passes the planes of a frame of that format and size.
        give(unsafe { copy_planes(Format::Yuv420p, width, height, &planes) })
    })
}

/// Makes a frame of a JPEG image, which is kept as it is.
///
/// - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
/// - Ownership: the bytes are copied. The frame belongs to the caller until otc_video_frame_delete().
/// - NULL: a NULL buffer gives NULL.
/// - Returns: the frame; NULL for a NULL buffer or a negative width or height.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_video_frame_new_MJPEG(
    width: c_int,
    height: c_int,
    buffer: *const u8,
    size: usize,
) -> *mut otc_video_frame {
    guard(std::ptr::null_mut(), || {
        if buffer.is_null() {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller passes that many bytes.
        let bytes = unsafe { std::slice::from_raw_parts(buffer, size) }.to_vec();
        give(otc_video_frame::new(Format::Mjpeg, width, height, Pixels::Owned(bytes)))
    })
}

/// Makes a frame of compressed data, which is kept as it is.
///
/// - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
/// - Ownership: the bytes are copied. The frame belongs to the caller until otc_video_frame_delete().
/// - NULL: a NULL buffer gives NULL.
/// - Returns: the frame; NULL for a NULL buffer or a negative width or height.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_video_frame_new_compressed(
    width: c_int,
    height: c_int,
    buffer: *const u8,
    size: usize,
) -> *mut otc_video_frame {
    guard(std::ptr::null_mut(), || {
        if buffer.is_null() {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller passes that many bytes.
        let bytes = unsafe { std::slice::from_raw_parts(buffer, size) }.to_vec();
        give(otc_video_frame::new(Format::Compressed, width, height, Pixels::Owned(bytes)))
    })
}

/// Makes a frame from its planes, in the order in which enum otc_video_frame_format names them.
///
/// - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
/// - Ownership: the pixels are copied. The frame belongs to the caller until otc_video_frame_delete().
/// - NULL: a NULL array or plane gives NULL.
/// - Returns: the frame; NULL for a format that is unknown or compressed, a width or height outside 1 to 16384, a
///   NULL plane, or a stride (bytes from row to row) less than a row.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_video_frame_new_from_planes(
    format: FrameFormat,
    width: c_int,
    height: c_int,
    planes: *mut *const u8,
    strides: *mut c_int,
) -> *mut otc_video_frame {
    guard(std::ptr::null_mut(), || {
        let Some(format) = format_of_number(format) else { return std::ptr::null_mut() };
        // SAFETY: the caller passes as many planes and strides as the format has.
        let Some(planes) = (unsafe { listed_planes(format, width, height, planes, strides) }) else {
            return std::ptr::null_mut();
        };
        // SAFETY: the caller passes the planes of a frame of that format and size.
        give(unsafe { copy_planes(format, width, height, &planes) })
    })
}

/// Makes a frame of format OTC_VIDEO_FRAME_FORMAT_YUV420P from the planes of a frame of any format.
///
/// - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
/// - Ownership: the pixels are converted, and not referred to afterwards. The frame belongs to the caller until
///   otc_video_frame_delete().
/// - NULL: a NULL array or plane gives NULL.
/// - Returns: the frame; NULL for a format that is unknown or compressed, a width or height outside 1 to 16384, a
///   NULL plane, or a stride (bytes from row to row) less than a row.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_video_frame_new_I420_from_planes_with_format(
    input_format: FrameFormat,
    width: c_int,
    height: c_int,
    planes: *mut *const u8,
    strides: *mut c_int,
) -> *mut otc_video_frame {
    guard(std::ptr::null_mut(), || {
        let Some(format) = format_of_number(input_format) else { return std::ptr::null_mut() };
        // SAFETY: the caller passes as many planes and strides as the format has.
        let Some(planes) = (unsafe { listed_planes(format, width, height, planes, strides) }) else {
            return std::ptr::null_mut();
        };
        let source = lent_planes(format, width, height, &planes);
        // SAFETY: the caller passes the planes of a frame of that format and size.
        give(source.and_then(|source| unsafe { source.convert(Format::Yuv420p) }))
    })
}

/// Makes a frame of pixels in the program's memory whose planes follow each other without padding.
///
/// - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
/// - Ownership: the pixels are not copied: they must stay until callback is called with buffer and arg, which happens
///   once the frame and the copies that share its pixels are gone. With is_shallow_copyable OTC_TRUE
///   otc_video_frame_copy() shares them. The frame belongs to the caller until otc_video_frame_delete().
/// - NULL: a NULL buffer gives NULL; a NULL callback is not called.
/// - Returns: the frame; NULL for an unknown format, a width or height outside 1 to 16384, or fewer bytes than such a
///   frame has; callback is not called then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_video_frame_new_contiguous_memory_wrapper(
    format: FrameFormat,
    width: c_int,
    height: c_int,
    is_shallow_copyable: otc_bool,
    buffer: *const u8,
    size: usize,
    callback: otc_video_frame_memory_release_callback,
    arg: *mut c_void,
) -> *mut otc_video_frame {
    guard(std::ptr::null_mut(), || {
        let Some(format) = format_of_number(format) else { return std::ptr::null_mut() };
        let (shareable, release) = (is_shallow_copyable != 0, callback);
        let pixels = Pixels::Contiguous { buffer, size, shareable, release, argument: arg };
        give(otc_video_frame::new(format, width, height, pixels))
    })
}

/// Makes a frame of planes in the program's memory, which callbacks tell.
///
/// - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
/// - Ownership: callbacks is copied; the pixels are not: they must stay until release is called, which happens once
///   the frame and the copies that share its pixels are gone. With is_shallow_copyable OTC_TRUE
///   otc_video_frame_copy() shares them. The frame belongs to the caller until otc_video_frame_delete().
/// - NULL: NULL callbacks give NULL.
/// - Returns: the frame; NULL for a format that is unknown or compressed, a width or height outside 1 to 16384, or
///   callbacks without get_plane or get_plane_stride; release is not called then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_video_frame_new_planar_memory_wrapper(
    format: FrameFormat,
    width: c_int,
    height: c_int,
    is_shallow_copyable: otc_bool,
    callbacks: *mut otc_video_frame_planar_memory_callbacks,
) -> *mut otc_video_frame {
    guard(std::ptr::null_mut(), || {
        let Some(format) = format_of_number(format) else { return std::ptr::null_mut() };
        if callbacks.is_null() {
            return std::ptr::null_mut();
        }
        // SAFETY: not NULL, so by contract it is a callbacks struct.
        let callbacks = unsafe { callbacks.read() };
        if callbacks.get_plane.is_none() || callbacks.get_plane_stride.is_none() {
            return std::ptr::null_mut();
        }
        let pixels = Pixels::Asked { callbacks, shareable: is_shallow_copyable != 0 };
        give(otc_video_frame::new(format, width, height, pixels))
    })
}

/// Makes a frame of format OTC_VIDEO_FRAME_FORMAT_YUV420P of planes in the program's memory.
///
/// - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
/// - Ownership: the pixels are not copied: they must stay until the frame is gone. Copies of the frame have pixels of
///   their own. The frame belongs to the caller until otc_video_frame_delete().
/// - NULL: a NULL plane gives NULL.
/// - Returns: the frame; NULL for a NULL plane, a stride (bytes from row to row) less than a row, a width or height
///   outside 1 to 16384.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_video_frame_new_I420_wrapper(
    width: c_int,
    height: c_int,
    y_plane: *const u8,
    y_stride: c_int,
    u_plane: *const u8,
    u_stride: c_int,
    v_plane: *const u8,
    v_stride: c_int,
) -> *mut otc_video_frame {
    guard(std::ptr::null_mut(), || {
        let planes = [(y_plane, y_stride), (u_plane, u_stride), (v_plane, v_stride)];
        give(lent_planes(Format::Yuv420p, width, height, &planes))
    })
}

/// Makes a frame of format OTC_VIDEO_FRAME_FORMAT_NV21 of planes in the program's memory.
///
/// - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
/// - Ownership: the pixels are not copied: they must stay until the frame is gone. Copies of the frame have pixels of
///   their own. The frame belongs to the caller until otc_video_frame_delete().
/// - NULL: a NULL plane gives NULL.
/// - Returns: the frame; NULL for a NULL plane, a stride (bytes from row to row) less than a row, a width or height
///   outside 1 to 16384.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_video_frame_new_NV21_wrapper(
    width: c_int,
    height: c_int,
    y_plane: *const u8,
    y_stride: c_int,
    uv_plane: *const u8,
    uv_stride: c_int,
) -> *mut otc_video_frame {
    guard(std::ptr::null_mut(), || {
        let planes = [(y_plane, y_stride), (uv_plane, uv_stride)];
        give(lent_planes(Format::Nv21, width, height, &planes))
    })
}

/// Makes a frame of format OTC_VIDEO_FRAME_FORMAT_NV12 of planes in the program's memory.
///
/// - When, threads: any; one frame is for one thread at a time, copies are independent. Does not block.
/// - Ownership: the pixels are not copied: they must stay until the frame is gone. Copies of the frame have pixels of
///   their own. The frame belongs to the caller until otc_video_frame_delete().
/// - NULL: a NULL plane gives NULL.
/// - Returns: the frame; NULL for a NULL plane, a stride (bytes from row to row) less than a row, a width or height
///   outside 1 to 16384.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_video_frame_new_NV12_wrapper(
    width: c_int,
    height: c_int,
    y_plane: *const u8,
    y_stride: c_int,
    uv_plane: *const u8,
    uv_stride: c_int,
) -> *mut otc_video_frame {
    guard(std::ptr::null_mut(), || {
        let planes = [(y_plane, y_stride), (uv_plane, uv_stride)];
        give(lent_planes(Format::Nv12, width, height, &planes))
    })
}
