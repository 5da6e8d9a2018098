//! What the checker found.

/// A rule that a history can break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// A signal that was owed to a client never arrived there.
    Lost,
    /// A signal is missing between two that arrived.
    Hole,
    /// A signal arrived twice.
    Doubled,
    /// Signals of one sender, or those that two clients have in common, arrived in different orders.
    Reordered,
    /// A signal arrived with another type than it was sent with.
    Altered,
    /// A signal or a client that nobody knows of was reported.
    Invented,
    /// A directed signal arrived at somebody else.
    WrongClient,
    /// Something arrived in another session.
    WrongSession,
    /// A signal was attributed to somebody else.
    WrongSender,
    /// A signal was refused and arrived all the same.
    RefusedYetDelivered,
    /// A signal was accepted where there was no session to send it in.
    FalseSuccess,
    /// Something was reported at a time when it must not be: before connected, during an episode.
    OutOfPlace,
    /// Something was reported after disconnected, after disconnect returned, or after delete.
    AfterEnd,
    /// Something that happens once was reported twice.
    EventTwice,
    /// Something that happened was not reported.
    EventMissing,
    /// A signal was reported before its sender was, or after its sender was reported gone.
    SenderUnknown,
    /// An error with a number that cannot be right, or without words.
    DishonestError,
    /// A session ended although nothing happened that may end it.
    NeedlessEnd,
    /// Something was still under way when nothing should have been.
    Unsettled,
    /// The history itself cannot be judged.
    BadHistory,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// What was broken.
    pub rule: Rule,
    /// The number of the record at which it showed, from 0; the number of records when it showed at the end.
    pub record: usize,
    /// Whom it concerns.
    pub who: String,
    /// One line for people.
    pub text: String,
}

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} at record {}", self.rule, self.record)?;
        if !self.who.is_empty() {
            write!(f, ", {}", self.who)?;
        }
        write!(f, ": {}", self.text)
    }
}

/// What a history comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// What is wrong; the first [`Self::KEPT`] of them.
    pub violations: Vec<Violation>,
    /// How much is wrong in all.
    pub violation_count: usize,
    /// What was judged.
    pub tally: Tally,
}

/// How much there was to judge. A verdict over nothing proves nothing, so this is part of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Records.
    pub records: u64,
    /// Joins that came to be connected.
    pub joins: u64,
    /// Signals accepted for sending, REST ones included.
    pub sent: u64,
    /// Signals that arrived, each receiver counted.
    pub arrived: u64,
    /// Arrivals that were required one by one, and checked.
    pub owed: u64,
    /// Episodes that ended in a resume.
    pub resumes: u64,
    /// Joins that ended with an error.
    pub failures: u64,
    /// Unkind things the world did.
    pub faults: u64,
}

impl Tally {
    /// Adds another run's.
    pub fn add(&mut self, other: &Self) {
        self.records += other.records;
        self.joins += other.joins;
        self.sent += other.sent;
        self.arrived += other.arrived;
        self.owed += other.owed;
        self.resumes += other.resumes;
        self.failures += other.failures;
        self.faults += other.faults;
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} joins, {} signals sent, {} arrived ({} of them owed), {} faults, {} resumes, {} ends with an error",
            self.joins, self.sent, self.arrived, self.owed, self.faults, self.resumes, self.failures
        )
    }
}

impl Verdict {
    /// How many violations are kept: enough to see a pattern.
    pub const KEPT: usize = 40;

    /// Whether nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.violation_count == 0
    }

    /// Whether this rule was broken.
    pub fn breaks(&self, rule: Rule) -> bool {
        self.violations.iter().any(|violation| violation.rule == rule)
    }

    pub(super) fn add(&mut self, violation: Violation) {
        self.violation_count += 1;
        if self.violations.len() < Self::KEPT {
            self.violations.push(violation);
        }
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for violation in &self.violations {
            writeln!(f, "{violation}")?;
        }
        if self.violation_count > self.violations.len() {
            writeln!(f, "... and {} more", self.violation_count - self.violations.len())?;
        }
        let result = if self.is_clean() { "clean" } else { "BROKEN" };
        write!(f, "history {result}: {}", self.tally)
    }
}
