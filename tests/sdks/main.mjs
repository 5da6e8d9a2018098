// Stock server SDKs against the relay. Run by scripts/test-sdks.sh.
//
//   main.mjs PACKAGES PYTHON [WORD...]     PACKAGES is the folder that npm filled, PYTHON has the packages of PyPI;
//                                          checks whose line holds every WORD, or all
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Relay } from "../support/relay.mjs";
import { Report } from "../support/report.mjs";
import { certificates, terminate } from "../support/tls.mjs";
import { checks } from "./checks.mjs";
import * as documented from "./documented.mjs";
import * as rest from "./rest.mjs";
import { SDKS } from "./sdk.mjs";
import { World, application } from "./world.mjs";

const [packages, python, ...words] = process.argv.slice(2);
const report = new Report(words);
const folder = await mkdtemp(join(tmpdir(), "otc-sdks-"));
const cleanups = [() => rm(folder, { recursive: true, force: true })];
try {
  const places = await build();
  for (const described of SDKS) {
    for (const [name, run] of Object.entries(checks)) {
      await report.check(described.name, name, async (cleanup) => {
        const world = new World(places, described);
        cleanup(() => world.end());
        await run(await world.sdk(), world);
      });
    }
  }
  for (const [name, run] of Object.entries(rest.checks)) {
    await report.check("any other client of REST", name, () => run(places));
  }
  for (const name of documented.names) {
    await report.check("docs/relay.md", `the lines for ${name} and a native program lead to a relay with TLS`, async (cleanup) => {
      await documented.run(name, { ...places.documented, folder, packages, python }, cleanup);
    });
  }
} finally {
  for (const cleanup of cleanups.reverse()) await cleanup();
}
process.exit(report.end());

// Starts the servers that all checks use.
async function build() {
  const [app, other] = [application(), application()];
  const relay = await start("relay", { applications: [app, other] });
  const slow = await start("slow", { applications: [app], settings: ["[http]", "rest_burst = 3", "rest_per_second = 1"] });
  const pems = await certificates(folder);
  const secure = new Map();
  for (const { address } of [relay, slow]) {
    const terminator = await terminate(address, pems);
    cleanups.push(() => terminator.stop());
    secure.set(address, terminator.url);
  }
  const tls = ["[tls]", `certificate = "${pems.cert}"`, `key = "${pems.key}"`];
  const encrypted = await start("encrypted", { applications: [app], settings: tls });
  const place = (server) => (described) => (described.tls ? secure.get(server.address) : server.url);
  return {
    relay,
    slow,
    application: app,
    url: place(relay),
    slowUrl: place(slow),
    foreignSession: await relay.session(other.id),
    WebSocket: createRequire(join(packages, "/"))("ws"),
    documented: { relay: encrypted, application: app, ca: pems.ca },
    python,
    env: { OTC_SDK_PACKAGES: packages, REQUESTS_CA_BUNDLE: pems.ca },
  };
}

async function start(name, options) {
  const own = join(folder, name);
  await mkdir(own);
  const relay = await Relay.start({ folder: own, ...options });
  cleanups.push(() => relay.stop());
  return relay;
}
