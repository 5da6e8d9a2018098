//! The command line.

mod calls;
mod credentials;
mod keys;
mod log;
mod reload;
mod remote;
mod serve;
mod signals;
mod status;
mod supervisor;
mod terminal;
mod trust;
mod which;

use std::io::Write as _;
use std::process::ExitCode;

use clap::parser::ValueSource;
use clap::{ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use otc_protocol::token::Role;

use crate::config::{ConfigError, parse_duration};
use keys::KeyArgs;
use which::SessionArg;

/// What went wrong, as one line, and how the program ends for it.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line, a variable or the file is wrong: exit code 2.
    Usage(String),
    /// It could not be done: exit code 1.
    Failed(String),
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::Usage(error.to_string())
    }
}

/// Self-hosted relay for OpenTok-compatible signaling.
#[derive(Debug, Parser)]
#[command(name = "otc-relay", version, after_help = EXAMPLES, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  otc-relay dev                                        try it: a made-up project, ready to paste
  otc-relay serve --api-key 100 --api-secret S         serve one project on 127.0.0.1:8080
  otc-relay serve --config /etc/otc-relay.toml         serve what the file says
  otc-relay check --config /etc/otc-relay.toml         see whether the file is right
  otc-relay status --admin http://127.0.0.1:9090       ask a running relay how it is
  otc-relay session --api-key 100                      make a session id
  otc-relay token --api-key 100 --api-secret S \\
            --session SID --data name=ann              make a token for it
  otc-relay connections --session SID                  see who is in it (key and secret as above)
  otc-relay signal --session SID --data hello          say something to all of them
  otc-relay kick --session SID CONNECTION              end one of them

Ends with 0 if all went well, 1 if it could not be done, 2 if the command line, a variable or the file is wrong.
Colours are for terminals; NO_COLOR=1 turns them off.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a relay
    #[command(after_long_help = serve::HELP.as_str())]
    Serve(serve::ServeArgs),
    /// Print the configuration that `serve` would run with, as a file, without secrets
    #[command(after_help = CONFIG_EXAMPLES)]
    Config(serve::ServeArgs),
    /// Say whether `serve` would accept the configuration, without running it
    #[command(after_help = CHECK_EXAMPLES)]
    Check(serve::ServeArgs),
    /// Ask a running relay how it is
    #[command(after_help = status::EXAMPLES)]
    Status(status::StatusArgs),
    /// Run a relay with a made-up project, and print what a client needs to join
    #[command(after_help = DEV_EXAMPLES)]
    Dev(serve::DevArgs),
    /// Make a session id
    #[command(after_help = SESSION_EXAMPLES)]
    Session(SessionArgs),
    /// Make a client token
    #[command(after_help = TOKEN_EXAMPLES)]
    Token(TokenArgs),
    /// List who is in a session
    #[command(after_help = calls::CONNECTIONS_EXAMPLES)]
    Connections(calls::ConnectionsArgs),
    /// Send a signal into a session, as a server does
    #[command(after_help = calls::SIGNAL_EXAMPLES)]
    Signal(calls::SignalArgs),
    /// End connections of a session
    #[command(after_help = calls::KICK_EXAMPLES)]
    Kick(calls::KickArgs),
}

const CONFIG_EXAMPLES: &str = "\
Examples:
  otc-relay config --config /etc/otc-relay.toml        with variables and flags taken into account
  otc-relay config --config FILE --json | jq .settings";

const CHECK_EXAMPLES: &str = "\
Examples:
  otc-relay check --config /etc/otc-relay.toml         before a reload or a restart";

const DEV_EXAMPLES: &str = "\
Examples:
  otc-relay dev                                        then paste what it prints, or open the page
  otc-relay dev --json                                 the same as one line of JSON, for programs";

const SESSION_EXAMPLES: &str = "\
Examples:
  otc-relay session --api-key 100
  otc-relay session --application-id 0b1c2d3e-4f50-4617-8293-a4b5c6d7e8f9
  export OTC_SESSION_ID=$(otc-relay session --api-key 100)";

const TOKEN_EXAMPLES: &str = "\
Examples:
  otc-relay token --api-key 100 --api-secret S --session SID --data name=ann
  otc-relay token --api-key 100 --api-secret S --session SID --role moderator --ttl 2h
  otc-relay token --application-id ID --private-key private.key --session SID
  export OTC_TOKEN=$(otc-relay token)                  all the rest from the environment";

#[derive(Debug, Args)]
struct SessionArgs {
    #[command(flatten)]
    owner: keys::OwnerArgs,
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct TokenArgs {
    #[command(flatten)]
    keys: KeyArgs,
    #[command(flatten)]
    session: SessionArg,
    /// What its bearer may do: subscriber, publisher, publisheronly or moderator
    #[arg(long, default_value = "publisher", value_parser = parse_role)]
    role: Role,
    /// Text that other clients see with the connection, such as name=ann
    #[arg(long, default_value = "", value_name = "TEXT", hide_default_value = true)]
    data: String,
    /// How long it lets its bearer in: seconds, or a duration such as 90m
    #[arg(long, default_value = "86400", value_name = "TIME", value_parser = parse_ttl, allow_hyphen_values = true)]
    ttl: std::time::Duration,
    /// Make a JWT instead of a T1 token; with the key of an application it always is one
    #[arg(long)]
    jwt: bool,
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
}

fn parse_role(text: &str) -> Result<Role, String> {
    Role::from_name(text)
        .ok_or_else(|| "allowed are subscriber, publisher, publisheronly and moderator".to_owned())
}

fn parse_ttl(text: &str) -> Result<std::time::Duration, String> {
    const MONTH: std::time::Duration = std::time::Duration::from_secs(30 * 24 * 3600);
    parse_duration(text)
        .filter(|ttl| ttl.as_secs() >= 1 && *ttl <= MONTH)
        .ok_or_else(|| "allowed is 1 s to 30 days, as seconds or as a duration such as 90m or 24h".to_owned())
}

impl Command {
    /// Has flags win over variables that mean something else. `given` are the names of the flags that were given.
    fn prefer(&mut self, given: &[String]) {
        match self {
            Self::Session(args) => args.owner.prefer(given),
            Self::Token(args) => args.keys.prefer(given),
            Self::Connections(args) => args.call.prefer(given),
            Self::Signal(args) => args.call.prefer(given),
            Self::Kick(args) => args.call.prefer(given),
            Self::Status(args) => args.ca.prefer(given),
            Self::Serve(_) | Self::Config(_) | Self::Check(_) | Self::Dev(_) => {}
        }
    }
}

/// The names of what stands on the command line and not in a variable.
fn on_the_command_line(matches: &ArgMatches) -> Vec<String> {
    let Some((_, command)) = matches.subcommand() else { return Vec::new() };
    // Groups of arguments have names, too, and no source.
    let given = |name: &&str| command.value_source(name) == Some(ValueSource::CommandLine);
    command.ids().map(clap::Id::as_str).filter(given).map(str::to_owned).collect()
}

/// What can stand on the command line, and in variables: an empty variable is as good as none, because those who start
/// programs in containers often cannot take a variable away.
fn command() -> clap::Command {
    let set = |arg: clap::Arg| match arg.get_env().and_then(std::env::var_os) {
        Some(value) if value.is_empty() => arg.env(None::<&'static str>),
        _ => arg,
    };
    Cli::command().mut_subcommands(move |command| command.mut_args(set))
}

/// Runs the program.
pub fn main() -> ExitCode {
    // Wrong arguments end here, with clap's own message and exit code 2; --help and --version with 0.
    let matches = command().get_matches();
    let mut cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    cli.command.prefer(&on_the_command_line(&matches));
    let outcome = match cli.command {
        Command::Serve(args) => serve::serve(args),
        Command::Config(args) => serve::config(&args),
        Command::Check(args) => serve::check(&args),
        Command::Status(args) => status::status(&args),
        Command::Dev(args) => serve::dev(args),
        Command::Session(args) => credentials::session(&args).map(|line| print(&line)),
        Command::Token(args) => credentials::token(&args).map(|line| print(&line)),
        Command::Connections(args) => calls::connections(&args),
        Command::Signal(args) => calls::signal(&args),
        Command::Kick(args) => calls::kick(&args),
    };
    let (message, code) = match outcome {
        Ok(()) => return ExitCode::SUCCESS,
        Err(Failure::Usage(message)) => (message, 2),
        Err(Failure::Failed(message)) => (message, 1),
    };
    // Whether anybody reads it or not, the exit code tells what happened.
    let _ = writeln!(std::io::stderr(), "otc-relay: {message}");
    ExitCode::from(code)
}

/// Prints a line on standard output. Whoever stopped reading it does not want it.
fn print(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}
