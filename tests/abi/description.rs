//! The project's own copy of the names, values and layouts of the mirrored interface.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// `layout.json`.
#[derive(Deserialize)]
pub(crate) struct Description {
    /// Structs with every member.
    pub(crate) structs: BTreeMap<String, Struct>,
    /// Structs of which only the size is of interest.
    pub(crate) struct_sizes: BTreeMap<String, usize>,
    /// Size of every enum.
    pub(crate) enum_size: usize,
    /// Values by enum and name.
    pub(crate) enums: BTreeMap<String, BTreeMap<String, i64>>,
    /// The callbacks struct of older generations.
    pub(crate) older_callbacks: BTreeMap<String, Struct>,
    /// Declarations by header.
    pub(crate) functions: BTreeMap<String, Vec<String>>,
    /// Functions of which only the name is known.
    pub(crate) functions_without_documented_signature: Vec<String>,
}

/// Size and offsets in bytes, for 64-bit targets.
#[derive(Deserialize)]
pub(crate) struct Struct {
    /// Size.
    pub(crate) size: usize,
    /// Offset of each member.
    pub(crate) fields: Vec<(String, usize)>,
}

impl Description {
    /// Reads it.
    pub(crate) fn read() -> Self {
        let text =
            fs::read_to_string(root().join("tests/abi/layout.json")).expect("the description is readable");
        serde_json::from_str(&text).expect("the description is well formed")
    }

    /// The documented declarations of all headers.
    pub(crate) fn signatures(&self) -> impl Iterator<Item = &str> {
        self.functions.values().flatten().map(String::as_str)
    }
}

/// The repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// The name of a declared function.
pub(crate) fn name_of(signature: &str) -> &str {
    let head = signature.split('(').next().unwrap_or_default().trim_end();
    head.rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default()
}
