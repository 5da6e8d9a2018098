// What one check plays on: a session of its own, with browsers and native programs in it.
import { NativeClient } from "../support/native.mjs";
import { LinkBreaker } from "../support/relay.mjs";

export class Stage {
  #world;
  #cleanup;

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

  // A browser that has not joined.
  async page({ name = "browser", version = this.version, url = this.relay.url, proxy } = {}) {
    const page = await this.#world.browser.open({ name, version, proxy, api: proxy ? undefined : url });
    this.#cleanup(() => page.close());
    return page;
  }

  // A way to the relay that can be cut.
  async breaker() {
    const breaker = await LinkBreaker.before(this.relay.address);
    this.#cleanup(() => breaker.stop());
    return breaker;
  }

  rest(method, path, body) {
    return this.relay.rest(method, this.session, path, body);
  }

  async #credentials({ role, data }) {
    const { key } = this.relay;
    return { key, session: this.session, token: await this.relay.token(this.session, { role, data }) };
  }
}
