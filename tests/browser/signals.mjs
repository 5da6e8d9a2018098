// Signals.
import assert from "node:assert/strict";

// What the one handler and the typed one were called with, since a place.
const heard = (client, since = 0) =>
  client.told.all("signal", since).map(({ type, data, from }) => [type, data, from]);

export const checks = {
  "signals to everyone, both ways, with and without type and data": async (stage) => {
    const native = await stage.native();
    const web = await stage.web({ types: ["chat"] });
    await native.told.until("connection_created", { connection_id: web.id });
    const forms = [{}, { type: "chat" }, { data: "only data" }, { type: "chat", data: "both" }];

    for (const form of forms) await web.signal(form);
    for (const form of forms) await native.signal(form);
    await native.signal({ type: "last" });
    await web.told.until("signal", { type: "signal:last" });
    await native.told.until("signal", { type: "last" });

    const toNative = (from) => forms.map(({ type = "", data = "" }) => [type, data, from]);
    assert.deepEqual(heard(native).slice(0, -1), [...toNative(web.id), ...toNative(native.id)]);
    // A browser tells absent from empty, and prefixes the type.
    const toWeb = (from) => forms.map(({ type, data }) => [type ? `signal:${type}` : "signal", data, from]);
    assert.deepEqual(heard(web).slice(0, -1), [...toWeb(web.id), ...toWeb(native.id)]);
  },

  "handlers of signal:type get their type and no other": async (stage) => {
    const native = await stage.native();
    const web = await stage.web({ types: ["chat", "other"] });
    for (const type of ["chat", "none", "other", "chat"]) await native.signal({ type, data: type });
    await native.signal({});
    await native.signal({ type: "last" });
    await web.told.until("signal", { type: "signal:last" });
    const typed = web.told.all("typed_signal").map(({ handler, data }) => [handler, data]);
    assert.deepEqual(typed, [["signal:chat", "chat"], ["signal:other", "other"], ["signal:chat", "chat"]]);
  },

  "a signal to one client reaches that client alone, both ways": async (stage) => {
    const native = await stage.native();
    const web = await stage.web();
    const third = await stage.web({ name: "third" });
    await native.told.until("connection_created", { connection_id: third.id });
    await web.told.until("connection_created", { connection_id: native.id });

    await web.signal({ to: native.id, type: "private", data: "from the browser" });
    await native.told.until("signal", { type: "private", data: "from the browser", from: web.id });
    await native.signal({ to: web.id, type: "private", data: "from native" });
    await web.told.until("signal", { type: "signal:private", data: "from native", from: native.id });
    await web.signal({ to: web.id, data: "to myself" });
    await web.told.until("signal", { data: "to myself", from: web.id });
    await native.signal({ to: native.id, data: "to myself" });
    await native.told.until("signal", { data: "to myself", from: native.id });

    // What follows arrives after what went before, had that been for everyone.
    await web.signal({ type: "last" });
    await third.told.until("signal", { type: "signal:last" });
    await native.told.until("signal", { type: "last" });
    assert.equal(third.told.all("signal").length, 1, "the third saw only what was for all");
    assert.deepEqual(heard(native).map(([type]) => type), ["private", "", "last"]);
  },

  "a signal from the server has no sender, at both": async (stage) => {
    const native = await stage.native();
    const web = await stage.web();
    await native.told.until("connection_created", { connection_id: web.id });
    const all = await stage.rest("POST", "signal", { type: "news", data: "for all" });
    assert.deepEqual([all.status, all.text], [204, ""]);
    await native.told.until("signal", { type: "news", data: "for all", from: null });
    await web.told.until("signal", { type: "signal:news", data: "for all", from: null });

    const one = await stage.rest("POST", `connection/${web.id}/signal`, { type: "news", data: "for the browser" });
    assert.deepEqual([one.status, one.text], [204, ""]);
    await web.told.until("signal", { data: "for the browser", from: null });
    const other = await stage.rest("POST", `connection/${native.id}/signal`, { data: "for native" });
    assert.equal(other.status, 204);
    await native.told.until("signal", { type: "", data: "for native", from: null });
    assert.equal((await stage.rest("POST", "signal", { type: "last" })).status, 204);
    await native.told.until("signal", { type: "last", from: null });
    await web.told.until("signal", { type: "signal:last", from: null });
    assert.equal(native.told.all("signal").length, 3);
    assert.equal(web.told.all("signal").length, 3);
  },

  "text of every script and the largest allowed arrives unchanged": async (stage) => {
    const native = await stage.native();
    const web = await stage.web();
    await native.told.until("connection_created", { connection_id: web.id });
    // The browser counts the quotes around the text; the native program counts bytes.
    const texts = ['"\\/\b\f\n\r\t', "grüße, 你好, 👋🏽", "\u2028\u2029\u007f", "{\"json\":[1,2]}", "x".repeat(8190)];
    const type = "A-Za-z0-9-._~".repeat(10).slice(0, 128);
    for (const data of texts) {
      await web.signal({ type, data });
      await native.told.until("signal", { type, data, from: web.id });
    }
    for (const data of [...texts, "ü".repeat(4096)]) {
      await native.signal({ type, data });
      await web.told.until("signal", { type: `signal:${type}`, data, from: native.id });
    }
  },

  "data that is no text reaches a browser as it is and a native program as JSON": async (stage) => {
    const native = await stage.native();
    const web = await stage.web();
    await native.told.until("connection_created", { connection_id: web.id });
    const values = [{ a: [1, "two", null] }, 7, true, ["x"]];
    for (const data of values) await web.signal({ type: "value", data });
    await web.signal({ type: "last" });
    await native.told.until("signal", { type: "last" });
    await web.told.until("signal", { type: "signal:last" });
    assert.deepEqual(heard(native).slice(0, -1).map(([, data]) => data), values.map((value) => JSON.stringify(value)));
    assert.deepEqual(heard(web).slice(0, -1).map(([, data]) => data), values);
  },

  "a thousand signals keep their order": async (stage) => {
    const native = await stage.native();
    const web = await stage.web();
    await native.told.until("connection_created", { connection_id: web.id });
    const count = 1000;
    for (let i = 0; i < count; i += 1) await native.signal({ type: "n", data: String(i) });
    const numbers = Array.from({ length: count }, (_, i) => String(i));
    await web.told.until("signal", { type: "signal:n", data: String(count - 1) });
    assert.deepEqual(heard(web).map(([, data]) => data), numbers);
    await Promise.all(numbers.map((data) => web.signal({ type: "m", data })));
    await native.told.until("signal", { type: "m", data: String(count - 1) });
    const back = native.told.all("signal").filter(({ type }) => type === "m");
    assert.deepEqual(back.map(({ data }) => data), numbers);
  },
};

// What releases of the last years do, and older ones do not.
export const recent = {
  "whoever may not signal is told so": async (stage) => {
    const native = await stage.native();
    const web = await stage.web({ role: "publisheronly" });
    const refused = await web.trySignal({ type: "chat", data: "no" });
    assert.equal(refused?.error.code, 403, JSON.stringify(refused));
    await native.signal({ type: "last" });
    await native.told.until("signal", { type: "last" });
    assert.equal(native.told.all("signal").length, 1);
  },
};
