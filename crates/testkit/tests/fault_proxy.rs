//! The fault proxy as a program.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

/// Ends the program should the test fail.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn program_prints_its_address_takes_orders_and_ends_with_its_input() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    let mut program = Program(
        Command::new(env!("CARGO_BIN_EXE_otc-fault-proxy"))
            .args(["--target", &target])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap(),
    );
    let mut input = program.0.stdin.take().unwrap();
    let mut lines = BufReader::new(program.0.stdout.take().unwrap()).lines().map(Result::unwrap);
    let address = lines.next().unwrap();
    let address = address.strip_prefix("otc-fault-proxy listening on ").expect("the agreed words");

    let mut client = TcpStream::connect(address).unwrap();
    let (mut server, _) = listener.accept().unwrap();
    client.write_all(b"hello").unwrap();
    let mut heard = [0; 5];
    server.read_exact(&mut heard).unwrap();
    assert_eq!(&heard, b"hello");

    writeln!(input, "cut fin").unwrap();
    assert_eq!(lines.next().unwrap(), "ok");
    assert_eq!(client.read(&mut heard).unwrap(), 0);
    assert_eq!(server.read(&mut heard).unwrap(), 0);
    writeln!(input, "cut nothing").unwrap();
    assert!(lines.next().unwrap().starts_with("error: "));

    drop(input);
    assert_eq!(lines.next(), None);
    assert!(program.0.wait().unwrap().success());
}

#[test]
fn program_says_what_is_wrong_with_its_arguments() {
    let run = |arguments: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_otc-fault-proxy")).args(arguments).output().unwrap()
    };
    for (arguments, words) in [
        (&[][..], "--target"),
        (&["--target", "nowhere"], "'nowhere' for '--target"),
        (&["--port", "1:1"], "--port"),
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(words), "{said}");
    }
}
