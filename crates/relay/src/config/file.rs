//! The configuration file.

use std::collections::BTreeSet;

use serde::Deserialize;
use toml::Value;

use super::{Config, ConfigError, settings};

/// A project in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Project {
    api_key: String,
    api_secret: OneOrMore,
}

/// An application in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Application {
    id: String,
    public_key: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

const PROJECT: &str =
    "[[project]] tables with api_key = \"…\" and api_secret = \"…\" (or a list of up to 3 secrets)";
const APPLICATION: &str = "[[application]] tables with id = \"…\" and public_key = \"\"\"PEM text\"\"\"";

pub(super) fn apply(config: &mut Config, text: &str) -> Result<(), ConfigError> {
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        let line = error.span().map_or(0, |span| text[..span.start].matches('\n').count() + 1);
        ConfigError::secret(format!("line {line}"), format!("TOML: {}", error.message().replace('\n', " ")))
    })?;
    for (name, value) in table {
        match name.as_str() {
            "project" => projects(config, value)?,
            "application" => applications(config, value)?,
            _ => walk(config, &name, &value)?,
        }
    }
    Ok(())
}

/// Applies a value, or all the values below it.
fn walk(config: &mut Config, key: &str, value: &Value) -> Result<(), ConfigError> {
    let text = match value {
        Value::Table(table) => {
            return table.iter().try_for_each(|(name, value)| walk(config, &format!("{key}.{name}"), value));
        }
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

fn projects(config: &mut Config, value: Value) -> Result<(), ConfigError> {
    let projects: Vec<Project> = value.try_into().map_err(|_| ConfigError::secret("project", PROJECT))?;
    let mut seen = BTreeSet::new();
    for project in projects {
        if !seen.insert(project.api_key.clone()) {
            let allowed = "each key once; several secrets go into api_secret = [\"…\", \"…\"]";
            return Err(ConfigError::new("project.api_key", &project.api_key, allowed));
        }
        let secrets = match project.api_secret {
            OneOrMore::One(secret) => vec![secret],
            OneOrMore::More(secrets) => secrets,
        };
        let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
        config.keys.set_project(&project.api_key, &secrets)?;
    }
    Ok(())
}

fn applications(config: &mut Config, value: Value) -> Result<(), ConfigError> {
    let applications: Vec<Application> =
        value.try_into().map_err(|_| ConfigError::secret("application", APPLICATION))?;
    let mut seen = BTreeSet::new();
    for application in applications {
        if !seen.insert(application.id.clone()) {
            return Err(ConfigError::new("application.id", &application.id, "each id once"));
        }
        config.keys.set_application(&application.id, &application.public_key)?;
    }
    Ok(())
}
