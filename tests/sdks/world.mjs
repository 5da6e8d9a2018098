// Where an SDK is tried: a relay with a project and an application, and clients that use what the SDK makes.
import { generateKeyPairSync, randomBytes, randomUUID } from "node:crypto";

import { NativeClient } from "../support/native.mjs";
import { Publisher } from "./publisher.mjs";
import { Sdk } from "./sdk.mjs";

// An application with a key pair of this run's own.
export function application() {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  return { id: randomUUID(), publicKey, privateKey };
}

export class World {
  #places;
  #described;
  #started = [];

  // `places` says where everything is: relays, TLS addresses, packages.
  constructor(places, described) {
    this.#places = places;
    this.#described = described;
    this.key = described.application ? places.application.id : places.relay.key;
  }

  // The SDK with good credentials.
  sdk() {
    return this.#sdk(this.#places.url(this.#described), this.#credentials());
  }

  // The SDK against a relay that takes few calls.
  hasty() {
    return this.#sdk(this.#places.slowUrl(this.#described), this.#credentials(this.#places.slow));
  }

  // The SDK with a secret or private key that is not the right one, and as somebody who is not known at all.
  async impostors() {
    const url = this.#places.url(this.#described);
    const wrong = { secret: randomBytes(20).toString("hex"), private_key: application().privateKey };
    const stranger = this.#described.application ? randomUUID() : "999";
    const pick = ({ secret, private_key }) => (this.#described.application ? { private_key } : { secret });
    return [
      await this.#sdk(url, { ...this.#credentials(), ...pick(wrong) }),
      await this.#sdk(url, { key: stranger, ...pick(wrong) }),
    ];
  }

  // A session id of somebody else who is known to the relay.
  foreignSession() {
    return this.#places.foreignSession;
  }

  // A session of the SDK's making, with native clients in it that know of each other.
  async populate(sdk, count) {
    const session = await sdk.call("create_session");
    const clients = [];
    for (let i = 0; i < count; i += 1) {
      const client = await this.join(session, await this.token(sdk, session));
      for (const earlier of clients) await earlier.told.until("connection_created", { connection_id: client.id });
      clients.push(client);
    }
    return { session, clients };
  }

  token(sdk, session) {
    return sdk.call("token", { session, role: "publisher", data: "", kind: this.#described.tokens[0] });
  }

  // A native client that has joined.
  async join(session, token) {
    return this.#keep(await NativeClient.join(this.#client(session, token)));
  }

  // A native client that tries to.
  start(session, token) {
    return this.#keep(NativeClient.start(this.#client(session, token)));
  }

  // A client that can publish.
  async publisher(session, token) {
    const { WebSocket } = this.#places;
    const publisher = await Publisher.join({ ...this.#client(session, token), WebSocket });
    this.#started.push(() => publisher.leave());
    return publisher;
  }

  // Ends everything that was started here.
  async end() {
    for (const stop of this.#started.reverse()) await stop();
    this.#started = [];
  }

  #client(session, token) {
    return { url: this.#places.relay.url, key: this.key, session, token };
  }

  #credentials(relay = this.#places.relay) {
    const { application } = this.#places;
    if (this.#described.application) return { key: application.id, private_key: application.privateKey };
    return { key: relay.key, secret: relay.secret };
  }

  async #sdk(url, credentials) {
    const { python, env } = this.#places;
    const sdk = await Sdk.start(this.#described, { url, credentials, python, env });
    this.#started.push(() => sdk.stop());
    return sdk;
  }

  #keep(client) {
    this.#started.push(() => client.vanish());
    return client;
  }
}
