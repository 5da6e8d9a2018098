//! The callbacks struct of every generation of headers, read into the newest.
//!
//! The mirrored interface grew twice in the middle of this struct, without a size or version in it: what a caller was
//! built against cannot be seen, it must be known. Programs built with the headers of this library say it in the
//! call; for all others it is the newest, unless `OTC_ABI_GENERATION` names another.

use std::ffi::c_void;
use std::mem::size_of;
use std::sync::OnceLock;

use super::callbacks::otc_session_callbacks;

/// Which headers a program was built against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Generation {
    /// Releases 2.18 and 2.19: no captions, no forced mute, and log levels with other numbers.
    A,
    /// Releases from 2.20 up to about 2.25: forced mute, no captions.
    B,
    /// Everything newer.
    C,
}

/// The members of the newest struct: all of them pointers.
const MEMBERS: usize = size_of::<otc_session_callbacks>() / size_of::<*mut c_void>();

/// Which member of a caller's struct each member of the newest one is. `None`: the caller's struct has no such
/// member.
type Places = [Option<u8>; MEMBERS];

/// Positions of the two members that are not in every generation.
const CAPTIONS: usize = 8;
const MUTE_FORCED: usize = 17;

impl Generation {
    /// The generation with this number in a sized call: 1, 2, 3.
    pub(super) fn from_number(number: i32) -> Option<Self> {
        match number {
            1 => Some(Self::A),
            2 => Some(Self::B),
            3 => Some(Self::C),
            _ => None,
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        match name {
            "A" | "a" => Some(Self::A),
            "B" | "b" => Some(Self::B),
            "C" | "c" => Some(Self::C),
            _ => None,
        }
    }

    fn places(self) -> Places {
        let missing: &[usize] = match self {
            Self::A => &[CAPTIONS, MUTE_FORCED],
            Self::B => &[CAPTIONS],
            Self::C => &[],
        };
        let mut next = 0;
        std::array::from_fn(|member| {
            let there = !missing.contains(&member);
            let place = next;
            next += u8::from(there);
            there.then_some(place)
        })
    }

    /// The size of this generation's struct in bytes.
    pub(super) fn size(self) -> usize {
        self.places().iter().flatten().count() * size_of::<*mut c_void>()
    }
}

/// The generation that calls without a generation of their own are read as. Decided once.
pub(super) fn generation() -> Generation {
    static CHOSEN: OnceLock<Generation> = OnceLock::new();
    *CHOSEN.get_or_init(|| {
        let built_in = option_env!("OTC_ABI_GENERATION_DEFAULT").and_then(Generation::from_name);
        let default = built_in.unwrap_or(Generation::C);
        let Some(name) = environment(VARIABLE) else { return default };
        Generation::from_name(&name).unwrap_or_else(|| {
            crate::log::error!("{VARIABLE} is \"{name}\"; allowed is A, B or C; taken as {default:?}");
            default
        })
    })
}

const VARIABLE: &str = "OTC_ABI_GENERATION";

/// A variable of the environment, unless the program runs with more rights than its caller.
fn environment(name: &str) -> Option<String> {
    #[cfg(unix)]
    if nix::unistd::getuid() != nix::unistd::geteuid() || nix::unistd::getgid() != nix::unistd::getegid() {
        return None;
    }
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Reads the struct of a caller that did not say which headers it was built against. `None` for NULL.
///
/// # Safety
/// `from` is NULL or points to a struct of the generation in force.
pub(super) unsafe fn read(from: *const otc_session_callbacks) -> Option<otc_session_callbacks> {
    let generation = generation();
    // SAFETY: promised by the caller.
    unsafe { read_as(from, generation, generation.size()) }
}

/// Reads a struct of `size` bytes of a generation: members beyond its size are NULL, bytes beyond the generation's
/// own size are not looked at. `None` for NULL.
///
/// # Safety
/// `from` is NULL or points to `size` bytes of a struct of that generation.
pub(super) unsafe fn read_as(
    from: *const otc_session_callbacks,
    generation: Generation,
    size: usize,
) -> Option<otc_session_callbacks> {
    if from.is_null() {
        return None;
    }
    let from = from.cast::<*mut c_void>();
    let there = size / size_of::<*mut c_void>();
    let members: [*mut c_void; MEMBERS] = generation.places().map(|place| match place {
        // SAFETY: within the size that the caller promises. C may have the struct anywhere.
        Some(place) if usize::from(place) < there => unsafe { from.add(place.into()).read_unaligned() },
        _ => std::ptr::null_mut(),
    });
    // SAFETY: the struct consists of as many pointers, each either a data pointer or a function pointer that may be
    // NULL.
    Some(unsafe { std::mem::transmute::<[*mut c_void; MEMBERS], otc_session_callbacks>(members) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::mem::offset_of;

    const POINTER: usize = size_of::<*mut c_void>();

    /// A struct whose every member is a pointer that tells its own position.
    fn numbered() -> [usize; MEMBERS] {
        std::array::from_fn(|member| 0x1000 + member)
    }

    fn address_of(callback: usize) -> usize {
        callback - 0x1000
    }

    fn read_numbered(generation: Generation, size: usize) -> otc_session_callbacks {
        // SAFETY: the array is as long as the longest struct.
        unsafe { read_as(numbered().as_ptr().cast(), generation, size) }.expect("not NULL")
    }

    #[test]
    fn sizes_are_those_of_the_mirrored_headers() {
        let sizes =
            [Generation::A, Generation::B, Generation::C].map(|generation| generation.size() / POINTER);
        assert_eq!(sizes, [18, 19, 20]);
        assert_eq!(Generation::C.size(), size_of::<otc_session_callbacks>());
    }

    #[test]
    fn positions_of_optional_members_are_right() {
        assert_eq!(offset_of!(otc_session_callbacks, on_stream_has_captions_changed) / POINTER, CAPTIONS);
        assert_eq!(offset_of!(otc_session_callbacks, on_mute_forced) / POINTER, MUTE_FORCED);
    }

    #[test]
    fn members_of_generation_a() {
        let read = read_numbered(Generation::A, 18 * POINTER);
        assert!(read.on_stream_has_captions_changed.is_none());
        assert!(read.on_mute_forced.is_none());
        assert_eq!(address_of(read.on_stream_has_video_changed.expect("set") as usize), 7);
        assert_eq!(address_of(read.on_stream_video_dimensions_changed.expect("set") as usize), 8);
        assert_eq!(address_of(read.on_signal_received.expect("set") as usize), 10);
        assert_eq!(address_of(read.on_error.expect("set") as usize), 15);
        assert_eq!(address_of(read.user_data as usize), 16);
        assert_eq!(address_of(read.reserved as usize), 17);
    }

    #[test]
    fn members_of_generation_b() {
        let read = read_numbered(Generation::B, 19 * POINTER);
        assert!(read.on_stream_has_captions_changed.is_none());
        assert_eq!(address_of(read.on_signal_received.expect("set") as usize), 10);
        assert_eq!(address_of(read.on_mute_forced.expect("set") as usize), 16);
        assert_eq!(address_of(read.user_data as usize), 17);
    }

    #[test]
    fn members_of_generation_c() {
        let read = read_numbered(Generation::C, 20 * POINTER);
        assert_eq!(address_of(read.on_stream_has_captions_changed.expect("set") as usize), 8);
        assert_eq!(address_of(read.on_signal_received.expect("set") as usize), 11);
        assert_eq!(address_of(read.on_mute_forced.expect("set") as usize), 17);
        assert_eq!(address_of(read.user_data as usize), 18);
        assert_eq!(address_of(read.reserved as usize), 19);
    }

    #[test]
    fn members_beyond_a_shorter_struct_are_null() {
        let read = read_numbered(Generation::C, 3 * POINTER + 1);
        assert_eq!(address_of(read.on_connection_created.expect("set") as usize), 2);
        assert!(read.on_connection_dropped.is_none());
        assert!(read.user_data.is_null());
    }

    #[test]
    fn null_struct_is_recognised() {
        // SAFETY: NULL is allowed.
        assert!(unsafe { read_as(std::ptr::null(), Generation::C, 160) }.is_none());
    }

    #[test]
    fn generations_have_names_and_numbers() {
        assert_eq!(Generation::from_name("A"), Some(Generation::A));
        assert_eq!(Generation::from_name("b"), Some(Generation::B));
        assert_eq!(Generation::from_name("D"), None);
        assert_eq!(Generation::from_number(3), Some(Generation::C));
        assert_eq!(Generation::from_number(0), None);
        assert_eq!(Generation::from_number(4), None);
    }
}
