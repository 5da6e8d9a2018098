// How a browser finds the relay, and whom else it asks.
import assert from "node:assert/strict";

import { blocks } from "../support/documented.mjs";

// Joins from a page with the lines of the documents that hold this word.
async function documented(stage, word) {
  const pages = (await blocks("Moving an application")).filter(({ language }) => language === "html");
  const { text } = pages.find((block) => block.text.includes(word));
  const native = await stage.native();
  const web = await stage.webWith(text.replaceAll("https://relay.example", stage.relay.url));
  await web.signal({ type: "hello" });
  await native.told.until("signal", { type: "hello", from: web.id });
}

export const recent = {
  "the lines of docs/relay.md for a page lead it to the relay": (stage) => documented(stage, "OTProperties"),

  "the lines of docs/relay.md for a page whose proxy is the relay lead it there": (stage) => documented(stage, "setProxyUrl"),

  "told of the API's address, it asks nobody else that matters": async (stage, { browser }) => {
    browser.forgetHosts();
    const native = await stage.native();
    const web = await stage.web();
    await web.signal({ type: "hello" });
    await native.told.until("signal", { type: "hello", from: web.id });
    await web.leave();
    // Those are answered here on the spot: the client joins whatever they say.
    const known = ["config.opentok.com", "static.opentok.com"];
    const others = browser.hosts().filter((host) => host !== stage.relay.address && !known.includes(host));
    assert.deepEqual(others, []);
  },

  "told that the relay is its proxy, it asks nobody else at all": async (stage, { browser }) => {
    browser.forgetHosts();
    const native = await stage.native();
    const breaker = await stage.breaker();
    const web = await stage.web({ proxy: breaker.url, types: ["hello"] });
    await native.told.until("connection_created", { connection_id: web.id });
    await web.signal({ type: "hello", data: "through the proxy" });
    await native.told.until("signal", { type: "hello", from: web.id });
    const mark = web.told.mark();
    await breaker.order("cut rst");
    await native.signal({ type: "hello", data: "while away" });
    await web.told.until("signal", { type: "signal:hello", data: "while away" }, { since: mark });
    await web.leave();
    await native.told.until("connection_dropped", { connection_id: web.id });
    assert.deepEqual(browser.hosts(), [new URL(breaker.url).host]);
  },
};
