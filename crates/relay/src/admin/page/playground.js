// A session to play with: two clients in panes, and the lines that let a native program join them.
import { ask } from "./admin.js";
import { Client } from "./client.js";

const MOST_LINES = 500;
const NAMES = [["Ann", "moderator"], ["Bob", "publisher"]];
const STATES = {
  new: ["not in", ""],
  joining: ["joining", ""],
  in: ["in the session", "good"],
  away: ["cut off", "warn"],
  ended: ["not in", ""],
};

const element = (id) => document.getElementById(id);

const token = async (session, role, name) =>
  (await ask("api/playground/token", { method: "POST", query: { session, role, name } })).token;

export class Playground {
  #panes = [];

  constructor() {
    element("play-new").addEventListener("click", () => this.#start());
    element("play-copy").addEventListener("click", () => this.#copy());
  }

  // Leaves whatever it is in.
  end() {
    for (const pane of this.#panes) pane.end();
    this.#panes = [];
    element("panes").replaceChildren();
    element("panes").hidden = true;
    element("play-session").hidden = true;
    element("play-exports").textContent = "";
  }

  async #start() {
    element("play-problem").textContent = "";
    try {
      const place = await ask("api/playground/session", { method: "POST" });
      const native = await token(place.session, "publisher", "native");
      this.end();
      element("play-id").textContent = place.session;
      element("play-exports").textContent = [
        `export OTC_API_URL=${place.api_url}`,
        `export OTC_API_KEY=${place.api_key}`,
        `export OTC_SESSION_ID=${place.session}`,
        `export OTC_TOKEN=${native}`,
      ].join("\n");
      element("play-copied").textContent = "";
      element("play-new").textContent = "Make another session";
      this.#panes = NAMES.map(([name, role]) => new Pane(place, name, role));
      element("panes").append(...this.#panes.map((pane) => pane.element));
      element("play-session").hidden = false;
      element("panes").hidden = false;
    } catch (problem) {
      element("play-problem").textContent = `No session: ${problem.message}.`;
    }
  }

  async #copy() {
    const code = element("play-exports");
    try {
      await navigator.clipboard.writeText(`${code.textContent}\n`);
      element("play-copied").textContent = "Copied.";
    } catch {
      // Pages that did not come over TLS or from this machine may not write to the clipboard.
      getSelection().selectAllChildren(code);
      element("play-copied").textContent = "Selected: copy it with the keyboard.";
    }
  }
}

// One client, and what it sees.
class Pane {
  #place;
  #name;
  #client = null;
  #wasIn = false;
  #parts = {};

  constructor(place, name, role) {
    this.#place = place;
    this.#name = name;
    this.element = element("pane-template").content.firstElementChild.cloneNode(true);
    for (const part of ["badge", "role", "join", "cut", "inside", "peers", "to", "type", "text", "log"]) {
      this.#parts[part] = this.element.querySelector(`.${part}`);
    }
    const title = this.element.querySelector("h3");
    title.textContent = name;
    title.id = `pane-${name}`;
    this.element.setAttribute("aria-labelledby", title.id);
    this.#parts.log.ariaLabel = `What happened at ${name}`;
    this.#parts.peers.ariaLabel = `Who is here, as ${name} sees it`;
    this.#parts.role.value = role;
    this.#parts.join.addEventListener("click", () => this.#joinOrLeave());
    this.#parts.cut.addEventListener("click", () => this.#cutOrRelease());
    this.element.querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
  }

  end() {
    this.#client?.leave();
  }

  async #joinOrLeave() {
    if (this.#client !== null) {
      this.#client.leave();
      return;
    }
    const { session, api_url: apiUrl, api_key: key } = this.#place;
    try {
      const own = await token(session, this.#parts.role.value, this.#name);
      const tell = (event, details) => this.#told(event, details);
      this.#client = new Client({ apiUrl, key, session, token: own, tell });
      await this.#client.join();
    } catch (problem) {
      this.#client = null;
      this.#note(`could not join: ${problem.message}`);
      this.#state("ended");
    }
  }

  #cutOrRelease() {
    if (this.#client.state === "away") {
      this.#client.release();
    } else {
      this.#client.cut();
    }
  }

  async #send() {
    const { to, type, text } = this.#parts;
    const signal = { to: to.value, type: type.value, data: text.value };
    text.value = "";
    try {
      const { status, reason } = await this.#client.signal(signal);
      if (status !== 200) this.#note(`the relay refused “${signal.data}”: ${reason || status}`);
    } catch (problem) {
      this.#note(`“${signal.data}” was not sent: ${problem.message}`);
    }
  }

  async #remove(id) {
    const { status, reason } = await this.#client.remove(id);
    if (status !== 200) this.#note(`the relay refused to remove it: ${reason || status}`);
  }

  #told(event, details) {
    if (event === "state") this.#state(details.state, details.reason);
    if (event === "signal") this.#signal(details);
    if (event === "came") this.#note(`${this.#called(details)} came`);
    if (event === "went") this.#note(`${this.#called(details)} went (${details.reason})`);
    if (event !== "signal") this.#peers();
  }

  #called({ id, name }) {
    return `${name || id.slice(0, 8)}${id === this.#client?.id ? " (this one)" : ""}`;
  }

  #state(state, reason = "") {
    const [text, kind] = STATES[state];
    const { badge, join, cut, inside, role } = this.#parts;
    const member = state === "in" || state === "away";
    badge.textContent = text;
    badge.className = `badge ${kind}`;
    join.textContent = member || state === "joining" ? "Leave" : "Join";
    join.classList.toggle("main", !member);
    // Nobody can say goodbye without a link.
    join.disabled = state === "away";
    role.disabled = member || state === "joining";
    inside.hidden = !member;
    cut.hidden = !member;
    cut.textContent = state === "away" ? "Let it come back" : "Cut the link";
    if (state === "away") this.#note("lost its link; what is said meanwhile is kept for it");
    if (state === "in") this.#wasIn = true;
    if (state === "ended") {
      this.#client = null;
      if (this.#wasIn) this.#note(reason === "left" ? "left the session" : `is no longer in the session: ${reason}`);
      this.#wasIn = false;
    }
  }

  #peers() {
    const { peers, to } = this.#parts;
    const known = [...(this.#client?.peers.values() ?? [])];
    const chosen = to.value;
    const mayRemove = this.#parts.role.value === "moderator";
    to.replaceChildren(new Option("everyone", ""), ...known.map((peer) => new Option(this.#called(peer), peer.id)));
    if (known.some(({ id }) => id === chosen)) to.value = chosen;
    peers.replaceChildren(
      ...known.map((peer) => {
        const line = document.createElement("li");
        line.append(this.#called(peer));
        if (mayRemove && peer.id !== this.#client.id) {
          const remove = Object.assign(document.createElement("button"), { type: "button", textContent: "Remove" });
          remove.ariaLabel = `Remove ${this.#called(peer)}`;
          remove.addEventListener("click", () => this.#remove(peer.id));
          line.append(remove);
        }
        return line;
      }),
    );
  }

  #signal({ from, type, data }) {
    const line = document.createElement("li");
    const who = Object.assign(document.createElement("b"), { textContent: from === "" ? "the server" : this.#sender(from) });
    line.append(who, ": ");
    if (type) line.append(Object.assign(document.createElement("code"), { textContent: type }), " ");
    line.append(typeof data === "string" ? data : JSON.stringify(data));
    this.#log(line);
  }

  #sender(id) {
    return this.#client?.peers.get(id)?.name || id.slice(0, 8);
  }

  #note(text) {
    this.#log(Object.assign(document.createElement("li"), { className: "note", textContent: text }));
  }

  #log(line) {
    const { log } = this.#parts;
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
    log.append(line);
    while (log.childElementCount > MOST_LINES) log.firstElementChild.remove();
    if (atEnd) log.scrollTop = log.scrollHeight;
  }
}
