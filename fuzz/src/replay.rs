//! What was learnt by fuzzing, as an ordinary test: every input of `seeds` and `corpus` passes its check.

use std::fs;
use std::path::{Path, PathBuf};

use crate::check;

#[test]
fn inputs_of_all_targets_pass() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (name, check) in check::ALL {
        let mut inputs = files(&here.join("seeds").join(name));
        inputs.extend(files(&here.join("corpus").join(name)));
        assert!(!inputs.is_empty(), "{name} has inputs");
        for input in &inputs {
            println!("{}", input.display());
            check(&fs::read(input).expect("an input is readable"));
        }
    }
}

#[test]
fn every_target_has_a_program_and_every_program_a_target() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest = fs::read_to_string(here.join("Cargo.toml")).expect("a manifest");
    for (name, _) in check::ALL {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
        assert!(here.join("fuzz_targets").join(name).with_extension("rs").is_file(), "{name}");
    }
    assert_eq!(manifest.matches("[[bin]]").count(), check::ALL.len());
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    files
}
