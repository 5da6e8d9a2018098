// A client of the relay, as small as one can be that loses nothing: it answers to every message, asks again for what was
// not answered, and comes back on a new socket under its old secret.
import { TYPE, decode, encode } from "./frames.js";

const JOIN_MS = 15_000;
const PING_MS = 5000;
const SILENCE_MS = 12_000;
const RETRY_MS = 500;
// Whoever has been away longer is not known any more.
const AWAY_MS = 75_000;
// Messages whose repeats are recognised: more than a relay keeps for one client.
const REMEMBERED = 20_000;

const FINISHED = 1000;
const GONE = 1011;
const CUT = 4000;

// Not the browser's own: pages that came in the clear from another machine do not have that.
function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

// What happens is told to `tell(event, details)`: state (joining, in, away, ended), came, went, signal.
export class Client {
  id = uuid();
  peers = new Map();
  state = "new";

  #options;
  #tell;
  #info = null;
  #socket = null;
  #secret = uuid();
  #unanswered = new Map();
  #seen = new Set();
  #held = false;
  #awaySince = 0;
  #heardAt = 0;
  #timers = new Set();

  constructor({ apiUrl, key, session, token, tell }) {
    this.#options = { apiUrl, key, session, token };
    this.#tell = tell;
  }

  // Joins. Throws with the reason when it cannot.
  async join() {
    this.#become("joining");
    try {
      this.#info = await this.#sessionInfo();
      await this.#open();
      const { session, token } = this.#options;
      this.#send({ type: TYPE.CONNECT, addresses: [], headers: { uniqueId: this.id, "TRANSACTION-ID": uuid(), notifyDisconnectAddress: this.#symphony } });
      this.#send({ type: TYPE.SUBSCRIBE, addresses: [this.#topic], headers: { "TRANSACTION-ID": uuid() } });
      const content = { clientVersion: "page", capabilities: [] };
      const answer = await this.#request("create", `${this.#topic}/connection/${this.id}`, content, { "X-TB-TOKEN-AUTH": token });
      if (answer.status !== 200) throw new Error(answer.reason || `the relay refused with ${answer.status}`);
      for (const connection of JSON.parse(answer.text).connection ?? []) this.#came(connection);
      if (!this.peers.has(this.id)) throw new Error(`the state of session ${session} does not hold this client`);
      this.#become("in");
      this.#every(PING_MS, () => this.#keepAlive());
    } catch (problem) {
      this.#end("");
      throw problem;
    }
  }

  // Sends a signal. Gives the status that the relay answers, after a resume if need be.
  async signal({ to = "", type = "", data = "" }) {
    const place = to === "" ? this.#topic : `${this.#topic}/connection/${to}`;
    return this.#request("signal", `${place}/signal/${uuid()}`, { ...(type && { type }), data });
  }

  // Removes another client.
  async remove(id) {
    return this.#request("delete", `${this.#topic}/connection/${id}`);
  }

  // Loses its socket, and does not come back before `release`.
  cut() {
    this.#held = true;
    this.#socket?.close(CUT);
  }

  release() {
    this.#held = false;
  }

  leave() {
    if (this.state === "in" || this.state === "joining") this.#send({ type: TYPE.DISCONNECT });
    this.#socket?.close(FINISHED);
    this.#end("left");
  }

  get #topic() {
    return `/v2/partner/${this.#info.partner_id}/session/${this.#info.session_id}`;
  }

  get #symphony() {
    return this.#info.symphony_address;
  }

  async #sessionInfo() {
    const { apiUrl, session, token } = this.#options;
    const answer = await fetch(`${apiUrl}/session/${session}?extended=true`, {
      headers: { Accept: "application/json", "X-OPENTOK-AUTH": token },
      cache: "no-store",
      credentials: "omit",
      signal: AbortSignal.timeout(JOIN_MS),
    });
    const [info] = await answer.json();
    if (info.error) throw new Error(info.error.errorMessage?.message ?? `the relay refused with ${info.error.code}`);
    return info;
  }

  // Opens a socket. Fails when it does not open; what happens to it later is dealt with.
  #open(again = false) {
    const url = new URL(this.#info.messaging_url);
    url.searchParams.set("socketId", this.#secret);
    if (again) url.searchParams.set("reconnect", "true");
    url.searchParams.set("attempt", uuid());
    const socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    return new Promise((resolve, reject) => {
      socket.onopen = () => {
        if (this.state === "ended") {
          socket.close(FINISHED);
          return;
        }
        this.#socket = socket;
        this.#heardAt = performance.now();
        resolve();
      };
      socket.onclose = ({ code, reason }) => {
        reject(new Error("the WebSocket did not open"));
        if (this.#socket === socket) this.#lost(code, reason);
      };
      socket.onmessage = ({ data }) => this.#read(decode(data));
    });
  }

  #lost(code, reason) {
    this.#socket = null;
    if (this.state === "ended") return;
    if (this.state === "joining" || code === FINISHED || code === GONE) {
      this.#end(reason || `the relay closed the socket with ${code}`);
      return;
    }
    if (this.state === "in") this.#awaySince = performance.now();
    this.#become("away");
    this.#comeBack();
  }

  async #comeBack() {
    while (this.state === "away" && this.#socket === null) {
      if (performance.now() - this.#awaySince > AWAY_MS) {
        this.#end("it was away for too long");
        return;
      }
      if (!this.#held) await this.#open(true).catch(() => {});
      // Any answer proves that the relay still knows this client.
      if (this.#socket !== null) this.#send({ type: TYPE.PING });
      else await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  #read(frame) {
    this.#heardAt = performance.now();
    if (this.state === "away") {
      this.#become("in");
      for (const { bytes } of this.#unanswered.values()) this.#socket.send(bytes);
    }
    const transaction = frame.headers["TRANSACTION-ID"];
    if (frame.type === TYPE.STATUS) {
      const waiting = this.#unanswered.get(transaction);
      this.#unanswered.delete(transaction);
      waiting?.answered({ status: Number(frame.headers.STATUS), reason: frame.headers.REASON ?? "", text: frame.text });
    } else if (frame.type === TYPE.MESSAGE) {
      const news = this.#isNews(transaction);
      if (transaction) this.#send({ type: TYPE.STATUS, addresses: [this.#symphony], headers: { "TRANSACTION-ID": transaction, "X-TB-FROM-ADDRESS": this.id } });
      if (news) this.#message(JSON.parse(frame.text), frame.headers["X-TB-FROM-ADDRESS"] ?? "");
    }
  }

  #isNews(transaction) {
    if (!transaction) return true;
    if (this.#seen.has(transaction)) return false;
    this.#seen.add(transaction);
    if (this.#seen.size > REMEMBERED) this.#seen.delete(this.#seen.values().next().value);
    return true;
  }

  #message({ method, uri, content, reason }, from) {
    const [kind, id] = uri.slice(this.#topic.length + 1).split("/");
    if (method === "signal") {
      this.#tell("signal", { from, type: content?.type ?? "", data: content?.data ?? "" });
    } else if (method === "created" && kind === "connection") {
      this.#came(content);
    } else if (method === "deleted" && kind === "connection") {
      if (id === this.id) this.#end(reason === "forceDisconnected" ? "it was removed" : reason);
      else if (this.peers.has(id)) {
        this.#tell("went", { ...this.peers.get(id), reason });
        this.peers.delete(id);
      }
    }
  }

  #came({ id, data = "" }) {
    if (this.peers.has(id)) return;
    const peer = { id, name: /^name=(.+)/.exec(data)?.[1] ?? data };
    this.peers.set(id, peer);
    this.#tell("came", peer);
  }

  #request(method, uri, content, headers = {}) {
    const transaction = uuid();
    const bytes = encode({
      type: TYPE.MESSAGE,
      addresses: [this.#symphony],
      headers: { "Content-Type": "application/x-raptor+v2", "TRANSACTION-ID": transaction, "X-TB-FROM-ADDRESS": this.id, ...headers },
      text: JSON.stringify({ method, uri, ...(content && { content }) }),
    });
    return new Promise((resolve, reject) => {
      this.#unanswered.set(transaction, { bytes, answered: resolve, failed: reject });
      if (this.state !== "away") this.#socket?.send(bytes);
    });
  }

  #send(frame) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(encode(frame));
  }

  #keepAlive() {
    if (this.state !== "in") return;
    if (performance.now() - this.#heardAt > SILENCE_MS) this.#socket.close(CUT);
    else this.#send({ type: TYPE.PING });
  }

  #every(ms, act) {
    this.#timers.add(setInterval(act, ms));
  }

  #become(state, reason = "") {
    if (this.state === state || this.state === "ended") return;
    this.state = state;
    this.#tell("state", { state, reason });
  }

  #end(reason) {
    for (const timer of this.#timers) clearInterval(timer);
    this.#become("ended", reason);
    this.peers.clear();
    const waiting = [...this.#unanswered.values()];
    this.#unanswered.clear();
    for (const { failed } of waiting) failed(new Error(reason));
  }
}
