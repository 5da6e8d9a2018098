//! What a relay knows that is run to try things out.

use otc_protocol::token::Secret;

/// The project that development mode made up. The page of the admin listener makes sessions and tokens of it.
#[derive(Debug, Clone)]
pub struct Development {
    pub(crate) api_key: String,
    pub(crate) secret: Secret,
}

impl Development {
    /// A project by its key and secret, which should be of no use anywhere else.
    pub fn new(api_key: &str, secret: &str) -> Self {
        Self { api_key: api_key.to_owned(), secret: Secret::new(secret) }
    }
}
