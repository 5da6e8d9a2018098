// What one check looks at: pages in browsers of their own, and native programs in sessions of its own.
import assert from "node:assert/strict";

import { NativeClient } from "../support/native.mjs";
import { PATIENCE_MS } from "../support/timeline.mjs";

export class Stage {
  #world;
  #cleanup;
  #complaints = [];
  #hosts = new Set();
  #own = new Set();

  static async set(world, cleanup) {
    const stage = new Stage();
    stage.#world = world;
    stage.#cleanup = cleanup;
    stage.relay = world.relay;
    stage.guarded = world.guarded;
    stage.token = world.token;
    for (const relay of [world.relay, world.guarded]) stage.#know(relay);
    return stage;
  }

  // A relay for this check alone, which nobody was at before.
  async relayOfItsOwn(started) {
    const relay = await started;
    this.#cleanup(() => relay.stop());
    this.#know(relay);
    return relay;
  }

  #know({ address, admin }) {
    this.#own.add(address).add(new URL(admin).host);
  }

  // The page of a relay in a fresh browser.
  async open({ relay = this.relay, size = [1100, 900], look = {} } = {}) {
    const [width, height] = size;
    const context = await this.#world.browser.newContext({ viewport: { width, height }, ...look });
    this.#cleanup(() => context.close());
    context.setDefaultTimeout(PATIENCE_MS);
    context.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) this.#complaints.push(message.text());
    });
    context.on("weberror", (problem) => this.#complaints.push(String(problem.error())));
    context.on("request", (request) => this.#hosts.add(new URL(request.url()).host));
    const page = await context.newPage();
    page.on("websocket", (socket) => this.#hosts.add(new URL(socket.url()).host));
    await page.goto(`${relay.admin}/`);
    return page;
  }

  // The page of the relay in development mode, when it shows something.
  async board(options = {}) {
    const page = await this.open(options);
    await page.getByRole("heading", { name: "Sessions" }).waitFor();
    return page;
  }

  // The page of the relay that wants a token, after signing in.
  async signedIn(options = {}) {
    const page = await this.open({ relay: this.guarded, ...options });
    await signIn(page, this.token);
    await page.getByRole("heading", { name: "Sessions" }).waitFor();
    this.expect("401");
    return page;
  }

  // A native program in a session.
  async native(session, { relay = this.relay, name = "native", role, data, token } = {}) {
    token ??= await relay.token(session, { role, data });
    const client = await NativeClient.join({ url: relay.url, key: relay.key, session, token, name });
    this.#cleanup(() => client.vanish());
    return client;
  }

  // A host that is asked on purpose.
  allow(host) {
    this.#own.add(host);
  }

  // What the browser complains of is in order, if it holds this text.
  expect(text) {
    this.#complaints = this.#complaints.filter((complaint) => !complaint.includes(text));
  }

  // Fails when the browser had something to complain of, or a page asked somebody else.
  quiet() {
    assert.deepEqual(this.#complaints, [], "what the browser complains of");
    assert.deepEqual([...this.#hosts].filter((host) => !this.#own.has(host)), [], "hosts that are none of the relay's");
  }
}

export async function signIn(page, token) {
  await page.getByLabel("Admin token").fill(token);
  await page.getByRole("button", { name: "Sign in" }).click();
}

// The line of a session in the list.
export const row = (page, session) => page.locator("#session-list > li").filter({ hasText: session });

// Waits until something becomes true in the page.
export const until = (page, what, argument) => page.waitForFunction(what, argument, { timeout: PATIENCE_MS });

// One of the playground's panes.
export class Pane {
  constructor(page, name) {
    this.name = name;
    this.root = page.getByRole("region", { name, exact: true });
    this.state = this.root.locator("> .badge");
    this.log = this.root.getByRole("log");
  }

  button(name) {
    return this.root.getByRole("button", { name, exact: true });
  }

  async is(state) {
    await this.state.filter({ hasText: new RegExp(`^${state}$`) }).waitFor();
  }

  async join(role) {
    if (role) await this.root.getByLabel("Role").selectOption(role);
    await this.button("Join").click();
    await this.is("in the session");
  }

  async say(text, { to, type } = {}) {
    if (to) await this.root.locator(".to").selectOption({ label: to });
    if (type !== undefined) await this.root.getByLabel("Type").fill(type);
    await this.root.getByLabel("Text").fill(text);
    await this.button("Send").click();
  }

  // Waits for a line of its log.
  async hears(text) {
    await this.log.getByText(text).first().waitFor();
  }

  lines() {
    return this.log.locator("li").allTextContents();
  }
}

// Makes a session in the playground. Gives its id and its two panes.
export async function play(page) {
  await page.getByRole("button", { name: "Make a session" }).click();
  const ann = new Pane(page, "Ann");
  await ann.root.waitFor();
  return { session: await page.locator("#play-id").textContent(), ann, bob: new Pane(page, "Bob") };
}
