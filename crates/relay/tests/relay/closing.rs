//! How a socket ends whose client goes on sending, or reads late: it is told why all the same.

use std::time::Duration;

use otc_protocol::token::Role;
use otc_relay::{Config, Relay};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinHandle;

use crate::client::{Client, End, messaging_url};
use crate::support::{KEY, request, request_at, rest_jwt, session, start, token};

/// A client, and a hand that writes to its socket without ever looking at what comes.
struct Flooder {
    client: Client,
    hand: TcpStream,
}

/// A flood that is under way. It ends with this, or with the socket.
struct Flood(JoinHandle<()>);

impl Drop for Flood {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What the socket holds that the client has not read. The rest of what is sent to it waits in the relay.
const RECEIVE_BUFFER: u32 = 256 * 1024;

/// Goes on for as long as anybody takes it: pongs that nobody asked for, which mean nothing.
fn flood(mut hand: TcpStream, first: &'static [u8]) -> Flood {
    let pong = [&[0x8a_u8, 0x80 | 125, 0, 0, 0, 0][..], &[0; 125]].concat();
    let pongs = pong.repeat(64);
    Flood(tokio::spawn(async move {
        let mut outcome = hand.write_all(first).await;
        while outcome.is_ok() {
            outcome = hand.write_all(&pongs).await;
        }
    }))
}

async fn enter(relay: &Relay, session: &str, id: &str) -> Flooder {
    enter_with(relay, session, id, &format!("&socketId={id}")).await
}

async fn enter_with(relay: &Relay, session: &str, id: &str, query: &str) -> Flooder {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(RECEIVE_BUFFER).expect("a usual size");
    let socket = socket.connect(relay.address()).await.expect("the relay listens");
    let socket = socket.into_std().expect("a socket of the system");
    let hand = TcpStream::from_std(socket.try_clone().expect("a second handle")).expect("a socket");
    let wire = TcpStream::from_std(socket).expect("a socket");
    let token = token(session, Role::Publisher, "");
    let url = messaging_url(relay, session, &token).await + query;
    let mut client = Client::over(Box::new(wire), &url, session, id).await;
    let create = client.hello(&token, Some("otc-0.1.0")).await;
    assert_eq!(client.status_of(&create).await, "200");
    client.until("created", id).await;
    Flooder { client, hand }
}

/// Closes a socket from outside.
async fn kick(relay: &Relay, session: &str, id: &str) {
    let path = format!("/v2/project/{KEY}/session/{session}/connection/{id}");
    let answer = request(relay, "DELETE", &path, &[("X-OPENTOK-AUTH", &rest_jwt())], "").await;
    assert_eq!(answer.status, 204, "{answer:?}");
}

/// Comes back on another socket, as a client does that has given up the first.
async fn replace(relay: &Relay, session: &str, id: &str) -> Client {
    let token = token(session, Role::Publisher, "");
    let url = messaging_url(relay, session, &token).await;
    Client::open(relay, &format!("{url}&socketId={id}&reconnect=true&attempt=2"), session, id).await
}

#[tokio::test]
async fn who_never_stops_sending_is_told_why_it_is_closed() {
    let relay = start(|config| config.set("limits.leave_timeout", "100ms").unwrap());
    let session = session(1);
    // What the client says before it floods, and what it is closed with for that.
    let cases: [(&str, &'static [u8], Option<u16>); 5] = [
        ("text", &[0x81, 0x80, 0, 0, 0, 0], Some(1011)),
        ("an unmasked frame", &[0x82, 0x01, 0x00], Some(1011)),
        ("a frame that is none", &[0x82, 0x81, 0, 0, 0, 0, 7], Some(1011)),
        ("a goodbye", &[0x82, 0x89, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 4, 0, 0], Some(1000)),
        ("a close of its own", &[0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8], Some(1000)),
    ];
    for (at, (what, first, code)) in cases.into_iter().enumerate() {
        let Flooder { mut client, hand } = enter(&relay, &session, &format!("c{at}")).await;
        let _flood = flood(hand, first);
        assert_eq!(client.end().await, End::Closed(code), "{what}");
    }

    let Flooder { client: mut kicked, hand } = enter(&relay, &session, "kicked").await;
    let _flood = flood(hand, &[]);
    kick(&relay, &session, "kicked").await;
    assert_eq!(kicked.end().await, End::Closed(Some(1000)), "removed by a server");

    let Flooder { client: mut replaced, hand } = enter(&relay, &session, "replaced").await;
    let _flood = flood(hand, &[]);
    let _newer = replace(&relay, &session, "replaced").await;
    assert_eq!(replaced.end().await, End::Closed(Some(1012)), "replaced by a newer socket");

    let Flooder { client: mut last, hand } = enter(&relay, &session, "last").await;
    let _flood = flood(hand, &[]);
    let (end, stopped) = tokio::join!(last.end(), relay.stop());
    stopped.expect("it stops");
    assert_eq!(end, End::Closed(Some(1011)), "the relay was stopped");
}

/// Has the system send what it is given together with what follows.
#[cfg(target_os = "linux")]
const MORE: i32 = 0x8000;

#[cfg(target_os = "linux")]
#[tokio::test]
async fn who_says_its_last_and_ends_in_one_breath_is_answered() {
    let relay = start(|_| ());
    let session = session(1);
    let cases: [(&str, &[u8], u16); 3] = [
        ("a close", &[0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8], 1000),
        ("text", &[0x81, 0x80, 0, 0, 0, 0], 1011),
        ("an unmasked frame", &[0x82, 0x01, 0x00], 1011),
    ];
    for (at, (what, last, code)) in cases.into_iter().enumerate() {
        let Flooder { mut client, hand } = enter(&relay, &session, &format!("c{at}")).await;
        let socket = socket2::SockRef::from(&hand);
        assert_eq!(socket.send_with_flags(last, MORE).expect("a little fits"), last.len());
        socket.shutdown(std::net::Shutdown::Write).expect("the socket is open");
        assert_eq!(client.end().await, End::Closed(Some(code)), "{what}");
    }
}

/// How long a socket that is being closed may be silent here. Late readers come after that.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// A relay that has a slow reader's output pile up early, and in it someone who speaks and someone who will read late,
/// whose socket was opened with `query`.
struct Late {
    relay: Relay,
    session: String,
    speaker: Client,
    late: Flooder,
}

async fn prepare(kept: usize, query: &str) -> Late {
    let relay = start(|config: &mut Config| {
        config.set("admin", "127.0.0.1:0").unwrap();
        config.set("shards", "1").unwrap();
        config.limits.kept_bytes = kept;
        config.link.output_hard = 10 << 20;
        config.link.close_timeout = CLOSE_TIMEOUT;
    });
    let session = session(1);
    let mut speaker = Client::enter(&relay, &session, "speaker", Role::Publisher).await;
    let late = enter_with(&relay, &session, "late", query).await;
    speaker.until("created", "late").await;
    Late { relay, session, speaker, late }
}

/// What one that can resume adds to its URL.
const RESUMABLE: &str = "&socketId=late";

async fn metric(relay: &Relay, series: &str) -> f64 {
    let address = relay.admin_address().expect("an admin listener");
    let metrics = request_at(address, "GET", "/metrics", &[], "").await.body;
    let line = metrics.lines().find_map(|line| line.strip_prefix(&format!("otc_relay_{series} ")));
    line.unwrap_or_else(|| panic!("no {series} in {metrics}")).parse().expect("a number")
}

/// Says so much to everyone that a series comes to be more than nothing.
async fn talk_until(relay: &Relay, speaker: &mut Client, series: &str) {
    let data = "x".repeat(8000);
    for said in 0.. {
        if metric(relay, series).await > 0.0 {
            return;
        }
        assert!(said < 1_000, "{series} is still 0 after 160 MB");
        for _ in 0..20 {
            speaker.signal(None, &data).await;
            let (frame, _) = speaker.message().await;
            speaker.acknowledge(&frame).await;
        }
    }
}

/// The end of a client that sends all the time and reads nothing until its socket has been closing for longer than a
/// silent one may.
async fn end_of_late_reader(Flooder { mut client, hand }: Flooder) -> End {
    let _flood = flood(hand, &[]);
    tokio::time::sleep(CLOSE_TIMEOUT + CLOSE_TIMEOUT / 2).await;
    client.end().await
}

#[tokio::test]
async fn who_reads_late_is_told_that_its_output_was_too_much() {
    // One that cannot resume: for others more would be kept than waits.
    let Late { relay, mut speaker, late, .. } = prepare(9 << 20, "").await;
    talk_until(&relay, &mut speaker, "limited_total{reason=\"output_hard\"}").await;
    assert_eq!(end_of_late_reader(late).await, End::Closed(Some(1013)));
}

#[tokio::test]
async fn who_reads_late_is_told_that_it_acknowledged_too_little() {
    let Late { relay: _relay, mut speaker, late, .. } = prepare(8 << 20, RESUMABLE).await;
    let data = "x".repeat(8000);
    loop {
        speaker.signal(None, &data).await;
        let (frame, message) = speaker.message().await;
        speaker.acknowledge(&frame).await;
        if message["method"] == "deleted" {
            break;
        }
    }
    assert_eq!(end_of_late_reader(late).await, End::Closed(Some(1011)));
}

#[tokio::test]
async fn who_reads_late_is_told_that_it_was_removed() {
    let Late { relay, session, mut speaker, late } = prepare(9 << 20, RESUMABLE).await;
    talk_until(&relay, &mut speaker, "output_bytes").await;
    kick(&relay, &session, "late").await;
    assert_eq!(end_of_late_reader(late).await, End::Closed(Some(1000)));
}

#[tokio::test]
async fn who_reads_late_is_told_that_a_newer_socket_replaced_it() {
    let Late { relay, session, mut speaker, late } = prepare(9 << 20, RESUMABLE).await;
    talk_until(&relay, &mut speaker, "output_bytes").await;
    let _newer = replace(&relay, &session, "late").await;
    assert_eq!(end_of_late_reader(late).await, End::Closed(Some(1012)));
}
