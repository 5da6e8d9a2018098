//! How things look in a terminal, and how they look to programs.

use std::io::{IsTerminal, Write};

/// Whether to use colours on a stream: on a terminal that has them, unless `NO_COLOR` says no.
pub(super) fn colours(stream: &impl IsTerminal) -> bool {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    stream.is_terminal() && set("NO_COLOR").is_none() && set("TERM").is_none_or(|term| term != "dumb")
}

/// Text in bold.
const BOLD: &str = "\x1b[1m";
const GREEN: &str = "\x1b[32m";
const YELLOW: &str = "\x1b[33m";
const PLAIN: &str = "\x1b[0m";

/// What a cell of a table says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    Plain,
    Good,
    Attention,
}

/// A cell of a table.
pub(super) struct Cell {
    text: String,
    look: Look,
}

impl Cell {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self::looking(text, Look::Plain)
    }

    pub(super) fn looking(text: impl Into<String>, look: Look) -> Self {
        // What others chose must not steer the terminal.
        let text = text.into().chars().map(|c| if c.is_control() { '?' } else { c }).collect();
        Self { text, look }
    }

    fn width(&self) -> usize {
        self.text.chars().count()
    }
}

/// The lines of a table with a heading; columns are as wide as they must be.
pub(super) fn table(heading: &[&str], rows: &[Vec<Cell>], colours: bool) -> Vec<String> {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(Cell::width);
        cells.chain([heading[column].len()]).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..heading.len()).map(width).collect();
    let line = |cells: &[Cell], style: Option<&str>| {
        let padded = cells.iter().zip(&widths).map(|(cell, width)| {
            let fill = " ".repeat(width - cell.width());
            let style = match cell.look {
                _ if !colours => None,
                Look::Good => Some(GREEN),
                Look::Attention => Some(YELLOW),
                Look::Plain => style,
            };
            match style {
                Some(style) => format!("{style}{}{PLAIN}{fill}", cell.text),
                None => cell.text.clone() + &fill,
            }
        });
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let heading: Vec<Cell> = heading.iter().map(|text| Cell::new(*text)).collect();
    std::iter::once(line(&heading, Some(BOLD))).chain(rows.iter().map(|row| line(row, None))).collect()
}

/// Tells on standard error how far long work has come, if somebody watches.
pub(super) struct Progress {
    shown: bool,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self { shown: std::io::stderr().is_terminal() }
    }

    /// So far it is this.
    pub(super) fn at(&self, what: &str, done: usize, all: usize) {
        if self.shown {
            let mut out = std::io::stderr().lock();
            let _ = write!(out, "\r\x1b[K{what} {done} of {all}").and_then(|()| out.flush());
        }
    }
}

impl Drop for Progress {
    /// Whatever is written next begins on a clean line.
    fn drop(&mut self) {
        if self.shown {
            let mut out = std::io::stderr().lock();
            let _ = write!(out, "\r\x1b[K").and_then(|()| out.flush());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell_and_lines_have_no_tail() {
        let rows = vec![
            vec![Cell::new("é"), Cell::new("1")],
            vec![Cell::new("longer"), Cell::looking("\x1b[31mred", Look::Good)],
        ];
        let lines = table(&["name", "count"], &rows, false);
        assert_eq!(lines, ["name    count", "é       1", "longer  ?[31mred"]);
        let lines = table(&["name", "count"], &rows, true);
        assert_eq!(lines[0], "\x1b[1mname\x1b[0m    \x1b[1mcount\x1b[0m");
        assert!(lines[2].ends_with("\x1b[32m?[31mred\x1b[0m"));
    }
}
