//! Who may come in: the bearers of tokens made with the configured keys.

use std::sync::Arc;

use otc_protocol::token;

use crate::authority::{Admission, Authority, Refusal};
use crate::clock;
use crate::io::Now;
use crate::server::Shared;
use crate::shard::shard_of;

/// Admits by token to the sessions of one shard.
pub(crate) struct TokenAuthority {
    shared: Arc<Shared>,
    shard: usize,
}

impl TokenAuthority {
    pub(crate) fn new(shared: Arc<Shared>, shard: usize) -> Self {
        Self { shared, shard }
    }
}

impl Authority for TokenAuthority {
    fn verify(
        &self,
        token: &str,
        session: &str,
        partner: Option<&str>,
        now: Now,
    ) -> Result<Admission, Refusal> {
        let keys = &*self.shared.keys.get();
        let began = clock::now().mono;
        let verified = token::verify_client(token, session, partner, keys, now.unix_ms / 1000);
        self.shared.meters[self.shard].admission.add(clock::now().mono.saturating_duration_since(began));
        let claims = verified.map_err(|error| Refusal { name: error.name(), message: error.to_string() })?;
        // A socket whose URL was tampered with may be on the wrong shard. Letting it in there would split the session.
        if shard_of(session, self.shared.shards.len()) != self.shard {
            return Err(Refusal {
                name: "wrong_shard",
                message: "the URL of the socket is for another session".to_owned(),
            });
        }
        Ok(Admission {
            partner: claims.partner_id,
            role: claims.role,
            connection_data: claims.connection_data,
        })
    }
}
