// A client that publishes a stream, as far as the relay is concerned. The native library carries no media, so that this one
// speaks the wire protocol itself.
import { randomUUID } from "node:crypto";

import { Timeline } from "../support/timeline.mjs";

const MESSAGE = 2;
const CONNECT = 3;
const STATUS = 9;
const SYMPHONY = "symphony.test";

export class Publisher {
  #socket;
  #told = new Timeline("publisher");

  // Joins a session. `WebSocket` is the class of the `ws` package.
  static async join({ WebSocket, url, key, session, token }) {
    const publisher = new Publisher();
    publisher.id = randomUUID();
    publisher.path = `/v2/partner/${key}/session/${session}`;
    const answer = await fetch(`${url}/session/${session}?extended=true`, { headers: { "X-TB-TOKEN-AUTH": token } });
    const [{ messaging_url }] = await answer.json();
    const socket = new WebSocket(`${messaging_url}&socketId=${randomUUID()}&attempt=${randomUUID()}`);
    publisher.#socket = socket;
    socket.on("message", (bytes) => publisher.#read(bytes));
    socket.on("error", (error) => publisher.#told.end(error.message));
    socket.on("close", (code) => publisher.#told.end(`closed with ${code}`));
    await new Promise((resolve) => socket.once("open", resolve));
    publisher.#send(CONNECT, [], { uniqueId: publisher.id, notifyDisconnectAddress: SYMPHONY });
    const content = { userAgent: "test", clientVersion: "otc-test", capabilities: [] };
    publisher.state = await publisher.#ask("create", `connection/${publisher.id}`, content, { "X-TB-TOKEN-AUTH": token });
    return publisher;
  }

  // Publishes a stream with a camera.
  async publish(name) {
    const id = randomUUID();
    const channel = [
      { id: "audio", type: "audio", active: true },
      { id: "video", type: "video", active: true, width: 640, height: 480, source: "camera" },
    ];
    await this.#ask("create", `stream/${id}`, { id, name, channel });
    return { id, name, videoType: "camera", layoutClassList: [] };
  }

  leave() {
    this.#socket.close();
  }

  // Sends a request, and gives what its STATUS holds.
  async #ask(method, resource, content, headers = {}) {
    const transaction = randomUUID();
    const all = { ...headers, "Content-Type": "application/x-raptor+v2", "TRANSACTION-ID": transaction };
    const payload = JSON.stringify({ method, uri: `${this.path}/${resource}`, content });
    this.#send(MESSAGE, [SYMPHONY], { ...all, "X-TB-FROM-ADDRESS": this.id }, payload);
    const { status, data } = await this.#told.until("status", { transaction });
    if (!status.startsWith("2")) throw new Error(`${method} ${resource} was answered ${status}`);
    return data === "" ? null : JSON.parse(data);
  }

  #send(type, addresses, headers, payload = "") {
    const text = (value) => {
      const bytes = Buffer.from(value);
      const length = Buffer.alloc(2);
      length.writeUInt16BE(bytes.length);
      return Buffer.concat([length, bytes]);
    };
    const pairs = Object.entries(headers);
    const rest = Buffer.concat([
      Buffer.from([0, 0, type, addresses.length]),
      ...addresses.map(text),
      Buffer.from([pairs.length]),
      ...pairs.flatMap(([name, value]) => [text(name), text(value)]),
      Buffer.from(payload),
    ]);
    const size = Buffer.alloc(4);
    size.writeUInt32BE(rest.length);
    this.#socket.send(Buffer.concat([size, rest]));
  }

  #read(bytes) {
    let at = 8;
    const text = () => {
      const from = at + 2;
      at = from + bytes.readUInt16BE(at);
      return bytes.toString("utf8", from, at);
    };
    for (let count = bytes[7]; count > 0; count -= 1) text();
    const headers = {};
    for (let count = bytes[at++]; count > 0; count -= 1) headers[text()] = text();
    if (bytes[6] !== STATUS) return; // nothing else is of interest here
    const data = bytes.toString("utf8", at);
    this.#told.add({ event: "status", transaction: headers["TRANSACTION-ID"], status: headers.STATUS, data });
  }
}
