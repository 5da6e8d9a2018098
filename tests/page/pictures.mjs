// Pictures of the page with something going on, for the documents and for whoever works on its looks.
import { join } from "node:path";

import { play, row } from "./stage.mjs";

// How long something goes on before the picture is taken: the charts fill.
const MINUTES = Number(process.env.OTC_SHOTS_MINUTES ?? 1);

const LOOKS = {
  "relay_page": { look: { colorScheme: "light" }, size: [1000, 860] },
  "relay_page_dark": { look: { colorScheme: "dark" }, size: [1000, 860] },
  "relay_page_phone": { look: { colorScheme: "light" }, size: [360, 740] },
};

// Speaks in waves until told to stop.
function talk(client, rest) {
  let at = 0;
  const timer = setInterval(() => {
    at += 1;
    const count = Math.round((1 + Math.sin(at / rest)) * 3 + Math.random() * 2);
    for (let i = 0; i < count; i += 1) client.signal({ type: "chat", data: "…" });
  }, 250);
  return () => clearInterval(timer);
}

export async function take(stage, folder) {
  const sessions = await Promise.all([stage.relay.session(), stage.relay.session()]);
  const clients = [];
  for (const [i, session] of [...sessions, sessions[0], sessions[0]].entries()) {
    clients.push(await stage.native(session, { name: `native ${i}`, role: ["publisher", "moderator"][i % 2] }));
  }
  const silent = await stage.native(sessions[1], { role: "publisheronly" });
  await silent.signal({ data: "refused" });
  const stops = clients.slice(0, 2).map((client, i) => talk(client, 9 + 5 * i));
  const pages = [];
  for (const [name, options] of Object.entries(LOOKS)) pages.push([name, await stage.board(options)]);
  await new Promise((resolve) => setTimeout(resolve, MINUTES * 60_000));
  for (const [name, page] of pages) {
    await row(page, sessions[0]).getByRole("button").click();
    await row(page, sessions[0]).locator(".who li").nth(2).waitFor();
    await page.screenshot({ path: join(folder, `${name}.png`) });
    const { ann, bob } = await play(page);
    await ann.join();
    await bob.join();
    await ann.say("hello, Bob", { type: "chat" });
    await bob.hears("hello, Bob");
    await page.screenshot({ path: join(folder, `${name}_whole.png`), fullPage: true });
  }
  for (const stop of stops) stop();
}
