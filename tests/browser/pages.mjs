// Headless Chromium, and the stock client in its pages.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";

import { launch } from "../support/chromium.mjs";
import { PATIENCE_MS, Timeline } from "../support/timeline.mjs";

const here = import.meta.dirname;
const TYPES = { html: "text/html; charset=utf-8", js: "text/javascript; charset=utf-8" };

// Where clients look for the API that cannot be told of another.
const API_HOST = "anvil.opentok.com";

export class Browser {
  #server;
  #url;
  #browser;
  #context;
  #asked = new Set();
  #documented = new Map();

  // Starts a browser. `packages` is the folder that npm filled.
  static async start(packages) {
    const browser = new Browser();
    await browser.#serve(packages);
    browser.#browser = await launch(packages);
    browser.#context = await browser.#browser.newContext();
    browser.#context.on("request", (request) => browser.#asked.add(new URL(request.url()).host));
    await browser.#standIn();
    return browser;
  }

  // Serves the page, the packages' files, and pages of lines that the documents hold.
  async #serve(packages) {
    this.#server = createServer(async (request, response) => {
      const { pathname } = new URL(request.url, "http://localhost");
      const documented = this.#documented.get(pathname);
      if (documented) {
        response.writeHead(200, { "Content-Type": TYPES.html }).end(documented);
        return;
      }
      const client = /^\/client\/([\d.]+)\/(opentok\.min\.js)$/.exec(pathname);
      const file = client
        ? join(packages, "node_modules", `client-${client[1]}`, "dist/js", client[2])
        : join(here, pathname === "/page.js" ? "page.js" : "page.html");
      try {
        const content = await readFile(file);
        response.writeHead(200, { "Content-Type": TYPES[file.split(".").at(-1)] }).end(content);
      } catch {
        response.writeHead(404).end();
      }
    });
    await new Promise((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    this.#url = `http://127.0.0.1:${this.#server.address().port}`;
  }

  // Answers for the vendor's hosts that a client asks whatever it is told about the API's address.
  async #standIn() {
    await this.#context.route(
      (url) => url.hostname !== "127.0.0.1",
      async (route) => {
        const headers = {
          "Access-Control-Allow-Origin": "*",
          "Access-Control-Allow-Headers": "*",
          "Access-Control-Allow-Methods": "*",
        };
        const body = await this.#answerFor(route.request());
        return route.fulfill({ status: 200, headers, contentType: "application/json", body });
      },
    );
  }

  // What such a host says: the API what the relay of that page says, the others nothing.
  async #answerFor(request) {
    const { hostname, pathname, search } = new URL(request.url());
    if (hostname !== API_HOST || request.method() !== "GET") return "{}";
    const { api } = Object.fromEntries(new URL(request.frame().url()).searchParams);
    const answer = await fetch(new URL(pathname + search, api), { headers: request.headers() });
    return answer.text();
  }

  // The hosts that pages asked for something so far, besides the page's own.
  hosts() {
    return [...this.#asked].filter((host) => host !== new URL(this.#url).host);
  }

  forgetHosts() {
    this.#asked.clear();
  }

  // A page with a stock client of this version, told where the relay is in one of two ways: `api` and `logging`, or `proxy`.
  async open({ name = "browser", version, api, logging, proxy }) {
    const query = new URLSearchParams({ version, ...(api && { api, logging }), ...(proxy && { proxy }) });
    return this.#open(name, `/page.html?${query}`);
  }

  // A page that begins with these lines, where `opentok.min.js` is the client of this version.
  async openWith(lines, { name = "browser", version }) {
    const path = `/documented/${this.#documented.size}.html`;
    const head = lines.replaceAll("opentok.min.js", `/client/${version}/opentok.min.js`);
    const rest = '<p id="state">loading</p><script src="/page.js"></script>';
    this.#documented.set(path, `<!doctype html><meta charset="utf-8">${head}${rest}`);
    return this.#open(name, path);
  }

  async #open(name, path) {
    const page = await this.#context.newPage();
    const client = new BrowserClient(name, page);
    await page.exposeFunction("tell", (event) => client.told.add(event));
    page.on("crash", () => client.told.end("the page crashed"));
    page.on("websocket", (socket) => {
      socket.on("framereceived", ({ payload }) => client.messages.push(...messageOf(payload)));
    });
    page.on("pageerror", (error) => client.told.add({ event: "uncaught", message: error.message }));
    await page.goto(this.#url + path);
    const state = page.locator("#state:not(:text('loading'))");
    await state.waitFor({ timeout: PATIENCE_MS });
    const text = await state.textContent();
    if (text !== "ready") throw new Error(`${name}: ${text}`);
    return client;
  }

  async stop() {
    await this.#browser?.close();
    this.#server?.close();
    this.#server?.closeAllConnections();
  }
}

// A stock client in a page, with the verbs of NativeClient.
export class BrowserClient {
  // What the relay sent, message by message and as often as it did: the client may report it in another order.
  messages = [];
  #page;

  constructor(name, page) {
    this.name = name;
    this.told = new Timeline(name);
    this.#page = page;
  }

  // Joins a session. `types` are those whose `signal:type` handlers are of interest. Throws what the client reports.
  async join({ key, session, token, types = [], options = {} }) {
    const answer = await this.tryToJoin({ key, session, token, types, options });
    if (answer.error) throw new Error(`${this.name} could not join: ${JSON.stringify(answer.error)}`);
    this.id = answer.id;
    return this;
  }

  // Joins, or gives the error.
  tryToJoin({ key, session, token, types = [], options = {} }) {
    const join = this.#call("connect", { key, session, token, types, options });
    return within(join, `${this.name}: joining`);
  }

  // Sends a signal; members left out stay out. Throws when the client reports an error.
  async signal(signal) {
    const answer = await this.trySignal(signal);
    if (answer) throw new Error(`${this.name} could not signal: ${JSON.stringify(answer.error)}`);
  }

  trySignal(signal) {
    return this.#call("signal", signal);
  }

  async forceDisconnect(id) {
    const answer = await this.tryForceDisconnect(id);
    if (answer) throw new Error(`${this.name} could not remove ${id}: ${JSON.stringify(answer.error)}`);
  }

  tryForceDisconnect(id) {
    return this.#call("forceDisconnect", id);
  }

  capabilities() {
    return this.#call("capabilities");
  }

  // Leaves the session and closes the page.
  async leave() {
    if (this.#page.isClosed()) return;
    await this.#call("disconnect");
    await this.told.until("disconnected");
    await this.close();
  }

  // Closes the page as a user does.
  async close() {
    await this.#page.close();
  }

  #call(verb, argument) {
    return this.#page.evaluate(([name, value]) => window.client[name](value), [verb, argument]);
  }
}

// The message in a frame, if it holds one. Nothing before it has a brace.
function messageOf(payload) {
  const text = Buffer.from(payload).toString("utf8");
  const data = text.slice(text.indexOf("{"));
  return data.startsWith('{"method"') ? [JSON.parse(data)] : [];
}

function within(promise, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took more than ${PATIENCE_MS / 1000} s`)), PATIENCE_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
