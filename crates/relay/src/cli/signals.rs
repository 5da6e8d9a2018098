//! What the system asks of a running relay.
//!
//! A thread waits for the signals, which all others block. Handlers would need a pair of sockets that lives as long as the
//! process, and not only here: tokio's come with a feature, and features hold for everything that is built together, the
//! library for other people's programs included.

use std::io;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Request {
    /// To end: SIGTERM, SIGINT.
    Stop,
    /// To read the configuration again: SIGHUP.
    #[cfg_attr(not(unix), expect(dead_code, reason = "there is no such signal"))]
    Reload,
}

/// The requests, as they come.
pub(super) struct Requests(UnboundedReceiver<Request>);

impl Requests {
    /// Listens; for SIGHUP only if `reloads`, else it does what it always does. To be called before there are other threads:
    /// they would be asked instead.
    pub(super) fn listen(reloads: bool) -> io::Result<Self> {
        let (sender, requests) = unbounded_channel();
        system::listen(reloads, move |request| sender.send(request).is_ok())?;
        Ok(Self(requests))
    }

    /// The next one.
    pub(super) async fn next(&mut self) -> Request {
        match self.0.recv().await {
            Some(request) => request,
            None => std::future::pending().await,
        }
    }

    /// The next one that asks to end.
    pub(super) async fn stop(&mut self) {
        while self.next().await != Request::Stop {}
    }
}

#[cfg(unix)]
mod system {
    use std::io;
    use std::thread::Builder;

    use nix::sys::signal::{SigSet, Signal};

    use super::Request;

    /// Tells every request, for as long as `tell` says that somebody listens.
    pub(super) fn listen(reloads: bool, tell: impl Fn(Request) -> bool + Send + 'static) -> io::Result<()> {
        let mut signals = SigSet::empty();
        signals.add(Signal::SIGTERM);
        signals.add(Signal::SIGINT);
        if reloads {
            signals.add(Signal::SIGHUP);
        }
        signals.thread_block()?;
        Builder::new().name("signals".to_owned()).spawn(move || {
            while let Ok(signal) = signals.wait() {
                let request = if signal == Signal::SIGHUP { Request::Reload } else { Request::Stop };
                if !tell(request) {
                    break;
                }
            }
        })?;
        Ok(())
    }
}

#[cfg(windows)]
mod system {
    use std::io;

    use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown};

    use super::Request;

    /// Tells every request, for as long as `tell` says that somebody listens.
    pub(super) fn listen(_reloads: bool, tell: impl Fn(Request) -> bool + Send + 'static) -> io::Result<()> {
        let (mut interrupt, mut stop) = (ctrl_c()?, ctrl_break()?);
        let (mut close, mut shutdown) = (ctrl_close()?, ctrl_shutdown()?);
        tokio::task::spawn(async move {
            loop {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = stop.recv() => {}
                    _ = close.recv() => {}
                    _ = shutdown.recv() => {}
                }
                if !tell(Request::Stop) {
                    break;
                }
            }
        });
        Ok(())
    }
}
