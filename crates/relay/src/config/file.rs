//! The configuration file.

use toml::Value;

use super::{Config, ConfigError, settings, tables};

pub(super) fn apply(config: &mut Config, text: &str) -> Result<(), ConfigError> {
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        let line = error.span().map_or(0, |span| text[..span.start].matches('\n').count() + 1);
        ConfigError::secret(format!("line {line}"), format!("TOML: {}", error.message().replace('\n', " ")))
    })?;
    for (name, value) in table {
        match name.as_str() {
            "project" => tables::projects(config, &value)?,
            "application" => tables::applications(config, &value)?,
            _ => walk(config, &name, &value)?,
        }
    }
    Ok(())
}

/// A text as TOML has them. A path may have anything in it.
pub(super) fn quoted(text: &str) -> String {
    let escaped = text.chars().map(|c| match c {
        '"' | '\\' => format!("\\{c}"),
        c if c.is_control() => format!("\\u{:04x}", u32::from(c)),
        c => c.to_string(),
    });
    format!("\"{}\"", escaped.collect::<String>())
}

/// Applies a value, or all the values below it.
fn walk(config: &mut Config, key: &str, value: &Value) -> Result<(), ConfigError> {
    let text = match value {
        Value::Table(table) => {
            return table.iter().try_for_each(|(name, value)| walk(config, &format!("{key}.{name}"), value));
        }
        // Whether the key is known comes first: what stands there may be anything.
        _ if !settings::is_known(key) => "".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let texts: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
            texts.ok_or_else(|| ConfigError::new(key, "a list", "a list of texts"))?.join(",")
        }
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Boolean(on) => on.to_string(),
        Value::Datetime(_) => return Err(ConfigError::new(key, "a date", "no date")),
    };
    settings::set(config, key, &text)
}
