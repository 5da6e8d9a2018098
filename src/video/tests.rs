use super::*;

const RAW: [Format; 10] = [
    Format::Yuv420p,
    Format::Nv12,
    Format::Nv21,
    Format::Yuy2,
    Format::Uyvy,
    Format::Argb32,
    Format::Bgra32,
    Format::Rgb24,
    Format::Abgr32,
    Format::Rgba32,
];

/// A frame in one contiguous buffer.
#[derive(Debug, Clone, PartialEq)]
struct Image {
    format: Format,
    width: usize,
    height: usize,
    planes: Vec<(Vec<u8>, usize)>,
}

impl Image {
    fn new(format: Format, width: usize, height: usize, padding: usize) -> Self {
        let layout = format.planes(width, height).expect("a raw format");
        let planes = layout
            .iter()
            .map(|plane| (vec![0xEE; (plane.row_bytes + padding) * plane.height], plane.row_bytes + padding));
        Self { format, width, height, planes: planes.collect() }
    }

    /// One colour everywhere, given as B, G, R.
    fn filled(format: Format, width: usize, height: usize, [b, g, r]: [u8; 3]) -> Self {
        let mut image = Self::new(Format::Argb32, width, height, 0);
        for pixel in image.planes[0].0.chunks_exact_mut(4) {
            pixel.copy_from_slice(&[b, g, r, 255]);
        }
        image.to(format, 0).expect("both are raw")
    }

    fn to(&self, format: Format, padding: usize) -> Result<Self, ConvertError> {
        let mut target = Self::new(format, self.width, self.height, padding);
        let source: Vec<(&[u8], usize)> =
            self.planes.iter().map(|(bytes, stride)| (&bytes[..], *stride)).collect();
        let mut planes: Vec<(&mut [u8], usize)> =
            target.planes.iter_mut().map(|(bytes, stride)| (&mut bytes[..], *stride)).collect();
        convert(self.format, &source, format, &mut planes, self.width, self.height)?;
        Ok(target)
    }
}

#[test]
fn bytes_of_a_red_pixel_lie_in_the_order_the_format_names() {
    let red = [0, 0, 255];
    let first = |format| Image::filled(format, 2, 2, red).planes[0].0.clone();
    assert_eq!(first(Format::Argb32)[..4], [0, 0, 255, 255]);
    assert_eq!(first(Format::Bgra32)[..4], [255, 255, 0, 0]);
    assert_eq!(first(Format::Abgr32)[..4], [255, 0, 0, 255]);
    assert_eq!(first(Format::Rgba32)[..4], [255, 0, 0, 255]);
    assert_eq!(first(Format::Rgb24)[..3], [0, 0, 255]);
}

#[test]
fn known_colours_have_the_values_that_bt601_gives_them() {
    // The primaries and greys in limited range, from the definition of the standard.
    for (bgr, y, u, v) in [
        ([0, 0, 0], 16, 128, 128),
        ([255, 255, 255], 235, 128, 128),
        ([0, 0, 255], 82, 90, 240),
        ([0, 255, 0], 144, 54, 34),
        ([255, 0, 0], 41, 240, 110),
    ] {
        let image = Image::filled(Format::Yuv420p, 4, 4, bgr);
        for (plane, value) in [(0, y), (1, u), (2, v)] {
            let got = image.planes[plane].0[0];
            assert!(got.abs_diff(value) <= 1, "{bgr:?}: plane {plane} is {got}, should be {value}");
        }
        let back = image.to(Format::Argb32, 0).expect("raw formats");
        for (channel, value) in bgr.iter().enumerate() {
            let got = back.planes[0].0[channel];
            assert!(got.abs_diff(*value) <= 3, "{bgr:?}: channel {channel} came back as {got}");
        }
    }
}

#[test]
fn formats_that_hold_the_same_values_exchange_them_exactly() {
    let families: [&[Format]; 3] = [
        &[Format::Yuv420p, Format::Nv12, Format::Nv21],
        &[Format::Yuy2, Format::Uyvy],
        &[Format::Argb32, Format::Bgra32, Format::Abgr32, Format::Rgba32],
    ];
    for (width, height) in [(1, 1), (2, 2), (5, 3), (6, 7), (16, 9)] {
        for family in families {
            let mut image = Image::new(family[0], width, height, 3);
            let mut value = 7u8;
            for (bytes, _) in &mut image.planes {
                for byte in bytes {
                    value = value.wrapping_mul(31).wrapping_add(11);
                    *byte = value;
                }
            }
            let plain = image.to(family[0], 0).expect("a copy");
            for other in family {
                // A lone last pixel of a 4:2:2 row has a second luminance byte without a meaning.
                let first =
                    plain.to(*other, 5).and_then(|there| there.to(family[0], 0)).expect("raw formats");
                let again =
                    first.to(*other, 0).and_then(|there| there.to(family[0], 0)).expect("raw formats");
                assert_eq!(first, again, "{other:?} {width}x{height}");
                if family[0] != Format::Yuy2 || width % 2 == 0 {
                    assert_eq!(plain, first, "{other:?} {width}x{height}");
                }
            }
        }
    }
}

#[test]
fn every_raw_format_becomes_every_other_and_keeps_a_grey() {
    for from in RAW {
        for to in RAW {
            for (width, height) in [(1, 1), (3, 5), (8, 4)] {
                let grey = Image::filled(from, width, height, [120, 120, 120]);
                let seen = grey.to(to, 1).and_then(|image| image.to(Format::Argb32, 0)).expect("raw formats");
                for byte in seen.planes[0].0.chunks_exact(4).flat_map(|pixel| &pixel[..3]) {
                    assert!(byte.abs_diff(120) <= 3, "{from:?} to {to:?} {width}x{height}: {byte}");
                }
            }
        }
    }
}

#[test]
fn padding_of_the_target_is_left_alone() {
    let image = Image::filled(Format::Argb32, 3, 2, [1, 2, 3]);
    let padded = image.to(Format::Rgb24, 4).expect("raw formats");
    for row in padded.planes[0].0.chunks_exact(3 * 3 + 4) {
        assert_eq!(row[9..], [0xEE; 4]);
    }
}

#[test]
fn bad_planes_and_formats_are_refused_before_anything_is_written() {
    let good = Image::filled(Format::Argb32, 4, 4, [9, 9, 9]);
    let bytes = &good.planes[0].0;
    let run = |from, source: &Planes<'_>, to, width, height| {
        let mut out = vec![0xEE; 256];
        let result =
            convert(from, source, to, &mut [(&mut out[..], 16), (&mut [], 0), (&mut [], 0)], width, height);
        assert!(
            result.is_ok() || out.iter().all(|byte| *byte == 0xEE),
            "a refused conversion wrote something"
        );
        result
    };
    assert_eq!(run(Format::Argb32, &[(bytes, 16)], Format::Bgra32, 4, 4), Ok(()));
    assert_eq!(run(Format::Argb32, &[(bytes, 15)], Format::Bgra32, 4, 4), Err(ConvertError::BadPlane));
    assert_eq!(run(Format::Argb32, &[(&bytes[1..], 16)], Format::Bgra32, 4, 4), Err(ConvertError::BadPlane));
    assert_eq!(run(Format::Argb32, &[], Format::Bgra32, 4, 4), Err(ConvertError::BadPlane));
    assert_eq!(
        run(Format::Argb32, &[(bytes, usize::MAX)], Format::Bgra32, 4, 4),
        Err(ConvertError::BadPlane)
    );
    assert_eq!(run(Format::Argb32, &[(bytes, 16)], Format::Yuv420p, 4, 4), Err(ConvertError::BadPlane));
    assert_eq!(run(Format::Argb32, &[(bytes, 16)], Format::Mjpeg, 4, 4), Err(ConvertError::Unsupported));
    assert_eq!(run(Format::Argb32, &[(bytes, 16)], Format::Bgra32, 0, 4), Err(ConvertError::Unsupported));
    assert_eq!(
        run(Format::Argb32, &[(bytes, 16)], Format::Bgra32, 4, usize::MAX),
        Err(ConvertError::Unsupported)
    );
}

#[test]
fn sizes_follow_from_format_and_dimensions() {
    for (format, size) in [
        (Format::Yuv420p, 15 + 2 * 6),
        (Format::Nv12, 15 + 12),
        (Format::Yuy2, 3 * 12),
        (Format::Argb32, 60),
        (Format::Rgb24, 45),
    ] {
        assert_eq!(format.contiguous_size(5, 3), Some(size), "{format:?}");
    }
    assert_eq!(Format::Mjpeg.contiguous_size(5, 3), None);
}
