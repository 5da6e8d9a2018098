// Stock browser clients against the relay. Run by scripts/test-browser.sh.
//
//   main.mjs PACKAGES [WORD...]     PACKAGES is the folder that npm filled; checks whose line holds every WORD, or all
import assert from "node:assert/strict";
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

// The current release, and one of three years before.
const VERSIONS = ["2.35.2", "2.27.6"];

const [packages, ...words] = process.argv.slice(2);
const folder = await mkdtemp(join(tmpdir(), "otc-browser-"));
const report = new Report(words);
let browser;
try {
  browser = await Browser.start(packages);
  const relay = await Relay.start({ folder });
  for (const version of VERSIONS) {
    const world = { relay, browser, version };
    for (const { checks } of [presence, signals, moderation, elsewhere, reconnecting]) {
      for (const [name, run] of Object.entries(checks)) {
        await report.check(`client ${version}`, name, async (cleanup) => run(await Stage.set(world, cleanup), world));
      }
    }
  }
  await report.check("clients of both releases", "join one session with a native program", async (cleanup) => {
    const stage = await Stage.set({ relay, browser }, cleanup);
    const clients = [await stage.native()];
    for (const version of VERSIONS) clients.push(await stage.web({ name: version, version }));
    for (const speaker of clients) {
      for (const listener of clients) {
        if (listener !== speaker) await speaker.told.until("connection_created", { connection_id: listener.id });
      }
      await speaker.signal({ type: "hello", data: speaker.name });
      for (const listener of clients) await listener.told.until("signal", { data: speaker.name, from: speaker.id });
    }
    const uncaught = clients.flatMap((client) => client.told.all("uncaught"));
    assert.deepEqual(uncaught, [], "no client met an exception");
  });
  await relay.stop();
} finally {
  await browser?.stop();
  await rm(folder, { recursive: true, force: true });
}
process.exit(report.end());
