//! Finding `otc_` functions in binaries and sources.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use object::{Object, ObjectSymbol};

use crate::table::Table;

/// Where a function is used.
#[derive(Debug, PartialEq)]
pub(crate) struct Place {
    pub(crate) count: usize,
    /// File, and line in sources.
    pub(crate) first: String,
}

/// The functions that were found.
#[derive(Debug, Default)]
pub(crate) struct Uses {
    pub(crate) found: BTreeMap<String, Place>,
}

/// Endings of files that are read as sources when a folder is searched.
const SOURCES: [&str; 14] =
    ["c", "cc", "cpp", "cxx", "c++", "h", "hh", "hpp", "hxx", "inl", "m", "mm", "ino", "rs"];

impl Uses {
    /// Looks into a file or, recursively, into the sources of a folder.
    pub(crate) fn scan(&mut self, path: &Path, table: &Table) -> Result<(), String> {
        let cannot = |e: std::io::Error| format!("cannot read {}: {e}", path.display());
        let about = fs::metadata(path).map_err(cannot)?;
        if !about.is_dir() {
            return self.file(path, &fs::read(path).map_err(cannot)?, table);
        }
        let mut entries: Vec<_> =
            fs::read_dir(path).map_err(cannot)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
        entries.sort();
        for entry in entries {
            // Links are not followed: they may lead round in circles.
            let Ok(kind) = fs::symlink_metadata(&entry) else { continue };
            let hidden = entry.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
            let source = entry.extension().is_some_and(|e| SOURCES.iter().any(|source| e == *source));
            if (kind.is_dir() && !hidden) || (kind.is_file() && source) {
                self.scan(&entry, table)?;
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &Path, bytes: &[u8], table: &Table) -> Result<(), String> {
        if let Ok(binary) = object::File::parse(bytes) {
            self.binary(path, &binary);
        } else if bytes.contains(&0) {
            return Err(format!("{} is neither a program that can be read nor text", path.display()));
        } else {
            self.source(path, &String::from_utf8_lossy(bytes), table);
        }
        Ok(())
    }

    /// What a binary wants from others: undefined symbols and imports.
    fn binary(&mut self, path: &Path, binary: &object::File<'_>) {
        let undefined = binary
            .symbols()
            .chain(binary.dynamic_symbols())
            .filter(|symbol| symbol.is_undefined())
            .filter_map(|symbol| symbol.name().ok().map(str::to_owned));
        let imported =
            binary.imports().into_iter().flatten().filter_map(|import| match import.ok()?.name() {
                object::NameOrOrdinal::Name(name) => Some(String::from_utf8_lossy(name).into_owned()),
                object::NameOrOrdinal::Ordinal(_) => None,
            });
        let mut names: Vec<String> = undefined
            .chain(imported)
            // Versions of ELF and the underscore of Mach-O are not part of the name.
            .map(|name| name.split('@').next().unwrap_or_default().trim_start_matches('_').to_owned())
            .filter(|name| name.starts_with("otc_"))
            .collect();
        names.sort();
        names.dedup();
        for name in names {
            self.note(&name, || path.display().to_string());
        }
    }

    fn source(&mut self, path: &Path, text: &str, table: &Table) {
        for (number, line) in without_comments(text).lines().enumerate() {
            for (name, called) in words(line) {
                // Without a call it may be the address of a function, but also one of the many types.
                if called || table.knows(name) {
                    self.note(name, || format!("{}:{}", path.display(), number + 1));
                }
            }
        }
    }

    fn note(&mut self, name: &str, place: impl FnOnce() -> String) {
        match self.found.get_mut(name) {
            Some(known) => known.count += 1,
            None => {
                self.found.insert(name.to_owned(), Place { count: 1, first: place() });
            }
        }
    }
}

/// The `otc_` words of a line, and whether each is followed by an opening parenthesis.
fn words(line: &str) -> impl Iterator<Item = (&str, bool)> {
    let in_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut rest = line;
    std::iter::from_fn(move || {
        loop {
            let start = rest.find(in_word)?;
            let from = &rest[start..];
            let end = from.find(|c: char| !in_word(c)).unwrap_or(from.len());
            let (word, after) = from.split_at(end);
            rest = after;
            if word.starts_with("otc_") {
                return Some((word, after.trim_start().starts_with('(')));
            }
        }
    })
}

/// The `otc_` words of a line that are called or declared as functions.
pub(crate) fn calls(line: &str) -> impl Iterator<Item = (&str, bool)> {
    words(line).filter(|(_, called)| *called)
}

/// The text with comments and the insides of strings blanked, line by line as it was.
pub(crate) fn without_comments(text: &str) -> String {
    #[derive(PartialEq)]
    enum In {
        Code,
        Line,
        Block,
        Text(char),
    }
    let mut out = String::with_capacity(text.len());
    let mut within = In::Code;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let next = chars.peek().copied();
        let visible = match within {
            In::Code => match (c, next) {
                ('/', Some('/')) => {
                    within = In::Line;
                    false
                }
                ('/', Some('*')) => {
                    chars.next();
                    within = In::Block;
                    false
                }
                ('"' | '\'', _) => {
                    within = In::Text(c);
                    true
                }
                _ => true,
            },
            In::Line => false,
            In::Block => {
                if c == '*' && next == Some('/') {
                    chars.next();
                    within = In::Code;
                }
                false
            }
            In::Text(quote) => {
                if c == '\\' {
                    chars.next();
                } else if c == quote {
                    within = In::Code;
                }
                false
            }
        };
        if c == '\n' {
            // An open quote ends with its line: it was an apostrophe in text that is no code.
            if matches!(within, In::Line | In::Text(_)) {
                within = In::Code;
            }
            out.push('\n');
        } else {
            out.push(if visible { c } else { ' ' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uses_of(text: &str) -> Vec<(String, usize, String)> {
        let mut uses = Uses::default();
        uses.source(Path::new("a.c"), text, &Table::new());
        uses.found.into_iter().map(|(name, place)| (name, place.count, place.first)).collect()
    }

    #[test]
    fn calls_and_addresses_of_functions_count_and_types_do_not() {
        let found = uses_of(
            "otc_session *s;\notc_init(NULL);\nauto f = &otc_destroy;\notc_init (0);\notc_future_call(1);\n",
        );
        let expected =
            [("otc_destroy", 1, "a.c:3"), ("otc_future_call", 1, "a.c:5"), ("otc_init", 2, "a.c:2")];
        assert_eq!(found, expected.map(|(name, count, first)| (name.to_owned(), count, first.to_owned())));
    }

    #[test]
    fn comments_and_strings_do_not_count_and_lines_stay_where_they_are() {
        let found = uses_of(
            "// otc_init()\n/* otc_init()\n otc_destroy() */\nputs(\"otc_init() \\\" otc_init()\"); otc_destroy();\n",
        );
        assert_eq!(found, [("otc_destroy".to_owned(), 1, "a.c:4".to_owned())]);
    }

    #[test]
    fn a_lone_apostrophe_does_not_swallow_the_rest_of_the_file() {
        assert_eq!(uses_of("#error don't\notc_init(0);\n").len(), 1);
    }

    #[test]
    fn undefined_symbols_of_an_object_file_are_found() {
        let mut object = object_with(&["otc_init", "otc_publisher_new", "printf"]);
        let mut uses = Uses::default();
        uses.file(Path::new("a.o"), &object, &Table::new()).expect("an object file");
        assert_eq!(uses.found.keys().collect::<Vec<_>>(), ["otc_init", "otc_publisher_new"]);
        object.truncate(40);
        assert!(uses.file(Path::new("cut.o"), &object, &Table::new()).is_err());
    }

    /// A small ELF object that wants these symbols: header, string table, symbol table, section headers.
    fn object_with(names: &[&str]) -> Vec<u8> {
        let mut strings = vec![0u8];
        let mut symbols = vec![0u8; 24];
        for name in names {
            let at = u32::try_from(strings.len()).expect("a few names");
            strings.extend(name.bytes().chain([0]));
            symbols.extend(at.to_le_bytes());
            symbols.extend([0x10, 0, 0, 0]); // a global of no type, undefined
            symbols.extend([0; 16]);
        }
        let section = |kind: u32, offset: usize, size: usize, link: u32, info: u32, entry: u64| {
            let mut bytes = Vec::new();
            bytes.extend(0u32.to_le_bytes());
            bytes.extend(kind.to_le_bytes());
            bytes.extend([0; 16]);
            bytes.extend((offset as u64).to_le_bytes());
            bytes.extend((size as u64).to_le_bytes());
            bytes.extend(link.to_le_bytes());
            bytes.extend(info.to_le_bytes());
            bytes.extend(1u64.to_le_bytes());
            bytes.extend(entry.to_le_bytes());
            bytes
        };
        let (at_strings, at_symbols) = (64, 64 + strings.len());
        let at_sections = at_symbols + symbols.len();
        let mut file = vec![0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        file.extend(1u16.to_le_bytes()); // relocatable
        file.extend(62u16.to_le_bytes()); // x86-64
        file.extend(1u32.to_le_bytes());
        file.extend([0; 16]);
        file.extend((at_sections as u64).to_le_bytes());
        file.extend(0u32.to_le_bytes());
        for half in [64u16, 0, 0, 64, 3, 1] {
            file.extend(half.to_le_bytes());
        }
        file.extend(&strings);
        file.extend(&symbols);
        file.extend(section(0, 0, 0, 0, 0, 0));
        file.extend(section(3, at_strings, strings.len(), 0, 0, 0));
        file.extend(section(2, at_symbols, symbols.len(), 1, 1, 24));
        file
    }
}
