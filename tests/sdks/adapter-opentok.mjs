// npm `opentok`, called as a customer's program calls it. With a UUID for key and a PEM text for secret it takes the ways of
// an application.
import { load, serve } from "./serve.mjs";

const OpenTok = load("opentok");
const errors = load("opentok/lib/errors");

let sdk;

// The SDK reports through callbacks. Its errors have no names of their own: they are known by their constructors.
const call = (method, ...words) =>
  new Promise((resolve, reject) => {
    sdk[method](...words, (error, value) => {
      if (!error) return resolve(value);
      const name = Object.keys(errors).find((known) => Object.getPrototypeOf(error) === errors[known].prototype);
      reject({ constructor: { name: name ?? error.constructor.name }, message: error.message, response: error.response });
    });
  });

serve({
  async configure({ url, key, secret, private_key }) {
    sdk = new OpenTok(key, private_key ?? secret, url);
  },
  async create_session({ plain = true }) {
    const options = plain ? {} : { mediaMode: "routed", archiveMode: "always", location: "12.34.56.78" };
    return (await call("createSession", options)).sessionId;
  },
  async token({ session, role, data, kind }) {
    return sdk.generateToken(session, { role, data, initialLayoutClassList: ["focus", "wide"] }, kind === "t1");
  },
  signal: ({ session, payload, connection }) => call("signal", session, connection ?? null, payload),
  force_disconnect: ({ session, connection }) => call("forceDisconnect", session, connection),
  list_streams: ({ session }) => call("listStreams", session),
  get_stream: ({ session, stream }) => call("getStream", session, stream),
  mute_stream: ({ session, stream }) => call("forceMuteStream", session, stream),
  mute_session: ({ session, excluded }) => call("forceMuteAll", session, { excludedStreams: excluded }),
  unmute_session: ({ session }) => call("disableForceMute", session),
});
