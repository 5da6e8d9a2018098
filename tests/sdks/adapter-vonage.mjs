// npm `@vonage/server-sdk`, called as a customer's program calls it.
import { load, serve } from "./serve.mjs";

const { Vonage } = load("@vonage/server-sdk");
const { ArchiveMode, MediaMode } = load("@vonage/video");

let video;

serve({
  async configure({ url, key, private_key }) {
    const credentials = { applicationId: key, privateKey: private_key };
    video = new Vonage(credentials, { videoHost: url }).video;
  },
  async create_session({ plain = true }) {
    const options = plain ? {} : { mediaMode: MediaMode.ROUTED, archiveMode: ArchiveMode.ALWAYS, location: "12.34.56.78" };
    return (await video.createSession(options)).sessionId;
  },
  async token({ session, role, data }) {
    return video.generateClientToken(session, { role, data, initialLayoutClassList: ["focus", "wide"] });
  },
  signal: ({ session, payload, connection }) => video.sendSignal(payload, session, connection),
  force_disconnect: ({ session, connection }) => video.disconnectClient(session, connection),
  list_streams: async ({ session }) => (await video.getStreamInfo(session)).items,
  get_stream: ({ session, stream }) => video.getStreamInfo(session, stream),
  mute_stream: ({ session, stream }) => video.muteStream(session, stream),
  mute_session: ({ session, excluded }) => video.forceMuteAll(session, excluded),
  unmute_session: ({ session }) => video.disableForceMute(session),
});
