//! One broken history for each way to break a promise.

use super::*;

#[test]
fn lost_signal() {
    Story::pair().sends("a", "1").gets("a", "1", "a").settled().breaks(Rule::Lost, "b");
}

#[test]
fn success_that_was_false_for_everybody() {
    let story = Story::pair().sends_as("a", "1", |sent| sent.to = Some("c-b".into())).settled();
    story.breaks(Rule::Lost, "b");
}

#[test]
fn lost_signal_of_the_server() {
    Story::pair().server_sends("1", Some("b")).settled().breaks(Rule::Lost, "b");
}

#[test]
fn lost_signal_without_retry_on_a_link_that_never_broke() {
    Story::pair()
        .sends_as("a", "1", |sent| (sent.retry, sent.to) = (false, Some("c-b".into())))
        .settled()
        .breaks(Rule::Lost, "b");
}

#[test]
fn signal_without_retry_that_only_some_got() {
    Story::pair()
        .sends_as("a", "1", |sent| sent.retry = false)
        .loses_link("a")
        .add("a", What::Reconnected)
        .gets("b", "1", "a")
        .settled()
        .breaks(Rule::Lost, "a");
}

#[test]
fn signal_lost_by_a_sender_that_left_and_did_not_count_it() {
    Story::pair()
        .sends("a", "1")
        .leaves("a")
        .add("a", What::GaveUp { signals: 0 })
        .dropped("b", "a")
        .settled()
        .breaks(Rule::Lost, "b");
}

#[test]
fn signal_lost_to_a_client_that_the_sender_had_been_told_of() {
    Story::new()
        .joins("a")
        .joining("b")
        .created("a", "b")
        .sends_as("a", "1", |sent| sent.to = Some("c-b".into()))
        .add("b", What::Connected { connection_id: "c-b".into() })
        .created("b", "a")
        .settled()
        .breaks(Rule::Lost, "b");
}

#[test]
fn hole_in_what_a_failed_session_got() {
    Story::pair()
        .sends("a", "1")
        .sends("a", "2")
        .gets("a", "1", "a")
        .gets("a", "2", "a")
        .gets("b", "2", "a")
        .fatal("b")
        .fails("b")
        .dropped("a", "b")
        .settled()
        .breaks(Rule::Hole, "b");
}

#[test]
fn hole_left_by_a_sender_that_failed() {
    Story::pair()
        .sends_as("a", "1", |sent| sent.to = Some("c-b".into()))
        .sends_as("a", "2", |sent| sent.to = Some("c-b".into()))
        .gets("b", "2", "a")
        .fatal("a")
        .fails("a")
        .dropped("b", "a")
        .settled()
        .breaks(Rule::Hole, "b");
}

#[test]
fn hole_across_senders() {
    Story::pair()
        .sends("a", "1")
        .sends_as("b", "2", |sent| sent.retry = false)
        .sends("a", "3")
        .gets("a", "1", "a")
        .gets("a", "2", "b")
        .gets("a", "3", "a")
        .gets("b", "1", "a")
        .gets("b", "3", "a")
        .fatal("b")
        .fails("b")
        .breaks(Rule::Hole, "b");
}

#[test]
fn doubled_signal() {
    Story::pair()
        .sends("a", "1")
        .gets("a", "1", "a")
        .gets("b", "1", "a")
        .gets("b", "1", "a")
        .settled()
        .breaks(Rule::Doubled, "b");
}

#[test]
fn reordered_signals_of_one_sender() {
    let directed = |sent: &mut Sent| sent.to = Some("c-b".into());
    Story::pair()
        .sends_as("a", "1", directed)
        .sends_as("a", "2", directed)
        .gets("b", "2", "a")
        .gets("b", "1", "a")
        .settled()
        .breaks(Rule::Reordered, "b");
}

#[test]
fn reordered_signals_of_two_senders() {
    Story::pair()
        .sends("a", "1")
        .sends("b", "2")
        .gets("a", "1", "a")
        .gets("a", "2", "b")
        .gets("b", "2", "b")
        .gets("b", "1", "a")
        .settled()
        .breaks(Rule::Reordered, "b");
}

#[test]
fn reordered_signals_of_the_server() {
    Story::new()
        .joins("a")
        .server_sends("1", None)
        .server_sends("2", None)
        .gets_as("a", "2", "t", None)
        .gets_as("a", "1", "t", None)
        .settled()
        .breaks(Rule::Reordered, "a");
}

#[test]
fn wrong_client() {
    Story::pair()
        .joins("x")
        .created("x", "a")
        .created("x", "b")
        .created("a", "x")
        .created("b", "x")
        .sends_as("a", "1", |sent| sent.to = Some("c-b".into()))
        .gets("b", "1", "a")
        .gets("x", "1", "a")
        .settled()
        .breaks(Rule::WrongClient, "x");
}

#[test]
fn wrong_session() {
    Story::new()
        .joins("a")
        .add("b", What::Joining(Joining { sees_connections: false, ..Joining::new("T") }))
        .add("b", What::Connected { connection_id: "c-b".into() })
        .sends("a", "1")
        .gets("a", "1", "a")
        .gets("b", "1", "a")
        .settled()
        .breaks(Rule::WrongSession, "b");
}

#[test]
fn client_of_another_session_announced() {
    Story::new()
        .joins("a")
        .add("b", What::Joining(Joining::new("T")))
        .add("b", What::Connected { connection_id: "c-b".into() })
        .created("a", "b")
        .settled()
        .breaks(Rule::WrongSession, "a");
}

#[test]
fn wrong_sender() {
    Story::pair()
        .sends("a", "1")
        .gets("a", "1", "a")
        .gets("b", "1", "b")
        .settled()
        .breaks(Rule::WrongSender, "b");
}

#[test]
fn altered_type() {
    Story::new()
        .joins("a")
        .sends("a", "1")
        .gets_as("a", "1", "u", Some("a"))
        .settled()
        .breaks(Rule::Altered, "a");
}

#[test]
fn invented_signal() {
    Story::new().joins("a").gets("a", "1", "a").settled().breaks(Rule::Invented, "a");
}

#[test]
fn invented_client() {
    Story::new().joins("a").created("a", "nobody").settled().breaks(Rule::Invented, "a");
}

#[test]
fn refused_signal_that_arrives() {
    Story::new()
        .joins("a")
        .sends_as("a", "1", |sent| sent.status = Some(1550))
        .gets("a", "1", "a")
        .settled()
        .breaks(Rule::RefusedYetDelivered, "a");
}

#[test]
fn success_after_the_end() {
    Story::new().joins("a").leaves("a").sends("a", "1").settled().breaks(Rule::FalseSuccess, "a");
    Story::new().sends("a", "1").settled().breaks(Rule::FalseSuccess, "a");
}

#[test]
fn event_before_connect_and_before_connected() {
    Story::new().add("a", What::ReconnectionStarted).breaks(Rule::OutOfPlace, "a");
    Story::new().joining("a").add("a", What::ReconnectionStarted).breaks(Rule::OutOfPlace, "a");
    Story::new().joins("b").joining("a").created("a", "b").breaks(Rule::OutOfPlace, "a");
}

#[test]
fn signal_before_its_sender_is_reported() {
    Story::new()
        .joins("a")
        .joins("b")
        .created("b", "a")
        .sends("b", "1")
        .gets("b", "1", "b")
        .gets("a", "1", "b")
        .created("a", "b")
        .settled()
        .breaks(Rule::SenderUnknown, "a");
}

#[test]
fn signal_after_its_sender_is_reported_gone() {
    Story::pair()
        .sends("b", "1")
        .gets("b", "1", "b")
        .leaves("b")
        .dropped("a", "b")
        .gets("a", "1", "b")
        .settled()
        .breaks(Rule::SenderUnknown, "a");
}

#[test]
fn client_announced_twice_or_dropped_twice() {
    Story::pair().created("a", "b").settled().breaks(Rule::EventTwice, "a");
    let left = || Story::pair().leaves("b").dropped("a", "b");
    left().dropped("a", "b").settled().breaks(Rule::EventTwice, "a");
    left().created("a", "b").settled().breaks(Rule::EventTwice, "a");
}

#[test]
fn own_connection_announced() {
    Story::new().joins("a").created("a", "a").settled().breaks(Rule::EventTwice, "a");
}

#[test]
fn client_dropped_that_was_never_announced() {
    Story::new().joins("a").dropped("a", "b").settled().breaks(Rule::OutOfPlace, "a");
}

#[test]
fn client_never_announced() {
    Story::new().joins("a").joins("b").created("b", "a").settled().breaks(Rule::EventMissing, "a");
    Story::new().joins("a").joins("b").created("a", "b").settled().breaks(Rule::EventMissing, "b");
}

#[test]
fn client_that_left_never_dropped() {
    Story::pair().leaves("b").settled().breaks(Rule::EventMissing, "a");
}

#[test]
fn client_dropped_that_is_there() {
    Story::pair().dropped("a", "b").settled().breaks(Rule::Invented, "a");
}

#[test]
fn suppressed_event_reported() {
    Story::new()
        .add("a", What::Joining(Joining { sees_connections: false, ..Joining::new("S") }))
        .add("a", What::Connected { connection_id: "c-a".into() })
        .joins("b")
        .created("b", "a")
        .created("a", "b")
        .settled()
        .breaks(Rule::OutOfPlace, "a");
}

#[test]
fn connected_twice() {
    let again = What::Connected { connection_id: "c-a".into() };
    Story::new().joins("a").add("a", again).settled().breaks(Rule::EventTwice, "a");
}

#[test]
fn episode_without_outcome() {
    Story::new().joins("a").loses_link("a").settled().breaks(Rule::EventMissing, "a");
}

#[test]
fn episode_with_two_outcomes() {
    Story::new()
        .joins("a")
        .loses_link("a")
        .add("a", What::Reconnected)
        .add("a", What::Reconnected)
        .settled()
        .breaks(Rule::EventTwice, "a");
}

#[test]
fn episode_begun_twice() {
    Story::new()
        .joins("a")
        .loses_link("a")
        .add("a", What::ReconnectionStarted)
        .add("a", What::Reconnected)
        .settled()
        .breaks(Rule::OutOfPlace, "a");
}

#[test]
fn signal_during_an_episode() {
    Story::new()
        .joins("a")
        .sends("a", "1")
        .loses_link("a")
        .gets("a", "1", "a")
        .add("a", What::Reconnected)
        .settled()
        .verdict()
        .violations
        .iter()
        .find(|violation| violation.rule == Rule::OutOfPlace)
        .expect("seen");
}

#[test]
fn reported_after_disconnected() {
    Story::new().joins("a").leaves("a").add("a", What::Disconnected).settled().breaks(Rule::AfterEnd, "a");
    Story::new().joins("a").leaves("a").add("a", What::Reconnected).settled().breaks(Rule::AfterEnd, "a");
}

#[test]
fn reported_after_disconnect_returned() {
    Story::new()
        .joins("a")
        .add("a", What::DisconnectAsked)
        .add("a", What::DisconnectReturned { status: 0 })
        .add("a", What::ReconnectionStarted)
        .add("a", What::Disconnected)
        .settled()
        .breaks(Rule::AfterEnd, "a");
}

#[test]
fn reported_after_delete() {
    Story::new()
        .joins("a")
        .add("a", What::Deleted)
        .add("a", What::Disconnected)
        .settled()
        .breaks(Rule::AfterEnd, "a");
}

#[test]
fn disconnect_without_disconnected() {
    Story::new()
        .joins("a")
        .add("a", What::DisconnectAsked)
        .add("a", What::DisconnectReturned { status: 0 })
        .settled()
        .breaks(Rule::EventMissing, "a");
}

#[test]
fn failed_connect_followed_by_disconnected() {
    Story::new()
        .fatal("a")
        .joining("a")
        .fails("a")
        .settled()
        .verdict()
        .violations
        .iter()
        .find(|violation| violation.rule == Rule::AfterEnd)
        .expect("seen");
}

#[test]
fn error_without_disconnected() {
    let error = What::Error { code: 1022, message: "gone".into() };
    Story::new().joins("a").fatal("a").add("a", error).settled().breaks(Rule::EventMissing, "a");
}

#[test]
fn dishonest_errors() {
    let ends = |code, message: &str| {
        Story::new()
            .joins("a")
            .fatal("a")
            .add("a", What::Error { code, message: message.into() })
            .add("a", What::Disconnected)
            .settled()
    };
    ends(1004, "no").breaks(Rule::DishonestError, "a");
    ends(2000, "no").breaks(Rule::DishonestError, "a");
    ends(1022, "").breaks(Rule::DishonestError, "a");
    ends(1022, "two\nlines").breaks(Rule::DishonestError, "a");
    Story::new()
        .fatal("a")
        .joining("a")
        .add("a", What::Error { code: 1022, message: "gone".into() })
        .settled()
        .breaks(Rule::DishonestError, "a");
}

#[test]
fn end_without_a_cause() {
    Story::new().joins("a").fails("a").settled().breaks(Rule::NeedlessEnd, "a");
    Story::new().joins("a").loses_link("a").fails("a").settled().breaks(Rule::NeedlessEnd, "a");
    Story::new().joins("a").add("a", What::Disconnected).settled().breaks(Rule::NeedlessEnd, "a");
    Story::new().fatal("a").joins("a").fails("a").settled().breaks(Rule::NeedlessEnd, "a");
}

#[test]
fn resume_at_a_relay_that_forgot_everything() {
    Story::new()
        .joins("a")
        .add("", What::Forgotten)
        .add("a", What::ReconnectionStarted)
        .add("a", What::Reconnected)
        .breaks(Rule::FalseSuccess, "a");
}

#[test]
fn session_that_outlives_the_memory_of_its_relay() {
    Story::new().joins("a").add("", What::Forgotten).settled().breaks(Rule::FalseSuccess, "a");
}

#[test]
fn disconnect_that_succeeds_where_there_is_nothing_to_leave() {
    let asks = |story: Story| {
        story.add("a", What::DisconnectAsked).add("a", What::DisconnectReturned { status: 0 }).settled()
    };
    asks(Story::new()).breaks(Rule::FalseSuccess, "a");
    asks(Story::new().joins("a").leaves("a")).breaks(Rule::FalseSuccess, "a");
}

#[test]
fn connecting_for_ever() {
    Story::new().joining("a").settled().breaks(Rule::Unsettled, "a");
}

#[test]
fn history_that_cannot_be_judged() {
    Story::new().joins("a").sends("a", "1").sends("a", "1").breaks(Rule::BadHistory, "a");
}

#[test]
fn long_verdicts_are_cut_and_counted() {
    let mut story = Story::pair();
    for number in 0..100 {
        story = story.sends_as("a", &number.to_string(), |sent| sent.to = Some("c-b".into()));
    }
    let verdict = story.settled().verdict();
    assert_eq!(verdict.violation_count, 100);
    assert_eq!(verdict.violations.len(), Verdict::KEPT);
    assert!(verdict.to_string().contains("and 60 more"));
}
