//! What a participant may do.

/// The role that a client token grants. It is fixed for the life of the connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Role {
    /// Receives only.
    Subscriber,
    /// Publishes, receives and signals. What a token grants that names no role.
    #[default]
    Publisher,
    /// Publishes, and neither receives nor signals.
    PublisherOnly,
    /// As a publisher, and may remove others.
    Moderator,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 4] = [Self::Subscriber, Self::Publisher, Self::PublisherOnly, Self::Moderator];

    /// The role of this name, as tokens spell it.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// The name, as tokens spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Subscriber => "subscriber",
            Self::Publisher => "publisher",
            Self::PublisherOnly => "publisheronly",
            Self::Moderator => "moderator",
        }
    }

    /// The rights as clients are told them, in a connection's `permissions`.
    pub fn permissions(self) -> &'static [&'static str] {
        match self {
            Self::Subscriber => &["subscribe"],
            Self::Publisher => &["publish", "subscribe", "signal"],
            Self::PublisherOnly => &["publish"],
            Self::Moderator => {
                &["publish", "subscribe", "signal", "forcedisconnect", "forceunpublish", "forcemute"]
            }
        }
    }

    /// Whether it may send signals. Documents disagree about subscribers, hence the switch.
    pub fn may_signal(self, subscriber_may: bool) -> bool {
        match self {
            Self::Publisher | Self::Moderator => true,
            Self::PublisherOnly => false,
            Self::Subscriber => subscriber_may,
        }
    }

    /// Whether it may remove other clients from the session.
    pub fn may_force_disconnect(self) -> bool {
        self == Self::Moderator
    }
}
