use super::*;

/// A socket that takes so many bytes in all, and at most so many at a time.
struct Socket {
    taken: Vec<u8>,
    room: usize,
    at_once: usize,
    writes: usize,
}

impl Socket {
    fn new(room: usize, at_once: usize) -> Self {
        Self { taken: Vec::new(), room, at_once, writes: 0 }
    }

    fn write(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        self.writes += 1;
        if self.room == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let mut count = 0;
        for piece in pieces {
            let part = piece.len().min(self.room.min(self.at_once) - count);
            self.taken.extend_from_slice(&piece[..part]);
            count += part;
        }
        self.room -= count;
        Ok(count)
    }
}

fn payload(length: usize, fill: u8) -> Bytes {
    vec![fill; length].into()
}

/// A queue of frames of all sizes, and the bytes that it must become.
fn mixed() -> (SendQueue, Vec<u8>) {
    let mut queue = SendQueue::default();
    let mut expected = Vec::new();
    for (length, fill) in [(5, 1), (0, 2), (200, 3), (5000, 4), (70_000, 5), (4096, 6), (7, 7), (125, 8)] {
        queue.push_binary(payload(length, fill));
        expected.push(0x82);
        match length {
            0..=125 => expected.push(length as u8),
            126..=0xffff => {
                expected.push(126);
                expected.extend_from_slice(&(length as u16).to_be_bytes());
            }
            _ => {
                expected.push(127);
                expected.extend_from_slice(&(length as u64).to_be_bytes());
            }
        }
        expected.extend(std::iter::repeat_n(fill, length));
    }
    (queue, expected)
}

#[test]
fn frames_arrive_in_order_however_little_the_socket_takes() {
    let (_, expected) = mixed();
    for at_once in [1, 2, 3, 7, 64, 1000, 4096, 100_000] {
        let (mut queue, _) = mixed();
        let mut socket = Socket::new(usize::MAX, at_once);
        let progress = queue.write_to(&mut [0; 8192], |pieces| socket.write(pieces)).unwrap();
        assert_eq!(progress, Progress::Done);
        assert_eq!(queue.len(), 0);
        assert!(socket.taken == expected, "at most {at_once} bytes at once");
    }
}

#[test]
fn a_full_socket_blocks_and_goes_on_where_it_stopped() {
    let (mut queue, expected) = mixed();
    let mut taken = Vec::new();
    for room in std::iter::repeat_n(999, 1000) {
        let mut socket = Socket::new(room, usize::MAX);
        let progress = queue.write_to(&mut [0; 8192], |pieces| socket.write(pieces)).unwrap();
        taken.extend_from_slice(&socket.taken);
        assert_eq!(queue.len(), expected.len() - taken.len());
        if progress == Progress::Done {
            break;
        }
    }
    assert!(taken == expected);
}

#[test]
fn small_frames_of_one_turn_leave_in_one_write() {
    let mut queue = SendQueue::default();
    for _ in 0..50 {
        queue.push_binary(payload(100, 1));
    }
    let mut socket = Socket::new(usize::MAX, usize::MAX);
    queue.write_to(&mut [0; 65_536], |pieces| socket.write(pieces)).unwrap();
    assert_eq!(socket.writes, 1);
}

#[test]
fn an_empty_queue_gives_back_the_memory_of_a_burst() {
    let mut queue = SendQueue::default();
    for _ in 0..10_000 {
        queue.push_binary(payload(10, 1));
    }
    let mut socket = Socket::new(usize::MAX, usize::MAX);
    queue.write_to(&mut [0; 65_536], |pieces| socket.write(pieces)).unwrap();
    assert_eq!(queue.frames.capacity(), 0);
}

#[test]
fn dropping_what_waits_keeps_the_frame_that_is_begun() {
    let mut queue = SendQueue::default();
    queue.push_binary(payload(100, 1));
    queue.push_binary(payload(100, 2));
    let mut socket = Socket::new(50, usize::MAX);
    queue.write_to(&mut [0; 8192], |pieces| socket.write(pieces)).unwrap();
    queue.clear_unsent();
    queue.push_close(Some(1011), "over");
    socket.room = usize::MAX;
    queue.write_to(&mut [0; 8192], |pieces| socket.write(pieces)).unwrap();
    let expected = [&[0x82, 100][..], &[1; 100], &[0x88, 6, 0x03, 0xf3], b"over"].concat();
    assert_eq!(socket.taken, expected);

    queue.push_binary(payload(100, 3));
    queue.clear_unsent();
    assert_eq!(queue.len(), 0);
}

#[test]
fn a_broken_socket_is_an_error() {
    let mut queue = SendQueue::default();
    queue.push_ping();
    let outcome = queue.write_to(&mut [0; 8192], |_| Err(io::ErrorKind::BrokenPipe.into()));
    assert_eq!(outcome.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    let outcome = queue.write_to(&mut [0; 8192], |_| Ok(0));
    assert_eq!(outcome.unwrap_err().kind(), io::ErrorKind::WriteZero);
}

#[test]
fn codes_that_nobody_may_send_are_left_out_of_close_frames() {
    for (code, bytes) in
        [(None, &[0x88, 0][..]), (Some(1005), &[0x88, 0]), (Some(1000), &[0x88, 2, 0x03, 0xe8])]
    {
        let mut queue = SendQueue::default();
        queue.push_close(code, "");
        let mut socket = Socket::new(usize::MAX, usize::MAX);
        queue.write_to(&mut [0; 8192], |pieces| socket.write(pieces)).unwrap();
        assert_eq!(socket.taken, bytes);
    }
}
