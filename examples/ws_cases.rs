//! The library's WebSocket client as conformance suites want it: goes through all cases of a suite's server and sends
//! back whatever it is sent.
//!
//! `cargo run --features conformance --example ws_cases -- ws://127.0.0.1:9002 AGENT`
#![forbid(unsafe_code)]

use std::error::Error;
use std::sync::Arc;

use otc::transport::address::{Address, Family};
use otc::transport::websocket::{Route, WebSocketConnector};
use otc::transport::{Connector as _, Progress};

/// The largest message that conformance suites send.
const MAX_MESSAGE: usize = 64 << 20;

type Failure = Box<dyn Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let mut words = std::env::args().skip(1);
    let (Some(server), Some(agent)) = (words.next(), words.next()) else {
        return Err("usage: ws_cases ws://HOST:PORT AGENT".into());
    };
    let connector = connector()?;
    let open = async |path: String| {
        let url = format!("{server}/{path}");
        connector
            .open_link(&url, Progress::default())
            .await
            .map_err(|error| format!("{url}: {}", error.cause))
    };
    let count = open("getCaseCount".to_owned()).await?.first().await.map_err(|error| error.cause)?;
    let count: u32 = std::str::from_utf8(&count)?.parse()?;
    for case in 1..=count {
        // A case that breaks the rules is to end with an error; the suite judges.
        let _ = open(format!("runCase?case={case}&agent={agent}")).await?.echo().await;
    }
    let _ = open(format!("updateReports?agent={agent}")).await?.echo().await;
    Ok(())
}

fn connector() -> Result<WebSocketConnector, Failure> {
    let api = Address::parse("http://unused", Family::Http)?;
    let route = Route {
        api: Ok(api),
        api_is_default: false,
        ip_proxy: None,
        proxies: Default::default(),
        ca_file: None,
        max_message_bytes: MAX_MESSAGE,
    };
    Ok(WebSocketConnector::new(route, Arc::default()))
}
