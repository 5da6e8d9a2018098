//! What members ask for.

use std::ops::Range;
use std::sync::Arc;

use otc_protocol::planted::{self, Bug};
use otc_protocol::raptor::{Request, Signal, SignalMessage, SignalPayload, StreamAction};
use otc_protocol::rumor::{Frame, header};

use super::{Room, json};
use crate::context::Context;
use crate::hub::SYMPHONY_ADDRESS;
use crate::io::Now;
use crate::kept::Message;
use crate::notice::NoticeEvent;
use crate::rejection::{Kind, Rejection};
use crate::remembered::{Reply, RequestKey};
use crate::wire;

/// What the servers for media are: none, as there is no media here.
const NO_SERVERS: &str = "{\"content\":{\"iceServers\":[]}}";

/// A session read costs as much as one request for each so many connections that it lists.
const LISTED_FOR_ONE_REQUEST: usize = 32;

/// What a request came to.
enum Outcome {
    /// Done.
    Done,
    /// Done, and the answer names the servers for media.
    Stream,
    /// The answer is the state of the session.
    State,
    /// The answer is that to create.
    Create,
    /// A member is to be removed, after the answer.
    Remove(u64),
}

impl Room {
    /// Deals with a request of a member and answers it. Says who is to be removed in consequence. An `oversized` one
    /// is refused, unless it repeats one that was answered.
    pub(crate) fn request(
        &mut self,
        number: u64,
        frame: &Frame,
        oversized: bool,
        ctx: &mut Context,
        now: Now,
    ) -> Option<u64> {
        let at = self.index(number)?;
        let transaction = frame.header(header::TRANSACTION_ID).filter(|id| !id.is_empty()).map(|id| &**id);
        let key = transaction.map(|id| ctx.hasher.key(id));
        if let Some((id, key)) = transaction.zip(key)
            && let Some(reply) = self.members[at].recall(key, ctx)
        {
            ctx.stats.repeats += 1;
            if !planted::is(Bug::SilentRepeat) {
                self.answer_again(at, id, reply, ctx);
            }
            return None;
        }
        let outcome = if oversized {
            Err(Rejection::new(Kind::TooLarge, "message is too large"))
        } else {
            self.decide(at, transaction, frame, ctx, now)
        };
        self.answer(at, transaction.zip(key), outcome, ctx, now)
    }

    fn decide(
        &mut self,
        at: usize,
        transaction: Option<&str>,
        frame: &Frame,
        ctx: &mut Context,
        now: Now,
    ) -> Result<Outcome, Rejection> {
        if transaction.is_some_and(|id| id.len() > ctx.limits.id_bytes) {
            return Err(Rejection::new(Kind::Malformed, "transaction id is too long"));
        }
        match Request::decode(&frame.data, &self.session)? {
            Request::Signal { to, content } => {
                self.signal(at, to.as_deref(), &content, &frame.data, ctx, now).map(|()| Outcome::Done)
            }
            Request::ReadSession => Ok(Outcome::State),
            Request::DeleteConnection { connection } => self.removal(at, &connection).map(Outcome::Remove),
            Request::CreateConnection { connection, .. } if *connection == *self.members[at].id => {
                Ok(Outcome::Create)
            }
            Request::CreateConnection { .. } => {
                Err(Rejection::new(Kind::Conflict, "this socket belongs to another connection"))
            }
            Request::Stream { action, stream, content } => {
                let content = content.map_or("{}", |raw| raw.get());
                let create = action == StreamAction::Create;
                self.stream_request(at, action, &stream, content, ctx, now)?;
                Ok(if create { Outcome::Stream } else { Outcome::Done })
            }
            Request::Other { .. } => {
                Err(Rejection::new(Kind::NotFound, "nothing here understands this request"))
            }
        }
    }

    fn answer(
        &mut self,
        at: usize,
        transaction: Option<(&str, RequestKey)>,
        outcome: Result<Outcome, Rejection>,
        ctx: &mut Context,
        now: Now,
    ) -> Option<u64> {
        if let Ok(Outcome::State) = outcome {
            // Without a transaction id nothing would tell its reader what it answers.
            if let Some((id, key)) = transaction {
                self.answer_read(at, id, key, ctx, now);
            }
            return None;
        }
        let (reply, reason) = match &outcome {
            Ok(Outcome::Stream) => (Reply::Stream, None),
            Ok(Outcome::Create) => (Reply::Create, None),
            Ok(_) => (Reply::Status(200), None),
            Err(rejection) => (Reply::Status(rejection.status()), Some(&*rejection.reason)),
        };
        if let Err(rejection) = &outcome {
            self.note_rejection(at, rejection, ctx);
        }
        let member = &mut self.members[at];
        if let Some((id, key)) = transaction {
            if id.len() <= ctx.limits.id_bytes {
                member.remember(key, reply, ctx);
            }
            match reply {
                Reply::Status(code) => member.send_status(id, code, reason, "", ctx),
                _ => self.answer_again(at, id, reply, ctx),
            }
        }
        match outcome {
            Ok(Outcome::Remove(number)) => Some(number),
            _ => None,
        }
    }

    fn note_rejection(&self, at: usize, rejection: &Rejection, ctx: &mut Context) {
        rejection.count(&mut ctx.stats.rejected);
        let event = NoticeEvent::Refused {
            request: "request",
            status: rejection.status(),
            reason: rejection.reason.to_string(),
        };
        ctx.note(Some(&self.session), Some(&self.members[at].id), event);
    }

    /// Answers as before. The answer to a session read is kept until it is acknowledged, so that either it was
    /// replayed already, or the client has it: then a STATUS does no harm.
    fn answer_again(&mut self, at: usize, id: &str, reply: Reply, ctx: &mut Context) {
        let member = &mut self.members[at];
        match reply {
            Reply::Status(code) => member.send_status(id, code, None, "", ctx),
            Reply::Stream => member.send_status(id, 200, None, NO_SERVERS, ctx),
            Reply::Create => member.send_answer_again(id, ctx),
            Reply::Read if member.is_reading(id, ctx) => {}
            Reply::Read => member.send_status(id, 200, None, "", ctx),
        }
    }

    fn answer_read(&mut self, at: usize, id: &str, key: RequestKey, ctx: &mut Context, now: Now) {
        let state = self.state(at, false);
        let payload = format!("{{\"method\":\"read\",\"uri\":{},\"content\":{state}}}", json(&self.topic));
        let listed = u32::try_from(self.members.len() / LISTED_FOR_ONE_REQUEST).unwrap_or(u32::MAX);
        let member = &mut self.members[at];
        let frame = wire::message(&member.id, id, SYMPHONY_ADDRESS, &payload);
        member.remember(key, Reply::Read, ctx);
        member.answer_read(key, frame, ctx);
        member.charge(listed, &self.session, ctx, now);
    }

    /// Passes a signal on. Its payload is copied once, as it came, into one frame that all receivers share.
    fn signal(
        &mut self,
        at: usize,
        to: Option<&str>,
        content: &Signal<'_>,
        payload: &str,
        ctx: &mut Context,
        now: Now,
    ) -> Result<(), Rejection> {
        let role = self.members[at].role;
        if !role.may_signal(ctx.limits.subscriber_may_signal) {
            return Err(Rejection::new(Kind::Forbidden, format!("role {} may not signal", role.name())));
        }
        if payload.len() > ctx.limits.signal_payload_bytes {
            return Err(Rejection::new(Kind::TooLarge, "signal is too large"));
        }
        content.check_wire()?;
        // A session id where a connection id is expected: the sender named the session itself as the receiver.
        let to = to.filter(|to| **to != *self.session);
        let receiver = to.map(|to| self.receiver(to)).transpose()?;
        let from = Arc::clone(&self.members[at].id);
        self.members[at].signals += 1;
        let seq = ctx.ids.next();
        let bytes = wire::message(to.unwrap_or(&self.topic), &ctx.ids.text(seq), &from, payload);
        self.pass_on(&Message { seq, bytes }, receiver, ctx);
        if let Some(owed) = self.members[at].owed(&ctx.limits, now)
            && self.members[self.receivers(receiver)].iter().any(|member| member.is_behind(&ctx.limits))
        {
            self.members[at].hold_back(owed, ctx, now);
        }
        while let Some(news) = planted::release() {
            self.tell(&news, None, ctx);
        }
        ctx.stats.signals_in += 1;
        Ok(())
    }

    /// Sends a signal that the server originates; its limits were checked. Says how many receivers it has.
    pub(crate) fn server_signal(
        &mut self,
        to: Option<&str>,
        kind: &str,
        data: SignalPayload<'_>,
        ctx: &mut Context,
    ) -> Result<usize, Rejection> {
        let receiver = to.map(|to| self.receiver(to)).transpose()?;
        let id = ctx.ids.next();
        let seq = ctx.ids.next();
        let message = SignalMessage {
            address: to.unwrap_or(&self.topic),
            transaction: &ctx.ids.text(seq),
            from: "",
            partner: &self.partner,
            session: &self.session,
            to,
            id: &ctx.ids.text(id),
            kind,
            data,
        };
        let bytes = message.encode().map_err(|error| Rejection::new(Kind::TooLarge, error.name()))?;
        let receivers = self.pass_on(&Message { seq, bytes }, receiver, ctx);
        ctx.stats.signals_server += 1;
        Ok(receivers)
    }

    fn receiver(&self, connection: &str) -> Result<usize, Rejection> {
        self.number(connection)
            .and_then(|number| self.index(number))
            .ok_or_else(|| Rejection::new(Kind::NotFound, "the receiver is not in the session"))
    }

    /// Whom a signal goes to: everyone, or the member at an index.
    fn receivers(&self, receiver: Option<usize>) -> Range<usize> {
        let one = receiver.filter(|_| !planted::is(Bug::DirectedToAll));
        one.map_or(0..self.members.len(), |at| at..at + 1)
    }

    /// Delivers to the receivers. Says how many they are.
    fn pass_on(&mut self, message: &Message, receiver: Option<usize>, ctx: &mut Context) -> usize {
        self.signals += 1;
        let receivers = self.receivers(receiver);
        for member in &mut self.members[receivers.clone()] {
            member.deliver(message, ctx);
        }
        ctx.stats.deliveries += receivers.len() as u64;
        receivers.len()
    }

    fn removal(&self, at: usize, connection: &str) -> Result<u64, Rejection> {
        let role = self.members[at].role;
        if !role.may_force_disconnect() {
            return Err(Rejection::new(
                Kind::Forbidden,
                format!("role {} may not remove others", role.name()),
            ));
        }
        self.number(connection)
            .ok_or_else(|| Rejection::new(Kind::NotFound, "the connection is not in the session"))
    }
}
