// The relay's own page. Run by scripts/test-page.sh.
//
//   main.mjs PACKAGES [WORD...]     PACKAGES is the folder that npm filled; checks whose line holds every WORD, or all
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { launch } from "../support/chromium.mjs";
import { Relay } from "../support/relay.mjs";
import { Report } from "../support/report.mjs";
import * as everybody from "./everybody.mjs";
import * as pictures from "./pictures.mjs";
import * as playing from "./playing.mjs";
import * as signing from "./signing.mjs";
import { Stage } from "./stage.mjs";
import * as watching from "./watching.mjs";

const PARTS = { watching, playground: playing, "signing in": signing, everybody };

const [packages, ...words] = process.argv.slice(2);
const folder = await mkdtemp(join(tmpdir(), "otc-page-"));
const report = new Report(words);
let browser;
try {
  browser = await launch(packages);
  const relay = await Relay.develop();
  const token = randomBytes(20).toString("hex");
  const guarded = await Relay.start({ folder, settings: ['admin = "127.0.0.1:0"', `admin_token = "${token}"`] });
  const world = { browser, relay, guarded, token };
  for (const [part, { checks }] of Object.entries(PARTS)) {
    for (const [name, run] of Object.entries(checks)) {
      await report.check(part, name, async (cleanup) => {
        const stage = await Stage.set(world, cleanup);
        await run(stage, cleanup);
        stage.quiet();
      });
    }
  }
  if (process.env.OTC_SHOTS) {
    await report.check("pictures", process.env.OTC_SHOTS, async (cleanup) => {
      await pictures.take(await Stage.set(world, cleanup), process.env.OTC_SHOTS);
    });
  }
  await guarded.stop();
  await relay.stop();
} finally {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
}
process.exit(report.end());
