//! The projects and applications of a configuration file.
//!
//! What is said of a mistake names the table and the key. It does not repeat what stands there: a secret in the wrong
//! place would be told as well.

use std::collections::HashMap;

use toml::{Table, Value};

use super::keys::is_name;
use super::{Config, ConfigError};

const API_KEY: &str = "a text, such as api_key = \"100\"";
const API_SECRET: &str =
    "a text, or a list of 1 to 3 texts to accept each of them, such as api_secret = [\"new\", \"old\"]";
const ID: &str = "a text: the UUID of the application";
const PUBLIC_KEY: &str = "a text: its public key, such as public_key = \"\"\"PEM text\"\"\"";

/// A table of a kind of which there can be many.
struct Entry<'a> {
    kind: &'static str,
    /// Counted as people do.
    number: usize,
    /// The key by which it is known.
    named_by: &'static str,
    table: &'a Table,
}

/// Takes the `[[project]]` tables.
pub(super) fn projects<'a>(config: &mut Config, value: &'a Value) -> Result<(), ConfigError> {
    let mut seen = HashMap::new();
    for entry in entries("project", "api_key", value)? {
        entry.only(&["api_key", "api_secret"])?;
        let api_key = entry.text("api_key", API_KEY)?;
        let secrets = match entry.get("api_secret", API_SECRET)? {
            Value::String(secret) => vec![&**secret],
            Value::Array(secrets) => {
                let text = |(index, secret): (usize, &'a Value)| {
                    let wrong = |kind| format!("{API_SECRET}; number {} of the list is {kind}", index + 1);
                    secret.as_str().ok_or_else(|| entry.wrong("api_secret", wrong(kind_of(secret))))
                };
                secrets.iter().enumerate().map(text).collect::<Result<_, _>>()?
            }
            other => {
                return Err(entry.wrong("api_secret", format!("{API_SECRET}; this is {}", kind_of(other))));
            }
        };
        config.keys.set_project(api_key, &secrets).map_err(|error| entry.place(error))?;
        entry.once(&mut seen, api_key, "; several secrets go into api_secret = [\"…\", \"…\"]")?;
    }
    Ok(())
}

/// Takes the `[[application]]` tables.
pub(super) fn applications(config: &mut Config, value: &Value) -> Result<(), ConfigError> {
    let mut seen = HashMap::new();
    for entry in entries("application", "id", value)? {
        entry.only(&["id", "public_key"])?;
        let (id, public_key) = (entry.text("id", ID)?, entry.text("public_key", PUBLIC_KEY)?);
        config.keys.set_application(id, public_key).map_err(|error| entry.place(error))?;
        // They are the same in either case.
        entry.once(&mut seen, &id.to_ascii_lowercase(), "")?;
    }
    Ok(())
}

fn entries<'a>(
    kind: &'static str,
    named_by: &'static str,
    value: &'a Value,
) -> Result<Vec<Entry<'a>>, ConfigError> {
    let wrong = |found: &str| {
        let allowed =
            format!("a table that begins with [[{kind}]], as often as there are some; this is {found}");
        ConfigError::secret(kind, allowed)
    };
    let Value::Array(items) = value else {
        return Err(wrong(if value.is_table() {
            "a table that begins with one bracket"
        } else {
            kind_of(value)
        }));
    };
    let entry = |(index, item): (usize, &'a Value)| {
        let table = item.as_table().ok_or_else(|| wrong("a list"))?;
        Ok(Entry { kind, number: index + 1, named_by, table })
    };
    items.iter().enumerate().map(entry).collect()
}

impl<'a> Entry<'a> {
    /// How it is called: by its number, and by its name if that can be one.
    fn label(&self) -> String {
        let name = self.table.get(self.named_by).and_then(Value::as_str).filter(|name| is_name(name));
        let name = name.map_or(String::new(), |name| format!(" ({} \"{name}\")", self.named_by));
        format!("[[{}]] number {}{name}", self.kind, self.number)
    }

    fn wrong(&self, key: &str, allowed: impl Into<String>) -> ConfigError {
        let key: String = key.chars().flat_map(char::escape_debug).take(40).collect();
        ConfigError::secret(format!("{}: {key}", self.label()), allowed.into())
    }

    /// The same mistake with the table that it is in.
    fn place(&self, error: ConfigError) -> ConfigError {
        let key = error.key.rsplit('.').next().unwrap_or_default();
        self.wrong(key, error.allowed)
    }

    /// Fails for other keys than these.
    fn only(&self, keys: &[&str]) -> Result<(), ConfigError> {
        match self.table.keys().find(|key| !keys.contains(&key.as_str())) {
            Some(key) => {
                // What is no word may be a secret that stands on the wrong side of its =.
                let is_word = key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
                let shown = if is_word { key } else { "a key that is none" };
                Err(self.wrong(shown, format!("{} in [[{}]]", keys.join(" and "), self.kind)))
            }
            None => Ok(()),
        }
    }

    fn get(&self, key: &str, allowed: &str) -> Result<&'a Value, ConfigError> {
        self.table.get(key).ok_or_else(|| self.wrong(key, format!("{allowed}; it is missing")))
    }

    fn text(&self, key: &str, allowed: &str) -> Result<&'a str, ConfigError> {
        let value = self.get(key, allowed)?;
        value.as_str().ok_or_else(|| self.wrong(key, format!("{allowed}; this is {}", kind_of(value))))
    }

    /// Fails if there was one of this name before.
    fn once(&self, seen: &mut HashMap<String, usize>, name: &str, hint: &str) -> Result<(), ConfigError> {
        match seen.insert(name.to_owned(), self.number) {
            Some(first) => {
                let allowed = format!("each once, and number {first} has the same{hint}");
                Err(self.wrong(self.named_by, allowed))
            }
            None => Ok(()),
        }
    }
}

/// What kind of value it is, for people.
fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "a text",
        Value::Integer(_) | Value::Float(_) => "a number; texts stand in quotes",
        Value::Boolean(_) => "true or false; texts stand in quotes",
        Value::Datetime(_) => "a date; texts stand in quotes",
        Value::Array(_) => "a list",
        Value::Table(_) => "a table",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UUID: &str = "0b1c2d3e-4f50-4617-8293-a4b5c6d7e8f9";
    /// Stands where something secret may stand.
    const PRIVATE: &str = "s3cr3t";

    fn refused(text: &str) -> String {
        let error = Config::default().apply_toml(text).unwrap_err().to_string();
        assert!(!error.contains(PRIVATE) && !error.contains('\n'), "{error}");
        error
    }

    #[test]
    fn mistakes_in_a_project_name_its_table_its_key_and_what_is_allowed() {
        let good = format!("[[project]]\napi_key = \"100\"\napi_secret = \"{PRIVATE}\"\n");
        for (second, words) in [
            ("api_key = \"200\"", &["number 2 (api_key \"200\"): api_secret", "a text", "it is missing"][..]),
            ("api_secret = \"s3cr3t\"", &["[[project]] number 2: api_key", "it is missing"]),
            ("", &["[[project]] number 2: api_key", "it is missing"]),
            (
                "api_key = 200\napi_secret = \"s3cr3t\"",
                &["number 2: api_key", "a number; texts stand in quotes"],
            ),
            ("api_key = \"s3cr3t s3cr3t\"\napi_secret = \"x\"", &["number 2: api_key", "1 to 64 of A-Z"]),
            ("api_key = \"200\"\napi_secret = 5", &["(api_key \"200\"): api_secret", "this is a number"]),
            (
                "api_key = \"200\"\napi_secret = [\"s3cr3t\", 5]",
                &["api_secret", "number 2 of the list is a number"],
            ),
            ("api_key = \"200\"\napi_secret = {a = \"s3cr3t\"}", &["api_secret", "this is a table"]),
            (
                "api_key = \"200\"\napi_secret = \"\"",
                &["(api_key \"200\"): api_secret", "none of them empty"],
            ),
            ("api_key = \"200\"\napi_secret = []", &["api_secret", "1 to 3 secrets"]),
            ("api_key = \"200\"\napi_secret = [\"s3cr3t\", \"\"]", &["api_secret", "none of them empty"]),
            (
                "api_key = \"200\"\napi_secret = [\"1\", \"2\", \"3\", \"s3cr3t\"]",
                &["api_secret", "1 to 3 secrets"],
            ),
            (
                "api_key = \"200\"\napi_secrets = [\"s3cr3t\"]",
                &["(api_key \"200\"): api_secrets", "api_key and api_secret in [[project]]"],
            ),
            (
                "api_key = \"200\"\ns3cr3t = \"api_secret\"",
                &["(api_key \"200\"): a key that is none", "api_key and api_secret in [[project]]"],
            ),
            (
                "api_key = \"100\"\napi_secret = \"s3cr3t\"",
                &["number 2 (api_key \"100\"): api_key", "each once, and number 1 has the same"],
            ),
        ] {
            let error = refused(&format!("{good}[[project]]\n{second}\n"));
            for word in words {
                assert!(error.contains(word), "{second}: {word} in {error}");
            }
        }
        Config::default().apply_toml(&good).unwrap();
    }

    #[test]
    fn mistakes_in_an_application_name_its_table_its_key_and_what_is_allowed() {
        let other = format!("id = \"{UUID}\"\n");
        let table = format!("number 1 (id \"{UUID}\"): public_key");
        for (text, words) in [
            (format!("{other}public_key = \"s3cr3t\""), &[&*table, "PEM text", "no PEM section"][..]),
            (other.clone(), &[&*table, "it is missing"]),
            (format!("{other}public_key = \"\""), &[&*table, "PEM text"]),
            (
                format!(
                    "{other}public_key = \"-----BEGIN PRIVATE KEY-----\\ns3cr3tAA\\n-----END PRIVATE KEY-----\""
                ),
                &[&*table, "PUBLIC KEY"],
            ),
            (
                format!("{other}private_key = \"s3cr3t\""),
                &["private_key", "id and public_key in [[application]]"],
            ),
            ("id = \"shop\"\npublic_key = \"s3cr3t\"".to_owned(), &["number 1 (id \"shop\"): id", "UUID"]),
            (
                "id = 5\npublic_key = \"s3cr3t\"".to_owned(),
                &["[[application]] number 1: id", "UUID", "a number"],
            ),
            ("public_key = \"s3cr3t\"".to_owned(), &["[[application]] number 1: id", "it is missing"]),
        ] {
            let error = refused(&format!("[[application]]\n{text}\n"));
            for word in words {
                assert!(error.contains(word), "{text}: {word} in {error}");
            }
        }
    }

    #[test]
    fn an_application_is_the_same_in_either_case() {
        let key = include_str!("../../../protocol/testdata/keys/application_public.pem");
        let table = |id: &str| format!("[[application]]\nid = \"{id}\"\npublic_key = \"\"\"{key}\"\"\"\n");
        Config::default().apply_toml(&table(UUID)).unwrap();
        let error = refused(&(table(UUID) + &table(&UUID.to_uppercase())));
        assert!(error.contains("number 2") && error.contains("number 1 has the same"), "{error}");
    }

    #[test]
    fn what_is_no_such_table_is_told_how_one_begins() {
        for (text, words) in [
            ("[project]\napi_key = \"100\"\napi_secret = \"s3cr3t\"", &["[[project]]", "one bracket"][..]),
            ("project = \"s3cr3t\"", &["project:", "[[project]]", "this is a text"]),
            ("project = [\"s3cr3t\"]", &["project:", "[[project]]"]),
            (
                "[[projects]]\napi_key = \"100\"\napi_secret = \"s3cr3t\"",
                &["projects:", "did you mean [[project]]?"],
            ),
            ("[[applications]]\nid = \"s3cr3t\"", &["applications:", "did you mean [[application]]?"]),
            ("api_secret = \"s3cr3t\"", &["api_secret:", "did you mean [[project]]?"]),
            ("[[limits]]\ngrace_window = \"s3cr3t\"", &["limits:", "a section: [limits]"]),
            ("tls = \"s3cr3t\"", &["tls:", "a section: [tls]"]),
        ] {
            let error = refused(text);
            for word in words {
                assert!(error.contains(word), "{text}: {word} in {error}");
            }
        }
    }
}
