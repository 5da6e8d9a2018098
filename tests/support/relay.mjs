// A relay, the link breaker before it, and its REST interface called as a server would.
import { createHmac, randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { Program, built, lineOf } from "./program.mjs";
import { Timeline } from "./timeline.mjs";

export class Relay {
  #program;
  #hasAdmin = false;

  // Starts a relay in development mode, which makes up its project. `admin` is the address of its page.
  static async develop() {
    const relay = new Relay();
    const lines = await relay.#begin(["dev", "--listen", "127.0.0.1:0"]);
    const { line } = await lines.until("page");
    relay.admin = line.split(" ").at(-1).replace(/\/$/, "");
    const told = lines.all("line").map((told) => told.line).join("\n");
    relay.key = /OTC_API_KEY=(\S+)/.exec(told)[1];
    relay.secret = /OTC_API_SECRET=(\S+)/.exec(told)[1];
    return relay;
  }

  // Starts a relay in `folder`. `applications` are { id, publicKey } with PEM text; `settings` are lines of TOML. With
  // the setting `admin` its own address is in `admin`.
  static async start({ folder, listen = "127.0.0.1:0", key = "100", applications = [], settings = [] }) {
    const relay = new Relay();
    relay.key = key;
    relay.secret = randomBytes(20).toString("hex");
    relay.folder = folder;
    relay.#hasAdmin = settings.some((line) => line.startsWith("admin ="));
    const project = ["[[project]]", `api_key = "${key}"`, `api_secret = "${relay.secret}"`];
    const keys = applications.flatMap(({ id, publicKey }) => [
      "[[application]]",
      `id = "${id}"`,
      `public_key = """\n${publicKey}"""`,
    ]);
    relay.config = join(folder, "relay.toml");
    await writeFile(relay.config, [...settings, ...project, ...keys, ""].join("\n"), { mode: 0o600 });
    await relay.#run(listen);
    return relay;
  }

  async #run(listen) {
    const lines = await this.#begin(["serve", "--config", this.config, "--listen", listen, ...this.#fixed]);
    if (this.#hasAdmin) this.admin = (await lines.until("admin")).line.split(" ").at(-1);
  }

  // Starts the program and waits until it listens.
  async #begin(words) {
    const lines = new Timeline("otc-relay");
    const kind = (line) => (line.startsWith("otc-relay admin") ? "admin" : line.startsWith("See what") ? "page" : "line");
    this.#program = new Program("otc-relay", built("OTC_RELAY"), words, {
      told: (line) => lines.add({ event: kind(line), line }),
      ended: (why) => lines.end(why),
    });
    const { line } = await lines.until("line");
    this.url = line.split(" ").at(-1);
    this.address = new URL(this.url).host;
    return lines;
  }

  // A relay that takes another one's place takes all its addresses.
  get #fixed() {
    return this.admin ? ["--set", `admin=${new URL(this.admin).host}`] : [];
  }

  // The end of its log.
  get log() {
    return this.#program.errors;
  }

  // Ends it at once and starts another one in its place, which knows nothing of what was. `meanwhile` runs in between.
  async replace(meanwhile = () => {}) {
    await this.#program.stop("SIGKILL");
    await meanwhile();
    await this.#run(this.address);
  }

  stop() {
    return this.#program.stop();
  }

  // A new session id of the project, or of an application.
  session(key = this.key) {
    return lineOf(built("OTC_RELAY"), "session", "--api-key", key);
  }

  token(session, { role = "publisher", data = "", jwt = false } = {}) {
    const words = ["--session", session, "--role", role, "--data", data, ...(jwt ? ["--jwt"] : [])];
    return lineOf(built("OTC_RELAY"), "token", "--api-key", this.key, "--api-secret", this.secret, ...words);
  }

  // Calls the REST interface about a session. Gives status, headers and body.
  async rest(method, session, path, body) {
    const url = `${this.url}/v2/project/${this.key}/session/${session}/${path}`;
    const headers = { "X-OPENTOK-AUTH": this.restToken(), Accept: "application/json" };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const answer = await fetch(url, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  }

  // A REST credential of the project.
  restToken() {
    const now = Math.floor(Date.now() / 1000);
    const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const claims = { iss: this.key, ist: "project", iat: now, exp: now + 180 };
    const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}`;
    return `${signed}.${createHmac("sha256", this.secret).update(signed).digest("base64url")}`;
  }
}

// A TCP proxy that breaks links when told to.
export class LinkBreaker {
  #program;
  #answers = new Timeline("otc-fault-proxy");

  static async before(address) {
    const breaker = new LinkBreaker();
    breaker.#program = new Program("otc-fault-proxy", built("OTC_FAULT_PROXY"), ["--target", address], {
      told: (line) => breaker.#answers.add({ event: "line", line }),
      ended: (why) => breaker.#answers.end(why),
    });
    const { line } = await breaker.#answers.until("line");
    breaker.url = `http://${line.split(" ").at(-1)}`;
    return breaker;
  }

  async order(line) {
    const since = this.#answers.mark();
    this.#program.say(line);
    const answer = (await this.#answers.until("line", {}, { since })).line;
    if (answer !== "ok") throw new Error(`otc-fault-proxy answered ${answer} to ${line}`);
  }

  stop() {
    return this.#program.stop();
  }
}
