// Stock browser clients against the relay. Run by scripts/test-browser.sh.
//
//   main.mjs PACKAGES [WORD...]     PACKAGES is the folder that npm filled; checks whose line holds every WORD, or all
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Relay } from "../support/relay.mjs";
import { Report } from "../support/report.mjs";
import * as elsewhere from "./elsewhere.mjs";
import * as moderation from "./moderation.mjs";
import { Browser } from "./pages.mjs";
import * as presence from "./presence.mjs";
import * as reconnecting from "./reconnecting.mjs";
import * as signals from "./signals.mjs";
import { Stage } from "./stage.mjs";

// The current release, one of two years before, and one of the generation that reads the state of the session by itself.
// That one cannot be told of another API: it is answered for the vendor's.
const RELEASES = [
  { version: "2.35.2", recent: true },
  { version: "2.27.6", recent: true },
  { version: "2.13.0", recent: false },
];

const [packages, ...words] = process.argv.slice(2);
const folder = await mkdtemp(join(tmpdir(), "otc-browser-"));
const report = new Report(words);
let browser;
try {
  browser = await Browser.start(packages);
  const relay = await Relay.start({ folder });
  for (const { version, recent } of RELEASES) {
    const world = { relay, browser, version };
    for (const part of [presence, signals, moderation, elsewhere, reconnecting]) {
      for (const [name, run] of Object.entries({ ...part.checks, ...(recent && part.recent) })) {
        await report.check(`client ${version}`, name, async (cleanup) => {
          const stage = await Stage.set(world, cleanup);
          await run(stage, world);
          stage.nothingUncaught();
        });
      }
    }
  }
  await report.check("clients of all releases", "join one session with a native program", async (cleanup) => {
    const stage = await Stage.set({ relay, browser }, cleanup);
    const clients = [await stage.native()];
    for (const { version } of RELEASES) clients.push(await stage.web({ name: version, version }));
    for (const speaker of clients) {
      for (const listener of clients) {
        if (listener !== speaker) await speaker.told.until("connection_created", { connection_id: listener.id });
      }
      await speaker.signal({ type: "hello", data: speaker.name });
      for (const listener of clients) await listener.told.until("signal", { data: speaker.name, from: speaker.id });
    }
    stage.nothingUncaught();
  });
  await relay.stop();
} finally {
  await browser?.stop();
  await rm(folder, { recursive: true, force: true });
}
process.exit(report.end());
