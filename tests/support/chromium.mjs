// Headless Chromium, driven by playwright-core from the folder that npm filled.
import { createRequire } from "node:module";
import { join } from "node:path";

// Nothing in the browser finds its way to any other machine.
const ARGUMENTS = [
  ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []), // as root there is no sandbox
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];

export function launch(packages) {
  const { chromium } = createRequire(join(packages, "/"))("playwright-core");
  const executablePath = process.env.OTC_CHROMIUM ?? "/usr/bin/chromium";
  return chromium.launch({ executablePath, headless: true, args: ARGUMENTS });
}
