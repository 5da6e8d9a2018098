//! A relay in a process of its own.

use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;

use super::{API_KEY, API_SECRET};

/// Settings of the relay that differ from its defaults.
#[derive(Debug, Clone, Copy)]
pub struct RelaySettings {
    /// How long a lost client is kept.
    pub grace_window: Duration,
    /// What a client may ask for in a second, in the long run.
    pub requests_per_second: u32,
}

impl RelaySettings {
    /// No limit to speak of: the pace is the senders' own.
    pub const ANY_PACE: u32 = 1_000_000;
}

impl Default for RelaySettings {
    fn default() -> Self {
        Self { grace_window: Duration::from_secs(90), requests_per_second: Self::ANY_PACE }
    }
}

/// A relay that runs until it is dropped.
#[derive(Debug)]
pub struct RelayProgram {
    path: PathBuf,
    settings: RelaySettings,
    address: SocketAddr,
    running: Option<(Child, BufReader<ChildStdout>)>,
}

impl RelayProgram {
    /// Starts the program at `path` on a free loopback port.
    pub fn start(path: &Path, settings: RelaySettings) -> io::Result<Self> {
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut relay = Self { path: path.to_owned(), settings, address, running: None };
        relay.restart()?;
        Ok(relay)
    }

    /// Where it listens, now or when it runs again.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The number of its process.
    pub fn id(&self) -> Option<u32> {
        self.running.as_ref().map(|(child, _)| child.id())
    }

    /// Starts it once more at the same address, and waits until it listens.
    pub fn restart(&mut self) -> io::Result<()> {
        assert!(self.running.is_none(), "it does not run");
        let grace = self.settings.grace_window.as_millis();
        let mut child = Command::new(&self.path)
            .args(["serve", "--api-key", API_KEY, "--api-secret", API_SECRET, "--log", "error"])
            .args(["--listen", &self.address.to_string()])
            .args(["--set", &format!("limits.grace_window={grace}ms")])
            .args(["--set", &format!("limits.requests_per_second={}", self.settings.requests_per_second)])
            .env_remove("OTC_RELAY_CONFIG")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", self.path.display())))?;
        let mut lines = BufReader::new(child.stdout.take().expect("piped"));
        let mut line = String::new();
        lines.read_line(&mut line)?;
        self.running = Some((child, lines));
        let address = line.trim_end().strip_prefix("otc-relay listening on http://");
        let address = address.and_then(|address| address.parse().ok());
        self.address = address.ok_or_else(|| io::Error::other(format!("the relay said {line:?}")))?;
        Ok(())
    }

    /// Ends it at once, without a chance to say goodbye: SIGKILL.
    pub fn kill(&mut self) -> io::Result<ExitStatus> {
        let (mut child, _) = self.running.take().expect("it runs");
        child.kill()?;
        child.wait()
    }

    /// Asks it to end, and waits until it has: SIGTERM.
    #[cfg(unix)]
    pub fn terminate(&mut self) -> io::Result<ExitStatus> {
        use nix::sys::signal::{Signal, kill};
        use nix::unistd::Pid;
        let (mut child, _) = self.running.take().expect("it runs");
        let id = i32::try_from(child.id()).map_err(io::Error::other)?;
        kill(Pid::from_raw(id), Signal::SIGTERM)?;
        child.wait()
    }
}

impl Drop for RelayProgram {
    fn drop(&mut self) {
        if self.running.is_some() {
            let _ = self.kill();
        }
    }
}

/// The relay among the programs of this crate, when it is another of them that asks.
pub fn beside_this_program() -> io::Result<PathBuf> {
    let path =
        std::env::current_exe()?.with_file_name(format!("otc-test-relay{}", std::env::consts::EXE_SUFFIX));
    if path.is_file() {
        return Ok(path);
    }
    Err(io::Error::other(format!("{} is missing: build with --bins", path.display())))
}
