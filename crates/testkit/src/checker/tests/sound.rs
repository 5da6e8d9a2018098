//! Histories that keep every promise.

use super::*;

#[test]
fn signals_to_all_and_to_one() {
    let verdict = Story::pair()
        .sends("a", "1")
        .sends_as("a", "2", |sent| sent.to = Some("c-b".into()))
        .gets("b", "1", "a")
        .gets("a", "1", "a")
        .gets("b", "2", "a")
        .server_sends("3", None)
        .server_sends("4", Some("a"))
        .gets_as("a", "3", "t", None)
        .gets_as("b", "3", "t", None)
        .gets_as("a", "4", "t", None)
        .settled()
        .passes();
    assert_eq!((verdict.tally.sent, verdict.tally.arrived, verdict.tally.owed), (4, 6, 6));
}

#[test]
fn resume_between_sending_and_arriving() {
    let verdict = Story::pair()
        .sends("a", "1")
        .loses_link("a")
        .sends("a", "2")
        .add("a", What::Reconnected)
        .gets("a", "1", "a")
        .gets("a", "2", "a")
        .gets("b", "1", "a")
        .gets("b", "2", "a")
        .settled()
        .passes();
    assert_eq!(verdict.tally.resumes, 1);
}

#[test]
fn session_that_ended_with_an_error_may_miss_a_tail() {
    Story::pair()
        .sends("a", "1")
        .sends("a", "2")
        .gets("b", "1", "a")
        .gets("a", "1", "a")
        .fatal("b")
        .loses_link("b")
        .fails("b")
        .gets("a", "2", "a")
        .dropped("a", "b")
        .settled()
        .passes();
}

#[test]
fn sender_that_ended_may_lose_what_it_gave_up() {
    Story::pair()
        .sends("a", "1")
        .sends("a", "2")
        .fatal("a")
        .loses_link("a")
        .gets("b", "1", "a")
        .fails("a")
        .add("a", What::GaveUp { signals: 2 })
        .dropped("b", "a")
        .settled()
        .passes();
}

#[test]
fn what_was_written_without_retry_is_not_counted_as_given_up() {
    Story::pair()
        .sends("a", "1")
        .sends_as("a", "2", |sent| sent.retry = false)
        .fatal("a")
        .fails("a")
        .add("a", What::GaveUp { signals: 1 })
        .dropped("b", "a")
        .settled()
        .passes();
}

#[test]
fn signal_without_retry_may_be_lost_with_the_link() {
    Story::pair()
        .sends_as("a", "1", |sent| sent.retry = false)
        .loses_link("a")
        .add("a", What::Reconnected)
        .settled()
        .passes();
}

#[test]
fn refused_signals_do_not_arrive() {
    Story::pair().sends_as("a", "1", |sent| sent.status = Some(1550)).settled().passes();
    Story::pair()
        .sends_as("a", "1", |sent| sent.status = None)
        .add("a", What::Refused { cmd: "signal".into(), status: 1010, data: Some("1".into()) })
        .settled()
        .passes();
    Story::pair()
        .sends_as("a", "1", |sent| sent.status = None)
        .add("a", What::Refused { cmd: "signal".into(), status: 1010, data: None })
        .settled()
        .passes();
}

#[test]
fn sender_without_the_right_to_signal_reaches_nobody() {
    Story::new()
        .add("a", What::Joining(Joining { may_signal: false, ..Joining::new("S") }))
        .add("a", What::Connected { connection_id: "c-a".into() })
        .joins("b")
        .created("b", "a")
        .created("a", "b")
        .sends("a", "1")
        .settled()
        .passes();
}

#[test]
fn client_that_joins_later_gets_what_comes_later() {
    Story::new()
        .joins("a")
        .sends("a", "1")
        .gets("a", "1", "a")
        .sends("a", "2")
        .gets("a", "2", "a")
        .joining("b")
        .sends("a", "3")
        .created("a", "b")
        .sends("a", "4")
        .add("b", What::Connected { connection_id: "c-b".into() })
        .created("b", "a")
        .gets("b", "4", "a")
        .gets("a", "3", "a")
        .gets("a", "4", "a")
        .settled()
        .passes();
}

#[test]
fn leaving_and_joining_again() {
    Story::pair()
        .leaves("a")
        .dropped("b", "a")
        .joining("a")
        .add("a", What::Connected { connection_id: "c-a2".into() })
        .created("b", "a2")
        .created("a", "b")
        .settled()
        .passes();
}

#[test]
fn failed_connect_reports_one_error() {
    Story::new()
        .add("a", What::Fault { what: "no relay".into(), may_end: false })
        .joining("a")
        .add("a", What::Error { code: 1023, message: "nothing listens".into() })
        .settled()
        .passes();
}

#[test]
fn cancelled_connect_is_disconnected() {
    Story::new().joining("a").leaves("a").settled().passes();
}

#[test]
fn client_that_failed_to_connect_may_have_been_seen() {
    Story::new()
        .joins("a")
        .joining("x")
        .created("a", "half")
        .add("x", What::Fault { what: "cut".into(), may_end: true })
        .add("x", What::Error { code: 1021, message: "no answer".into() })
        .dropped("a", "half")
        .settled()
        .passes();
}

#[test]
fn relay_that_forgot_everything_ends_sessions_and_takes_new_ones() {
    Story::new()
        .joins("a")
        .add("a", What::ReconnectionStarted)
        .add("", What::Forgotten)
        .add("a", What::Reconnected)
        .add("a", What::ReconnectionStarted)
        .fails("a")
        .joining("a")
        .add("a", What::Connected { connection_id: "c-a2".into() })
        .loses_link("a")
        .add("a", What::Reconnected)
        .settled()
        .passes();
}

#[test]
fn removal_ends_a_session_without_an_error() {
    Story::pair()
        .add("", What::Removal { connection_id: "c-b".into() })
        .add("b", What::Disconnected)
        .dropped("a", "b")
        .settled()
        .passes();
}

#[test]
fn deleted_session_says_nothing_more() {
    Story::pair().add("b", What::Deleted).dropped("a", "b").settled().passes();
}

#[test]
fn client_without_connection_events_hears_of_nobody() {
    Story::new()
        .add("a", What::Joining(Joining { sees_connections: false, ..Joining::new("S") }))
        .add("a", What::Connected { connection_id: "c-a".into() })
        .joins("b")
        .created("b", "a")
        .sends("b", "1")
        .gets("a", "1", "b")
        .gets("b", "1", "b")
        .settled()
        .passes();
}

#[test]
fn disconnect_of_nothing_is_refused() {
    Story::new()
        .joins("a")
        .leaves("a")
        .add("a", What::DisconnectAsked)
        .add("a", What::DisconnectReturned { status: 1010 })
        .joining("a")
        .add("a", What::Connected { connection_id: "c-a2".into() })
        .leaves("a")
        .settled()
        .passes();
}

#[test]
fn nothing_is_called_missing_before_all_has_settled() {
    Story::pair().sends("a", "1").loses_link("b").passes();
}

#[test]
fn client_that_reads_the_state_late_may_miss_those_that_were_gone_by_then() {
    let story = |reads_state| {
        Story::new()
            .joins("a")
            .add("b", What::Joining(Joining { reads_state, ..Joining::new("S") }))
            .created("a", "b")
            .sends("a", "1")
            .gets("a", "1", "a")
            .leaves("a")
            .add("b", What::Connected { connection_id: "c-b".into() })
            .settled()
    };
    story(true).passes();
    story(false).breaks(Rule::Lost, "b");
}

#[test]
fn client_that_was_joining_when_the_relay_forgot_everything_enters_anew() {
    Story::new()
        .joins("a")
        .joining("b")
        .created("a", "b")
        .sends_as("a", "1", |sent| sent.to = Some("c-b".into()))
        .fatal("")
        .fails("a")
        .add("a", What::GaveUp { signals: 0 })
        .add("b", What::Connected { connection_id: "c-b".into() })
        .settled()
        .passes();
}
