//! Every limit, delay and default of a session, with its unit and its reason.
#![forbid(unsafe_code)]

use std::time::Duration;

use otc_protocol::limits;

use super::outbox::Window;

/// The settings of a session. [`SessionConfig::default`] gives the documented defaults.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionConfig {
    /// Longest wait for one session info answer. Default 10 s.
    pub info_limit: Duration,
    /// Pauses before the second and third session info request after a transport fault or a 5xx answer; their number
    /// is the number of further tries. Default 250 ms and 1 s.
    pub info_pauses: [Duration; 2],
    /// Longest wait for one WebSocket to open. Default 15 s, as stock clients wait.
    pub socket_limit: Duration,
    /// Longest time on open links without an answer to create. Default 15 s: a relay gives a socket as long.
    pub create_limit: Duration,
    /// Longest time on open links without an answer to session read. Default 15 s.
    pub read_limit: Duration,
    /// Longest time from connect to joined or failed, all of the above together. Default 30 s.
    pub connect_limit: Duration,
    /// From one PING to the next. Default 5 s, as stock clients ping.
    pub ping_interval: Duration,
    /// A link on which nothing arrived for so long is lost. Default 9.9 s: two PINGs went unanswered.
    pub silence_limit: Duration,
    /// The session ends when a lost link was not resumed for so long. Default 60 s: relays keep a lost connection
    /// at least that long.
    pub give_up_limit: Duration,
    /// Pause before the second attempt to find a link; it doubles with each further one. The first attempt is made at
    /// once. Default 500 ms, the pause of stock clients.
    pub reconnect_pause: Duration,
    /// The longest pause between attempts. Default 4 s, so that a relay that is back is noticed soon.
    pub reconnect_pause_max: Duration,
    /// By how much of itself a pause is shortened or lengthened at random. Default 0.2: the clients of a relay that
    /// went away must not come back in the same instant.
    pub reconnect_spread: f64,
    /// How many resumed links in a row may break within a second and without bringing anything before the first
    /// attempt is no longer made at once. Default 200: far beyond what a bad network does, so that only a relay that
    /// accepts and drops without end is met with pauses.
    pub fruitless_count: u32,
    /// A request that is not answered for so long on a live link counts as its loss. Default 30 s.
    pub request_limit: Duration,
    /// The longest that disconnect waits for signals to be written out. Default 1 s.
    pub drain_limit: Duration,
    /// How long disconnect tries to tell the relay when there is no link. Default 1 s.
    pub farewell_limit: Duration,
    /// The longest from disconnect to disconnected, draining included. Default 3 s.
    pub leave_limit: Duration,
    /// Most signals that may wait for answers. Default 10,000.
    pub outbox_count: usize,
    /// Most bytes of frames that may wait for answers. Default 16 MiB.
    pub outbox_bytes: usize,
    /// Most requests that are on their way to the relay without an answer, counted from the first that has none. Default
    /// [`MAX_REQUESTS_UNDER_WAY`](limits::MAX_REQUESTS_UNDER_WAY): relays remember no fewer, so that one that is sent again
    /// after a loss is recognised whatever was sent behind it. And acknowledgements have no more than this before them: were a whole outbox written at once,
    /// clients that all do so would be sent more than a relay keeps before it reads that any of it arrived.
    pub window_count: u64,
    /// Most bytes of such requests; a single one may have more. Default 512 KiB, for the same reasons.
    pub window_bytes: usize,
    /// How many transaction ids of received frames are remembered. Default 20,480: more than the frames that a relay
    /// may replay ([`MAX_KEPT_MESSAGES`](limits::MAX_KEPT_MESSAGES)).
    pub dedup_count: usize,
    /// Most frames that are kept when they arrive before the session's state. Default 16,384, as many as a relay holds.
    pub early_count: usize,
    /// Most bytes of frames that are kept when they arrive before the session's state. Default 32 MiB.
    pub early_bytes: usize,
    /// How many connections that left are remembered, so that signals to them are refused at once. Default 4,096.
    pub departed_count: usize,
    /// Most bytes of connections and streams that are kept at a time. Default 128 MiB, ten times the largest session
    /// known; beyond it the session ends, because the relay is not to be trusted.
    pub roster_bytes: usize,
    /// Most acknowledgements and PINGs that may wait to be written; beyond it the link counts as lost, because its
    /// peer sends and does not read. Default 20,480: more than the frames that a relay may replay (16,384).
    pub backlog_count: usize,
    /// The largest frame that is read, in bytes. Default 16 MiB: the state of a session of 15,000 clients.
    pub max_frame: usize,
    /// Ask the relay for no news of other connections, and report none. Default false.
    pub connection_events_suppressed: bool,
    /// What the client calls itself in words. Default `libotc`.
    pub user_agent: String,
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self {
            info_limit: Duration::from_secs(10),
            info_pauses: [Duration::from_millis(250), Duration::from_secs(1)],
            socket_limit: Duration::from_secs(15),
            create_limit: Duration::from_secs(15),
            read_limit: Duration::from_secs(15),
            connect_limit: Duration::from_secs(30),
            ping_interval: Duration::from_secs(5),
            silence_limit: Duration::from_millis(9_900),
            give_up_limit: Duration::from_secs(60),
            reconnect_pause: Duration::from_millis(500),
            reconnect_pause_max: Duration::from_secs(4),
            reconnect_spread: 0.2,
            fruitless_count: 200,
            request_limit: Duration::from_secs(30),
            drain_limit: Duration::from_secs(1),
            farewell_limit: Duration::from_secs(1),
            leave_limit: Duration::from_secs(3),
            outbox_count: 10_000,
            outbox_bytes: 16 * 1024 * 1024,
            window_count: limits::MAX_REQUESTS_UNDER_WAY.into(),
            window_bytes: 512 * 1024,
            dedup_count: 20_480,
            early_count: limits::MAX_KEPT_MESSAGES.into(),
            early_bytes: 32 * 1024 * 1024,
            departed_count: 4_096,
            roster_bytes: 128 * 1024 * 1024,
            backlog_count: 20_480,
            max_frame: otc_protocol::limits::MAX_CLIENT_INBOUND_FRAME,
            connection_events_suppressed: false,
            user_agent: "libotc".to_owned(),
        }
    }
}

impl SessionConfig {
    /// How much may be on its way to the relay without an answer.
    pub(super) fn window(&self) -> Window {
        Window { count: self.window_count, bytes: self.window_bytes }
    }

    /// The settings, brought into the range in which the machine keeps its promises: a time beyond a year is as good as
    /// none, and neither PINGs without pause nor bounds of nothing make sense.
    pub(super) fn sane(mut self) -> Self {
        const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);
        const SHORTEST_PING: Duration = Duration::from_millis(1);
        let times = [
            &mut self.info_limit,
            &mut self.socket_limit,
            &mut self.create_limit,
            &mut self.read_limit,
            &mut self.connect_limit,
            &mut self.ping_interval,
            &mut self.silence_limit,
            &mut self.give_up_limit,
            &mut self.reconnect_pause,
            &mut self.reconnect_pause_max,
            &mut self.request_limit,
            &mut self.drain_limit,
            &mut self.farewell_limit,
            &mut self.leave_limit,
        ];
        for time in times.into_iter().chain(&mut self.info_pauses) {
            *time = (*time).min(LONGEST);
        }
        self.ping_interval = self.ping_interval.max(SHORTEST_PING);
        // The comparison is false for what is not a number, too.
        if !(0.0..=1.0).contains(&self.reconnect_spread) {
            self.reconnect_spread = 0.0;
        }
        self
    }
}
