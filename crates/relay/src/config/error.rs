//! Why a configuration is refused.

use std::borrow::Cow;

/// Why a configuration is refused: which key, what it was set to, and what would be allowed. One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// The key, as it is written in the file.
    pub key: String,
    /// What it was set to; nothing if it is secret, or not set at all.
    pub value: Option<String>,
    /// What is allowed.
    pub allowed: Cow<'static, str>,
    /// Where the value stood: a file, a variable, a flag.
    pub origin: Option<String>,
}

impl ConfigError {
    /// A key with a value that is not allowed.
    pub fn new(key: impl Into<String>, value: &str, allowed: impl Into<Cow<'static, str>>) -> Self {
        // A value that is long or has line breaks would break the line.
        let value: String = value.chars().flat_map(char::escape_debug).take(80).collect();
        Self { key: key.into(), value: Some(value), allowed: allowed.into(), origin: None }
    }

    /// A key whose value must not be repeated.
    pub fn secret(key: impl Into<String>, allowed: impl Into<Cow<'static, str>>) -> Self {
        Self { key: key.into(), value: None, allowed: allowed.into(), origin: None }
    }

    /// The same, with where the value stood.
    #[must_use]
    pub fn at(mut self, origin: impl Into<String>) -> Self {
        self.origin.get_or_insert_with(|| origin.into());
        self
    }
}

impl std::fmt::Display for ConfigError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.key)?;
        if let Some(value) = &self.value {
            write!(f, " = \"{value}\"")?;
        }
        if let Some(origin) = &self.origin {
            write!(f, " ({origin})")?;
        }
        write!(f, ": allowed is {}", self.allowed)
    }
}

impl std::error::Error for ConfigError {}
