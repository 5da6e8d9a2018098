//! Structs of the program that start with their own size, so that they may grow.

use std::mem::size_of;

use super::x::{otc_x_limits, otc_x_timeouts};

/// A struct whose first member is `struct_size`.
///
/// # Safety
/// The type is `repr(C)`, begins with a `usize`, has neither padding that matters nor values that are not valid: any
/// bytes make one.
pub(super) unsafe trait Versioned: Copy {
    /// The size of its first version: no program has a smaller one.
    const FIRST_SIZE: usize;
}

// SAFETY: a usize followed by integers.
unsafe impl Versioned for otc_x_timeouts {
    const FIRST_SIZE: usize = size_of::<Self>();
}

// SAFETY: a usize followed by integers.
unsafe impl Versioned for otc_x_limits {
    const FIRST_SIZE: usize = size_of::<Self>();
}

/// A struct larger than this is taken for one whose size was never set.
const LARGEST: usize = 4096;

/// Reads a struct of the program: members that a smaller (older) one lacks are 0, those that a larger (newer) one has
/// beyond ours must be 0, because a wish that is not known cannot be granted. `None` if that is not so.
///
/// # Safety
/// `from` is NULL, or points to a `usize` and as many bytes in all as that says.
pub(super) unsafe fn read<T: Versioned>(from: *const T) -> Option<T> {
    if from.is_null() {
        return None;
    }
    // SAFETY: not NULL, and the first member is there whatever the size. C may have it anywhere.
    let size = unsafe { from.cast::<usize>().read_unaligned() };
    if !(T::FIRST_SIZE..=LARGEST).contains(&size) {
        return None;
    }
    // SAFETY: the caller promises that many bytes.
    let bytes = unsafe { std::slice::from_raw_parts(from.cast::<u8>(), size) };
    let (known, unknown) = bytes.split_at(size.min(size_of::<T>()));
    if unknown.iter().any(|byte| *byte != 0) {
        return None;
    }
    let mut value = std::mem::MaybeUninit::<T>::zeroed();
    // SAFETY: `known` is at most as long as the value, and a different object.
    unsafe { value.as_mut_ptr().cast::<u8>().copy_from_nonoverlapping(known.as_ptr(), known.len()) };
    // SAFETY: all bytes are set, and any bytes make a value.
    Some(unsafe { value.assume_init() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(size: usize) -> otc_x_limits {
        otc_x_limits { struct_size: size, outbox_signals: 5, outbox_bytes: 6, callback_queue_bytes: 7 }
    }

    #[repr(C)]
    struct Newer {
        limits: otc_x_limits,
        more: usize,
    }

    #[test]
    fn struct_of_this_version_is_read() {
        // SAFETY: as large as it says.
        let read = unsafe { read(&limits(size_of::<otc_x_limits>())) }.expect("it fits");
        assert_eq!((read.outbox_signals, read.outbox_bytes, read.callback_queue_bytes), (5, 6, 7));
    }

    #[test]
    fn null_and_impossible_sizes_are_refused() {
        // SAFETY: NULL, or refused before anything beyond the size is read.
        unsafe {
            assert!(read::<otc_x_limits>(std::ptr::null()).is_none());
            for size in [0, 1, size_of::<otc_x_limits>() - 1, LARGEST + 1, usize::MAX] {
                assert!(read(&limits(size)).is_none(), "{size}");
            }
        }
    }

    #[test]
    fn newer_struct_is_read_when_its_unknown_members_are_zero() {
        let mut newer = Newer { limits: limits(size_of::<Newer>()), more: 0 };
        let from = (&raw const newer).cast::<otc_x_limits>();
        // SAFETY: as large as it says.
        assert_eq!(unsafe { read(from) }.map(|limits| limits.outbox_signals), Some(5));
        newer.more = 1;
        let from = (&raw const newer).cast::<otc_x_limits>();
        // SAFETY: as large as it says.
        assert!(unsafe { read(from) }.is_none());
    }
}
