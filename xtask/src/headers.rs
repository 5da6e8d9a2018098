//! Renders the C headers.
//!
//! Each file below `xtask/headers/` becomes the file of the same name below `include/`. It holds what cbindgen cannot
//! express (macros, enums with equal values, explicit typedefs) and, where the generated part belongs, two directives:
//!
//! ```text
//! //! generate FILE...    the sources below src/ffi/ whose functions and types are printed here
//! //! types NAME...       types among them that no function mentions
//! ```
#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const BANNER: &str =
    "/* Generated: `cargo run -p xtask -- headers`. The text comes from xtask/headers and src/ffi. */\n";

/// Writes every header that changed and removes those that have no source any more.
pub(crate) fn write() -> Result<String, String> {
    let root = root();
    let headers = render(&root)?;
    let mut changed = 0;
    for (path, text) in &headers {
        let target = root.join("include").join(path);
        if fs::read_to_string(&target).ok().as_deref() != Some(text) {
            let folder = target.parent().expect("a header is inside include/");
            fs::create_dir_all(folder).map_err(|e| format!("cannot make {}: {e}", folder.display()))?;
            fs::write(&target, text).map_err(|e| format!("cannot write {}: {e}", target.display()))?;
            changed += 1;
        }
    }
    for path in files(&root.join("include"))?.iter().filter(|path| !headers.contains_key(*path)) {
        fs::remove_file(root.join("include").join(path))
            .map_err(|e| format!("cannot remove {}: {e}", path.display()))?;
        changed += 1;
    }
    Ok(format!("{} headers, {changed} changed", headers.len()))
}

/// Compares `include/` with what would be written.
pub(crate) fn check() -> Result<String, String> {
    let root = root();
    let headers = render(&root)?;
    let present = files(&root.join("include"))?;
    let stale = headers.iter().filter(|(path, text)| {
        fs::read_to_string(root.join("include").join(path)).ok().as_ref() != Some(text)
    });
    let mut wrong: Vec<String> =
        stale.map(|(path, _)| format!("include/{} is not up to date", path.display())).collect();
    let extra = present.iter().filter(|path| !headers.contains_key(*path));
    wrong.extend(extra.map(|path| format!("include/{} has no source in xtask/headers", path.display())));
    if wrong.is_empty() {
        return Ok(format!("{} headers are up to date", headers.len()));
    }
    Err(format!("{}; run `cargo run -p xtask -- headers`", wrong.join(", ")))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is a folder of the repository").to_owned()
}

/// Every header by its path below `include/`.
fn render(root: &Path) -> Result<BTreeMap<PathBuf, String>, String> {
    let templates = root.join("xtask/headers");
    let mut headers = BTreeMap::new();
    for path in files(&templates)? {
        let template = fs::read_to_string(templates.join(&path))
            .map_err(|e| format!("cannot read xtask/headers/{}: {e}", path.display()))?;
        let text = fill(root, &template).map_err(|e| format!("xtask/headers/{}: {e}", path.display()))?;
        headers.insert(path, text);
    }
    Ok(headers)
}

/// The template with its directives replaced by what they ask for.
fn fill(root: &Path, template: &str) -> Result<String, String> {
    let mut text = String::from(BANNER);
    let mut lines = template.lines().peekable();
    while let Some(line) = lines.next() {
        let Some(sources) = line.strip_prefix("//! generate ") else {
            text.push_str(line);
            text.push('\n');
            continue;
        };
        let types = lines.next_if(|next| next.starts_with("//! types "));
        let types = types.and_then(|line| line.strip_prefix("//! types ")).unwrap_or_default();
        text.push_str(generate(root, sources, types)?.trim());
        text.push('\n');
    }
    Ok(text)
}

/// What cbindgen prints for some source files.
fn generate(root: &Path, sources: &str, types: &str) -> Result<String, String> {
    let mut config = cbindgen::Config::from_file(root.join("cbindgen.toml"))?;
    config.export.include.extend(types.split_whitespace().map(str::to_owned));
    let mut builder = cbindgen::Builder::new().with_config(config);
    for source in sources.split_whitespace() {
        builder = builder.with_src(root.join("src/ffi").join(source));
    }
    let bindings = builder.generate().map_err(|e| e.to_string())?;
    let mut bytes = Vec::new();
    bindings.write(&mut bytes);
    let text = String::from_utf8(bytes).map_err(|e| e.to_string())?;
    match types.split_whitespace().find(|name| !text.contains(*name)) {
        Some(name) => Err(format!("{name} is not in {sources}")),
        None => Ok(text),
    }
}

/// The files below a folder, as sorted paths relative to it; none if there is no such folder.
fn files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(inner) = folders.pop() {
        let Ok(entries) = fs::read_dir(folder.join(&inner)) else { continue };
        for entry in entries {
            let entry = entry.map_err(|e| format!("cannot list {}: {e}", folder.display()))?;
            let path = inner.join(entry.file_name());
            match entry.path().is_dir() {
                true => folders.push(path),
                false => found.push(path),
            }
        }
    }
    found.sort();
    Ok(found)
}
