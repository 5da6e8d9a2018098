//! Which session a command is about.

use clap::Args;
use otc_protocol::session_id::{self, SessionId};

use super::Failure;

/// How a session can be named.
#[derive(Debug, Args)]
pub(super) struct SessionArg {
    /// The session
    #[arg(long, env = "OTC_SESSION_ID", value_name = "SID")]
    session: Option<String>,
}

impl SessionArg {
    /// Its id, as it was given, and what the id says.
    pub(super) fn get(&self) -> Result<(&str, SessionId), Failure> {
        // An empty variable is as good as none.
        let Some(id) = self.session.as_deref().filter(|id| !id.is_empty()) else {
            return Err(Failure::Usage(
                "--session is missing (or OTC_SESSION_ID); `otc-relay session` makes an id".to_owned(),
            ));
        };
        let session = session_id::decode(id)
            .map_err(|error| Failure::Usage(format!("--session \"{}\": {error}", id.escape_debug())))?;
        Ok((id, session))
    }
}
