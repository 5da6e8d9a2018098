// Removing others.
import assert from "node:assert/strict";

export const checks = {
  "a moderator in a browser removes a native program": async (stage) => {
    const web = await stage.web({ role: "moderator" });
    const native = await stage.native();
    const witness = await stage.native({ name: "witness" });
    await web.told.until("connection_created", { connection_id: native.id });
    await web.forceDisconnect(native.id);
    await native.told.until("disconnected");
    assert.equal(native.told.all("error").length, 0, "that is no error");
    const gone = await web.told.until("connection_dropped", { connection_id: native.id });
    assert.equal(gone.reason, "forceDisconnected");
    await witness.told.until("connection_dropped", { connection_id: native.id });
  },

  "a native moderator removes a browser": async (stage) => {
    const native = await stage.native({ role: "moderator" });
    const web = await stage.web();
    await native.told.until("connection_created", { connection_id: web.id });
    await native.forceDisconnect(web.id);
    assert.equal((await web.told.until("disconnected")).reason, "forceDisconnected");
    await native.told.until("connection_dropped", { connection_id: web.id });
  },

  "a server removes a browser": async (stage) => {
    const native = await stage.native();
    const web = await stage.web();
    await native.told.until("connection_created", { connection_id: web.id });
    const answer = await stage.rest("DELETE", `connection/${web.id}`);
    assert.deepEqual([answer.status, answer.text], [204, ""]);
    assert.equal((await web.told.until("disconnected")).reason, "forceDisconnected");
    await native.told.until("connection_dropped", { connection_id: web.id });
    assert.equal((await stage.rest("DELETE", `connection/${web.id}`)).status, 404);
  },

  "a browser removed while its link is cut is told when it is back": async (stage) => {
    const breaker = await stage.breaker();
    const web = await stage.web({ url: breaker.url });
    const native = await stage.native();
    await web.told.until("connection_created", { connection_id: native.id });
    await breaker.order("refuse");
    await breaker.order("cut rst");
    await web.told.until("reconnection_started");
    assert.equal((await stage.rest("DELETE", `connection/${web.id}`)).status, 204);
    await native.told.until("connection_dropped", { connection_id: web.id });
    await breaker.order("accept");
    assert.equal((await web.told.until("disconnected")).reason, "forceDisconnected");
  },

  "a publisher in a browser may remove nobody, a moderator may": async (stage) => {
    const native = await stage.native();
    const web = await stage.web();
    const moderator = await stage.web({ name: "moderator", role: "moderator" });
    await web.told.until("connection_created", { connection_id: native.id });
    assert.equal((await web.tryForceDisconnect(native.id))?.error.code, 1520);
    const rights = await moderator.capabilities();
    assert.deepEqual([rights.forceDisconnect, rights.publish, rights.subscribe], [1, 1, 1], JSON.stringify(rights));
    await native.signal({ type: "still-here" });
    await web.told.until("signal", { from: native.id });
  },
};
