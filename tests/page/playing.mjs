// The playground.
import assert from "node:assert/strict";

import { play, row } from "./stage.mjs";

const COUNT = 30;

export const checks = {
  "two clients join, signal to everyone and to one, with and without a type": async (stage) => {
    const page = await stage.board();
    const { session, ann, bob } = await play(page);
    await ann.join();
    await bob.join();
    await ann.hears("Bob came");
    await ann.say("hello, everyone");
    await ann.say("for Bob alone", { to: "Bob", type: "chat" });
    await bob.say("for myself", { to: "Bob (this one)" });
    await bob.say("<b>\"ü\" 👋</b>", { to: "everyone", type: "" });
    for (const pane of [ann, bob]) await pane.hears("<b>\"ü\" 👋</b>");
    const signals = async (pane) => (await pane.lines()).filter((line) => line.includes(": "));
    assert.deepEqual(await signals(ann), ["Ann: hello, everyone", "Bob: <b>\"ü\" 👋</b>"]);
    assert.deepEqual(await signals(bob), ["Ann: hello, everyone", "Ann: chat for Bob alone", "Bob: for myself", "Bob: <b>\"ü\" 👋</b>"]);
    await row(page, session).filter({ hasText: "2 clients · 4 signals" }).waitFor();

    await bob.button("Leave").click();
    await bob.is("not in");
    await ann.hears("Bob went (clientDisconnected)");
  },

  "a client that was cut off comes back and gets what it missed, once and in order": async (stage) => {
    const page = await stage.board();
    const { ann, bob } = await play(page);
    await ann.join();
    await bob.join();
    await ann.hears("Bob came");
    await bob.button("Cut the link").click();
    await bob.is("cut off");
    for (let i = 0; i < COUNT; i += 1) await ann.say(`missed ${i}.`);
    for (let i = 0; i < 3; i += 1) await bob.say(`kept ${i}.`);
    await ann.hears(`missed ${COUNT - 1}.`);
    assert.ok(!(await bob.lines()).some((line) => line.includes("missed")));
    assert.ok(!(await ann.lines()).some((line) => line.includes("kept") || line.includes("went")), "nobody saw it go");
    await bob.button("Let it come back").click();
    await bob.is("in the session");
    await bob.hears("kept 2.");
    await ann.hears("kept 2.");
    const numbers = async (pane, word) => (await pane.lines()).filter((line) => line.includes(`: ${word} `)).map((line) => line.split(" ").at(-1));
    const missed = Array.from({ length: COUNT }, (_, i) => `${i}.`);
    for (const pane of [ann, bob]) {
      assert.deepEqual(await numbers(pane, "missed"), missed);
      assert.deepEqual(await numbers(pane, "kept"), ["0.", "1.", "2."]);
    }
  },

  "roles hold: a subscriber may not signal, a moderator may remove": async (stage) => {
    const page = await stage.board();
    const { ann, bob } = await play(page);
    await ann.join("moderator");
    await bob.join("subscriber");
    await bob.say("may I?");
    await bob.hears("the relay refused “may I?”: role subscriber may not signal");
    assert.equal(await bob.root.getByRole("button", { name: /^Remove/ }).count(), 0);
    await ann.button("Remove Bob").click();
    await bob.is("not in");
    await bob.hears("it was removed");
    await ann.hears("Bob went (forceDisconnected)");
    await bob.join("publisher");
    await ann.hears("Bob came");
  },

  "a native program joins with the copied lines": async (stage) => {
    const page = await stage.board({ look: { permissions: ["clipboard-read", "clipboard-write"] } });
    const { session, ann } = await play(page);
    await ann.join();
    await page.getByText("Let a program of yours join").click();
    await page.getByRole("button", { name: "Copy" }).click();
    await page.getByText("Copied.").waitFor();
    const lines = (await page.evaluate(() => navigator.clipboard.readText())).trim().split("\n");
    const values = Object.fromEntries(lines.map((line) => /^export (OTC_\w+)=(\S+)$/.exec(line).slice(1)));
    assert.deepEqual(Object.keys(values), ["OTC_API_URL", "OTC_API_KEY", "OTC_SESSION_ID", "OTC_TOKEN"]);
    assert.deepEqual([values.OTC_API_URL, values.OTC_API_KEY, values.OTC_SESSION_ID], [stage.relay.url, stage.relay.key, session]);
    const native = await stage.native(session, { token: values.OTC_TOKEN });
    await ann.hears("native came");
    await native.signal({ type: "greeting", data: "from C" });
    await ann.hears("native: greeting from C");
    await ann.say("to C", { to: "native", type: "answer" });
    await native.told.until("signal", { type: "answer", data: "to C" });
    assert.equal(await native.leave(), 0);
    await ann.hears("native went (clientDisconnected)");
  },

  "a client that a server removes is told so, and may join again": async (stage) => {
    const page = await stage.board();
    const { session, ann } = await play(page);
    await ann.join();
    const id = await ann.root.locator(".to option").last().getAttribute("value");
    assert.equal((await stage.relay.rest("DELETE", session, `connection/${id}`)).status, 204);
    await ann.is("not in");
    await ann.hears("is no longer in the session: it was removed");
    await ann.join();
  },
};
