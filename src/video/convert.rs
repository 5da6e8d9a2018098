//! Conversion between formats: exact between formats that hold the same values, BT.601 limited range between YUV and RGB.

use super::format::{Format, PlaneLayout, RgbOrder};

/// Why a frame cannot be converted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConvertError {
    /// One of the formats is compressed, or a dimension is out of range.
    Unsupported,
    /// A plane is missing, its stride is less than its row, or its bytes are too few.
    BadPlane,
}

/// The planes of a frame to read: bytes and stride each.
pub type Planes<'a> = [(&'a [u8], usize)];

/// The planes of a frame to write: bytes and stride each.
pub type PlanesMut<'a> = [(&'a mut [u8], usize)];

/// Converts a frame of `width` x `height` pixels from one format to another.
pub fn convert(
    from: Format,
    source: &Planes<'_>,
    to: Format,
    target: &mut PlanesMut<'_>,
    width: usize,
    height: usize,
) -> Result<(), ConvertError> {
    let source_layout = from.planes(width, height).ok_or(ConvertError::Unsupported)?;
    let target_layout = to.planes(width, height).ok_or(ConvertError::Unsupported)?;
    check(&source_layout, source.iter().map(|(bytes, stride)| (bytes.len(), *stride)))?;
    check(&target_layout, target.iter().map(|(bytes, stride)| (bytes.len(), *stride)))?;

    if from == to {
        copy(&source_layout, source, target);
        return Ok(());
    }
    match (from.rgb(), to.rgb()) {
        (Some(from), Some(to)) => rgb_to_rgb(from, source[0], to, &mut target[0], width, height),
        (None, Some(order)) => {
            let yuv = Yuv::read(from, source, width, height);
            yuv_to_rgb(&yuv, order, &mut target[0]);
        }
        (Some(order), None) => rgb_to_yuv(order, source[0], width, height).write(to, target),
        (None, None) => Yuv::read(from, source, width, height).write(to, target),
    }
    Ok(())
}

fn check(
    layout: &[PlaneLayout],
    planes: impl ExactSizeIterator<Item = (usize, usize)>,
) -> Result<(), ConvertError> {
    if planes.len() < layout.len() {
        return Err(ConvertError::BadPlane);
    }
    for (plane, (length, stride)) in layout.iter().zip(planes) {
        let last_row =
            stride.checked_mul(plane.height - 1).and_then(|rows| rows.checked_add(plane.row_bytes));
        if stride < plane.row_bytes || last_row.is_none_or(|needed| length < needed) {
            return Err(ConvertError::BadPlane);
        }
    }
    Ok(())
}

fn copy(layout: &[PlaneLayout], source: &Planes<'_>, target: &mut PlanesMut<'_>) {
    for ((plane, (from, from_stride)), (to, to_stride)) in layout.iter().zip(source).zip(target) {
        for row in 0..plane.height {
            let (at, into) = (row * from_stride, row * *to_stride);
            to[into..into + plane.row_bytes].copy_from_slice(&from[at..at + plane.row_bytes]);
        }
    }
}

fn rgb_to_rgb(
    from: RgbOrder,
    source: (&[u8], usize),
    to: RgbOrder,
    target: &mut (&mut [u8], usize),
    width: usize,
    height: usize,
) {
    for y in 0..height {
        for x in 0..width {
            let pixel = &source.0[y * source.1 + x * from.bytes..];
            let (b, g, r) = (pixel[from.b], pixel[from.g], pixel[from.r]);
            let a = from.a.map_or(OPAQUE, |a| pixel[a]);
            put(to, &mut target.0[y * target.1 + x * to.bytes..], (b, g, r, a));
        }
    }
}

fn put(order: RgbOrder, pixel: &mut [u8], (b, g, r, a): (u8, u8, u8, u8)) {
    pixel[order.b] = b;
    pixel[order.g] = g;
    pixel[order.r] = r;
    if let Some(at) = order.a {
        pixel[at] = a;
    }
}

const OPAQUE: u8 = 255;

/// A frame in YUV with chroma halved in x, and in y as well unless `full_height`: what every YUV format here can be read as and
/// written from, so that two of the same kind exchange their exact values.
struct Yuv {
    width: usize,
    height: usize,
    chroma_width: usize,
    full_height: bool,
    y: Vec<u8>,
    u: Vec<u8>,
    v: Vec<u8>,
}

impl Yuv {
    fn new(width: usize, height: usize, full_height: bool) -> Self {
        let chroma_width = width.div_ceil(2);
        let chroma = chroma_width * if full_height { height } else { height.div_ceil(2) };
        let (y, u, v) = (vec![0; width * height], vec![0; chroma], vec![0; chroma]);
        Self { width, height, chroma_width, full_height, y, u, v }
    }

    fn chroma_row(&self, y: usize) -> usize {
        if self.full_height { y } else { y / 2 }
    }

    fn chroma_height(&self) -> usize {
        self.u.len() / self.chroma_width
    }

    fn read(format: Format, planes: &Planes<'_>, width: usize, height: usize) -> Self {
        let mut yuv = Self::new(width, height, matches!(format, Format::Yuy2 | Format::Uyvy));
        if yuv.full_height {
            let [y0, u, y1, v] = packed_order(format);
            let (bytes, stride) = planes[0];
            for row in 0..height {
                for pair in 0..yuv.chroma_width {
                    let group = &bytes[row * stride + pair * 4..][..4];
                    yuv.y[row * width + pair * 2] = group[y0];
                    if pair * 2 + 1 < width {
                        yuv.y[row * width + pair * 2 + 1] = group[y1];
                    }
                    yuv.u[row * yuv.chroma_width + pair] = group[u];
                    yuv.v[row * yuv.chroma_width + pair] = group[v];
                }
            }
            return yuv;
        }
        for row in 0..height {
            yuv.y[row * width..][..width].copy_from_slice(&planes[0].0[row * planes[0].1..][..width]);
        }
        let (u, v) = planar_chroma(format);
        for row in 0..yuv.chroma_height() {
            for x in 0..yuv.chroma_width {
                let sample =
                    |at: ChromaAt| planes[at.plane].0[row * planes[at.plane].1 + x * at.step + at.offset];
                yuv.u[row * yuv.chroma_width + x] = sample(u);
                yuv.v[row * yuv.chroma_width + x] = sample(v);
            }
        }
        yuv
    }

    fn write(&self, format: Format, planes: &mut PlanesMut<'_>) {
        if matches!(format, Format::Yuy2 | Format::Uyvy) {
            let [y0, u, y1, v] = packed_order(format);
            let (bytes, stride) = &mut planes[0];
            for row in 0..self.height {
                let chroma = self.chroma_row(row) * self.chroma_width;
                for pair in 0..self.chroma_width {
                    let group = &mut bytes[row * *stride + pair * 4..][..4];
                    let left = row * self.width + pair * 2;
                    group[y0] = self.y[left];
                    group[y1] = if pair * 2 + 1 < self.width { self.y[left + 1] } else { self.y[left] };
                    group[u] = self.u[chroma + pair];
                    group[v] = self.v[chroma + pair];
                }
            }
            return;
        }
        let luma_stride = planes[0].1;
        for row in 0..self.height {
            planes[0].0[row * luma_stride..][..self.width]
                .copy_from_slice(&self.y[row * self.width..][..self.width]);
        }
        let (u, v) = planar_chroma(format);
        for row in 0..self.height.div_ceil(2) {
            for x in 0..self.chroma_width {
                for (at, values) in [(u, &self.u), (v, &self.v)] {
                    let stride = planes[at.plane].1;
                    planes[at.plane].0[row * stride + x * at.step + at.offset] = self.halved(values, row, x);
                }
            }
        }
    }

    /// The chroma of two rows as one: their mean where both are kept.
    fn halved(&self, values: &[u8], row: usize, x: usize) -> u8 {
        if !self.full_height {
            return values[row * self.chroma_width + x];
        }
        let upper = values[row * 2 * self.chroma_width + x];
        let lower = values[(row * 2 + 1).min(self.height - 1) * self.chroma_width + x];
        (u16::from(upper) + u16::from(lower)).div_ceil(2) as u8
    }
}

/// Where Y0, U, Y1 and V lie in a group of two pixels.
fn packed_order(format: Format) -> [usize; 4] {
    if format == Format::Uyvy { [1, 0, 3, 2] } else { [0, 1, 2, 3] }
}

/// Where a chroma sample lies in a planar format.
#[derive(Clone, Copy)]
struct ChromaAt {
    plane: usize,
    step: usize,
    offset: usize,
}

fn planar_chroma(format: Format) -> (ChromaAt, ChromaAt) {
    let at = |plane, step, offset| ChromaAt { plane, step, offset };
    match format {
        Format::Nv12 => (at(1, 2, 0), at(1, 2, 1)),
        Format::Nv21 => (at(1, 2, 1), at(1, 2, 0)),
        _ => (at(1, 1, 0), at(2, 1, 0)),
    }
}

// BT.601 limited range (Y 16..=235, chroma 16..=240), in 8 fractional bits.

fn yuv_to_rgb(yuv: &Yuv, order: RgbOrder, target: &mut (&mut [u8], usize)) {
    let clamp = |value: i32| ((value + 128) >> 8).clamp(0, 255) as u8;
    for row in 0..yuv.height {
        for x in 0..yuv.width {
            let chroma = yuv.chroma_row(row) * yuv.chroma_width + x / 2;
            let y = 298 * (i32::from(yuv.y[row * yuv.width + x]) - 16);
            let (u, v) = (i32::from(yuv.u[chroma]) - 128, i32::from(yuv.v[chroma]) - 128);
            let pixel = (clamp(y + 516 * u), clamp(y - 100 * u - 208 * v), clamp(y + 409 * v), OPAQUE);
            put(order, &mut target.0[row * target.1 + x * order.bytes..], pixel);
        }
    }
}

fn rgb_to_yuv(order: RgbOrder, source: (&[u8], usize), width: usize, height: usize) -> Yuv {
    let mut yuv = Yuv::new(width, height, false);
    let at = |x: usize, y: usize| {
        let pixel = &source.0[y * source.1 + x * order.bytes..];
        (i32::from(pixel[order.b]), i32::from(pixel[order.g]), i32::from(pixel[order.r]))
    };
    for row in 0..height {
        for x in 0..width {
            let (b, g, r) = at(x, row);
            yuv.y[row * width + x] = (((66 * r + 129 * g + 25 * b + 128) >> 8) + 16) as u8;
        }
    }
    for row in 0..yuv.chroma_height() {
        for x in 0..yuv.chroma_width {
            // The mean of the two by two pixels that share the sample; at an odd edge the last one counts twice.
            let (right, below) = ((x * 2 + 1).min(width - 1), (row * 2 + 1).min(height - 1));
            let corners = [at(x * 2, row * 2), at(right, row * 2), at(x * 2, below), at(right, below)];
            let sum = corners.iter().fold((0, 0, 0), |sum, c| (sum.0 + c.0, sum.1 + c.1, sum.2 + c.2));
            let (b, g, r) = ((sum.0 + 2) / 4, (sum.1 + 2) / 4, (sum.2 + 2) / 4);
            yuv.u[row * yuv.chroma_width + x] = (((-38 * r - 74 * g + 112 * b + 128) >> 8) + 128) as u8;
            yuv.v[row * yuv.chroma_width + x] = (((112 * r - 94 * g - 18 * b + 128) >> 8) + 128) as u8;
        }
    }
    yuv
}
