//! How often each thing really happened: a plan only asks for it, and what is asked for may find nothing to happen to.

/// Lists features with the words for the table.
macro_rules! features {
    ($($group:literal { $($name:ident: $text:literal,)+ })+) => {
        /// Something that a run can have in it. Counted where it takes effect, never where it is planned.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Feature {
            $($(#[doc = $text] $name,)+)+
        }

        impl Feature {
            /// All of them, in the order of the table.
            pub const ALL: &'static [Self] = &[$($(Self::$name,)+)+];

            /// What belongs together.
            pub fn group(self) -> &'static str {
                match self { $($(Self::$name)|+ => $group,)+ }
            }

            /// In words.
            pub fn text(self) -> &'static str {
                match self { $($(Self::$name => $text,)+)+ }
            }
        }
    };
}

features! {
    "network" {
        Delivered: "messages that travelled, each with a delay of its own",
        CutFin: "open links cut by FIN",
        CutRst: "open links cut by RST",
        CutUnseenByClient: "half-open links: only the relay saw the cut",
        CutUnseenByRelay: "half-open links: only the client saw the cut",
        CutUnseen: "links that died without either side seeing it",
        CutOpening: "links cut while they were being opened",
        Swallowed: "messages lost in the socket when a link was cut",
        HeldUp: "messages held up by a stall",
        Refused: "attempts to connect that were refused",
        Silent: "attempts to connect that nobody answered",
        Wrong: "attempts to connect that something else answered",
        InfoFailed: "session info requests that failed",
        ClientBlocked: "times a client had to wait with writing",
        RelayBlocked: "times the relay had to wait with writing",
    }
    "old links" {
        OldLinkAlive: "new links of clients whose old one was still open at the relay",
        OldLinkSpoke: "messages that came by an old link after the new one was open",
        OldLinkEnded: "old links that ended after the new one was open",
        LinkLostJoining: "links lost while joining, and sought again",
    }
    "clients" {
        Joins: "sessions joined",
        JoinsFailed: "connects that failed",
        JoinsCancelled: "connects cancelled by disconnect or delete",
        Rejoins: "joins again after an error",
        Leaves: "disconnects of a connected session",
        LeavesUnlinked: "disconnects while there was no link",
        Deletes: "sessions deleted while connected",
        DeletesUnlinked: "sessions deleted while there was no link",
        Episodes: "links lost while connected",
        Resumes: "losses that ended in a resume",
        EndsInError: "established sessions that ended with an error",
        Duplicates: "repeated messages that a client recognised",
        SlowReaders: "programs that took no callbacks for a while",
        Suspended: "machines suspended, their clocks standing still",
        SuspendedSeen: "machines suspended, their clocks running on",
        LinksAbandoned: "open links that a client gave up by itself",
    }
    "signals" {
        ToAll: "signals to all",
        ToOne: "signals to one client",
        ToSelf: "signals of a client to itself",
        ToDeparted: "signals to clients that were gone, refused at once or by the relay",
        WithoutRetry: "signals that are not kept for a resume",
        Large: "signals of more than a kilobyte",
        Queued: "signals accepted while there was no link",
        RefusedUnlinked: "signals refused because there was no link to send them on",
        GivenUp: "signals given up at the end of a session",
        ServerToAll: "signals of the server to all",
        ServerToOne: "signals of the server to one client",
        Forbidden: "requests refused because of the role",
    }
    "limits" {
        OutboxFull: "signals refused because the outbox was full",
        OutboxBytesFull: "the same by bytes",
        KeptOverflow: "clients ended by the bound of unacknowledged messages",
        EdgeOverflow: "sockets closed because they did not take their output",
        ReadingSlowed: "times the relay read less from a client that did not read",
        RateLimited: "times the relay stopped reading from a client that sent too fast",
        WaitedForOthers: "times the relay stopped reading from a client because others were behind",
        SessionFull: "clients refused because the session was full",
    }
    "relay" {
        RelayResumes: "resumes accepted",
        ResumesRefused: "resumes of something unknown refused",
        Replayed: "messages sent again",
        Repeats: "repeated requests that had no second effect",
        TokensRefused: "tokens refused",
        GraceEnded: "clients that did not come back in time",
        SilenceNoticed: "sockets closed because nothing came",
        RemovedByModerator: "clients removed by another",
        RemovedByServer: "clients removed by the server",
        RestartsClean: "restarts with a farewell, with clients in sessions",
        RestartsKilled: "restarts without one, with clients in sessions",
        SessionsForgotten: "established sessions that a restart met",
    }
    "kinds" {
        FamilyA: "joins of stock clients that cannot resume",
        FamilyB: "joins of stock clients that can",
        FamilyBResumes: "resumes of those",
        Suppressed: "joins of clients that are told of no others",
    }
}

/// Counts of every [`Feature`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage([u64; Feature::ALL.len()]);

impl Default for Coverage {
    fn default() -> Self {
        Self([0; Feature::ALL.len()])
    }
}

impl Coverage {
    /// How often it happened.
    pub fn count(&self, feature: Feature) -> u64 {
        self.0[feature as usize]
    }

    /// What never happened.
    pub fn missing(&self) -> Vec<Feature> {
        Feature::ALL.iter().copied().filter(|feature| self.count(*feature) == 0).collect()
    }

    /// Adds another run's.
    pub fn add(&mut self, other: &Self) {
        for (mine, others) in self.0.iter_mut().zip(other.0) {
            *mine += others;
        }
    }

    pub(super) fn note(&mut self, feature: Feature) {
        self.note_many(feature, 1);
    }

    pub(super) fn note_many(&mut self, feature: Feature, times: u64) {
        self.0[feature as usize] += times;
    }
}

impl std::fmt::Display for Coverage {
    /// A table, one feature a line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut group = "";
        for feature in Feature::ALL {
            if feature.group() != group {
                group = feature.group();
                writeln!(f, "{group}")?;
            }
            let warning = if self.count(*feature) == 0 { "   <- NEVER" } else { "" };
            writeln!(f, "{:>12}  {}{warning}", self.count(*feature), feature.text())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_shows_each_feature_and_what_never_happened() {
        let mut coverage = Coverage::default();
        coverage.note(Feature::CutFin);
        coverage.note_many(Feature::CutFin, 2);
        let mut sum = Coverage::default();
        sum.add(&coverage);
        sum.add(&coverage);
        assert_eq!(sum.count(Feature::CutFin), 6);
        assert_eq!(sum.missing().len(), Feature::ALL.len() - 1);
        let text = sum.to_string();
        assert!(text.contains("           6  open links cut by FIN\n"), "{text}");
        assert_eq!(text.matches("NEVER").count(), Feature::ALL.len() - 1);
    }
}
