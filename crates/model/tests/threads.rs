//! Each scenario under many schedules.

use otc_model::{check, scenarios};

macro_rules! under_many_schedules {
    ($($scenario:ident)*) => {
        $(
            #[test]
            fn $scenario() {
                check(scenarios::$scenario);
            }
        )*
    };
}

under_many_schedules! {
    events_are_told_once_and_in_order
    sessions_that_share_a_thread_are_both_told
    threads_that_leave_take_no_event_with_them
    after_close_nothing_is_told
    two_may_close_at_once
    callbacks_may_close_each_other
    a_callback_may_close_its_own
    whoever_waits_for_room_is_woken
    after_purge_only_the_end_is_told
    after_stop_and_join_nothing_is_told
    no_wake_up_is_lost
    tokens_are_given_once
    a_session_is_deleted_once_and_known_until_then
}
