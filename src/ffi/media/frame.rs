//! What an `otc_video_frame` is: a description, and pixels that copies may share.

use std::ffi::{c_int, c_void};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use parking_lot::Mutex;

use super::video_frame::{otc_video_frame_memory_release_callback, otc_video_frame_planar_memory_callbacks};
use crate::video::{Format, PlaneKind, PlaneLayout, convert};

/// Most bytes of metadata: OTC_VIDEO_FRAME_METADATA_MAX_SIZE of the header.
pub(super) const METADATA_MAX: usize = 32;

/// A picture, as C sees it.
#[repr(C)]
pub struct otc_video_frame {
    check: AtomicU32,
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) notes: Mutex<Notes>,
    pixels: Arc<Pixels>,
}

/// What may be changed of a frame.
#[derive(Clone)]
pub(super) struct Notes {
    pub(super) format: Format,
    pub(super) timestamp: i64,
    /// Boxed, because programs get pointers into it.
    pub(super) metadata: Option<Box<[u8; METADATA_MAX]>>,
    pub(super) metadata_size: usize,
}

/// Where the pixels are.
pub(super) enum Pixels {
    /// In memory of the library, planes one after the other without padding.
    Owned(Vec<u8>),
    /// In memory of the program, planes one after the other without padding.
    Contiguous {
        buffer: *const u8,
        size: usize,
        shareable: bool,
        release: otc_video_frame_memory_release_callback,
        argument: *mut c_void,
    },
    /// In memory of the program, each plane somewhere with its stride in bytes.
    Planes(Vec<(*const u8, usize)>),
    /// In memory of the program, which is asked where.
    Asked { callbacks: otc_video_frame_planar_memory_callbacks, shareable: bool },
}

// SAFETY: the pixels are only read, and the interface says that the program keeps them and may be asked on any thread.
unsafe impl Send for Pixels {}
// SAFETY: as above.
unsafe impl Sync for Pixels {}

impl Drop for Pixels {
    fn drop(&mut self) {
        match self {
            Self::Contiguous { buffer, release: Some(release), argument, .. } => {
                // SAFETY: the program's own function, called once, as its type says.
                unsafe { release(*buffer, *argument) }
            }
            Self::Asked { callbacks, .. } => {
                if let Some(release) = callbacks.release {
                    // SAFETY: the program's own function, called once, as its type says.
                    unsafe { release(callbacks.user_data) }
                }
            }
            Self::Contiguous { .. } | Self::Owned(_) | Self::Planes(_) => {}
        }
    }
}

impl Pixels {
    /// Forgets pixels that were not accepted, without releasing them: they stay the program's.
    fn disown(mut self) {
        match &mut self {
            Self::Contiguous { release, .. } => *release = None,
            Self::Asked { callbacks, .. } => callbacks.release = None,
            Self::Owned(_) | Self::Planes(_) => {}
        }
    }
}

/// Marks a frame that is there.
const ALIVE: u32 = 0x6672_616D;

impl Drop for otc_video_frame {
    fn drop(&mut self) {
        self.check.store(0, Ordering::Release);
    }
}

impl otc_video_frame {
    /// A frame of these pixels; `None` if they cannot be a picture of that format and size.
    pub(super) fn new(format: Format, width: c_int, height: c_int, pixels: Pixels) -> Option<Self> {
        let (width, height) = (usize::try_from(width).ok()?, usize::try_from(height).ok()?);
        let enough = match (&pixels, format.contiguous_size(width, height)) {
            (Pixels::Owned(bytes), Some(needed)) => bytes.len() >= needed,
            (Pixels::Contiguous { size, buffer, .. }, Some(needed)) => *size >= needed && !buffer.is_null(),
            (Pixels::Planes(_) | Pixels::Asked { .. }, Some(_)) => true,
            // Compressed: the bytes are what they are.
            (Pixels::Owned(_), None) => is_compressed(format),
            (Pixels::Contiguous { buffer, .. }, None) => is_compressed(format) && !buffer.is_null(),
            (Pixels::Planes(_) | Pixels::Asked { .. }, None) => false,
        };
        let notes = Notes { format, timestamp: 0, metadata: None, metadata_size: 0 };
        let (check, notes) = (AtomicU32::new(ALIVE), Mutex::new(notes));
        if !enough {
            pixels.disown();
            return None;
        }
        Some(Self { check, width, height, notes, pixels: Arc::new(pixels) })
    }

    /// The format it has now.
    pub(super) fn format(&self) -> Format {
        self.notes.lock().format
    }

    /// Its planes in memory order; none for compressed frames.
    pub(super) fn layout(&self) -> Vec<PlaneLayout> {
        self.format().planes(self.width, self.height).unwrap_or_default()
    }

    /// The bytes of a frame whose planes follow each other.
    pub(super) fn contiguous(&self) -> Option<(*const u8, usize)> {
        match &*self.pixels {
            Pixels::Owned(bytes) => Some((bytes.as_ptr(), bytes.len())),
            Pixels::Contiguous { buffer, size, .. } => Some((*buffer, *size)),
            Pixels::Planes(_) | Pixels::Asked { .. } => None,
        }
    }

    /// Where a plane is, and its stride in bytes. `None` if it is not there.
    pub(super) fn plane(&self, kind: PlaneKind) -> Option<(*const u8, usize, PlaneLayout)> {
        let layout = self.layout();
        let index = layout.iter().position(|plane| plane.kind == kind)?;
        let (start, stride) = match &*self.pixels {
            Pixels::Planes(planes) => planes.get(index).copied()?,
            Pixels::Asked { callbacks, .. } => ask(callbacks, kind)?,
            Pixels::Owned(_) | Pixels::Contiguous { .. } => {
                let before = layout[..index].iter().map(|plane| plane.size(plane.row_bytes)).sum::<usize>();
                (self.contiguous()?.0.wrapping_add(before), layout[index].row_bytes)
            }
        };
        let usable = !start.is_null() && stride >= layout[index].row_bytes;
        usable.then_some((start, stride, layout[index]))
    }

    /// The bytes of all planes with their strides.
    ///
    /// # Safety
    /// The program keeps its promises about the memory it lent.
    unsafe fn planes(&self) -> Option<Vec<(&[u8], usize)>> {
        let planes = self.layout().into_iter().map(|layout| {
            let (start, stride, layout) = self.plane(layout.kind)?;
            // SAFETY: promised by the caller; the last row may end without padding.
            Some((unsafe { std::slice::from_raw_parts(start, extent(&layout, stride)) }, stride))
        });
        planes.collect::<Option<Vec<_>>>().filter(|planes| !planes.is_empty())
    }

    /// A copy that shares the pixels where that is allowed.
    ///
    /// # Safety
    /// As for [`Self::planes`].
    pub(super) unsafe fn copy(&self) -> Option<Self> {
        let shareable = match &*self.pixels {
            Pixels::Owned(_) => true,
            Pixels::Contiguous { shareable, .. } | Pixels::Asked { shareable, .. } => *shareable,
            Pixels::Planes(_) => false,
        };
        if !shareable {
            // SAFETY: promised by the caller.
            return unsafe { self.deep_copy() };
        }
        let (check, notes) = (AtomicU32::new(ALIVE), Mutex::new(self.notes.lock().clone()));
        Some(Self { check, width: self.width, height: self.height, notes, pixels: self.pixels.clone() })
    }

    /// A copy with pixels of its own, planes one after the other.
    ///
    /// # Safety
    /// As for [`Self::planes`].
    pub(super) unsafe fn deep_copy(&self) -> Option<Self> {
        let notes = self.notes.lock().clone();
        let bytes = match (self.contiguous(), is_compressed(notes.format)) {
            // SAFETY: promised by the caller.
            (Some((start, size)), true) => unsafe { std::slice::from_raw_parts(start, size) }.to_vec(),
            // SAFETY: promised by the caller.
            _ => unsafe { self.converted(notes.format) }?,
        };
        let (check, notes) = (AtomicU32::new(ALIVE), Mutex::new(notes));
        let pixels = Arc::new(Pixels::Owned(bytes));
        Some(Self { check, width: self.width, height: self.height, notes, pixels })
    }

    /// A new frame of another format, with the same notes.
    ///
    /// # Safety
    /// As for [`Self::planes`].
    pub(super) unsafe fn convert(&self, to: Format) -> Option<Self> {
        // SAFETY: promised by the caller.
        let bytes = unsafe { self.converted(to) }?;
        let notes = Mutex::new(Notes { format: to, ..self.notes.lock().clone() });
        let (check, pixels) = (AtomicU32::new(ALIVE), Arc::new(Pixels::Owned(bytes)));
        Some(Self { check, width: self.width, height: self.height, notes, pixels })
    }

    /// The pixels in a format, planes one after the other.
    unsafe fn converted(&self, to: Format) -> Option<Vec<u8>> {
        let layout = to.planes(self.width, self.height)?;
        let mut bytes = vec![0; to.contiguous_size(self.width, self.height)?];
        // SAFETY: promised by the caller.
        unsafe { self.convert_into(to, &mut split(&mut bytes, &layout)) }.then_some(bytes)
    }

    /// Writes the pixels in a format to planes; whether that was possible.
    ///
    /// # Safety
    /// As for [`Self::planes`].
    pub(super) unsafe fn convert_into(&self, to: Format, target: &mut [(&mut [u8], usize)]) -> bool {
        // SAFETY: promised by the caller.
        let Some(planes) = (unsafe { self.planes() }) else { return false };
        convert(self.format(), &planes, to, target, self.width, self.height).is_ok()
    }
}

/// A frame of the program, unless it is recognised as none.
///
/// # Safety
/// The pointer is NULL, or a frame that is valid for `'a`. Anything else is recognised only by luck.
pub(super) unsafe fn find<'a>(pointer: *const otc_video_frame) -> Option<&'a otc_video_frame> {
    let plausible = pointer.addr() >= 4096 && pointer.is_aligned();
    // SAFETY: promised by the caller, and checked as far as that is possible.
    plausible.then(|| unsafe { &*pointer }).filter(|frame| frame.check.load(Ordering::Acquire) == ALIVE)
}

/// Ends a frame; whether it was one.
///
/// # Safety
/// As for [`find`]; the frame is not used again.
pub(super) unsafe fn delete(pointer: *mut otc_video_frame) -> bool {
    // SAFETY: promised by the caller.
    let Some(found) = (unsafe { find(pointer) }) else { return false };
    let ours = found.check.compare_exchange(ALIVE, 0, Ordering::AcqRel, Ordering::Relaxed).is_ok();
    if ours {
        // SAFETY: every frame comes from Box::into_raw, and this one was not deleted before.
        drop(unsafe { Box::from_raw(pointer) });
    }
    ours
}

/// Bytes from the first of a plane to its last pixel.
pub(super) fn extent(layout: &PlaneLayout, stride: usize) -> usize {
    stride * (layout.height - 1) + layout.row_bytes
}

/// Whether the size of a frame does not follow from its dimensions.
pub(super) fn is_compressed(format: Format) -> bool {
    matches!(format, Format::Mjpeg | Format::Compressed)
}

/// Cuts memory into planes without padding.
fn split<'a>(mut bytes: &'a mut [u8], layout: &[PlaneLayout]) -> Vec<(&'a mut [u8], usize)> {
    let mut planes = Vec::with_capacity(layout.len());
    for plane in layout {
        let (this, rest) = bytes.split_at_mut(plane.size(plane.row_bytes));
        planes.push((this, plane.row_bytes));
        bytes = rest;
    }
    planes
}

/// Asks the program where a plane is.
fn ask(callbacks: &otc_video_frame_planar_memory_callbacks, kind: PlaneKind) -> Option<(*const u8, usize)> {
    let (plane, stride) = (callbacks.get_plane?, callbacks.get_plane_stride?);
    let number = super::frame_arguments::number_of_plane(kind);
    // SAFETY: the program's own functions, called as their types say.
    let (start, stride) =
        unsafe { (plane(callbacks.user_data, number), stride(callbacks.user_data, number)) };
    Some((start, usize::try_from(stride).ok()?))
}
