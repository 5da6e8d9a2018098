//! The command line.

mod credentials;
mod log;
mod reload;
mod serve;
mod status;

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use otc_protocol::token::Role;

use crate::config::{ConfigError, parse_duration};

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
            --session SID --data name=ann              make a token for it";

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a relay
    #[command(after_long_help = serve::HELP.as_str())]
    Serve(serve::ServeArgs),
    /// Print the configuration that `serve` would run with, as a file, without secrets
    Config(serve::ServeArgs),
    /// Say whether `serve` would accept the configuration, without running it
    Check(serve::ServeArgs),
    /// Ask a running relay how it is
    Status(status::StatusArgs),
    /// Run a relay with a made-up project, and print what a client needs to join
    Dev(serve::DevArgs),
    /// Make a session id
    Session(SessionArgs),
    /// Make a client token
    Token(TokenArgs),
}

#[derive(Debug, Args)]
struct SessionArgs {
    /// API key of the project, or id of the application
    #[arg(long, env = "OTC_API_KEY", value_name = "KEY")]
    api_key: String,
}

#[derive(Debug, Args)]
struct TokenArgs {
    /// API key of the project
    #[arg(long, env = "OTC_API_KEY", value_name = "KEY")]
    api_key: String,
    /// Secret of the project
    #[arg(long, env = "OTC_API_SECRET", value_name = "SECRET", hide_env_values = true)]
    api_secret: String,
    /// Session that the token is for
    #[arg(long, env = "OTC_SESSION_ID", value_name = "SID")]
    session: String,
    /// What its bearer may do: subscriber, publisher, publisheronly or moderator
    #[arg(long, default_value = "publisher", value_parser = parse_role)]
    role: Role,
    /// Text that other clients see with the connection, such as name=ann
    #[arg(long, default_value = "", value_name = "TEXT", hide_default_value = true)]
    data: String,
    /// How long it lets its bearer in: seconds, or a duration such as 90m
    #[arg(long, default_value = "86400", value_name = "TIME", value_parser = parse_ttl)]
    ttl: std::time::Duration,
    /// Make a JWT instead of a T1 token
    #[arg(long)]
    jwt: bool,
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

/// Runs the program.
pub fn main() -> ExitCode {
    // Wrong arguments end here, with clap's own message and exit code 2; --help and --version with 0.
    let cli = Cli::parse();
    let outcome = match cli.command {
        Command::Serve(args) => serve::serve(args),
        Command::Config(args) => serve::config(&args),
        Command::Check(args) => serve::check(&args),
        Command::Status(args) => status::status(&args),
        Command::Dev(args) => serve::dev(args),
        Command::Session(args) => credentials::session(&args.api_key).map(|line| print(&line)),
        Command::Token(args) => credentials::token(&args).map(|line| print(&line)),
    };
    let (message, code) = match outcome {
        Ok(()) => return ExitCode::SUCCESS,
        Err(Failure::Usage(message)) => (message, 2),
        Err(Failure::Failed(message)) => (message, 1),
    };
    eprintln!("otc-relay: {message}");
    ExitCode::from(code)
}

/// Prints a line on standard output. Whoever stopped reading it does not want it.
fn print(line: &str) {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}
