//! Each kind of broken history must be seen, and none of the sound ones.

mod broken;
mod sound;

use super::{Rule, Verdict, judge};
use crate::history::{History, Joining, Sent, ServerSent, What};

/// A history in the making.
struct Story(History);

impl Story {
    fn new() -> Self {
        Self(History::default())
    }

    fn add(mut self, who: &str, what: What) -> Self {
        let at = self.0.records.len() as u64;
        self.0.push(at, who, what);
        self
    }

    fn joining(self, who: &str) -> Self {
        self.add(who, What::Joining(Joining::new("S")))
    }

    /// Joins under the connection id `c-<who>`.
    fn joins(self, who: &str) -> Self {
        self.joining(who).add(who, What::Connected { connection_id: format!("c-{who}") })
    }

    fn created(self, who: &str, other: &str) -> Self {
        self.add(who, What::ConnectionCreated { connection_id: format!("c-{other}"), data: None })
    }

    fn dropped(self, who: &str, other: &str) -> Self {
        self.add(who, What::ConnectionDropped { connection_id: format!("c-{other}") })
    }

    /// `a` and `b` joined, each told of the other.
    fn pair() -> Self {
        Self::new().joins("a").joins("b").created("b", "a").created("a", "b")
    }

    fn sends_as(self, who: &str, data: &str, change: impl FnOnce(&mut Sent)) -> Self {
        let mut sent = Sent { kind: "t".into(), data: data.into(), to: None, retry: true, status: Some(0) };
        change(&mut sent);
        self.add(who, What::Sent(sent))
    }

    fn sends(self, who: &str, data: &str) -> Self {
        self.sends_as(who, data, |_| {})
    }

    fn gets_as(self, who: &str, data: &str, kind: &str, from: Option<&str>) -> Self {
        let from = from.map(|from| format!("c-{from}"));
        self.add(who, What::Signal { kind: kind.into(), data: data.into(), from })
    }

    fn gets(self, who: &str, data: &str, from: &str) -> Self {
        self.gets_as(who, data, "t", Some(from))
    }

    fn server_sends(self, data: &str, to: Option<&str>) -> Self {
        let sent = ServerSent {
            session: "S".into(),
            kind: "t".into(),
            data: data.into(),
            to: to.map(|to| format!("c-{to}")),
            accepted: true,
        };
        self.add("rest", What::ServerSent(sent))
    }

    fn loses_link(self, who: &str) -> Self {
        self.add(who, What::Fault { what: "cut".into(), may_end: false }).add(who, What::ReconnectionStarted)
    }

    fn fatal(self, who: &str) -> Self {
        self.add(who, What::Fault { what: "long cut".into(), may_end: true })
    }

    fn fails(self, who: &str) -> Self {
        let error = What::Error { code: 1022, message: "the relay is gone".into() };
        self.add(who, error).add(who, What::Disconnected)
    }

    fn leaves(self, who: &str) -> Self {
        self.add(who, What::DisconnectAsked)
            .add(who, What::DisconnectReturned { status: 0 })
            .add(who, What::Disconnected)
    }

    fn settled(self) -> Self {
        self.add("", What::Settled)
    }

    fn verdict(&self) -> Verdict {
        judge(&self.0)
    }

    /// The history is clean, and stays so on its way through text.
    #[track_caller]
    fn passes(self) -> Verdict {
        let verdict = self.verdict();
        assert!(verdict.is_clean(), "{verdict}");
        let mut text = Vec::new();
        self.0.write_lines(&mut text).unwrap();
        assert_eq!(judge(&History::read_lines(text.as_slice()).unwrap()), verdict);
        verdict
    }

    /// Exactly this rule is broken, and the verdict names the client.
    #[track_caller]
    fn breaks(self, rule: Rule, who: &str) {
        let verdict = self.verdict();
        let rules: Vec<Rule> = verdict.violations.iter().map(|violation| violation.rule).collect();
        assert_eq!(rules, [rule], "{verdict}");
        assert_eq!(verdict.violations[0].who, who, "{verdict}");
        let text = verdict.to_string();
        assert!(text.contains(&format!("{rule:?}")) && text.contains("BROKEN"), "{text}");
    }
}
