//! The names that the shared library exports.
#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use crate::description::{Description, name_of, root};
use crate::toolchain::shared_library;

/// The list that is committed: one name a line.
fn listed() -> BTreeSet<String> {
    let text = fs::read_to_string(root().join("tests/abi/exports.txt")).expect("the list is readable");
    text.lines().map(str::to_owned).collect()
}

fn exported() -> BTreeSet<String> {
    let output = Command::new("nm")
        .args(["-D", "--defined-only", "--format=posix"])
        .arg(shared_library())
        .output()
        .expect("nm is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let names = String::from_utf8(output.stdout).expect("names are text");
    names.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

/// The functions that the headers declare.
fn declared() -> BTreeSet<String> {
    let folder = root().join("include");
    let inner = fs::read_dir(folder.join("opentok")).expect("the headers are there");
    let mut files: Vec<_> = inner.map(|entry| entry.expect("a header").path()).collect();
    files.push(folder.join("opentok.h"));
    let texts = files.iter().map(|file| fs::read_to_string(file).expect("a header is readable"));
    texts.flat_map(|text| declared_in(&text)).collect()
}

fn declared_in(header: &str) -> Vec<String> {
    let declarations = header.split("\nOTC_API").skip(1);
    declarations.map(|declaration| name_of(declaration).to_owned()).collect()
}

/// Says what is in one set only.
fn assert_same(what: &str, left: &BTreeSet<String>, other: &str, right: &BTreeSet<String>) {
    let only_left: Vec<_> = left.difference(right).collect();
    let only_right: Vec<_> = right.difference(left).collect();
    assert!(
        only_left.is_empty() && only_right.is_empty(),
        "only {what}: {only_left:?}; only {other}: {only_right:?}"
    );
}

#[test]
fn library_exports_what_is_listed_and_nothing_else() {
    assert_same("exported", &exported(), "in tests/abi/exports.txt", &listed());
}

#[test]
fn headers_declare_what_is_exported() {
    assert_same("declared", &declared(), "in tests/abi/exports.txt", &listed());
}

#[test]
fn every_export_is_in_the_table_of_compatibility() {
    let table = fs::read_to_string(root().join("docs/compatibility.md")).expect("the table is readable");
    let missing: Vec<_> =
        listed().into_iter().filter(|name| !table.contains(&format!("| `{name}` |"))).collect();
    assert!(missing.is_empty(), "not in docs/compatibility.md: {missing:?}");
}

#[test]
fn every_export_has_the_prefix() {
    for name in listed() {
        assert!(name.starts_with("otc_"), "{name}");
    }
}

#[test]
fn every_function_of_the_mirrored_interface_is_exported() {
    let (description, listed) = (Description::read(), listed());
    let newer = description.functions_without_documented_signature.iter().map(String::as_str);
    let known: Vec<_> = description.signatures().map(name_of).chain(newer).collect();
    let missing: Vec<_> = known.iter().filter(|name| !listed.contains(**name)).collect();
    assert!(missing.is_empty(), "not exported: {missing:?}");
    let own: Vec<_> = listed.iter().filter(|name| !known.contains(&name.as_str())).collect();
    assert!(own.iter().all(|name| name.starts_with("otc_x_")), "names of our own lack their prefix: {own:?}");
}

#[test]
fn library_names_its_major_version_and_stays_loaded() {
    let output =
        Command::new("readelf").arg("-dW").arg(shared_library()).output().expect("readelf is installed");
    let text = String::from_utf8_lossy(&output.stdout);
    let soname = format!("[libotc.so.{}]", env!("CARGO_PKG_VERSION_MAJOR"));
    assert!(text.contains(&soname), "no soname {soname} in\n{text}");
    assert!(text.contains("NODELETE"), "not marked to stay loaded:\n{text}");
}
