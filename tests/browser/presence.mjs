// Who is here.
import assert from "node:assert/strict";

export const checks = {
  "browser and native program see each other come and go": async (stage) => {
    const native = await stage.native({ data: "name=ada" });
    const web = await stage.web({ data: "name=bob ü" });
    const seen = await native.told.until("connection_created", { connection_id: web.id });
    assert.equal(seen.data, "name=bob ü");
    const other = await web.told.until("connection_created", { connection_id: native.id });
    assert.equal(other.data, "name=ada");
    assert.ok(other.creation_time > 0, "the browser learns when the native program came");
    await web.told.until("connection_created", { connection_id: web.id });

    await web.leave();
    await native.told.until("connection_dropped", { connection_id: web.id });
    assert.equal(native.told.all("connection_dropped").length, 1);

    const later = await stage.web({ name: "later" });
    await native.told.until("connection_created", { connection_id: later.id });
    assert.equal(await native.leave(), 0);
    const gone = await later.told.until("connection_dropped", { connection_id: native.id });
    assert.equal(gone.reason, "clientDisconnected");
    assert.equal(later.told.all("connection_dropped").length, 1);
  },

  "a closed page is gone for the native program": async (stage) => {
    const native = await stage.native();
    const web = await stage.web();
    await native.told.until("connection_created", { connection_id: web.id });
    await web.close();
    // Some pages vanish without a word; then the relay waits for a return before it tells.
    await native.told.until("connection_dropped", { connection_id: web.id }, { patience: 150_000 });
  },

  "a bad token is an authentication error, a bad session id an invalid session": async (stage) => {
    const page = await stage.page();
    const token = await stage.relay.token(await stage.relay.session());
    const refused = await page.tryToJoin({ key: stage.relay.key, session: stage.session, token });
    assert.deepEqual([refused.error?.code, refused.error?.name], [1004, "OT_AUTHENTICATION_ERROR"]);
    const other = await stage.page({ name: "other" });
    const nowhere = await other.tryToJoin({ key: stage.relay.key, session: "1_nonsense", token });
    assert.deepEqual([nowhere.error?.code, nowhere.error?.name], [1005, "OT_INVALID_SESSION_ID"]);
  },
};

// What releases of the last years do, and older ones do not.
export const recent = {
  "a client with connection events suppressed is told of nobody and talks to all": async (stage) => {
    const native = await stage.native();
    const web = await stage.web({ options: { connectionEventsSuppressed: true } });
    await native.told.until("connection_created", { connection_id: web.id });
    await web.signal({ type: "to-all", data: "here" });
    await native.told.until("signal", { type: "to-all", data: "here", from: web.id });
    const later = await stage.native({ name: "later" });
    await later.signal({ type: "to-all", data: "me too" });
    await native.told.until("signal", { data: "me too", from: later.id });
    // Its own signal comes after everything that it could have been told of the others.
    const mark = web.told.mark();
    await web.signal({ type: "last" });
    await web.told.until("signal", { type: "signal:last" }, { since: mark });
    const strangers = web.told.all("connection_created").filter((event) => event.connection_id !== web.id);
    assert.deepEqual(strangers, []);
  },
};
