//! Frames through the C functions: planes, copies, memory of the program, conversion.

use std::ffi::{c_int, c_void};
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicUsize, Ordering};

use otc::ffi::media::otc_video_frame;
use otc::ffi::media::video_frame::otc_video_frame_format::*;
use otc::ffi::media::video_frame::otc_video_frame_plane::*;
use otc::ffi::media::video_frame::*;
use otc::ffi::media::video_frame_access::*;

const YUV: c_int = OTC_VIDEO_FRAME_FORMAT_YUV420P as c_int;
const NV12: c_int = OTC_VIDEO_FRAME_FORMAT_NV12 as c_int;
const NV21: c_int = OTC_VIDEO_FRAME_FORMAT_NV21 as c_int;
const ARGB: c_int = OTC_VIDEO_FRAME_FORMAT_ARGB32 as c_int;
const Y: c_int = OTC_VIDEO_FRAME_PLANE_Y as c_int;
const U: c_int = OTC_VIDEO_FRAME_PLANE_U as c_int;
const V: c_int = OTC_VIDEO_FRAME_PLANE_V as c_int;
const PACKED: c_int = OTC_VIDEO_FRAME_PLANE_PACKED as c_int;
const UV: c_int = OTC_VIDEO_FRAME_PLANE_UV_INTERLEAVED as c_int;
const VU: c_int = OTC_VIDEO_FRAME_PLANE_VU_INTERLEAVED as c_int;

/// A frame that ends with the test.
struct Frame(*mut otc_video_frame);

impl Frame {
    fn new(frame: *mut otc_video_frame) -> Self {
        assert!(!frame.is_null());
        Self(frame)
    }

    /// The bytes of a plane, padding included.
    fn plane(&self, plane: c_int) -> Vec<u8> {
        // SAFETY: a valid frame, whose plane is as large as it says.
        unsafe {
            let start = otc_video_frame_get_plane_binary_data(self.0, plane);
            assert!(!start.is_null());
            std::slice::from_raw_parts(start, otc_video_frame_get_plane_size(self.0, plane)).to_vec()
        }
    }

    /// Stride, width and height of a plane.
    fn shape(&self, plane: c_int) -> [c_int; 3] {
        // SAFETY: a valid frame.
        unsafe {
            [
                otc_video_frame_get_plane_stride(self.0, plane),
                otc_video_frame_get_plane_width(self.0, plane),
                otc_video_frame_get_plane_height(self.0, plane),
            ]
        }
    }

    fn convert(&self, format: c_int) -> Self {
        // SAFETY: a valid frame.
        Self::new(unsafe { otc_video_frame_convert(format, self.0) })
    }

    fn copy(&self) -> Self {
        // SAFETY: a valid frame.
        Self::new(unsafe { otc_video_frame_copy(self.0) })
    }

    fn start(&self) -> *const u8 {
        // SAFETY: a valid frame.
        unsafe { otc_video_frame_get_buffer(self.0) }
    }
}

impl Drop for Frame {
    fn drop(&mut self) {
        // SAFETY: a valid frame that is not used again.
        assert_eq!(unsafe { otc_video_frame_delete(self.0) }, 0);
    }
}

/// 3 by 3 pixels: odd sizes have chroma planes that are rounded up.
fn odd_yuv() -> Vec<u8> {
    (1..=17).collect()
}

#[test]
fn planes_of_a_frame_are_where_the_format_says() {
    // SAFETY: as many bytes as the frame has.
    let frame = Frame::new(unsafe { otc_video_frame_new(YUV, 3, 3, odd_yuv().as_ptr()) });
    assert_eq!(frame.plane(Y), (1..=9).collect::<Vec<_>>());
    assert_eq!(frame.plane(U), [10, 11, 12, 13]);
    assert_eq!(frame.plane(V), [14, 15, 16, 17]);
    assert_eq!((frame.shape(Y), frame.shape(U), frame.shape(V)), ([3, 3, 3], [2, 2, 2], [2, 2, 2]));
    // SAFETY: a valid frame.
    unsafe {
        assert_eq!(otc_video_frame_get_number_of_planes(frame.0), 3);
        assert_eq!(otc_video_frame_get_buffer_size(frame.0), 17);
        assert_eq!((otc_video_frame_get_width(frame.0), otc_video_frame_get_height(frame.0)), (3, 3));
        assert_eq!((otc_video_frame_is_contiguous(frame.0), otc_video_frame_is_packed(frame.0)), (1, 0));
        assert!(otc_video_frame_get_plane_binary_data(frame.0, PACKED).is_null());
    }
}

#[test]
fn padding_of_the_program_is_left_out_of_copies() {
    let y = [1, 2, 99, 3, 4];
    let (u, v) = ([5], [6]);
    // SAFETY: planes of a frame of 2 by 2, whose last row of Y has no padding.
    let frame = unsafe { otc_video_frame_new_I420(2, 2, y.as_ptr(), 3, u.as_ptr(), 1, v.as_ptr(), 1) };
    let frame = Frame::new(frame);
    assert_eq!((frame.plane(Y), frame.plane(U), frame.plane(V)), (vec![1, 2, 3, 4], vec![5], vec![6]));
}

#[test]
fn chroma_is_interleaved_and_taken_apart_again() {
    // SAFETY: as many bytes as the frame has.
    let frame = Frame::new(unsafe { otc_video_frame_new(YUV, 3, 3, odd_yuv().as_ptr()) });
    let (nv12, nv21) = (frame.convert(NV12), frame.convert(NV21));
    assert_eq!(nv12.plane(UV), [10, 14, 11, 15, 12, 16, 13, 17]);
    assert_eq!(nv21.plane(VU), [14, 10, 15, 11, 16, 12, 17, 13]);
    assert_eq!(nv12.convert(YUV).plane(V), [14, 15, 16, 17]);
    assert_eq!(nv21.convert(YUV).plane(U), [10, 11, 12, 13]);
}

#[test]
fn white_and_black_survive_conversion() {
    // Limited range: 235 is white, 16 is black.
    let yuv = [235, 16, 235, 16, 128, 128];
    // SAFETY: as many bytes as the frame has.
    let frame = Frame::new(unsafe { otc_video_frame_new(YUV, 2, 2, yuv.as_ptr()) });
    let argb = frame.convert(ARGB);
    assert_eq!(argb.plane(PACKED), [255, 255, 255, 255, 0, 0, 0, 255].repeat(2));
    assert_eq!(argb.shape(PACKED), [8, 2, 2]);
    assert_eq!(argb.convert(YUV).plane(Y), &yuv[..4]);
}

#[test]
fn conversion_writes_to_memory_of_the_program() {
    // SAFETY: as many bytes as the frame has.
    let frame = Frame::new(unsafe { otc_video_frame_new(YUV, 2, 2, [1, 2, 3, 4, 5, 6].as_ptr()) });
    let (mut y, mut uv) = ([77_u8; 6], [77_u8; 2]);
    let (mut planes, strides) = ([y.as_mut_ptr(), uv.as_mut_ptr()], [3, 2]);
    // SAFETY: planes with room for their rows.
    let status =
        unsafe { otc_video_frame_convert_inplace(NV12, planes.as_mut_ptr(), strides.as_ptr(), frame.0) };
    assert_eq!(status, 0);
    assert_eq!((y, uv), ([1, 2, 77, 3, 4, 77], [5, 6]), "padding is left alone");
}

static RELEASED: AtomicUsize = AtomicUsize::new(0);

extern "C" fn release(buffer: *const u8, argument: *mut c_void) {
    assert_eq!(buffer.addr(), argument.addr());
    RELEASED.fetch_add(1, Ordering::Relaxed);
}

#[test]
fn memory_of_the_program_is_released_once_after_the_last_copy() {
    let pixels = [9_u8; 16];
    let argument = pixels.as_ptr().cast_mut().cast::<c_void>();
    let wrap = |shareable| {
        let (at, size, release) = (pixels.as_ptr(), pixels.len(), Some(release as _));
        // SAFETY: memory that outlives the frame.
        Frame::new(unsafe {
            otc_video_frame_new_contiguous_memory_wrapper(ARGB, 2, 2, shareable, at, size, release, argument)
        })
    };
    let shared = wrap(1);
    let copy = shared.copy();
    assert_eq!((shared.start(), copy.start()), (pixels.as_ptr(), pixels.as_ptr()));
    drop(shared);
    assert_eq!(RELEASED.load(Ordering::Relaxed), 0);
    drop(copy);
    assert_eq!(RELEASED.load(Ordering::Relaxed), 1);

    let single = wrap(0);
    let copy = single.copy();
    assert_ne!(copy.start(), pixels.as_ptr());
    drop(single);
    assert_eq!(RELEASED.load(Ordering::Relaxed), 2);
    assert_eq!(copy.plane(PACKED), pixels);
}

struct Asked {
    y: [u8; 4],
    uv: [u8; 2],
    released: usize,
}

extern "C" fn get_plane(user_data: *mut c_void, plane: c_int) -> *const u8 {
    // SAFETY: the test gives a struct that outlives the frame.
    let asked = unsafe { &*user_data.cast::<Asked>() };
    match plane {
        Y => asked.y.as_ptr(),
        UV => asked.uv.as_ptr(),
        _ => null(),
    }
}

extern "C" fn get_stride(_: *mut c_void, _: c_int) -> c_int {
    2
}

extern "C" fn release_asked(user_data: *mut c_void) {
    // SAFETY: the test gives a struct that outlives the frame.
    unsafe { (*user_data.cast::<Asked>()).released += 1 };
}

#[test]
fn program_is_asked_where_its_planes_are() {
    let mut asked = Asked { y: [1, 2, 3, 4], uv: [5, 6], released: 0 };
    let user_data = (&raw mut asked).cast();
    let (get_plane, get_plane_stride) = (Some(get_plane as _), Some(get_stride as _));
    let release = Some(release_asked as _);
    let mut callbacks = otc_video_frame_planar_memory_callbacks {
        get_plane,
        get_plane_stride,
        release,
        user_data,
        reserved: null_mut(),
    };
    // SAFETY: callbacks whose data outlives the frame.
    let frame = unsafe { otc_video_frame_new_planar_memory_wrapper(NV12, 2, 2, 1, &raw mut callbacks) };
    let frame = Frame::new(frame);
    assert_eq!((frame.plane(Y), frame.plane(UV)), (vec![1, 2, 3, 4], vec![5, 6]));
    assert!(frame.start().is_null());
    let (copy, converted) = (frame.copy(), frame.convert(YUV));
    drop(frame);
    assert_eq!(copy.plane(UV), [5, 6]);
    drop(copy);
    assert_eq!(converted.plane(V), [6]);
    assert_eq!(asked.released, 1);
}

#[test]
fn notes_travel_with_copies_and_conversions() {
    // SAFETY: a frame of zeros, then valid arguments.
    unsafe {
        let frame = Frame::new(otc_video_frame_new(YUV, 2, 2, null()));
        otc_video_frame_set_timestamp(frame.0, 1234);
        assert_eq!(otc_video_frame_set_metadata(frame.0, b"abc".as_ptr(), 3), 0);
        for other in [frame.copy(), frame.convert(ARGB), Frame::new(otc_video_frame_mutable_copy(frame.0))] {
            let mut size = 0;
            let data = otc_video_frame_get_metadata(other.0, &raw mut size);
            assert_eq!(std::slice::from_raw_parts(data, size), b"abc");
            assert_eq!(otc_video_frame_get_timestamp(other.0), 1234);
        }
    }
}

#[test]
fn compressed_frames_are_kept_as_they_are() {
    let bytes = [0xFF, 0xD8, 1, 2, 3];
    // SAFETY: valid arguments.
    unsafe {
        let frame = Frame::new(otc_video_frame_new_MJPEG(640, 480, bytes.as_ptr(), bytes.len()));
        assert_eq!(otc_video_frame_get_format(frame.0), OTC_VIDEO_FRAME_FORMAT_MJPEG);
        assert_eq!(frame.plane(PACKED), bytes);
        assert_eq!(Frame::new(otc_video_frame_mutable_copy(frame.0)).plane(PACKED), bytes);
        assert!(otc_video_frame_convert(YUV, frame.0).is_null());
        assert_eq!(otc_video_frame_get_number_of_planes(frame.0), 1);
    }
}

#[test]
fn format_is_renamed_only_where_the_planes_stay_the_same() {
    // SAFETY: a frame of zeros.
    unsafe {
        let frame = Frame::new(otc_video_frame_new(ARGB, 2, 2, null()));
        otc_video_frame_set_format(frame.0, OTC_VIDEO_FRAME_FORMAT_ABGR32 as c_int);
        assert_eq!(otc_video_frame_get_format(frame.0), OTC_VIDEO_FRAME_FORMAT_ABGR32);
        otc_video_frame_set_format(frame.0, YUV);
        assert_eq!(otc_video_frame_get_format(frame.0), OTC_VIDEO_FRAME_FORMAT_ABGR32);
    }
}
