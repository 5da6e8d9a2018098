//! C strings in and out.

use std::ffi::{CStr, CString, c_char};

/// The bytes of a string of the caller, without its NUL. `None` for NULL.
///
/// # Safety
/// `text` is NULL, or points to bytes that end with NUL and stay as they are for `'a`.
pub(super) unsafe fn bytes<'a>(text: *const c_char) -> Option<&'a [u8]> {
    if text.is_null() {
        return None;
    }
    // SAFETY: not NULL, and the rest is promised by the caller.
    Some(unsafe { CStr::from_ptr(text) }.to_bytes())
}

/// A string of the caller. `None` for NULL and for what is not UTF-8.
///
/// # Safety
/// As for [`bytes`].
pub(super) unsafe fn text<'a>(text: *const c_char) -> Option<&'a str> {
    // SAFETY: promised by the caller.
    std::str::from_utf8(unsafe { bytes(text) }?).ok()
}

/// A string that is not UTF-8.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotUtf8;

/// A string of the caller that may be left out: NULL and `""` give `None`.
///
/// # Safety
/// As for [`bytes`].
pub(super) unsafe fn optional(text: *const c_char) -> Result<Option<String>, NotUtf8> {
    // SAFETY: promised by the caller.
    let bytes = unsafe { bytes(text) }.unwrap_or_default();
    let text = std::str::from_utf8(bytes).map_err(|_| NotUtf8)?;
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

/// A string for C. It ends at the first NUL inside, because C sees it so.
pub(super) fn to_c(text: &str) -> CString {
    CString::new(text).unwrap_or_else(|error| {
        let end = error.nul_position();
        CString::new(&text[..end]).unwrap_or_default()
    })
}

/// A string for C in memory that C's `free` gives back; NULL without memory.
pub(super) fn to_malloc(text: &str) -> *mut c_char {
    let text = to_c(text);
    let bytes = text.as_bytes_with_nul();
    // SAFETY: malloc may be called with any size.
    let room = unsafe { libc::malloc(bytes.len()) }.cast::<u8>();
    if !room.is_null() {
        // SAFETY: the room is new, so nothing overlaps, and as long as the text with its NUL.
        unsafe { room.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
    }
    room.cast()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_is_absent() {
        // SAFETY: NULL is allowed.
        unsafe {
            assert_eq!(bytes(std::ptr::null()), None);
            assert_eq!(text(std::ptr::null()), None);
            assert_eq!(optional(std::ptr::null()), Ok(None));
        }
    }

    #[test]
    fn bytes_that_are_not_utf8_are_kept_as_bytes_only() {
        let raw = c"\xff\xfe";
        // SAFETY: a C string.
        unsafe {
            assert_eq!(bytes(raw.as_ptr()), Some(&b"\xff\xfe"[..]));
            assert_eq!(text(raw.as_ptr()), None);
            assert_eq!(optional(raw.as_ptr()), Err(NotUtf8));
        }
    }

    #[test]
    fn empty_optional_string_is_absent() {
        // SAFETY: C strings.
        unsafe {
            assert_eq!(optional(c"".as_ptr()), Ok(None));
            assert_eq!(optional(c"\u{e9}".as_ptr()), Ok(Some("\u{e9}".to_owned())));
        }
    }

    #[test]
    fn string_for_c_ends_at_an_embedded_nul() {
        assert_eq!(to_c("ab\0cd").as_c_str(), c"ab");
        assert_eq!(to_c("\0").as_c_str(), c"");
        assert_eq!(to_c("").as_c_str(), c"");
    }

    #[test]
    fn malloced_string_is_the_same_text() {
        let copy = to_malloc("issue");
        // SAFETY: a C string from malloc, freed once.
        unsafe {
            assert_eq!(CStr::from_ptr(copy), c"issue");
            libc::free(copy.cast());
        }
    }
}
