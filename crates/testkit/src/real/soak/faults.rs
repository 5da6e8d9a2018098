//! What happens to the links of one client.

use std::io;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::super::scene::{Phase, Scene};
use super::{Ground, Member, Progress, patient};
use crate::history::What;
use crate::proxy::{self, Cut, Direction, FaultProxy};
use crate::sim::dice::Dice;

/// How long a cut after some bytes may be in coming: perhaps nobody sends. Then the link is cut at once.
const IN_COMING: Duration = Duration::from_millis(200);

#[derive(Debug, Clone, Copy)]
enum Fault {
    Cut(Cut),
    /// After so many bytes.
    After(Direction, u64, Cut),
    /// Nothing moves for a while, but for so many bytes.
    Stall(Direction, u64, Duration),
    /// Little moves for a while, after so many bytes.
    Throttle(Direction, u64, u32, Duration),
    /// The link is cut, and there is no other for a while.
    Refuse(Cut, Duration),
}

impl Fault {
    fn draw(dice: &mut Dice) -> Self {
        let direction = *dice.pick(&[Direction::Up, Direction::Down]);
        let cut = *dice.pick(&[Cut::Fin, Cut::Rst]);
        let mut millis = |low, high| Duration::from_millis(dice.skewed(low, high));
        let (short, long) = (millis(1, 300), millis(10, 3_000));
        match dice.range(1, 100) {
            1..=34 => Self::Cut(cut),
            35..=68 => Self::After(direction, dice.skewed(0, 50_000), cut),
            69..=76 => Self::Cut(Cut::KeepTarget),
            77..=79 => Self::Cut(Cut::KeepClient),
            80..=82 => Self::Cut(Cut::Silence),
            83..=90 => Self::Refuse(cut, short),
            91..=95 => Self::Stall(direction, dice.skewed(0, 5_000), long),
            _ => Self::Throttle(direction, dice.skewed(0, 5_000), dice.skewed(1_000, 500_000) as u32, short),
        }
    }
}

/// Breaks the links of one client again and again, until its share of cuts is done.
pub(super) fn disturb(
    member: &Member,
    ground: &Ground,
    scene: &Scene,
    progress: &Progress,
) -> io::Result<()> {
    let place = member.client.place;
    let mut dice = Dice::new(member.plan.seed, 1_000 + place as u64);
    let mut seen = 0;
    while seen < member.cuts() {
        patient(scene.wait(|state| state.sent >= member.due(seen)), "signals to be sent")?;
        // Most faults meet a link that works, some a client that is about to mend one.
        if dice.percent(80) {
            let up = scene.wait(|state| state.clients[place].phase == Phase::Connected);
            patient(up, "a link to be mended")?;
        }
        let fault = Fault::draw(&mut dice);
        scene.record(&format!("client {place}"), What::Fault { what: format!("{fault:?}"), may_end: false });
        cause(fault, ground, &member.proxy);
        let cuts = member.proxy.counts().cut;
        progress.cuts.fetch_add(cuts - seen, Ordering::Relaxed);
        seen = cuts;
        scene.cut(place, cuts);
    }
    // A cut that still waits for its byte would come when everything is to be calm.
    disarm(&member.proxy);
    Ok(())
}

/// Takes back a fault that still waits for its byte.
fn disarm(proxy: &FaultProxy) {
    proxy.cut_after(Direction::Up, u64::MAX, Cut::Fin);
}

fn cause(fault: Fault, ground: &Ground, proxy: &FaultProxy) {
    let before = proxy.counts().cut;
    // The clock of the runtime is there only inside it.
    let wait = |duration| {
        let cut = async { tokio::time::timeout(duration, proxy.until(|now| now.cut > before)).await.is_ok() };
        ground.network.block_on(cut)
    };
    let hold = |duration| ground.network.block_on(async { tokio::time::sleep(duration).await });
    match fault {
        Fault::Cut(cut) => proxy.cut(cut),
        Fault::After(direction, bytes, cut) => {
            proxy.cut_after(direction, bytes, cut);
            if !wait(IN_COMING) {
                proxy.cut(cut);
            }
        }
        Fault::Stall(direction, bytes, duration) => {
            proxy.after(direction, bytes, proxy::Fault::Stall);
            hold(duration);
            disarm(proxy);
            proxy.stall(direction, false);
        }
        Fault::Throttle(direction, bytes, rate, duration) => {
            proxy.after(direction, bytes, proxy::Fault::Throttle(rate));
            hold(duration);
            disarm(proxy);
            proxy.throttle(direction, None);
        }
        Fault::Refuse(cut, duration) => {
            proxy.refuse(true);
            proxy.cut(cut);
            hold(duration);
            proxy.refuse(false);
        }
    }
    if !matches!(fault, Fault::Stall(..) | Fault::Throttle(..)) {
        // An order takes effect on the proxy's thread. Without a link there is nothing to cut.
        wait(IN_COMING);
    }
}
