//! What was asked for on the command line.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use otc_load::{Place, RelayProcess, Report, Scenario, Size, beside_this};

/// Puts a relay under load and judges what it does
#[derive(Debug, Parser)]
#[command(name = "otc-load", version, after_help = EXAMPLES)]
struct Args {
    /// What to do; all of it if nothing is named
    #[arg(value_enum)]
    scenarios: Vec<Name>,
    /// Clients, instead of the usual number
    #[arg(long, value_name = "N")]
    clients: Option<usize>,
    /// Sessions that they are spread over
    #[arg(long, value_name = "M")]
    sessions: Option<usize>,
    /// Seconds that each part lasts
    #[arg(long, value_name = "S")]
    seconds: Option<u64>,
    /// Deliveries a second to ask for
    #[arg(long, value_name = "R")]
    rate: Option<u32>,
    /// Bytes of a signal's data, 8192 at most
    #[arg(long, value_name = "B")]
    bytes: Option<usize>,
    /// Clients on their way in at a time
    #[arg(long, value_name = "N")]
    at_once: Option<usize>,
    /// A relay that runs already, http://host:port; the default is to start one for each scenario
    #[arg(long, value_name = "URL", requires = "api_key")]
    url: Option<String>,
    /// Its admin listener, to ask it for its metrics
    #[arg(long, value_name = "URL", requires = "url")]
    admin: Option<String>,
    /// Its process, to look at its memory and time
    #[arg(long, value_name = "PID", requires = "url")]
    pid: Option<u32>,
    /// The project to use on it
    #[arg(long, env = "OTC_API_KEY", value_name = "KEY", requires = "api_secret")]
    api_key: Option<String>,
    /// The project's secret
    #[arg(long, env = "OTC_API_SECRET", value_name = "SECRET", hide_env_values = true)]
    api_secret: Option<String>,
    /// The relay program to start [default: otc-relay beside this program]
    #[arg(long, value_name = "PROGRAM", conflicts_with = "url")]
    relay: Option<PathBuf>,
    /// A setting of the relay that is started, as key=value; may be repeated
    #[arg(long, value_name = "KEY=VALUE", conflicts_with = "url")]
    set: Vec<String>,
    /// One JSON object a scenario on standard output
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  otc-load                              # everything, each against a relay of its own
  otc-load idle --clients 2000          # only idle connections, and fewer
  otc-load fanout --rate 50000 --json
  otc-load storm --url http://127.0.0.1:8080 --api-key 100 --api-secret SECRET

Exit status: 0 all good, 1 something did not hold, 2 it could not be done.";

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Name {
    /// 10,000 connections that say nothing: joins/s, memory, time
    Idle,
    /// 3,000 clients in one session, each told of each
    Big,
    /// Signals to one and to many: deliveries/s, latency
    Fanout,
    /// A client that stops reading: bounded, ended, others unaffected
    Slow,
    /// 5,000 clients cut at once: all come back, nothing is lost
    Storm,
    /// Two programs that answer each other for ever
    Echo,
}

impl Name {
    fn scenario(self) -> Scenario {
        match self {
            Self::Idle => Scenario::Idle,
            Self::Big => Scenario::Big,
            Self::Fanout => Scenario::Fanout,
            Self::Slow => Scenario::Slow,
            Self::Storm => Scenario::Storm,
            Self::Echo => Scenario::Echo,
        }
    }
}

pub(crate) fn run() -> ExitCode {
    let args = Args::parse();
    match all(&args) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("otc-load: {error}");
            ExitCode::from(2)
        }
    }
}

fn all(args: &Args) -> io::Result<bool> {
    let scenarios = if args.scenarios.is_empty() {
        Scenario::ALL.to_vec()
    } else {
        args.scenarios.iter().map(|name| name.scenario()).collect()
    };
    let mut good = true;
    for scenario in scenarios {
        let size = args.size(scenario);
        let needed = size.clients as u64 + 500;
        let files = rlimit::increase_nofile_limit(u64::MAX)?;
        if files < needed {
            return Err(io::Error::other(format!(
                "{} clients need {needed} open files, allowed are {files}: raise `ulimit -n` or take fewer --clients",
                size.clients
            )));
        }
        let mut report = Report::new(scenario.name(), false);
        if let Err(error) = one(args, scenario, size, &mut report) {
            report.failed(error.to_string());
        }
        if args.json {
            println!("{}", report.to_json());
        } else {
            println!("{}", report.to_text());
        }
        good &= report.is_good();
    }
    Ok(good)
}

fn one(args: &Args, scenario: Scenario, size: Size, report: &mut Report) -> io::Result<()> {
    if let Some(place) = args.place() {
        return scenario.run(&place, size, report);
    }
    let program = args.relay.clone().map_or_else(beside_this, Ok)?;
    let mut settings: Vec<String> = scenario.settings().iter().map(|&setting| setting.to_owned()).collect();
    settings.extend(args.set.iter().cloned());
    let relay = RelayProcess::start(&program, &settings)?;
    scenario.run(relay.place(), size, report)
}

impl Args {
    fn size(&self, scenario: Scenario) -> Size {
        let usual = scenario.full();
        Size {
            clients: self.clients.unwrap_or(usual.clients),
            sessions: self.sessions.unwrap_or(usual.sessions),
            time: self.seconds.map_or(usual.time, Duration::from_secs),
            rate: self.rate.unwrap_or(usual.rate),
            bytes: self.bytes.unwrap_or(usual.bytes).min(8_192),
            at_once: self.at_once.unwrap_or(usual.at_once).max(1),
            window: usual.window,
            judge_times: usual.judge_times,
        }
    }

    /// The relay that runs already.
    fn place(&self) -> Option<Place> {
        Some(Place {
            url: self.url.clone()?,
            api_key: self.api_key.clone()?,
            api_secret: self.api_secret.clone()?,
            admin: self.admin.clone(),
            pid: self.pid,
        })
    }
}
