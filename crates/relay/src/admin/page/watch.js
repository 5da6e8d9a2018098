// What goes on: numbers, sessions, who is in them, limits.
import { Refused, Unanswered, ask } from "./admin.js";
import { Chart, rounded } from "./chart.js";

const PAGE = 50;
const CLIENTS = 200;
const TAIL = 14;

// How often those who listen are told of changed numbers, in looks.
const NEWS_EVERY = 10;

const element = (id) => document.getElementById(id);
const number = (value) => value.toLocaleString("en");
const counted = (count, one, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`;

// What was refused or met a limit, in words. A name that is missing here is shown as it is.
const REASONS = {
  token: "tokens that are no good: a wrong key, expired, or for another session",
  conflict: "clients whose connection id is taken",
  session_full: "clients that found their session full (limits.connections_per_session)",
  draining: "clients that wanted to open a session while the relay stops",
  create: "clients that did not say who they are",
  not_admitted: "requests from clients that had not joined",
  forbidden: "requests that the role of the token does not allow",
  too_many_streams: "streams beyond limits.streams_per_connection",
  other_session: "requests about another session",
  not_found: "requests about a client or stream that is not there",
  malformed: "requests that are not understood",
  too_large: "messages that are too large (limits.frame_bytes, or 8192 characters of signal data)",
  undecodable: "sockets that sent what is not the protocol",
  text: "sockets that sent text",
  create_timeout: "sockets that did not join in time (limits.create_timeout)",
  create_flood: "sockets that sent too much before they joined",
  silent: "clients that went silent (limits.silence_limit)",
  kept_overflow: "clients that left too much unacknowledged (limits.kept_messages, limits.kept_bytes)",
  pauses: "times that a client sent too fast and was not read for a while (limits.requests_per_second)",
  sockets_refused: "sockets beyond link.max_sockets, link.max_half_open, link.max_half_open_per_address or link.max_admin_sockets",
  tls_handshake: "TLS handshakes that failed",
  tls_handshake_timeout: "TLS handshakes that took too long (tls.handshake_timeout)",
  head_too_large: "requests with too large a head (http.max_head)",
  head_timeout: "connections that brought no request in time, idle ones included (http.head_timeout)",
  url_too_long: "requests with too long a URL (http.max_url)",
  body_too_large: "requests with too large a body (http.max_body)",
  body_timeout: "requests whose body took too long (http.body_timeout)",
  origin: "requests from pages that may not use the relay (http.allowed_origins)",
  session_info_token: "requests for session info without a good token",
  rest_credential: "REST calls without a good credential",
  rest_rate: "REST calls of projects that call too often (http.rest_per_second)",
  output_soft: "clients that did not read and were read less for it (link.output_soft)",
  output_hard: "sockets that were ended because nobody read what was sent (link.output_hard)",
  close_timeout: "sockets that took too long to close (link.close_timeout)",
};

function bytes(count) {
  const units = ["B", "KiB", "MiB", "GiB"];
  let at = 0;
  let size = count;
  while (size >= 1024 && at < units.length - 1) {
    size /= 1024;
    at += 1;
  }
  return `${at === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${units[at]}`;
}

function span(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  return counted(Math.floor(seconds / 86_400), "day");
}

// Sets a text only when it changes, so that selections and screen readers are left in peace.
function write(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

function make(name, text = "", className = "") {
  return Object.assign(document.createElement(name), { textContent: text, className });
}

// Brings the children of a list in line with entries, keeping those that stay: focus and selection stay with them.
function match(list, entries, key, create, update) {
  const old = new Map([...list.children].map((child) => [child.dataset.key, child]));
  let place = list.firstElementChild;
  for (const entry of entries) {
    let child = old.get(key(entry));
    if (child === undefined) {
      child = create(entry);
      child.dataset.key = key(entry);
    }
    old.delete(key(entry));
    if (child === place) place = place.nextElementSibling;
    else list.insertBefore(child, place);
    update(child, entry);
  }
  for (const child of old.values()) child.remove();
}

export class Board {
  #charts = {
    signals: new Chart(element("chart-signals"), "Signals in"),
    deliveries: new Chart(element("chart-deliveries"), "Deliveries"),
  };
  #last = null;
  #offset = 0;
  #open = null;
  #heard = new Map();
  #looks = 0;
  #news = "";

  constructor() {
    const again = () => {
      this.#offset = 0;
      this.#refresh();
    };
    element("search").addEventListener("input", again);
    element("order").addEventListener("change", again);
    for (const [id, step] of [["previous", -PAGE], ["next", PAGE]]) {
      element(id).addEventListener("click", () => {
        this.#offset = Math.max(0, this.#offset + step);
        this.#refresh();
      });
    }
  }

  // Forgets what it shows.
  clear() {
    this.#last = null;
    this.#open = null;
    element("session-list").replaceChildren();
    for (const chart of Object.values(this.#charts)) chart.clear();
  }

  overview(now) {
    write(element("facts"), `version ${now.version} · up ${span(now.uptime_ms)}`);
    write(element("count-sessions"), number(now.sessions));
    write(element("count-clients"), number(now.connections));
    write(element("count-away"), number(now.connections_away));
    write(element("count-waiting"), bytes(now.output_bytes));
    element("playground").hidden = !now.development;
    element("to-playground").hidden = !now.development;
    this.#draw(now);
    this.#limits(now);
    this.#tell(`${counted(now.sessions, "session")}, ${counted(now.connections, "client")}`);
  }

  // What was counted since the last look, for each second of the relay's own clock.
  #draw(now) {
    const before = this.#last;
    this.#last = now;
    const elapsed = before === null ? 0 : now.uptime_ms - before.uptime_ms;
    if (elapsed < 0) {
      // Another relay: the one before is gone.
      for (const chart of Object.values(this.#charts)) chart.clear();
    }
    if (elapsed <= 0) return;
    const rate = (...names) =>
      (names.reduce((sum, name) => sum + now[name] - before[name], 0) * 1000) / elapsed;
    const seconds = Math.max(1, Math.round(elapsed / 1000));
    this.#charts.signals.add(rate("signals_in", "signals_server"), seconds);
    this.#charts.deliveries.add(rate("deliveries"), seconds);
  }

  #limits({ rejected, limited, pauses, sockets_refused, sockets, sockets_half_open, largest_session, limits }) {
    const met = Object.entries({ ...rejected, ...limited, pauses, sockets_refused }).filter(([, count]) => count > 0);
    met.sort(([, a], [, b]) => b - a);
    element("no-refusals").hidden = met.length > 0;
    match(
      element("refusals"),
      met,
      ([name]) => name,
      ([name]) => {
        const line = make("li");
        line.append(make("b"), make("span", REASONS[name] ?? name.replaceAll("_", " ")));
        return line;
      },
      (line, [, count]) => write(line.firstElementChild, number(count)),
    );
    for (const [id, value, most] of [
      ["meter-sockets", sockets, limits.sockets],
      ["meter-half-open", sockets_half_open, limits.half_open],
      ["meter-largest", largest_session, limits.connections_per_session],
    ]) {
      const meter = element(id);
      Object.assign(meter, { max: most, high: most * 0.8, optimum: 0, value });
      write(meter.nextElementSibling, `${number(value)} of ${number(most)}`);
    }
  }

  #tell(news) {
    this.#looks += 1;
    if (this.#looks % NEWS_EVERY !== 1 || news === this.#news) return;
    this.#news = news;
    element("news").textContent = news;
  }

  // Reads the list of sessions, and who is in the open one.
  async sessions() {
    const query = { offset: this.#offset, limit: PAGE, order: element("order").value, search: element("search").value.trim() };
    const found = await ask("api/sessions", { query });
    if (found.sessions.length === 0 && found.found > 0) {
      this.#offset = 0;
      return;
    }
    const heard = new Map();
    match(
      element("session-list"),
      found.sessions,
      ({ id }) => id,
      (session) => this.#row(session),
      (row, session) => {
        heard.set(session.id, { signals: session.signals, at: found.now_ms });
        this.#update(row, session, found.now_ms);
      },
    );
    this.#heard = heard;
    this.#page(found, query.search);
    if (this.#open !== null) await this.#who();
  }

  #page({ found, offset, sessions }, search) {
    const empty = element("no-sessions");
    empty.hidden = found > 0;
    write(empty, search === "" ? "Nobody is in any session." : "No session has this in its id.");
    element("pager").hidden = found <= PAGE;
    write(element("place"), `${number(offset + 1)}–${number(offset + sessions.length)} of ${number(found)}`);
    element("previous").disabled = offset === 0;
    element("next").disabled = offset + sessions.length >= found;
  }

  #row({ id }) {
    const row = element("session-template").content.firstElementChild.cloneNode(true);
    const [button, who] = row.children;
    // Where there is no room for all of it, the end tells sessions apart.
    button.querySelector(".head").textContent = id.slice(0, -TAIL);
    button.querySelector(".tail").textContent = id.slice(-TAIL);
    who.id = `who-${id}`;
    button.setAttribute("aria-controls", who.id);
    button.addEventListener("click", () => {
      this.#open = this.#open === id ? null : id;
      for (const other of element("session-list").children) this.#unfold(other, other === row && this.#open === id);
      this.#refresh();
    });
    return row;
  }

  #unfold(row, open) {
    const [button, who] = row.children;
    button.setAttribute("aria-expanded", String(open));
    who.hidden = !open;
  }

  #update(row, { id, clients, signals, muted, opened_at_ms }, now) {
    const before = this.#heard.get(id);
    const elapsed = before === undefined ? 0 : now - before.at;
    const rate = elapsed > 0 ? ((signals - before.signals) * 1000) / elapsed : 0;
    const words = [counted(clients, "client"), `${counted(signals, "signal")}${rate > 0 ? `, ${rounded(rate)}/s` : ""}`];
    if (muted) words.push("muted");
    words.push(span(now - opened_at_ms));
    write(row.querySelector(".numbers"), words.join(" · "));
  }

  async #who() {
    const id = this.#open;
    const row = [...element("session-list").children].find((child) => child.dataset.key === id);
    if (row === undefined) {
      this.#open = null;
      return;
    }
    let session;
    try {
      session = await ask(`api/sessions/${encodeURIComponent(id)}`, { query: { limit: CLIENTS } });
    } catch (problem) {
      // It ended a moment ago; the next look at the list shows that.
      if (problem instanceof Refused && problem.status === 404) return;
      throw problem;
    }
    const who = row.lastElementChild;
    if (who.childElementCount === 0) who.append(make("p", "", "quiet"), make("ul"));
    const [note, list] = who.children;
    const rest = session.clients - session.list.length;
    write(note, `Project ${session.project}${rest > 0 ? ` · the first ${number(session.list.length)} of ${counted(session.clients, "client")}` : ""}`);
    match(
      list,
      session.list,
      (client) => client.id,
      () => {
        const line = make("li");
        line.append(make("code"), make("span"), make("span"));
        return line;
      },
      (line, client) => this.#client(line, client, session.now_ms),
    );
  }

  #client(line, client, now) {
    const [id, state, words] = line.children;
    write(id, client.id);
    write(state, client.here ? "here" : "away");
    state.className = client.here ? "" : "away";
    const parts = [client.role, client.client || "unknown client", `since ${span(now - client.entered_at_ms)}`];
    parts.push(counted(client.signals, "signal"));
    if (client.kept_messages > 0) parts.push(`${counted(client.kept_messages, "message")} (${bytes(client.kept_bytes)}) not acknowledged`);
    if (!client.resumable) parts.push("cannot resume");
    write(words, parts.join(" · "));
  }

  // Looks at once after somebody asked for something else. What goes wrong shows at the next look.
  async #refresh() {
    try {
      await this.sessions();
    } catch (problem) {
      if (!(problem instanceof Refused || problem instanceof Unanswered)) throw problem;
    }
  }
}
