//! One life of the library, from the first init to the last destroy: its I/O thread, its callback threads, and the
//! sessions that are under way.
#![forbid(unsafe_code)]

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use crate::session::CommandError;
use crate::transport::TlsCache;

use super::core::Core;
use super::pool::{IDLE_STAY, MAX_CALLBACK_THREADS, Pool};
use super::threads;

/// How long the last destroy lets sessions take leave and callbacks return, all together.
const DESTROY_LIMIT: Duration = Duration::from_secs(2);

/// Most threads that look up names at the same time. They end by themselves after ten idle seconds.
const MAX_RESOLVER_THREADS: usize = 16;

/// How long the last destroy waits for them, as part of its own limit.
const RESOLVER_PATIENCE: Duration = Duration::from_secs(1);

/// The I/O thread's stack: what Rust gives its threads.
const IO_STACK_BYTES: usize = 2 * 1024 * 1024;

/// One life of the library.
pub(super) struct Engine {
    /// The process that made it: a forked child has none of its threads.
    process: u32,
    pool: Arc<Pool>,
    tls: Arc<TlsCache>,
    io: Mutex<Io>,
    /// Sessions that have a task.
    active: Mutex<Active>,
    /// Signalled when the last task has ended, and when the I/O thread has.
    progress: Condvar,
}

enum Io {
    /// Nothing has needed the network yet.
    Unused,
    Running {
        handle: Handle,
        /// Tells until when there is time.
        stop: oneshot::Sender<Instant>,
        thread: JoinHandle<()>,
    },
    /// Over: nothing may start any more.
    Stopped,
}

#[derive(Default)]
struct Active {
    cores: HashMap<u64, Arc<Core>>,
    next_id: u64,
    /// Sessions that begin now have been overlooked by destroy.
    closing: bool,
    io_thread_ended: bool,
}

impl Engine {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            process: std::process::id(),
            pool: Pool::new(MAX_CALLBACK_THREADS, IDLE_STAY),
            tls: Arc::default(),
            io: Mutex::new(Io::Unused),
            active: Mutex::default(),
            progress: Condvar::new(),
        })
    }

    /// An engine on a runtime that somebody else runs, for tests with paused time.
    #[cfg(test)]
    pub(super) fn on(handle: Handle) -> Arc<Self> {
        let engine = Self::new();
        let (stop, _) = oneshot::channel();
        let thread = std::thread::spawn(|| ());
        *engine.io.lock() = Io::Running { handle, stop, thread };
        engine.active.lock().io_thread_ended = true;
        engine
    }

    /// Whether any session has a task.
    #[cfg(test)]
    pub(super) fn has_tasks(&self) -> bool {
        !self.active.lock().cores.is_empty()
    }

    pub(super) fn pool(&self) -> &Arc<Pool> {
        &self.pool
    }

    pub(super) fn tls(&self) -> &Arc<TlsCache> {
        &self.tls
    }

    /// Where tasks run. Starts the I/O thread if there is none yet. An error, which has been logged: the system has no
    /// thread or no descriptors left, or the library was destroyed.
    pub(super) fn handle(self: &Arc<Self>) -> Result<Handle, CommandError> {
        let mut io = self.io.lock();
        match &*io {
            Io::Running { handle, .. } => Ok(handle.clone()),
            Io::Stopped => {
                drop(io);
                crate::log::error!("cannot connect: the library was destroyed");
                Err(CommandError::IllegalState)
            }
            Io::Unused => {
                let started = match self.start() {
                    Ok(started) => started,
                    Err(error) => {
                        drop(io);
                        crate::log::error!("cannot connect: {error}");
                        return Err(CommandError::NoResources);
                    }
                };
                let Io::Running { handle, .. } = &started else { unreachable!("start starts") };
                let handle = handle.clone();
                *io = started;
                Ok(handle)
            }
        }
    }

    fn start(self: &Arc<Self>) -> io::Result<Io> {
        let runtime = Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .max_blocking_threads(MAX_RESOLVER_THREADS)
            .thread_name("otc-resolver")
            .on_thread_start(threads::adopt)
            .build()?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel();
        let engine = self.clone();
        let thread = threads::spawn("otc-io", IO_STACK_BYTES, move || {
            // A dropped sender means stop as well.
            let deadline = runtime.block_on(stopped).unwrap_or_else(|_| super::clock::now());
            // Threads without work end at once; a name that is being looked up is not waited for much longer.
            let patience = deadline.saturating_duration_since(super::clock::now()).min(RESOLVER_PATIENCE);
            runtime.shutdown_timeout(patience);
            engine.active.lock().io_thread_ended = true;
            engine.progress.notify_all();
        })?;
        Ok(Io::Running { handle, stop, thread })
    }

    /// A session's task begins.
    pub(super) fn register(&self, core: Arc<Core>) -> u64 {
        let mut active = self.active.lock();
        let id = active.next_id;
        active.next_id += 1;
        active.cores.insert(id, core);
        id
    }

    /// Whether destroy has begun: a session that registered after that must end itself.
    pub(super) fn is_closing(&self) -> bool {
        self.active.lock().closing
    }

    /// A session's task ends.
    pub(super) fn unregister(&self, id: u64) {
        let mut active = self.active.lock();
        let core = active.cores.remove(&id);
        let last = active.cores.is_empty();
        drop(active);
        drop(core);
        if last {
            self.progress.notify_all();
        }
    }

    /// Ends everything. Returns whether all threads have ended.
    pub(super) fn shut_down(&self) -> bool {
        if self.process != std::process::id() {
            crate::log::warning!(
                "the library was initialised before a fork; its threads are not in this process"
            );
            return true;
        }
        let deadline = super::clock::now() + DESTROY_LIMIT;
        // First, so that nothing is reported of what follows.
        self.pool.stop();
        let io = std::mem::replace(&mut *self.io.lock(), Io::Stopped);
        let Io::Running { stop, thread, .. } = io else {
            return self.pool.join(deadline);
        };
        let leaving: Vec<Arc<Core>> = {
            let mut active = self.active.lock();
            active.closing = true;
            active.cores.values().cloned().collect()
        };
        leaving.iter().for_each(|core| core.abandon());
        drop(leaving);
        self.wait(deadline, |active| active.cores.is_empty());
        let _ = stop.send(deadline);
        // Stopping takes no time unless a log sink of the host holds the thread up.
        let io_ended = self.wait(deadline + DESTROY_LIMIT, |active| active.io_thread_ended);
        if io_ended {
            drop(thread.join());
        }
        // What the relays could not be told in time goes down with the runtime.
        let unheard = std::mem::take(&mut self.active.lock().cores);
        drop(unheard);
        self.pool.join(deadline) && io_ended
    }

    /// Waits until `reached`, or the deadline.
    fn wait(&self, deadline: Instant, reached: impl Fn(&Active) -> bool) -> bool {
        let mut active = self.active.lock();
        while !reached(&active) {
            if self.progress.wait_until(&mut active, deadline).timed_out() {
                return reached(&active);
            }
        }
        true
    }
}
