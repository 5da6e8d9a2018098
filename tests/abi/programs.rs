//! Programs of a C compiler, linked with the shared library and run.
#![cfg(target_os = "linux")]

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::description::{Description, Struct, root};
use crate::toolchain::{scratch, shared_library};

/// Builds a program of this folder; `includes` has headers that the test made.
fn build(name: &str, source: &str, includes: Option<&PathBuf>) -> PathBuf {
    let library = shared_library();
    let folder = library.parent().expect("a library is in a folder").to_owned();
    let program = scratch(name);
    let mut compiler = Command::new("gcc");
    compiler.args(["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-o"]).arg(&program);
    compiler.arg(root().join("tests/abi").join(source)).arg("-I").arg(root().join("include"));
    if let Some(includes) = includes {
        compiler.arg("-I").arg(includes);
    }
    // By its file: the program looks for the soname, which the folder of the library has under that very name.
    let soname = folder.join(format!("libotc.so.{}", env!("CARGO_PKG_VERSION_MAJOR")));
    let _ = std::os::unix::fs::symlink(&library, &soname);
    compiler.arg(&library).arg(format!("-Wl,-rpath,{}", folder.display())).arg("-pthread");
    let output = compiler.output().expect("gcc is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    program
}

/// Runs a program that must succeed; what it printed.
fn run(program: PathBuf, environment: &[(&str, &str)]) -> String {
    let output =
        Command::new(program).envs(environment.iter().copied()).output().expect("the program starts");
    let (told, complained) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n{told}\n{complained}", output.status);
    told.into_owned()
}

#[test]
fn structs_by_value_and_sized_calls_work_from_c() {
    let program = build("by_value", "by_value.c", None);
    run(program, &[]);
}

#[test]
fn library_refuses_to_work_in_a_forked_child() {
    let program = build("forked", "forked.c", None);
    run(program, &[]);
}

/// The header of a program that was built against an older generation.
fn older_layout(layout: &Struct) -> String {
    let mut header = "struct older_callbacks {\n".to_owned();
    for (field, _) in &layout.fields {
        writeln!(header, "  void* {field};").expect("text grows");
    }
    // All but user_data and reserved are functions.
    writeln!(header, "}};\n#define OLDER_FUNCTIONS {}", layout.fields.len() - 2).expect("text grows");
    for (field, offset) in &layout.fields {
        writeln!(
            header,
            "_Static_assert(offsetof(struct older_callbacks, {field}) == {offset}, \"layout\");"
        )
        .expect("text grows");
    }
    header
}

/// Runs a program of a generation, with the library told so.
fn run_older(generation: &str, layout: &Struct) {
    let folder = scratch(&format!("older-{generation}"));
    fs::create_dir_all(&folder).expect("the scratch folder is writable");
    fs::write(folder.join("older_layout.h"), older_layout(layout)).expect("the scratch folder is writable");
    let program = build(&format!("older_program_{generation}"), "older_program.c", Some(&folder));
    // Port 1 of the loopback address: nobody listens there.
    let told = run(program, &[("OTC_ABI_GENERATION", generation), ("OTC_API_URL", "http://127.0.0.1:1")]);
    assert!(told.starts_with("on_error: 1023 "), "{told}");
}

#[test]
fn program_of_generation_a_is_called_back_when_the_library_is_told_so() {
    run_older("A", &Description::read().older_callbacks["A"]);
}

#[test]
fn program_of_generation_b_is_called_back_when_the_library_is_told_so() {
    run_older("B", &Description::read().older_callbacks["B"]);
}

#[test]
fn program_of_generation_c_is_called_back() {
    run_older("C", &Description::read().structs["otc_session_callbacks"]);
}
