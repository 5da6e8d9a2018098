// What every SDK must be able to do with the relay. Each check gets an SDK, and a world with the relay and clients.
import assert from "node:assert/strict";

const uuid = (n) => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;

// Fields of a session id that all SDKs of the older kind look into.
const fields = (session) => Buffer.from(session.slice(2), "base64url").toString("utf8").split("~");

export const checks = {
  "creates sessions, with and without options": async (sdk, world) => {
    const sessions = [await sdk.call("create_session"), await sdk.call("create_session", { plain: false })];
    assert.notEqual(sessions[0], sessions[1]);
    for (const session of sessions) {
      assert.match(session, /^1_[A-Za-z0-9_-]+$/);
      assert.equal(fields(session)[1], world.key);
    }
  },

  "makes tokens that let native clients in, with their data": async (sdk, world) => {
    for (const kind of sdk.described.tokens) {
      const session = await sdk.call("create_session");
      const data = `name=${kind} & 100% of "ü" + /?=`;
      const witness = await world.join(session, await sdk.call("token", { session, role: "publisher", data: "", kind }));
      const client = await world.join(session, await sdk.call("token", { session, role: "publisher", data, kind }));
      const seen = await witness.told.until("connection_created", { connection_id: client.id });
      assert.equal(seen.data, data, kind);
    }
  },

  "makes tokens of every role, and the roles hold": async (sdk, world) => {
    for (const kind of sdk.described.tokens) {
      const session = await sdk.call("create_session");
      const witness = await world.join(session, await sdk.call("token", { session, role: "publisher", data: "", kind }));
      const others = {};
      for (const role of sdk.described.roles) {
        others[role] = await world.join(session, await sdk.call("token", { session, role, data: role, kind }));
        await witness.told.until("connection_created", { connection_id: others[role].id });
        await others[role].signal({ type: role });
      }
      // The order in which signals of different clients arrive is no matter; a client's own arrives last.
      await witness.signal({ type: "last" });
      await others.moderator.told.until("signal", { type: "last" });
      await witness.told.until("signal", { type: "publisher", from: others.publisher.id });
      await witness.told.until("signal", { type: "moderator", from: others.moderator.id });
      const senders = new Set(witness.told.all("signal").map(({ from }) => from));
      for (const role of ["subscriber", "publisheronly"].filter((role) => others[role])) {
        assert.ok(!senders.has(others[role].id), `${kind}: a ${role} may not signal`);
      }
      await others.publisher.forceDisconnect(witness.id);
      await others.publisher.told.until("refused", { cmd: "force_disconnect" });
      await others.moderator.forceDisconnect(witness.id);
      await witness.told.until("disconnected");
    }
  },

  "makes tokens that are good for one session only": async (sdk, world) => {
    for (const kind of sdk.described.tokens) {
      const [session, other] = [await sdk.call("create_session"), await sdk.call("create_session")];
      const token = await sdk.call("token", { session: other, role: "publisher", data: "", kind });
      const client = world.start(session, token);
      const { code } = await client.told.until("error");
      assert.equal(code, 1004, `${kind}: authentication error`);
    }
  },

  "signals to a session and to one connection": async (sdk, world) => {
    const { session, clients } = await world.populate(sdk, 2);
    const [one, two] = clients;
    const text = "grüße, 你好, 👋🏽 \"\\/\n";
    await sdk.call("signal", { session, payload: { type: "news", data: text } });
    for (const client of clients) await client.told.until("signal", { type: "news", data: text, from: null });
    await sdk.call("signal", { session, payload: { type: "private", data: "one" }, connection: one.id });
    await one.told.until("signal", { type: "private", data: "one", from: null });
    await sdk.call("signal", { session, payload: { type: "last", data: "" } });
    await two.told.until("signal", { type: "last", data: "", from: null });
    assert.deepEqual(two.told.all("signal").map(({ type }) => type), ["news", "last"]);
  },

  "signals without type or data, where it lets them through": async (sdk, world) => {
    const { session, clients } = await world.populate(sdk, 1);
    const forms = [{ data: "only data" }, { type: "only-type" }, {}, { type: "", data: "" }];
    for (const payload of forms) {
      if (sdk.described.needsTypeAndData && !("type" in payload && "data" in payload)) {
        await sdk.fail("signal", { session, payload });
        continue;
      }
      const since = clients[0].told.mark();
      await sdk.call("signal", { session, payload });
      const { type = "", data = "" } = payload;
      await clients[0].told.until("signal", { type, data, from: null }, { since });
    }
  },

  "signals of the largest size pass, larger ones do not": async (sdk, world) => {
    const { session, clients } = await world.populate(sdk, 1);
    const type = "t".repeat(128);
    for (const data of ["d".repeat(8192), "\u{1f600}".repeat(2048)]) {
      const since = clients[0].told.mark();
      await sdk.call("signal", { session, payload: { type, data } });
      await clients[0].told.until("signal", { type, data, from: null }, { since });
    }
    const wrong = sdk.described.errors.signal;
    const failure = (payload) => sdk.fail("signal", { session, payload });
    // Characters that the SDK counts one by one and the relay by their bytes.
    assert.deepEqual(await failure({ type, data: "ü".repeat(4097) }), wrong(413));
    if (!sdk.described.charactersOfData) {
      assert.deepEqual(await failure({ type, data: "d".repeat(8193) }), wrong(413));
      assert.deepEqual(await failure({ type: "t".repeat(129), data: "" }), wrong(413));
      assert.deepEqual(await failure({ type, data: "d".repeat(300_000) }), wrong(413), "answered, not hung up on");
    }
    assert.deepEqual(await failure({ type: "a b", data: "" }), wrong(400));
  },

  "removes a client": async (sdk, world) => {
    const { session, clients } = await world.populate(sdk, 2);
    await sdk.call("force_disconnect", { session, connection: clients[0].id });
    await clients[0].told.until("disconnected");
    await clients[1].told.until("connection_dropped", { connection_id: clients[0].id });
    const again = await sdk.fail("force_disconnect", { session, connection: clients[0].id });
    assert.deepEqual(again, sdk.described.errors.disconnect(404));
  },

  "is told when nobody is there": async (sdk, world) => {
    const { errors } = sdk.described;
    const { session } = await world.populate(sdk, 1);
    const empty = await sdk.call("create_session");
    const payload = { type: "news", data: "nobody hears" };
    assert.deepEqual(await sdk.fail("signal", { session: empty, payload }), errors.signal(404));
    assert.deepEqual(await sdk.fail("signal", { session, payload, connection: uuid(1) }), errors.signal(404));
    assert.deepEqual(await sdk.fail("force_disconnect", { session: empty, connection: uuid(1) }), errors.disconnect(404));
    assert.deepEqual(await sdk.call("list_streams", { session: empty }), []);
    assert.deepEqual(await sdk.call("list_streams", { session }), []);
  },

  "lists streams and looks at one": async (sdk, world) => {
    const session = await sdk.call("create_session");
    const publisher = await world.publisher(session, await world.token(sdk, session));
    const streams = [await publisher.publish("first"), await publisher.publish("ü")];
    assert.deepEqual(await sdk.call("list_streams", { session }), streams);
    if (!sdk.can("get_stream")) return;
    assert.deepEqual(await sdk.call("get_stream", { session, stream: streams[1].id }), streams[1]);
    await sdk.fail("get_stream", { session, stream: uuid(1) });
  },

  "mutes a stream, and a session until it allows sound again": async (sdk, world) => {
    const session = await sdk.call("create_session");
    const publisher = await world.publisher(session, await world.token(sdk, session));
    assert.ok(!publisher.state.mute, "not muted");
    const { id } = await publisher.publish("camera");
    await sdk.call("mute_stream", { session, stream: id });
    const wrong = await sdk.fail("mute_stream", { session, stream: uuid(1) });
    assert.deepEqual(wrong, sdk.described.errors.mute(404));
    await sdk.call("mute_session", { session, excluded: [] });
    await sdk.call("mute_session", { session, excluded: [id] });
    const muted = await world.publisher(session, await world.token(sdk, session));
    assert.ok(muted.state.mute, "muted for those who come now");
    await sdk.call("unmute_session", { session });
    const later = await world.publisher(session, await world.token(sdk, session));
    assert.ok(!later.state.mute, "not muted any more");
  },

  "creates a session after other calls": async (sdk, world) => {
    // One SDK keeps the content type of its last call.
    const { session, clients } = await world.populate(sdk, 1);
    await sdk.call("signal", { session, payload: { type: "a", data: "b" } });
    await sdk.call("force_disconnect", { session, connection: clients[0].id });
    assert.equal(fields(await sdk.call("create_session", { plain: false }))[1], world.key);
    assert.equal(fields(await sdk.call("create_session"))[1], world.key);
  },

  "with a wrong secret or key, is told that it may not": async (sdk, world) => {
    const { errors } = sdk.described;
    const { session, clients } = await world.populate(sdk, 1);
    const payload = { type: "a", data: "b" };
    for (const impostor of await world.impostors()) {
      assert.deepEqual(await impostor.fail("create_session"), errors.create(403));
      assert.deepEqual(await impostor.fail("signal", { session, payload }), errors.signal(403));
      const connection = clients[0].id;
      assert.deepEqual(await impostor.fail("force_disconnect", { session, connection }), errors.disconnect(403));
      assert.deepEqual(await impostor.fail("mute_session", { session, excluded: [] }), errors.mute(403));
      await impostor.fail("list_streams", { session });
    }
    assert.equal(clients[0].told.all("signal").length, 0);
  },

  "is told when a session is not its own": async (sdk, world) => {
    const foreign = await world.foreignSession();
    const payload = { type: "a", data: "b" };
    assert.deepEqual(await sdk.fail("signal", { session: foreign, payload }), sdk.described.errors.signal(404));
    assert.deepEqual(await sdk.fail("signal", { session: "nonsense", payload }), sdk.described.errors.signal(400));
  },

  "is told to slow down, and goes on": async (sdk, world) => {
    const hasty = await world.hasty();
    const session = await hasty.call("create_session");
    const payload = { type: "a", data: "b" };
    // The session is empty, so that a call is answered 404 while there are few.
    let answer;
    do {
      answer = await hasty.fail("signal", { session, payload });
      assert.ok([404, 429].some((status) => same(answer, sdk.described.errors.signal(status))), JSON.stringify(answer));
    } while (!same(answer, sdk.described.errors.signal(429)));
  },
};

const same = (a, b) => a.class === b.class && a.status === b.status;
