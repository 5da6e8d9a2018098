// Who may look, and what becomes of the token.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, request as ask } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Relay } from "../support/relay.mjs";
import { row, signIn } from "./stage.mjs";

export const checks = {
  "without the token, or with a wrong one, nothing is shown": async (stage) => {
    const page = await stage.open({ relay: stage.guarded });
    const session = await stage.guarded.session();
    await stage.native(session, { relay: stage.guarded });
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.id), "token", "the place to type is where one is");
    for (const [wrong, words] of [
      ["short", "16 to 256"],
      ["ümlaut-ümlaut-ümlaut", "16 to 256"],
      ["a-token-that-is-not-the-one", "not the admin token"],
    ]) {
      await signIn(page, wrong);
      await page.getByRole("alert").getByText(words).waitFor();
      assert.ok(await page.locator("#board").isHidden());
      assert.ok(!(await page.content()).includes(session));
    }
    await signIn(page, stage.token);
    await page.getByRole("heading", { name: "Sessions" }).waitFor();
    await page.getByText(session.slice(-14)).waitFor();
    assert.ok(await page.getByRole("heading", { name: "Playground" }).isHidden(), "no playground in production");
    stage.expect("401");
  },

  "the token gets into no address, no history, no log and no lasting store": async (stage) => {
    const page = await stage.open({ relay: stage.guarded });
    const seen = [];
    page.on("request", (request) => seen.push(request.url(), request.postData() ?? "", request.headers().referer ?? ""));
    await signIn(page, stage.token);
    await page.getByRole("heading", { name: "Sessions" }).waitFor();
    await page.getByRole("link", { name: "Limits" }).click();
    await page.waitForRequest((request) => request.url().includes("/api/sessions"));
    assert.ok(seen.some((url) => url.endsWith("/api/overview")));
    assert.ok(!seen.concat(page.url()).some((text) => text.includes(stage.token)), "addresses and bodies");
    const kept = await page.evaluate(() => [JSON.stringify({ ...localStorage }), document.cookie, document.documentElement.outerHTML]);
    assert.ok(!kept.some((text) => text.includes(stage.token)), "storage that lasts, cookies, the document");
    assert.equal(await page.locator("#token").inputValue(), "");
    assert.ok(!stage.guarded.log.includes(stage.token), "the log");
    stage.expect("401");
  },

  "below a path of a proxy's it works just as well": async (stage, cleanup) => {
    const to = new URL(stage.guarded.admin);
    const proxy = createServer((request, response) => {
      const path = request.url.replace(/^\/below\/here\//, "/");
      const onward = ask({ host: to.hostname, port: to.port, path, method: request.method, headers: request.headers });
      onward.on("response", (answer) => answer.pipe(response.writeHead(answer.statusCode, answer.headers)));
      onward.on("error", () => response.writeHead(502).end());
      request.pipe(onward);
    });
    await new Promise((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    cleanup(() => proxy.close());
    const place = `127.0.0.1:${proxy.address().port}`;
    stage.allow(place);
    const relay = { admin: `http://${place}/below/here` };
    const page = await stage.signedIn({ relay });
    const session = await stage.guarded.session();
    await stage.native(session, { relay: stage.guarded });
    await row(page, session).getByRole("button").click();
    await row(page, session).locator(".who li").waitFor();
  },

  "signing in lasts for the tab, and ends with signing out": async (stage) => {
    const page = await stage.signedIn();
    await page.reload();
    await page.getByRole("heading", { name: "Sessions" }).waitFor();
    const other = await page.context().newPage();
    await other.goto(`${stage.guarded.admin}/`);
    await other.getByRole("heading", { name: "Sign in" }).waitFor();
    await other.close();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    assert.equal(await page.locator("#session-list li").count(), 0, "nothing stays behind");
    assert.equal(await page.evaluate(() => sessionStorage.length), 0);
    await page.reload();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    stage.expect("401");
  },

  "a relay in production without a token says that it needs one": async (stage) => {
    const folder = await mkdtemp(join(tmpdir(), "otc-page-"));
    const relay = await stage.relayOfItsOwn(Relay.start({ folder, settings: ['admin = "127.0.0.1:0"'] }));
    await rm(folder, { recursive: true });
    const page = await stage.open({ relay });
    await page.getByRole("alert").getByText("set admin_token").waitFor();
    assert.ok(await page.locator("#board").isHidden());
    stage.expect("403");
  },

  "the policy of the page lets in no script and no host but its own": async (stage) => {
    stage.allow("127.0.0.1:9");
    const page = await stage.board();
    const answer = await page.request.get(`${stage.relay.admin}/`);
    const policy = answer.headers()["content-security-policy"];
    assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self';/);
    const broken = await page.evaluate(async () => {
      const rules = [];
      document.addEventListener("securitypolicyviolation", (event) => rules.push(event.effectiveDirective));
      const script = document.createElement("script");
      script.textContent = "window.ran = true";
      document.body.append(script);
      const image = new Image();
      image.src = "http://127.0.0.1:9/x.png";
      await fetch("http://127.0.0.1:9/").catch(() => {});
      try {
        new WebSocket("ws://127.0.0.1:9/");
      } catch {
        // Some browsers throw.
      }
      while (rules.length < 4) await new Promise((resolve) => setTimeout(resolve, 20));
      return [rules.sort(), window.ran === undefined];
    });
    assert.deepEqual(broken, [["connect-src", "connect-src", "img-src", "script-src-elem"], true]);
    stage.expect("Content Security Policy");
    stage.expect("Fetch API cannot load");
  },
};
