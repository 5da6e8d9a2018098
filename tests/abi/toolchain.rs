//! C and C++ compilers, where they are installed.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::description::root;

/// A compiler and how it is called for one language.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Compiler {
    pub(crate) program: &'static str,
    pub(crate) standard: &'static str,
    pub(crate) extension: &'static str,
}

/// Every compiler that is installed. gcc and g++ must be; the others are extras.
pub(crate) fn compilers() -> Vec<Compiler> {
    let all = [
        ("gcc", "c99", "c"),
        ("g++", "c++11", "cc"),
        ("clang", "c99", "c"),
        ("clang++", "c++11", "cc"),
        ("x86_64-w64-mingw32-gcc", "c99", "c"),
        ("x86_64-w64-mingw32-g++", "c++11", "cc"),
    ];
    let compilers = all.map(|(program, standard, extension)| Compiler { program, standard, extension });
    let (found, missing): (Vec<_>, Vec<_>) =
        compilers.into_iter().partition(|compiler| is_installed(compiler.program));
    for compiler in missing {
        assert!(!matches!(compiler.program, "gcc" | "g++"), "{} is not installed", compiler.program);
        println!("{} is not installed: skipped", compiler.program);
    }
    found
}

/// Compiles a source against the headers without linking it; what the compiler says if it refuses.
pub(crate) fn check(compiler: Compiler, name: &str, source: &str) -> Result<(), String> {
    let file = scratch(&format!("{name}-{}.{}", compiler.program, compiler.extension));
    fs::write(&file, source).expect("the scratch folder is writable");
    let output = Command::new(compiler.program)
        .arg(format!("-std={}", compiler.standard))
        .args(["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only", "-I"])
        .arg(root().join("include"))
        .arg(&file)
        .output()
        .expect("the compiler starts");
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("{compiler:?}\n{}", String::from_utf8_lossy(&output.stderr))),
    }
}

/// A file of these tests.
pub(crate) fn scratch(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// Whether a program is there to be run.
pub(crate) fn is_installed(program: &str) -> bool {
    let started = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    started.is_ok_and(|status| status.success())
}

/// The shared library that cargo built together with this test.
pub(crate) fn shared_library() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its place");
    let folder = test.parent().expect("a test is in a folder");
    let library = folder.join("libotc.so");
    assert!(library.exists(), "{} was not built", library.display());
    library
}
