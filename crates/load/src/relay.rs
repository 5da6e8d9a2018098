//! A relay in a process of its own.

use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::place::Place;

const API_KEY: &str = "100";
const API_SECRET: &str = "a secret of the load generator only";

/// A relay that ends with this.
#[derive(Debug)]
pub struct RelayProcess {
    child: Child,
    place: Place,
}

/// The relay program: beside this one.
pub fn beside_this() -> io::Result<PathBuf> {
    let path = std::env::current_exe()?.with_file_name("otc-relay");
    if path.is_file() {
        return Ok(path);
    }
    Err(io::Error::other(format!("no relay at {}: build it, or give --relay or --url", path.display())))
}

impl RelayProcess {
    /// Starts a relay on free ports of the loopback, with these settings beside the defaults.
    pub fn start(program: &Path, settings: &[String]) -> io::Result<Self> {
        let mut command = Command::new(program);
        command.args(["serve", "--listen", "127.0.0.1:0", "--set", "admin=127.0.0.1:0", "--log", "warn"]);
        command.args(settings.iter().flat_map(|setting| ["--set", setting]));
        // Nothing from outside may change what is measured.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("OTC_") {
                command.env_remove(name);
            }
        }
        command.env("OTC_API_KEY", API_KEY).env("OTC_API_SECRET", API_SECRET);
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| io::Error::other(format!("cannot start {}: {error}", program.display())))?;
        let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let mut said = |what: &str| -> io::Result<String> {
            let line = lines.next().transpose()?.unwrap_or_default();
            let url = line.strip_prefix(what).map(|url| url.trim().to_owned());
            url.ok_or_else(|| io::Error::other(format!("the relay did not start; it said \"{line}\"")))
        };
        let url = said("otc-relay listening on")?;
        let admin = said("otc-relay admin on")?;
        let place = Place {
            url,
            api_key: API_KEY.to_owned(),
            api_secret: API_SECRET.to_owned(),
            admin: Some(admin),
            pid: Some(child.id()),
        };
        Ok(Self { child, place })
    }

    /// Where it is.
    pub fn place(&self) -> &Place {
        &self.place
    }
}

impl Drop for RelayProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
