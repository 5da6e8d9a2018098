//! What waits to be polled.
#![forbid(unsafe_code)]

use std::collections::VecDeque;

use bytes::Bytes;

use super::event::{Action, Event, LinkId, LogLevel, LogRecord};

/// Most log lines that wait; a driver polls them all the time, and a flood of them must not cost memory.
const MAX_LOG_LINES: usize = 256;

/// Events, actions and log lines in the order in which they came about.
#[derive(Default)]
pub(super) struct Output {
    events: VecDeque<Event>,
    actions: VecDeque<Action>,
    log: VecDeque<LogRecord>,
    log_omitted: usize,
}

impl Output {
    pub(super) fn event(&mut self, event: Event) {
        self.events.push_back(event);
    }

    pub(super) fn action(&mut self, action: Action) {
        self.actions.push_back(action);
    }

    pub(super) fn send(&mut self, link: LinkId, message: Bytes) {
        self.actions.push_back(Action::Send { link, message });
    }

    pub(super) fn log(&mut self, level: LogLevel, text: String) {
        if self.log.len() < MAX_LOG_LINES {
            self.log.push_back(LogRecord { level, text });
        } else {
            self.log_omitted += 1;
        }
    }

    pub(super) fn next_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    pub(super) fn next_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    pub(super) fn next_log(&mut self) -> Option<LogRecord> {
        self.log.pop_front().or_else(|| {
            let omitted = std::mem::take(&mut self.log_omitted);
            (omitted > 0)
                .then(|| LogRecord { level: LogLevel::Warn, text: format!("log lines left out: {omitted}") })
        })
    }

    /// How many actions wait.
    pub(super) fn backlog(&self) -> usize {
        self.actions.len()
    }

    pub(super) fn forget_events(&mut self) {
        self.events.clear();
    }

    /// Forgets what was to be written on a link that is gone.
    pub(super) fn forget_sends(&mut self, gone: LinkId) {
        self.actions.retain(|action| !matches!(action, Action::Send { link, .. } if *link == gone));
    }

    /// Gives back memory that a burst left behind.
    pub(super) fn trim(&mut self) {
        if self.events.is_empty() {
            self.events = VecDeque::new();
        }
        if self.actions.is_empty() {
            self.actions = VecDeque::new();
        }
        if self.log.is_empty() {
            self.log = VecDeque::new();
        }
    }
}
