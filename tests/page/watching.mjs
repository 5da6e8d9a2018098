// What the page shows of others.
import assert from "node:assert/strict";

import { Relay } from "../support/relay.mjs";
import { row, until } from "./stage.mjs";

const path = (chart) => `#chart-${chart} path.edge`;

export const checks = {
  "sessions appear and vanish as they happen, and so do those who are in them": async (stage) => {
    const page = await stage.board();
    const session = await stage.relay.session();
    assert.equal(await row(page, session).count(), 0);
    const first = await stage.native(session);
    await row(page, session).filter({ hasText: "1 client ·" }).waitFor();
    const second = await stage.native(session, { name: "second", role: "subscriber" });
    await row(page, session).filter({ hasText: "2 clients ·" }).waitFor();

    await row(page, session).getByRole("button").click();
    const line = (client) => row(page, session).locator(".who li").filter({ hasText: client.id });
    await line(first).filter({ hasText: /here.*publisher · otc-/ }).waitFor();
    await line(second).filter({ hasText: /here.*subscriber · otc-/ }).waitFor();
    await first.signal({ data: "a word in confidence" });
    await line(first).filter({ hasText: "1 signal" }).waitFor();
    assert.ok(!(await page.content()).includes("in confidence"), "what is said is not shown");

    assert.equal(await second.leave(), 0);
    await line(second).waitFor({ state: "detached" });
    assert.equal(await first.leave(), 0);
    await row(page, session).waitFor({ state: "detached" });
  },

  "a client whose link is gone is shown as away": async (stage) => {
    const page = await stage.board();
    const session = await stage.relay.session();
    const native = await stage.native(session);
    await row(page, session).getByRole("button").click();
    await row(page, session).getByText("here", { exact: true }).waitFor();
    await native.vanish();
    await row(page, session).getByText("away", { exact: true }).waitFor();
    await until(page, () => Number(document.getElementById("count-away").textContent) >= 1);
  },

  "signals and deliveries a second are drawn as they happen": async (stage) => {
    const page = await stage.board();
    const session = await stage.relay.session();
    const speaker = await stage.native(session);
    await stage.native(session, { name: "listener" });
    await speaker.told.until("connection_created");
    await until(page, () => document.querySelector("#chart-signals path.edge").getAttribute("d").includes("L"));
    const still = await page.locator(path("signals")).getAttribute("d");
    // So many that no second goes by without some.
    let said = 0;
    const talk = setInterval(() => {
      for (let i = 0; i < 5; i += 1) speaker.signal({ data: String((said += 1)) });
    }, 50);
    try {
      for (const chart of ["signals", "deliveries"]) {
        await until(page, (id) => Number(document.querySelector(`#chart-${id} b`).textContent) > 0, chart);
        // Not flat on the ground any more.
        await until(page, (place) => /[ML]\d+ \d?\d\.\d\d/.test(document.querySelector(place).getAttribute("d")), path(chart));
      }
      const seen = await page.locator(path("signals")).getAttribute("d");
      assert.notEqual(seen, still);
      await until(page, ([place, before]) => document.querySelector(place).getAttribute("d") !== before, [path("signals"), seen]);
      // Each signal has two receivers.
      await until(page, () => {
        const rate = (id) => Number(document.querySelector(`#chart-${id} b`).textContent);
        return Math.abs(rate("deliveries") / rate("signals") - 2) < 0.05;
      });
      const words = page.locator("#chart-signals svg");
      await until(page, () => /at most [1-9]/.test(document.querySelector("#chart-signals svg").getAttribute("aria-label")));
      assert.match(await words.getAttribute("aria-label"), /^Signals in a second: now [\d.,]+, at most [\d.,]+ in the last 3 minutes$/);
    } finally {
      clearInterval(talk);
    }
  },

  "limits that were met are listed and counted": async (stage) => {
    const page = await stage.board();
    const session = await stage.relay.session();
    const mute = await stage.native(session, { role: "publisheronly" });
    for (const data of ["a", "b"]) await mute.signal({ data });
    const line = page.locator("#refusals li").filter({ hasText: "the role of the token does not allow" });
    await line.filter({ hasText: /^2/ }).waitFor();
    assert.ok(await page.locator("#no-refusals").isHidden());
    await mute.signal({ data: "c" });
    await line.filter({ hasText: /^3/ }).waitFor();
    await until(page, () => /^[1-9]\d* of 20,000$/.test(document.querySelector("#meter-sockets + span").textContent));
    await until(page, () => /^[1-9]\d* of 3,000$/.test(document.querySelector("#meter-largest + span").textContent));
  },

  "what clients say of themselves is text, whatever it looks like": async (stage) => {
    const page = await stage.board({ size: [320, 640] });
    const markup = "<img src=x onerror='window.ran = true'><script>window.ran = true</script>";
    // Right to left from here on, for whoever believes it.
    const turned = "evil\u202e\u2066\u2028";
    const session = await page.evaluate(async (version) => {
      const { TYPE, encode } = await import("/page/frames.js");
      const post = async (path) => (await fetch(`/api/playground/${path}`, { method: "POST" })).json();
      const { session, api_key: key, api_url: url } = await post("session");
      const { token } = await post(`token?session=${session}&name=${encodeURIComponent("<b>bold</b>")}`);
      const info = await fetch(`${url}/session/${session}`, { headers: { "X-OPENTOK-AUTH": token } });
      const [{ messaging_url, symphony_address }] = await info.json();
      const socket = new WebSocket(messaging_url);
      await new Promise((resolve) => (socket.onopen = resolve));
      const uri = `/v2/partner/${key}/session/${session}/connection/c`;
      const text = JSON.stringify({ method: "create", uri, content: { clientVersion: version } });
      const headers = { "TRANSACTION-ID": "1", "X-TB-TOKEN-AUTH": token };
      socket.send(encode({ type: TYPE.CONNECT, headers: { uniqueId: "c" } }));
      socket.send(encode({ type: TYPE.MESSAGE, addresses: [symphony_address], headers, text }));
      return session;
    }, markup + turned + "w".repeat(200));
    await row(page, session).getByRole("button").click();
    const line = row(page, session).locator(".who li");
    await line.filter({ hasText: markup }).waitFor();
    assert.match(await line.textContent(), /evil\?\?\?/, "and it does not turn what stands behind it");
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "nor does it widen the page");
    assert.equal(await page.locator("#board :is(img, script, b b)").count(), 0);
    assert.equal(await page.evaluate(() => window.ran), undefined);
  },

  "many sessions come in pages, can be searched and put in order": async (stage) => {
    const relay = await stage.relayOfItsOwn(Relay.develop());
    const page = await stage.board({ relay });
    await page.getByText("Nobody is in any session.").waitFor();
    const crowd = await relay.session();
    for (const name of ["one", "two", "three"]) await stage.native(crowd, { relay, name });
    // The page's own client joins where a hundred native programs would take long.
    await page.evaluate(async () => {
      const { Client } = await import("/page/client.js");
      const post = async (path) => (await fetch(`/api/playground/${path}`, { method: "POST" })).json();
      window.many = await Promise.all(
        Array.from({ length: 60 }, async () => {
          const { session, api_key: key, api_url: apiUrl } = await post("session");
          const { token } = await post(`token?session=${session}`);
          const client = new Client({ apiUrl, key, session, token, tell: () => {} });
          await client.join();
          return client;
        }),
      );
    });
    const list = page.locator("#session-list > li");
    await page.getByText("1–50 of 61").waitFor();
    assert.equal(await list.count(), 50);
    await page.getByRole("button", { name: "Next" }).click();
    await page.getByText("51–61 of 61").waitFor();
    assert.ok(await page.getByRole("button", { name: "Next" }).isDisabled());
    await row(page, crowd).waitFor();
    await page.getByLabel("Order").selectOption("most clients first");
    await list.first().filter({ hasText: crowd }).waitFor();
    await page.getByRole("searchbox", { name: "Find" }).fill(crowd.slice(30));
    await until(page, () => document.querySelectorAll("#session-list > li").length === 1);
    await row(page, crowd).waitFor();
    await page.getByRole("searchbox", { name: "Find" }).fill("nothing has this");
    await page.getByText("No session has this in its id.").waitFor();
    await page.evaluate(() => window.many.forEach((client) => client.leave()));
    await page.getByRole("searchbox", { name: "Find" }).fill("");
    await until(page, () => document.querySelectorAll("#session-list > li").length === 1);
  },

  "while the relay is gone the page says so, and goes on by itself when it is back": async (stage) => {
    const page = await stage.signedIn();
    const state = page.locator("#state");
    await state.filter({ hasText: "running" }).waitFor();
    await stage.guarded.replace(async () => {
      await page.getByRole("alert").getByText("does not answer").waitFor();
      await state.filter({ hasText: "no answer" }).waitFor();
    });
    await state.filter({ hasText: "running" }).waitFor();
    await page.getByText("does not answer").waitFor({ state: "hidden" });
    stage.expect("net::ERR");
  },
};
