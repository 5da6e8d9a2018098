//! `otc-compat PROGRAM…`: which functions of the mirrored C interface a binary or a source tree uses, and what this library
//! does with each.
#![forbid(unsafe_code)]

mod scan;
mod table;

use std::path::Path;
use std::process::ExitCode;

use scan::Uses;
use table::{Status, Table};

const HELP: &str = "\
Tells which functions of the otc_ C interface a program uses, and what libotc does with each.

usage: otc-compat [--json] PATH...
       otc-compat --table

PATH is a program, a library, an object file, a source file, or a folder of sources.
  --json    one JSON object: {\"functions\":[{\"name\",\"status\",\"uses\",\"first\"}],\"summary\":{...}}
  --table   every function that libotc exports, as a Markdown table

status is one of
  works     does what it does in the mirrored library
  refused   exported; always returns the error that the table names
  stub      exported so that programs link; media is not part of libotc, the call fails and is logged once
  unknown   not exported: the program would not link

exit status: 0 all work, 1 something is refused, a stub or unknown, 2 wrong usage or unreadable file

example: otc-compat ./my-program
";

fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut take = |flag: &str| {
        let found = arguments.iter().any(|argument| argument == flag);
        arguments.retain(|argument| argument != flag);
        found
    };
    let (help, json, whole_table) = (take("--help") | take("-h"), take("--json"), take("--table"));
    if help {
        print!("{HELP}");
        return ExitCode::SUCCESS;
    }
    if let Some(wrong) = arguments.iter().find(|argument| argument.starts_with('-')) {
        eprintln!("otc-compat: {wrong} is no option; allowed are --json, --table, --help");
        return ExitCode::from(2);
    }
    let table = Table::new();
    if whole_table {
        print!("{}", table.markdown());
        return ExitCode::SUCCESS;
    }
    if arguments.is_empty() {
        eprint!("otc-compat: name a program or a folder of sources\n\n{HELP}");
        return ExitCode::from(2);
    }
    let mut uses = Uses::default();
    for path in &arguments {
        if let Err(error) = uses.scan(Path::new(path), &table) {
            eprintln!("otc-compat: {error}");
            return ExitCode::from(2);
        }
    }
    let report = Report::new(&uses, &table);
    if json {
        println!("{}", report.json())
    } else {
        print!("{}", report.text())
    }
    ExitCode::from(u8::from(!report.all_work()))
}

struct Row<'a> {
    name: &'a str,
    status: Status,
    count: usize,
    first: &'a str,
}

struct Report<'a> {
    rows: Vec<Row<'a>>,
}

impl<'a> Report<'a> {
    fn new(uses: &'a Uses, table: &Table) -> Self {
        let mut rows: Vec<Row<'a>> = uses
            .found
            .iter()
            .map(|(name, place)| Row {
                name,
                status: table.status(name),
                count: place.count,
                first: &place.first,
            })
            .collect();
        rows.sort_by_key(|row| (row.status, row.name));
        Self { rows }
    }

    fn all_work(&self) -> bool {
        self.rows.iter().all(|row| row.status == Status::Works)
    }

    fn counts(&self) -> [(Status, usize); 4] {
        [Status::Works, Status::Refused, Status::Stub, Status::Unknown]
            .map(|status| (status, self.rows.iter().filter(|row| row.status == status).count()))
    }

    fn text(&self) -> String {
        if self.rows.is_empty() {
            return "no otc_ functions are used\n".to_owned();
        }
        let width = self.rows.iter().map(|row| row.name.len()).max().unwrap_or(0);
        let mut out = String::new();
        for row in &self.rows {
            let times = if row.count > 1 { format!(" and {} more", row.count - 1) } else { String::new() };
            out.push_str(&format!("{:<8} {:<width$}  {}{times}\n", row.status.name(), row.name, row.first));
        }
        let summary: Vec<String> =
            self.counts().iter().map(|(status, count)| format!("{count} {}", status.name())).collect();
        out.push_str(&format!("\n{} functions: {}\n", self.rows.len(), summary.join(", ")));
        out
    }

    fn json(&self) -> String {
        let functions: Vec<serde_json::Value> = self
            .rows
            .iter()
            .map(|row| {
                serde_json::json!({
                    "name": row.name, "status": row.status.name(), "uses": row.count, "first": row.first
                })
            })
            .collect();
        let summary: serde_json::Map<String, serde_json::Value> =
            self.counts().iter().map(|(status, count)| (status.name().to_owned(), (*count).into())).collect();
        serde_json::json!({ "functions": functions, "summary": summary }).to_string()
    }
}
