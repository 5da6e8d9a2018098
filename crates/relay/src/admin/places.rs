//! The places of the admin listener.
//!
//! Whoever watches over the relay must get through, however many sockets somebody holds open there. So a full listener
//! does not turn away who comes, but ends a connection on which nothing is being answered: of the address that has most
//! of them, the one that was there first.

use std::cell::{Cell, RefCell};
use std::net::IpAddr;
use std::rc::Rc;

use tokio::sync::Notify;

/// The connections that there are, the first to come first.
#[derive(Debug)]
pub(super) struct Places {
    max: usize,
    taken: RefCell<Vec<Rc<Place>>>,
}

#[derive(Debug)]
struct Place {
    from: IpAddr,
    /// A request is being answered.
    busy: Cell<bool>,
    /// Told when somebody else gets the place.
    lost: Notify,
}

/// A connection's hold on its place, which ends with it.
#[derive(Debug)]
pub(super) struct Guest {
    places: Rc<Places>,
    place: Rc<Place>,
}

/// What became of somebody who came.
#[derive(Debug)]
pub(super) enum Entry {
    /// There was a place.
    Free(Guest),
    /// Somebody else, from this address, had to go.
    InPlaceOf(Guest, IpAddr),
    /// Everybody is being answered.
    Full,
}

impl Places {
    pub(super) fn new(max: usize) -> Rc<Self> {
        Rc::new(Self { max, taken: RefCell::default() })
    }

    /// A place for somebody who comes from there.
    pub(super) fn enter(self: &Rc<Self>, from: IpAddr) -> Entry {
        let mut taken = self.taken.borrow_mut();
        let mut gone = None;
        if taken.len() >= self.max {
            let Some(index) = leaves(&taken) else { return Entry::Full };
            let place = taken.remove(index);
            place.lost.notify_one();
            gone = Some(place.from);
        }
        let place = Rc::new(Place { from: from.to_canonical(), busy: Cell::new(false), lost: Notify::new() });
        taken.push(Rc::clone(&place));
        let guest = Guest { places: Rc::clone(self), place };
        match gone {
            None => Entry::Free(guest),
            Some(from) => Entry::InPlaceOf(guest, from),
        }
    }
}

/// Who has to go, if anybody can.
fn leaves(taken: &[Rc<Place>]) -> Option<usize> {
    let waits = |from: IpAddr| taken.iter().filter(|place| place.from == from && !place.busy.get()).count();
    let idle = taken.iter().enumerate().filter(|(_, place)| !place.busy.get());
    // Of several that are equal, the last that is looked at is taken.
    idle.rev().max_by_key(|(_, place)| waits(place.from)).map(|(index, _)| index)
}

impl Guest {
    /// Ready when somebody else has its place.
    pub(super) async fn lost(&self) {
        self.place.lost.notified().await;
    }

    /// Does some work, during which nobody else gets its place.
    pub(super) async fn keeping<T>(&self, work: impl Future<Output = T>) -> T {
        self.place.busy.set(true);
        let outcome = work.await;
        self.place.busy.set(false);
        outcome
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.places.taken.borrow_mut().retain(|place| !Rc::ptr_eq(place, &self.place));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    fn free(places: &Rc<Places>, from: u8) -> Guest {
        match places.enter(address(from)) {
            Entry::Free(guest) => guest,
            other => panic!("{other:?}"),
        }
    }

    fn is_lost(guest: &Guest) -> bool {
        !guest.places.taken.borrow().iter().any(|place| Rc::ptr_eq(place, &guest.place))
    }

    #[test]
    fn a_full_listener_ends_the_oldest_idle_connection_of_the_address_with_most() {
        let places = Places::new(4);
        let alone = free(&places, 1);
        let crowd = [free(&places, 2), free(&places, 2), free(&places, 2)];
        crowd[0].place.busy.set(true);
        let Entry::InPlaceOf(new, from) = places.enter(address(3)) else { panic!("nobody went") };
        assert_eq!(from, address(2));
        assert_eq!(
            [&alone, &crowd[0], &crowd[1], &crowd[2], &new].map(is_lost),
            [false, false, true, false, false]
        );
        // Now all have one that waits: the first goes.
        let Entry::InPlaceOf(_new, from) = places.enter(address(3)) else { panic!("nobody went") };
        assert_eq!((from, is_lost(&alone)), (address(1), true));
    }

    #[test]
    fn who_is_being_answered_stays_and_places_come_back() {
        let places = Places::new(2);
        let guests = [free(&places, 1), free(&places, 1)];
        guests.iter().for_each(|guest| guest.place.busy.set(true));
        assert!(matches!(places.enter(address(2)), Entry::Full));
        drop(guests);
        let _again = [free(&places, 1), free(&places, 2)];
    }
}
