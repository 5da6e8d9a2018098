// A browser that loses its link, and what it missed.
import assert from "node:assert/strict";

const COUNT = 60;

// What a client heard from another one, from a place on.
const numbers = (client, from, since = 0) =>
  client.told.all("signal", since).filter((event) => event.from === from).map(({ data }) => data);

const expected = Array.from({ length: COUNT }, (_, i) => String(i));

// Sends signals that may be answered much later, when the link is back. Gives a way to wait for that.
function sendAll(client, signals) {
  const answers = Promise.allSettled(signals.map((signal) => client.signal(signal)));
  return async () => {
    const refused = (await answers).filter(({ status }) => status === "rejected");
    assert.deepEqual(refused.map(({ reason }) => reason.message), []);
  };
}

// Cuts a browser off, lets everything happen that can be missed, lets it back, and compares.
async function missNothing(stage, kind) {
  const breaker = await stage.breaker();
  const web = await stage.web({ url: breaker.url });
  const native = await stage.native();
  await web.told.until("connection_created", { connection_id: native.id });
  const mark = web.told.mark();

  await breaker.order("refuse");
  await breaker.order(`cut ${kind}`);
  const visitor = await stage.native({ name: "visitor", data: "name=visitor" });
  for (const data of expected.slice(0, COUNT / 2)) await native.signal({ type: "missed", data });
  await native.told.until("signal", { data: expected[COUNT / 2 - 1] });
  assert.equal(await visitor.leave(), 0);
  await native.told.until("connection_dropped", { connection_id: visitor.id });
  for (const data of expected.slice(COUNT / 2)) await native.signal({ type: "missed", data });
  assert.equal((await stage.rest("POST", "signal", { type: "news", data: "from the server" })).status, 204);
  await native.told.until("signal", { type: "news" });

  await web.told.until("reconnection_started", {}, { since: mark });
  const sent = sendAll(web, expected.map((data) => ({ type: "kept", data })));
  await breaker.order("accept");
  await web.told.until("reconnected", {}, { since: mark, patience: 60_000 });
  await sent();
  await native.signal({ type: "last" });
  await web.told.until("signal", { type: "signal:last" }, { since: mark });
  await native.told.until("signal", { data: expected.at(-1), from: web.id });

  assert.deepEqual(numbers(web, native.id, mark), [...expected, undefined], "missed signals arrive once and in order");
  assert.deepEqual(numbers(native, web.id), expected, "kept signals arrive once and in order");
  assert.equal(web.told.all("signal", mark).filter(({ from }) => from === null).length, 1, "the server's too");
  const visit = web.told.events.slice(mark).filter(({ connection_id }) => connection_id === visitor.id);
  assert.deepEqual(visit.map(({ event }) => event), ["connection_created", "connection_dropped"]);
  // Not in the order of events: one release tells of those who left a little later than it hears of it.
  const missed = web.messages
    .filter(({ uri, content }) => uri.includes(visitor.id) || content?.type === "missed")
    .map(({ method, content }) => (method === "signal" ? content.data : method));
  const half = [expected.slice(0, COUNT / 2), expected.slice(COUNT / 2)];
  assert.deepEqual(missed, ["created", ...half[0], "deleted", ...half[1]], "the visit stands among the signals where it was");
  assert.equal(native.told.all("connection_dropped").length, 1, "nobody saw the browser leave");
}

export const checks = {
  "a browser cut off by a reset resumes with everything it missed, once and in order": (stage) =>
    missNothing(stage, "rst"),

  "one whose old link still looks open to the relay does, too": (stage) => missNothing(stage, "keep-target"),

  "one whose link has gone silent notices and resumes": (stage) => missNothing(stage, "silence"),

  "a relay that lost its memory ends the session honestly": async (stage) => {
    const web = await stage.web();
    await stage.relay.replace();
    const end = await web.told.until("disconnected");
    assert.equal(end.reason, "networkDisconnected");
  },
};

// What releases of the last years do, and older ones do not.
export const recent = {
  "a browser cut again and again in the middle of a stream loses nothing": async (stage) => {
    const breaker = await stage.breaker();
    const web = await stage.web({ url: breaker.url });
    const native = await stage.native();
    await web.told.until("connection_created", { connection_id: native.id });
    const all = [];
    for (const [round, kind] of ["rst", "fin", "keep-target", "rst"].entries()) {
      const mark = web.told.mark();
      const direction = round % 2 === 0 ? "down" : "up";
      await breaker.order(`after ${direction} ${700 + 911 * round} ${kind}`);
      const batch = expected.map((data) => `${round}.${data}`);
      all.push(...batch);
      const sent = sendAll(web, batch.map((data) => ({ data })));
      for (const data of batch) await native.signal({ data });
      await web.told.until("reconnected", {}, { since: mark });
      await sent();
    }
    await native.signal({ type: "last" });
    await web.signal({ type: "last" });
    await web.told.until("signal", { type: "signal:last", from: native.id });
    await web.told.until("signal", { type: "signal:last", from: web.id });
    await native.told.until("signal", { type: "last", from: web.id });
    for (const [listener, speaker] of [[web, native], [native, web], [web, web]]) {
      const heard = numbers(listener, speaker.id).slice(0, -1);
      assert.deepEqual(heard, all, `${listener.name} heard ${speaker.name}`);
    }
  },
};
