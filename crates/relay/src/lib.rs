//! Self-hosted signaling relay.
