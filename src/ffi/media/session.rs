//! `session.h`, attaching and detaching media, refused.

use std::sync::Once;

use super::super::base::otc_status;
use super::super::client;
use super::super::handle::otc_session;
use super::{media, otc_publisher, otc_subscriber};

/// Would send the media of a publisher to the session: media, refused.
///
/// - When, threads: any; does not block.
/// - NULL: a NULL or unknown session, or a NULL publisher, gives OTC_INVALID_PARAM.
/// - Returns: OTC_FATAL; OTC_INVALID_PARAM.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_session_publish(
    session: *mut otc_session,
    publisher: *mut otc_publisher,
) -> otc_status {
    static TOLD: Once = Once::new();
    client::call(session, |_| media::refuse(&TOLD, "otc_session_publish", publisher.is_null()))
}

/// Would cease to send the media of a publisher: media, refused.
///
/// - When, threads: any; does not block.
/// - NULL: a NULL or unknown session, or a NULL publisher, gives OTC_INVALID_PARAM.
/// - Returns: OTC_FATAL; OTC_INVALID_PARAM.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_session_unpublish(
    session: *mut otc_session,
    publisher: *mut otc_publisher,
) -> otc_status {
    static TOLD: Once = Once::new();
    client::call(session, |_| media::refuse(&TOLD, "otc_session_unpublish", publisher.is_null()))
}

/// Would receive the media of a stream: media, refused.
///
/// - When, threads: any; does not block.
/// - NULL: a NULL or unknown session, or a NULL subscriber, gives OTC_INVALID_PARAM.
/// - Returns: OTC_FATAL; OTC_INVALID_PARAM.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_session_subscribe(
    session: *mut otc_session,
    subscriber: *mut otc_subscriber,
) -> otc_status {
    static TOLD: Once = Once::new();
    client::call(session, |_| media::refuse(&TOLD, "otc_session_subscribe", subscriber.is_null()))
}

/// Would cease to receive the media of a stream: media, refused.
///
/// - When, threads: any; does not block.
/// - NULL: a NULL or unknown session, or a NULL subscriber, gives OTC_INVALID_PARAM.
/// - Returns: OTC_FATAL; OTC_INVALID_PARAM.
/// - Outcome: the first call is noted in the log at level WARN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn otc_session_unsubscribe(
    session: *mut otc_session,
    subscriber: *mut otc_subscriber,
) -> otc_status {
    static TOLD: Once = Once::new();
    client::call(session, |_| media::refuse(&TOLD, "otc_session_unsubscribe", subscriber.is_null()))
}
