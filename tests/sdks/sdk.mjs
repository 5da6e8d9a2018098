// The SDKs under test: how each is run, and how it names what went wrong.
import { Program } from "../support/program.mjs";
import { Timeline } from "../support/timeline.mjs";

// Of a failed call: the name of the SDK's error, and the HTTP status where the SDK tells it.
const told = (name, status = null) => ({ class: name, status });

export const SDKS = [
  {
    name: "PyPI opentok 3.15.0",
    adapter: "adapter_opentok.py",
    tokens: ["jwt", "t1"],
    roles: ["publisher", "subscriber", "moderator", "publisheronly"],
    // It tests an answer's truth before its status, so that its own errors of signaling never come.
    errors: {
      signal: (status) => told("RequestError", status),
      disconnect: (status) => (status === 403 ? told("AuthError") : told("ForceDisconnectError")),
      create: () => told("RequestError"),
      // Everything that goes wrong with a mute becomes the same error.
      mute: () => told("OpenTokException"),
    },
  },
  {
    name: "npm opentok 2.23.2",
    adapter: "adapter-opentok.mjs",
    tokens: ["jwt", "t1"],
    roles: ["publisher", "subscriber", "moderator", "publisheronly"],
    errors: opentokForNode(),
    cannot: ["get_stream"], // it cannot read an answer that is JSON
  },
  {
    name: "npm opentok 2.23.2 for an application",
    adapter: "adapter-opentok.mjs",
    application: true,
    tokens: ["application"],
    roles: ["publisher", "subscriber", "moderator", "publisheronly"],
    errors: opentokForNode(),
    cannot: ["get_stream"],
  },
  {
    name: "npm @vonage/server-sdk 3.30.1",
    adapter: "adapter-vonage.mjs",
    application: true,
    tokens: ["application"],
    roles: ["publisher", "subscriber", "moderator"],
    errors: everywhere((status) => told("VetchError", status)),
  },
  {
    name: "PyPI vonage 4.9.1",
    adapter: "adapter_vonage.py",
    application: true,
    tls: true, // it knows no plain HTTP
    tokens: ["application"],
    roles: ["publisher", "subscriber", "moderator", "publisheronly"],
    errors: everywhere((status) => {
      const names = { 403: "ForbiddenError", 404: "NotFoundError", 429: "RateLimitedError" };
      return told(names[status] ?? "HttpRequestError", status);
    }),
    needsTypeAndData: true,
    charactersOfData: 8192, // more, it does not send
  },
];

function opentokForNode() {
  const auth = (name) => (status) => told(status === 403 ? "AuthError" : status === 404 ? name : "RequestError");
  return {
    signal: auth("SignalError"),
    disconnect: auth("ForceDisconnectError"),
    create: () => told("Error"),
    mute: auth("NotFoundError"),
  };
}

function everywhere(error) {
  return { signal: error, disconnect: error, create: error, mute: error };
}

// An SDK in a process of its own, as a customer's server has it.
export class Sdk {
  #program;
  #answers;

  // Starts it with these credentials. `env` says where its packages are.
  static async start(described, { url, credentials, python, env }) {
    const sdk = new Sdk();
    sdk.described = described;
    sdk.#answers = new Timeline(described.name);
    const runner = described.adapter.endsWith(".py") ? python : process.execPath;
    sdk.#program = new Program(described.name, runner, [`${import.meta.dirname}/${described.adapter}`], {
      env: { ...env, PYTHONDONTWRITEBYTECODE: "1" },
      told: (line) => sdk.#answers.add({ event: "answer", ...JSON.parse(line) }),
      ended: (why) => sdk.#answers.end(why),
    });
    await sdk.call("configure", { url, ...credentials });
    return sdk;
  }

  // Calls an operation. Throws what the SDK throws.
  async call(op, args = {}) {
    const answer = await this.#ask(op, args);
    if (answer.error) throw new Error(`${op}: ${JSON.stringify(answer.error)}`);
    return answer.ok;
  }

  // Calls an operation that must fail. Gives the error's name and status.
  async fail(op, args = {}) {
    const { error, ok } = await this.#ask(op, args);
    if (!error) throw new Error(`${op} should have failed and gave ${JSON.stringify(ok)}`);
    this.message = error.message;
    return { class: error.class, status: error.status };
  }

  can(op) {
    return !this.described.cannot?.includes(op);
  }

  async #ask(op, args) {
    const since = this.#answers.mark();
    this.#program.say(JSON.stringify({ op, args }));
    return this.#answers.until("answer", {}, { since });
  }

  stop() {
    return this.#program.stop();
  }
}
