//! Programs of a C compiler, linked with the shared library and run.
#![cfg(target_os = "linux")]

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use tokio::runtime::Runtime;

use crate::description::{Description, Struct, root};
use crate::every_callback::start_server;
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
    // Nobody listens there: what is under way while it forks fails again and again.
    run(program, &[("OTC_API_URL", "http://127.0.0.1:1")]);
}

/// The header of a program that was built against an older generation.
fn older_layout(layout: &Struct) -> String {
    let mut header = "struct older_callbacks {\n".to_owned();
    for (field, _) in &layout.fields {
        writeln!(header, "  void* {field};").expect("text grows");
    }
    // All but user_data and reserved are functions.
    let events = &layout.fields[..layout.fields.len() - 2];
    writeln!(header, "}};\n#define OLDER_FUNCTIONS {}", events.len()).expect("text grows");
    let each: String = events.iter().map(|(event, _)| format!(" X({event})")).collect();
    writeln!(header, "#define OLDER_EVENTS(X){each}").expect("text grows");
    for (field, offset) in &layout.fields {
        writeln!(
            header,
            "_Static_assert(offsetof(struct older_callbacks, {field}) == {offset}, \"layout\");"
        )
        .expect("text grows");
    }
    header
}

/// Builds a program of a generation.
fn build_older(generation: &str, layout: &Struct, program: &str) -> PathBuf {
    let name = format!("{program}-{generation}");
    let folder = scratch(&format!("{name}-headers"));
    fs::create_dir_all(&folder).expect("the scratch folder is writable");
    fs::write(folder.join("older_layout.h"), older_layout(layout)).expect("the scratch folder is writable");
    build(&name, &format!("{program}.c"), Some(&folder))
}

/// Runs a program of a generation that meets an error, with the library told so.
fn run_older(generation: &str, layout: &Struct) {
    let program = build_older(generation, layout, "older_program");
    // Port 1 of the loopback address: nobody listens there.
    let told = run(program, &[("OTC_ABI_GENERATION", generation), ("OTC_API_URL", "http://127.0.0.1:1")]);
    assert!(told.starts_with("on_error: 1023 "), "{told}");
}

/// Runs a program of a generation to which everything happens. `lacks` are the events that its struct has no member for.
fn run_recorder(generation: &str, layout: &Struct, lacks: &[&str]) {
    const EVERYTHING: [&str; 18] = [
        "on_connected",
        "on_mute_forced 1",
        "on_connection_created",
        "on_stream_received",
        "on_stream_has_audio_changed 0",
        "on_stream_has_video_changed 0",
        "on_stream_has_captions_changed 1",
        "on_stream_video_dimensions_changed 320x240",
        "on_stream_video_type_changed 2",
        "on_stream_dropped",
        "on_archive_started r n",
        "on_archive_stopped r",
        "on_signal_received t d",
        "on_connection_dropped",
        "on_reconnection_started",
        "on_reconnected",
        "on_error 1022",
        "on_disconnected",
    ];
    let runtime = Runtime::new().expect("a runtime");
    let url = format!("http://{}", start_server(&runtime));
    let program = build_older(generation, layout, "older_recorder");
    let told = run(program, &[("OTC_ABI_GENERATION", generation), ("OTC_API_URL", &url)]);
    let told: Vec<_> = told.lines().collect();
    let name = |line: &str| line.split(' ').next().unwrap_or_default().to_owned();
    let expected: Vec<_> =
        EVERYTHING.into_iter().filter(|line| !lacks.contains(&name(line).as_str())).collect();
    assert_eq!(told, expected);
    let members = layout.fields.iter().filter(|(member, _)| member.starts_with("on_")).count();
    assert_eq!(told.len(), members, "every member was called");
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

#[test]
fn every_event_reaches_its_member_in_a_program_of_generation_a() {
    let lacks = ["on_stream_has_captions_changed", "on_mute_forced"];
    run_recorder("A", &Description::read().older_callbacks["A"], &lacks);
}

#[test]
fn every_event_reaches_its_member_in_a_program_of_generation_b() {
    run_recorder("B", &Description::read().older_callbacks["B"], &["on_stream_has_captions_changed"]);
}

#[test]
fn every_event_reaches_its_member_in_a_program_of_generation_c() {
    run_recorder("C", &Description::read().structs["otc_session_callbacks"], &[]);
}
