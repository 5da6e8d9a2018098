//! Frames: NULL in each position.

use std::ffi::c_int;
use std::ptr::{null, null_mut};

use otc::ffi::media::video_frame::*;
use otc::ffi::media::video_frame_access::*;

use crate::null_table::{Table, check};

const YUV: c_int = otc_video_frame_format::OTC_VIDEO_FRAME_FORMAT_YUV420P as c_int;
const ARGB: c_int = otc_video_frame_format::OTC_VIDEO_FRAME_FORMAT_ARGB32 as c_int;
const JPEG: c_int = otc_video_frame_format::OTC_VIDEO_FRAME_FORMAT_MJPEG as c_int;
const UNKNOWN: otc_video_frame_format = otc_video_frame_format::OTC_VIDEO_FRAME_FORMAT_UNKNOWN;

/// What asks, makes and changes, given nothing.
pub(crate) fn frames(table: &mut Table) {
    nothing_to_ask(table);
    nothing_to_make(table);
    impossible_to_make(table);
    one_frame(table);
}

fn nothing_to_ask(table: &mut Table) {
    let mut size = 7_usize;
    check!(table, otc_video_frame_delete(null_mut()), 1);
    check!(table, otc_video_frame_get_native_handle(null()), null_mut());
    check!(table, otc_video_frame_get_buffer(null()), null());
    check!(table, otc_video_frame_get_buffer_size(null()), 0);
    check!(table, otc_video_frame_get_timestamp(null()), 0);
    check!(table, otc_video_frame_set_timestamp(null_mut(), 5), ());
    check!(table, otc_video_frame_get_width(null()), 0);
    check!(table, otc_video_frame_get_height(null()), 0);
    check!(table, otc_video_frame_get_number_of_planes(null()), 0);
    check!(table, otc_video_frame_get_format(null()), UNKNOWN);
    check!(table, otc_video_frame_set_format(null_mut(), YUV), ());
    check!(table, otc_video_frame_get_plane_binary_data(null(), 0), null());
    check!(table, otc_video_frame_get_plane_size(null(), 0), 0);
    check!(table, otc_video_frame_get_plane_stride(null(), 0), 0);
    check!(table, otc_video_frame_get_plane_width(null(), 0), 0);
    check!(table, otc_video_frame_get_plane_height(null(), 0), 0);
    check!(table, otc_video_frame_copy(null()), null_mut());
    check!(table, otc_video_frame_mutable_copy(null()), null_mut());
    check!(table, otc_video_frame_convert(YUV, null()), null_mut());
    check!(table, otc_video_frame_convert_inplace(YUV, null_mut(), null(), null()), 1);
    check!(table, otc_video_frame_is_packed(null()), 0);
    check!(table, otc_video_frame_is_contiguous(null()), 0);
    check!(table, otc_video_frame_set_metadata(null_mut(), null(), 0), 1);
    check!(table, otc_video_frame_get_metadata(null(), null_mut()), null());
    check!(table, otc_video_frame_get_metadata(null(), &raw mut size), null());
    assert_eq!(size, 0);
}

fn nothing_to_make(table: &mut Table) {
    let pixels = [0_u8; 64];
    let some = pixels.as_ptr();
    let (mut planes, mut strides) = ([null(), null(), null()], [8, 4, 4]);
    let (planes, strides) = (planes.as_mut_ptr(), strides.as_mut_ptr());
    let mut callbacks = otc_video_frame_planar_memory_callbacks {
        get_plane: None,
        get_plane_stride: None,
        release: None,
        user_data: null_mut(),
        reserved: null_mut(),
    };
    check!(table, otc_video_frame_new_I420(4, 4, null(), 4, some, 2, some, 2), null_mut());
    check!(table, otc_video_frame_new_I420(4, 4, some, 4, null(), 2, some, 2), null_mut());
    check!(table, otc_video_frame_new_I420(4, 4, some, 4, some, 2, null(), 2), null_mut());
    check!(table, otc_video_frame_new_MJPEG(4, 4, null(), 10), null_mut());
    check!(table, otc_video_frame_new_compressed(4, 4, null(), 10), null_mut());
    check!(table, otc_video_frame_new_from_planes(YUV, 4, 4, null_mut(), strides), null_mut());
    check!(table, otc_video_frame_new_from_planes(YUV, 4, 4, planes, null_mut()), null_mut());
    check!(table, otc_video_frame_new_from_planes(YUV, 4, 4, planes, strides), null_mut());
    check!(
        table,
        otc_video_frame_new_I420_from_planes_with_format(YUV, 4, 4, null_mut(), strides),
        null_mut()
    );
    check!(
        table,
        otc_video_frame_new_I420_from_planes_with_format(YUV, 4, 4, planes, null_mut()),
        null_mut()
    );
    check!(table, otc_video_frame_new_I420_from_planes_with_format(YUV, 4, 4, planes, strides), null_mut());
    check!(
        table,
        otc_video_frame_new_contiguous_memory_wrapper(YUV, 4, 4, 1, null(), 64, None, null_mut()),
        null_mut()
    );
    check!(table, otc_video_frame_new_planar_memory_wrapper(YUV, 4, 4, 1, null_mut()), null_mut());
    check!(table, otc_video_frame_new_planar_memory_wrapper(YUV, 4, 4, 1, &raw mut callbacks), null_mut());
    check!(table, otc_video_frame_new_I420_wrapper(4, 4, null(), 4, some, 2, some, 2), null_mut());
    check!(table, otc_video_frame_new_I420_wrapper(4, 4, some, 4, null(), 2, some, 2), null_mut());
    check!(table, otc_video_frame_new_I420_wrapper(4, 4, some, 4, some, 2, null(), 2), null_mut());
    check!(table, otc_video_frame_new_NV21_wrapper(4, 4, null(), 4, some, 4), null_mut());
    check!(table, otc_video_frame_new_NV21_wrapper(4, 4, some, 4, null(), 4), null_mut());
    check!(table, otc_video_frame_new_NV12_wrapper(4, 4, null(), 4, some, 4), null_mut());
    check!(table, otc_video_frame_new_NV12_wrapper(4, 4, some, 4, null(), 4), null_mut());
}

/// Sizes, strides and formats that no frame can have.
fn impossible_to_make(table: &mut Table) {
    let pixels = [0_u8; 64];
    let some = pixels.as_ptr();
    for (width, height) in [(0, 4), (4, 0), (-1, 4), (4, -1), (c_int::MAX, 4), (4, c_int::MIN)] {
        check!(table, otc_video_frame_new(ARGB, width, height, some), null_mut());
        check!(table, otc_video_frame_new_I420(width, height, some, 4, some, 2, some, 2), null_mut());
        check!(table, otc_video_frame_new_NV12_wrapper(width, height, some, 4, some, 4), null_mut());
    }
    for stride in [3, 0, -4, c_int::MIN] {
        check!(table, otc_video_frame_new_I420(4, 4, some, stride, some, 2, some, 2), null_mut());
        check!(table, otc_video_frame_new_NV21_wrapper(4, 4, some, 4, some, stride), null_mut());
    }
    for format in [0, JPEG, 12, 13, 255, -1, c_int::MAX] {
        check!(table, otc_video_frame_new(format, 4, 4, some), null_mut());
    }
    let short = otc_video_frame_new_contiguous_memory_wrapper;
    // SAFETY: fewer bytes than the frame has are refused before they are looked at.
    assert!(unsafe { short(YUV, 4, 4, 1, some, 23, None, null_mut()) }.is_null());
}

/// The other arguments, with a frame.
fn one_frame(table: &mut Table) {
    // SAFETY: a frame of zeros.
    let frame = unsafe { otc_video_frame_new(ARGB, 2, 2, null()) };
    assert!(!frame.is_null());
    let (mut planes, strides) = ([null_mut::<u8>()], [8_i32]);
    let (planes, strides) = (planes.as_mut_ptr(), strides.as_ptr());
    check!(table, otc_video_frame_convert(-1, frame), null_mut());
    check!(table, otc_video_frame_convert(JPEG, frame), null_mut());
    check!(table, otc_video_frame_convert_inplace(ARGB, null_mut(), strides, frame), 1011);
    check!(table, otc_video_frame_convert_inplace(ARGB, planes, null(), frame), 1011);
    check!(table, otc_video_frame_convert_inplace(ARGB, planes, strides, frame), 1011);
    check!(table, otc_video_frame_convert_inplace(JPEG, planes, strides, frame), 3);
    check!(table, otc_video_frame_set_metadata(frame, null(), 1), 1011);
    check!(table, otc_video_frame_set_metadata(frame, [0; 33].as_ptr(), 33), 1011);
    check!(table, otc_video_frame_set_metadata(frame, null(), 0), 0);
    check!(table, otc_video_frame_get_metadata(frame, null_mut()), null());
    check!(table, otc_video_frame_get_plane_binary_data(frame, -1), null());
    check!(table, otc_video_frame_get_plane_binary_data(frame, 0), null());
    check!(table, otc_video_frame_delete(frame), 0);
}
