//! Orders to the proxy as lines of text.
//!
//! | line | does |
//! |---|---|
//! | `cut KIND` | breaks every connection there is |
//! | `after up\|down BYTES KIND` | breaks the connection that carries that byte, right after it |
//! | `after up\|down BYTES stall` | stops forwarding that way right after that byte |
//! | `after up\|down BYTES throttle RATE` | forwards that way at most so many bytes a second from that byte on |
//! | `stall up\|down\|both` | stops forwarding |
//! | `resume` | forwards again, unthrottled, and accepts again |
//! | `throttle up\|down\|both RATE` | forwards at most so many bytes a second |
//! | `refuse`, `accept` | refuses connections, or takes them again |
//! | `status` | answers `accepted=N live=N cut=N up=N down=N` |
//!
//! KIND is `fin`, `rst`, `keep-client` (the target sees a reset, the client nothing), `keep-target` (the reverse) or
//! `silence` (neither sees anything). Every line is answered by one line: `ok`, the status, or `error: ...`.

use super::{Cut, Direction, Fault, FaultProxy};

/// Carries out one line, and gives the answer.
pub fn carry_out(proxy: &FaultProxy, line: &str) -> String {
    match parse(line) {
        Err(problem) => format!("error: {problem}"),
        Ok(Command::Status) => {
            let counts = proxy.counts();
            format!(
                "accepted={} live={} cut={} up={} down={}",
                counts.accepted, counts.live, counts.cut, counts.up, counts.down
            )
        }
        Ok(command) => {
            apply(proxy, &command);
            "ok".to_owned()
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Command {
    Cut(Cut),
    After(Direction, u64, Fault),
    Stall(Vec<Direction>),
    Resume,
    Throttle(Vec<Direction>, u32),
    Refuse(bool),
    Status,
}

fn apply(proxy: &FaultProxy, command: &Command) {
    match command {
        Command::Cut(cut) => proxy.cut(*cut),
        Command::After(direction, bytes, fault) => proxy.after(*direction, *bytes, *fault),
        Command::Stall(directions) => directions.iter().for_each(|way| proxy.stall(*way, true)),
        Command::Resume => {
            for direction in BOTH {
                proxy.stall(direction, false);
                proxy.throttle(direction, None);
            }
            proxy.refuse(false);
        }
        Command::Throttle(directions, rate) => {
            directions.iter().for_each(|way| proxy.throttle(*way, Some(*rate)));
        }
        Command::Refuse(refuse) => proxy.refuse(*refuse),
        Command::Status => {}
    }
}

const BOTH: [Direction; 2] = [Direction::Up, Direction::Down];

fn parse(line: &str) -> Result<Command, String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    match words[..] {
        ["cut", kind] => Ok(Command::Cut(cut(kind)?)),
        ["after", way, bytes, ref fault @ ..] => match directions(way)?[..] {
            [direction] => Ok(Command::After(direction, number(bytes)?, after(fault)?)),
            _ => Err("after: one direction is needed, up or down".to_owned()),
        },
        ["stall", way] => Ok(Command::Stall(directions(way)?)),
        ["resume"] => Ok(Command::Resume),
        ["throttle", way, rate] => Ok(Command::Throttle(directions(way)?, number(rate)?)),
        ["refuse"] => Ok(Command::Refuse(true)),
        ["accept"] => Ok(Command::Refuse(false)),
        ["status"] => Ok(Command::Status),
        _ => Err(format!("{line:?} is none of: cut, after, stall, resume, throttle, refuse, accept, status")),
    }
}

fn after(words: &[&str]) -> Result<Fault, String> {
    match *words {
        ["stall"] => Ok(Fault::Stall),
        ["throttle", rate] => Ok(Fault::Throttle(number(rate)?)),
        [kind] => cut(kind).map(Fault::Cut).map_err(|problem| format!("{problem}, stall, throttle RATE")),
        _ => Err(format!("after: {words:?} is none of: a kind of cut, stall, throttle RATE")),
    }
}

fn directions(word: &str) -> Result<Vec<Direction>, String> {
    match word {
        "up" => Ok(vec![Direction::Up]),
        "down" => Ok(vec![Direction::Down]),
        "both" => Ok(BOTH.to_vec()),
        _ => Err(format!("direction {word:?} is none of: up, down, both")),
    }
}

fn cut(word: &str) -> Result<Cut, String> {
    match word {
        "fin" => Ok(Cut::Fin),
        "rst" => Ok(Cut::Rst),
        "keep-client" => Ok(Cut::KeepClient),
        "keep-target" => Ok(Cut::KeepTarget),
        "silence" => Ok(Cut::Silence),
        _ => Err(format!("kind {word:?} is none of: fin, rst, keep-client, keep-target, silence")),
    }
}

fn number<T: std::str::FromStr>(word: &str) -> Result<T, String> {
    word.parse().map_err(|_| format!("{word:?} is not a number that fits"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_understood() {
        assert_eq!(parse("cut rst"), Ok(Command::Cut(Cut::Rst)));
        assert_eq!(
            parse(" after  down 17 keep-client"),
            Ok(Command::After(Direction::Down, 17, Fault::Cut(Cut::KeepClient)))
        );
        assert_eq!(parse("after up 17 stall"), Ok(Command::After(Direction::Up, 17, Fault::Stall)));
        assert_eq!(parse("after up 0 throttle 9"), Ok(Command::After(Direction::Up, 0, Fault::Throttle(9))));
        assert_eq!(parse("stall both"), Ok(Command::Stall(BOTH.to_vec())));
        assert_eq!(parse("throttle up 1000"), Ok(Command::Throttle(vec![Direction::Up], 1000)));
        assert_eq!(parse("refuse"), Ok(Command::Refuse(true)));
    }

    #[test]
    fn errors_name_the_word_and_what_is_allowed() {
        assert!(parse("cut off").unwrap_err().contains("\"off\" is none of: fin"));
        assert!(parse("after both 1 fin").unwrap_err().contains("one direction"));
        assert!(parse("after up 1 dance").unwrap_err().contains("stall, throttle RATE"));
        assert!(parse("after up 1").unwrap_err().contains("none of"));
        assert!(parse("throttle up fast").unwrap_err().contains("\"fast\""));
        assert!(parse("").unwrap_err().contains("none of"));
    }
}
