//! The direction of imports, read from the sources: what decides must not know what runs.

use std::fs;
use std::path::{Path, PathBuf};

/// A module of the library and the sibling modules it may name.
const MAY_IMPORT: [(&str, &[&str]); 7] = [
    ("session", &[]),
    ("transport", &["log"]),
    ("runtime", &["session", "transport", "log", "sync"]),
    ("ffi", &["runtime", "session", "transport", "video", "log", "sync"]),
    ("log", &[]),
    ("sync", &[]),
    ("video", &[]),
];

#[test]
fn modules_import_only_what_lies_below_them() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    for (module, allowed) in MAY_IMPORT {
        for file in sources(&src, module) {
            let text = fs::read_to_string(&file).expect("a source file is readable");
            for (number, line) in
                text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"))
            {
                for (other, _) in MAY_IMPORT {
                    let named = line.contains(&format!("crate::{other}::"))
                        || line.contains(&format!("crate::{other};"));
                    if named && other != module && !allowed.contains(&other) {
                        wrong.push(format!("{}:{}: {module} names {other}", file.display(), number + 1));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "imports that point the wrong way:\n{}", wrong.join("\n"));
}

#[test]
fn what_decides_names_neither_tokio_nor_threads_nor_clocks() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = sources(&root.join("src"), "session");
    files.extend(sources(&root.join("crates/protocol"), "src"));
    assert!(files.len() > 5, "the sources are where this test looks");
    let forbidden =
        ["tokio::", "std::thread", "std::net", "Instant::now", "SystemTime", "std::fs", "thread_rng"];
    let mut wrong = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("a source file is readable");
        for (number, line) in
            text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"))
        {
            if let Some(word) = forbidden.iter().find(|word| line.contains(**word)) {
                // The tests of the machine pick one moment to count from; the machine itself never does.
                if !(*word == "Instant::now" && file.components().any(|part| part.as_os_str() == "tests")) {
                    wrong.push(format!("{}:{}: {word}", file.display(), number + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "impure words in pure code:\n{}", wrong.join("\n"));
}

/// The Rust files of `folder/module.rs` and below `folder/module/`.
fn sources(folder: &Path, module: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let file = folder.join(format!("{module}.rs"));
    if file.is_file() {
        found.push(file);
    }
    let mut open = vec![folder.join(module)];
    while let Some(folder) = open.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
