// What a client told, in order, and waiting for what it will tell.

// How long anything may take before a check fails. Nothing waits for it to pass.
export const PATIENCE_MS = 20_000;

export class Timeline {
  #events = [];
  #waiting = new Set();
  #ended = null;

  constructor(name) {
    this.name = name;
  }

  // Everything told so far.
  get events() {
    return [...this.#events];
  }

  // A place in the timeline: what is told from now on comes after it.
  mark() {
    return this.#events.length;
  }

  add(event) {
    this.#events.push(event);
    for (const wake of this.#waiting) wake();
  }

  // Nothing more will be told.
  end(why) {
    this.#ended ??= why;
    for (const wake of this.#waiting) wake();
  }

  // All events of one kind since a place.
  all(kind, since = 0) {
    return this.#events.slice(since).filter((event) => event.event === kind);
  }

  // The first event since a place that is wanted: of this kind, and with these members.
  async until(kind, members = {}, { since = 0, patience = PATIENCE_MS } = {}) {
    const wanted = (event) =>
      event.event === kind && Object.entries(members).every(([name, value]) => event[name] === value);
    const what = `${kind} ${JSON.stringify(members)}`;
    return this.#wait(what, () => this.#events.slice(since).find(wanted), patience);
  }

  // Waits until `probe` gives something.
  #wait(what, probe, patience) {
    return new Promise((resolve, reject) => {
      let timer;
      const settle = (act) => {
        this.#waiting.delete(look);
        clearTimeout(timer);
        act();
      };
      const fail = (why) =>
        settle(() => reject(new Error(`${this.name}: ${why} while waiting for ${what}; it told ${this.#tail()}`)));
      const look = () => {
        const found = probe();
        if (found !== undefined) settle(() => resolve(found));
        else if (this.#ended !== null) fail(this.#ended);
      };
      timer = setTimeout(() => fail(`nothing came for ${patience / 1000} s`), patience);
      this.#waiting.add(look);
      look();
    });
  }

  #tail() {
    const most = 12;
    const last = this.#events.slice(-most).map((event) => JSON.stringify(event).slice(0, 160));
    const before = this.#events.length > most ? `… ${this.#events.length - most} before, ` : "";
    return last.length === 0 ? "nothing" : before + last.join(" ");
  }
}
