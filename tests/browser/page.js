// What a web page does with the stock client, driven by the test. Everything that happens goes to `tell`, which the test
// provides, in the words that otc_peer uses.
"use strict";

const wanted = new URLSearchParams(location.search);

// Older releases know only this way to another server, and read it once, when they are loaded.
if (wanted.has("api")) {
  window.OTProperties = { apiURL: wanted.get("api"), loggingURL: wanted.get("logging") };
}

const client = {
  session: null,

  // Loads the client, unless the page came with it.
  load() {
    if (window.OT) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = `/client/${wanted.get("version")}/opentok.min.js`;
      script.onload = () => {
        if (wanted.has("proxy")) OT.setProxyUrl(wanted.get("proxy"));
        resolve();
      };
      script.onerror = () => reject(new Error(`cannot load ${script.src}`));
      document.head.append(script);
    });
  },

  connect({ key, session, token, types, options }) {
    this.session = OT.initSession(key, session, options);
    this.listen(types);
    return new Promise((resolve) => {
      this.session.connect(token, (error) => {
        resolve(error ? plain(error) : { id: this.session.connection.connectionId, data: this.session.connection.data });
      });
    });
  },

  listen(types) {
    const on = (name, describe) => this.session.on(name, (event) => window.tell(describe(event)));
    const presence = (event) => (happened) => ({
      event,
      connection_id: happened.connection.connectionId,
      data: happened.connection.data,
      creation_time: happened.connection.creationTime,
      reason: happened.reason,
    });
    on("connectionCreated", presence("connection_created"));
    on("connectionDestroyed", presence("connection_dropped"));
    on("sessionConnected", () => ({ event: "connected" }));
    on("sessionReconnecting", () => ({ event: "reconnection_started" }));
    on("sessionReconnected", () => ({ event: "reconnected" }));
    on("sessionDisconnected", (event) => ({ event: "disconnected", reason: event.reason }));
    for (const name of ["signal", ...types.map((type) => `signal:${type}`)]) {
      on(name, (event) => ({
        event: name === "signal" ? "signal" : "typed_signal",
        handler: name,
        type: event.type,
        data: event.data,
        from: event.from === null ? null : event.from.connectionId,
      }));
    }
  },

  signal({ to, ...rest }) {
    const signal = to === undefined ? rest : { ...rest, to: this.connection(to) };
    return new Promise((resolve) => this.session.signal(signal, (error) => resolve(error ? plain(error) : null)));
  },

  forceDisconnect(id) {
    return new Promise((resolve) => {
      this.session.forceDisconnect(this.connection(id), (error) => resolve(error ? plain(error) : null));
    });
  },

  disconnect() {
    this.session.disconnect();
  },

  capabilities() {
    return { ...this.session.capabilities };
  },

  connection(id) {
    const found = this.session.connections.get(id);
    if (!found) throw new Error(`this client knows no connection ${id}`);
    return found;
  },
};

function plain(error) {
  return { error: { code: error.code, name: error.name, message: error.message } };
}

window.client = client;
client.load().then(
  () => (document.getElementById("state").textContent = "ready"),
  (error) => (document.getElementById("state").textContent = error.message),
);
