//! Pixel formats and how their bytes lie in memory.

/// A pixel format. The 32-bit formats are named after the word a little-endian machine loads: the bytes of
/// [`Format::Argb32`] lie as B, G, R, A, which is what programs that hand such a frame to SDL or a window system rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Three planes; chroma halved in both directions. Also called I420.
    Yuv420p,
    /// A plane of Y and one of interleaved U, V; chroma halved in both directions.
    Nv12,
    /// As [`Format::Nv12`] with V before U.
    Nv21,
    /// Packed Y0 U Y1 V; chroma halved in x only.
    Yuy2,
    /// Packed U Y0 V Y1; chroma halved in x only.
    Uyvy,
    /// Packed, bytes B G R A.
    Argb32,
    /// Packed, bytes A R G B.
    Bgra32,
    /// Packed, bytes B G R.
    Rgb24,
    /// Packed, bytes R G B A.
    Abgr32,
    /// Packed, bytes A B G R.
    Rgba32,
    /// A JPEG image; its size does not follow from the dimensions.
    Mjpeg,
    /// Any other compressed data.
    Compressed,
}

/// What a plane holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PlaneKind {
    /// Luminance.
    Y,
    /// Blue difference.
    U,
    /// Red difference.
    V,
    /// Whole pixels.
    Packed,
    /// U and V by turns.
    UvInterleaved,
    /// V and U by turns.
    VuInterleaved,
}

/// One plane of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlaneLayout {
    /// What it holds.
    pub kind: PlaneKind,
    /// Samples in a row; for packed and interleaved planes, pixels or pairs.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Bytes of a row without padding: the least stride.
    pub row_bytes: usize,
}

impl PlaneLayout {
    fn new(kind: PlaneKind, width: usize, height: usize, bytes_per_sample: usize) -> Self {
        Self { kind, width, height, row_bytes: width * bytes_per_sample }
    }

    /// Bytes that a plane of this stride has. The last row needs no padding, but counts as if it had.
    pub fn size(&self, stride: usize) -> usize {
        stride * self.height
    }
}

/// Widest and highest frame. It keeps every product of a size below 2^31, far above any camera.
const MAX_DIMENSION: usize = 16_384;

impl Format {
    /// The planes of a frame of this size, in memory order. None for compressed formats, whose size is not known from the
    /// dimensions, and for sizes outside 1..=16,384.
    pub fn planes(self, width: usize, height: usize) -> Option<Vec<PlaneLayout>> {
        if !(1..=MAX_DIMENSION).contains(&width) || !(1..=MAX_DIMENSION).contains(&height) {
            return None;
        }
        let (half_width, half_height) = (width.div_ceil(2), height.div_ceil(2));
        let y = PlaneLayout::new(PlaneKind::Y, width, height, 1);
        Some(match self {
            Self::Yuv420p => vec![
                y,
                PlaneLayout::new(PlaneKind::U, half_width, half_height, 1),
                PlaneLayout::new(PlaneKind::V, half_width, half_height, 1),
            ],
            Self::Nv12 => vec![y, PlaneLayout::new(PlaneKind::UvInterleaved, half_width, half_height, 2)],
            Self::Nv21 => vec![y, PlaneLayout::new(PlaneKind::VuInterleaved, half_width, half_height, 2)],
            Self::Yuy2 | Self::Uyvy => vec![PlaneLayout {
                kind: PlaneKind::Packed,
                width,
                height,
                // Two pixels share four bytes; an odd last pixel has four to itself.
                row_bytes: half_width * 4,
            }],
            Self::Argb32 | Self::Bgra32 | Self::Abgr32 | Self::Rgba32 => {
                vec![PlaneLayout::new(PlaneKind::Packed, width, height, 4)]
            }
            Self::Rgb24 => vec![PlaneLayout::new(PlaneKind::Packed, width, height, 3)],
            Self::Mjpeg | Self::Compressed => return None,
        })
    }

    /// Bytes of a frame of this size whose planes follow each other without padding.
    pub fn contiguous_size(self, width: usize, height: usize) -> Option<usize> {
        Some(self.planes(width, height)?.iter().map(|plane| plane.size(plane.row_bytes)).sum())
    }

    /// Whether a pixel's values lie side by side in one plane.
    pub fn is_packed(self) -> bool {
        !matches!(self, Self::Yuv420p | Self::Nv12 | Self::Nv21 | Self::Mjpeg | Self::Compressed)
    }

    /// Where B, G, R and A lie within a pixel, and how many bytes a pixel has.
    pub(super) fn rgb(self) -> Option<RgbOrder> {
        let order = |b, g, r, a, bytes| Some(RgbOrder { b, g, r, a, bytes });
        match self {
            Self::Argb32 => order(0, 1, 2, Some(3), 4),
            Self::Bgra32 => order(3, 2, 1, Some(0), 4),
            Self::Abgr32 => order(2, 1, 0, Some(3), 4),
            Self::Rgba32 => order(1, 2, 3, Some(0), 4),
            Self::Rgb24 => order(0, 1, 2, None, 3),
            _ => None,
        }
    }
}

/// Byte positions within a pixel.
#[derive(Debug, Clone, Copy)]
pub(super) struct RgbOrder {
    pub(super) b: usize,
    pub(super) g: usize,
    pub(super) r: usize,
    pub(super) a: Option<usize>,
    pub(super) bytes: usize,
}
