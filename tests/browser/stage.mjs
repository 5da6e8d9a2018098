// What one check plays on: a session of its own, with browsers and native programs in it.
import assert from "node:assert/strict";

import { NativeClient } from "../support/native.mjs";
import { LinkBreaker } from "../support/relay.mjs";

export class Stage {
  #world;
  #cleanup;
  #pages = [];

  static async set(world, cleanup) {
    const stage = new Stage();
    stage.#world = world;
    stage.#cleanup = cleanup;
    stage.relay = world.relay;
    stage.version = world.version;
    stage.session = await world.relay.session();
    return stage;
  }

  // A native program that has joined.
  async native({ name = "native", role, data } = {}) {
    const client = await NativeClient.join({ ...(await this.#credentials({ role, data })), url: this.relay.url, name });
    this.#cleanup(() => client.vanish());
    return client;
  }

  // A browser that has joined. `url` is where it shall find the relay, if not at the relay's own address.
  async web({ name = "browser", role, data, version, url, proxy, types, options } = {}) {
    const page = await this.page({ name, version, url, proxy });
    return page.join({ ...(await this.#credentials({ role, data })), types, options });
  }

  // A browser that has joined from a page which begins with these lines.
  async webWith(lines) {
    const page = await this.#world.browser.openWith(lines, { version: this.version });
    this.#pages.push(page);
    this.#cleanup(() => page.close());
    return page.join(await this.#credentials({}));
  }

  // A browser that has not joined.
  async page({ name = "browser", version = this.version, url = this.relay.url, proxy } = {}) {
    // Reports for the log take no part in what happens to the link: they would be cut in its place.
    const api = proxy ? {} : { api: url, logging: this.relay.url };
    const page = await this.#world.browser.open({ name, version, proxy, ...api });
    this.#pages.push(page);
    this.#cleanup(() => page.close());
    return page;
  }

  // A way to the relay that can be cut.
  async breaker() {
    const breaker = await LinkBreaker.before(this.relay.address);
    this.#cleanup(() => breaker.stop());
    return breaker;
  }

  // Fails when a client met something that it did not expect.
  nothingUncaught() {
    assert.deepEqual(this.#pages.flatMap((page) => page.told.all("uncaught")), []);
  }

  rest(method, path, body) {
    return this.relay.rest(method, this.session, path, body);
  }

  async #credentials({ role, data }) {
    const { key } = this.relay;
    return { key, session: this.session, token: await this.relay.token(this.session, { role, data }) };
  }
}
