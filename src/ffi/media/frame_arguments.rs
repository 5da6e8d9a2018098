//! Numbers and arrays of C about frames, and what they stand for.

use std::ffi::c_int;

use super::frame::{Pixels, extent, is_compressed, otc_video_frame};
use super::video_frame::{otc_video_frame_format as number, otc_video_frame_plane as plane_number};
use super::{FrameFormat, FramePlane};
use crate::video::{Format, PlaneKind, PlaneLayout};

/// Every format with its number.
const FORMATS: [(number, Format); 12] = [
    (number::OTC_VIDEO_FRAME_FORMAT_YUV420P, Format::Yuv420p),
    (number::OTC_VIDEO_FRAME_FORMAT_NV12, Format::Nv12),
    (number::OTC_VIDEO_FRAME_FORMAT_NV21, Format::Nv21),
    (number::OTC_VIDEO_FRAME_FORMAT_YUY2, Format::Yuy2),
    (number::OTC_VIDEO_FRAME_FORMAT_UYVY, Format::Uyvy),
    (number::OTC_VIDEO_FRAME_FORMAT_ARGB32, Format::Argb32),
    (number::OTC_VIDEO_FRAME_FORMAT_BGRA32, Format::Bgra32),
    (number::OTC_VIDEO_FRAME_FORMAT_RGB24, Format::Rgb24),
    (number::OTC_VIDEO_FRAME_FORMAT_ABGR32, Format::Abgr32),
    (number::OTC_VIDEO_FRAME_FORMAT_RGBA32, Format::Rgba32),
    (number::OTC_VIDEO_FRAME_FORMAT_MJPEG, Format::Mjpeg),
    (number::OTC_VIDEO_FRAME_FORMAT_COMPRESSED, Format::Compressed),
];

pub(super) fn format_of_number(format: FrameFormat) -> Option<Format> {
    FORMATS.iter().find(|(number, _)| *number as c_int == format).map(|(_, format)| *format)
}

pub(super) fn name_of_format(format: Format) -> number {
    let known = FORMATS.iter().find(|(_, known)| *known == format);
    known.map_or(number::OTC_VIDEO_FRAME_FORMAT_UNKNOWN, |(number, _)| *number)
}

const PLANES: [(plane_number, PlaneKind); 6] = [
    (plane_number::OTC_VIDEO_FRAME_PLANE_Y, PlaneKind::Y),
    (plane_number::OTC_VIDEO_FRAME_PLANE_U, PlaneKind::U),
    (plane_number::OTC_VIDEO_FRAME_PLANE_V, PlaneKind::V),
    (plane_number::OTC_VIDEO_FRAME_PLANE_PACKED, PlaneKind::Packed),
    (plane_number::OTC_VIDEO_FRAME_PLANE_UV_INTERLEAVED, PlaneKind::UvInterleaved),
    (plane_number::OTC_VIDEO_FRAME_PLANE_VU_INTERLEAVED, PlaneKind::VuInterleaved),
];

/// The number by which the program is asked for a plane.
pub(super) fn number_of_plane(kind: PlaneKind) -> FramePlane {
    PLANES.iter().find(|(_, known)| *known == kind).map_or(-1, |(number, _)| *number as c_int)
}

fn kind_of_number(plane: FramePlane) -> Option<PlaneKind> {
    PLANES.iter().find(|(number, _)| *number as c_int == plane).map(|(_, kind)| *kind)
}

/// What can be told about a plane.
pub(super) struct Found {
    pub(super) start: *const u8,
    pub(super) size: usize,
    pub(super) stride: usize,
    pub(super) width: usize,
    pub(super) height: usize,
}

/// Looks up a plane by its number.
pub(super) fn look_up(frame: &otc_video_frame, plane: FramePlane) -> Option<Found> {
    let kind = kind_of_number(plane)?;
    let (width, height) = (frame.width, frame.height);
    if kind == PlaneKind::Packed && is_compressed(frame.format()) {
        let (start, size) = frame.contiguous()?;
        return Some(Found { start, size, stride: 0, width, height });
    }
    let (start, stride, layout) = frame.plane(kind)?;
    Some(Found { start, size: layout.size(stride), stride, width: layout.width, height: layout.height })
}

/// A new frame as C gets it: NULL for none.
pub(super) fn give(frame: Option<otc_video_frame>) -> *mut otc_video_frame {
    frame.map_or(std::ptr::null_mut(), |frame| Box::into_raw(Box::new(frame)))
}

/// The planes of a frame of this format and size.
fn layout(format: Format, width: c_int, height: c_int) -> Option<Vec<PlaneLayout>> {
    format.planes(usize::try_from(width).ok()?, usize::try_from(height).ok()?)
}

/// Bytes of a frame without padding.
pub(super) fn contiguous_size(format: Format, width: c_int, height: c_int) -> Option<usize> {
    format.contiguous_size(usize::try_from(width).ok()?, usize::try_from(height).ok()?)
}

/// A frame that refers to planes of the program, if none is missing and each stride has room for a row.
pub(super) fn lent_planes(
    format: Format,
    width: c_int,
    height: c_int,
    planes: &[(*const u8, c_int)],
) -> Option<otc_video_frame> {
    let layout = layout(format, width, height)?;
    let planes = checked(&layout, planes.iter().copied())?;
    otc_video_frame::new(format, width, height, Pixels::Planes(planes))
}

/// A frame with a copy of planes of the program.
///
/// # Safety
/// The planes are those of a frame of that format and size.
pub(super) unsafe fn copy_planes(
    format: Format,
    width: c_int,
    height: c_int,
    planes: &[(*const u8, c_int)],
) -> Option<otc_video_frame> {
    // SAFETY: promised by the caller.
    lent_planes(format, width, height, planes).and_then(|lent| unsafe { lent.deep_copy() })
}

/// The planes and strides in two arrays of the program. `None` if an array is missing or the format has no planes.
///
/// # Safety
/// The arrays are NULL or have as many entries as the format has planes.
pub(super) unsafe fn listed_planes(
    format: Format,
    width: c_int,
    height: c_int,
    planes: *const *const u8,
    strides: *const c_int,
) -> Option<Vec<(*const u8, c_int)>> {
    let count = layout(format, width, height)?.len();
    if planes.is_null() || strides.is_null() {
        return None;
    }
    // SAFETY: not NULL, and as long as the caller promises.
    Some((0..count).map(|index| unsafe { (*planes.add(index), *strides.add(index)) }).collect())
}

/// Planes of the program to write to. `None` if one is missing or a stride has no room for a row.
///
/// # Safety
/// The planes have room for their rows, nothing else refers to them for `'a`, and none overlaps another.
pub(super) unsafe fn writable<'a>(
    format: Format,
    width: c_int,
    height: c_int,
    planes: &[(*const u8, c_int)],
) -> Option<Vec<(&'a mut [u8], usize)>> {
    let layout = layout(format, width, height)?;
    let checked = checked(&layout, planes.iter().copied())?;
    let slices = layout.iter().zip(checked).map(|(layout, (start, stride))| {
        // SAFETY: promised by the caller; the last row may end without padding.
        (unsafe { std::slice::from_raw_parts_mut(start.cast_mut(), extent(layout, stride)) }, stride)
    });
    Some(slices.collect())
}

fn checked(
    layout: &[PlaneLayout],
    planes: impl ExactSizeIterator<Item = (*const u8, c_int)>,
) -> Option<Vec<(*const u8, usize)>> {
    if planes.len() != layout.len() {
        return None;
    }
    let checked = layout.iter().zip(planes).map(|(layout, (start, stride))| {
        let stride = usize::try_from(stride).ok()?;
        (!start.is_null() && stride >= layout.row_bytes).then_some((start, stride))
    });
    checked.collect()
}
