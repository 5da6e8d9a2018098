// A native C program that joins a session: otc_peer, which takes a JSON object a line and tells one for each callback.
import { Program, built } from "./program.mjs";
import { Timeline } from "./timeline.mjs";

export class NativeClient {
  #program;

  // Starts a client and waits until it is in.
  static async join(options) {
    const client = NativeClient.start(options);
    const { connection_id } = await client.told.until("connected");
    client.id = connection_id;
    return client;
  }

  // Starts a client.
  static start({ name = "native", url, key, session, token, env = {} }) {
    const client = new NativeClient();
    client.name = name;
    client.told = new Timeline(name);
    client.#program = new Program(name, built("OTC_PEER"), [], {
      env: { OTC_API_URL: url, OTC_API_KEY: key, OTC_SESSION_ID: session, OTC_TOKEN: token, ...env },
      told: (line) => client.told.add(JSON.parse(line)),
      ended: (why) => client.told.end(why),
    });
    return client;
  }

  // Sends a signal; members left out stay out.
  async signal(signal) {
    this.#command({ cmd: "signal", ...signal });
  }

  async forceDisconnect(id) {
    this.#command({ cmd: "force_disconnect", to: id });
  }

  // Leaves the session and ends. Gives the exit code.
  async leave() {
    this.#command({ cmd: "quit" });
    return this.#program.exit;
  }

  // Ends it without any goodbye.
  async vanish() {
    await this.#program.stop("SIGKILL");
  }

  #command(command) {
    this.#program.say(JSON.stringify(command));
  }
}
