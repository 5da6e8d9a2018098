// That everybody can use it: by keyboard, on a phone, with a screen reader, in light and dark.
import assert from "node:assert/strict";

import { play, row, until } from "./stage.mjs";

const LOOKS = [{ colorScheme: "light" }, { colorScheme: "dark" }];

// The playground and a session unfolded: all that can be seen at once.
async function everything(stage, options) {
  const page = await stage.board(options);
  const made = await play(page);
  await made.ann.join();
  await made.bob.join();
  await made.ann.say("unbroken".repeat(60), { type: "t".repeat(128) });
  await made.bob.hears("unbroken");
  await page.getByText("Let a program of yours join").click();
  await row(page, made.session).getByRole("button").click();
  await row(page, made.session).locator(".who li").first().waitFor();
  return { page, ...made };
}

// Texts whose contrast to what is behind them is too low.
function faint() {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = (color) => {
    const [r, g, b] = color.map((part) => part / 255).map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = rgba(getComputedStyle(at).backgroundColor);
      if (color[3] === 255) return color;
    }
    throw new Error("nothing is behind");
  };
  const found = [];
  for (const element of document.querySelectorAll("body *")) {
    const text = [...element.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data.trim()).join("");
    const shown = text || element.value || element.placeholder;
    if (!shown || !element.checkVisibility() || element.closest(".unseen, template, option, :disabled")) continue;
    const [a, b] = [light(rgba(getComputedStyle(element).color)), light(behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) found.push(`${String(shown).slice(0, 40)}: ${ratio.toFixed(2)}`);
  }
  return found;
}

// Whether what has the focus shows it.
const ringed = () => getComputedStyle(document.activeElement).outlineStyle !== "none";

// Presses Tab until something with this role and name has the focus. All stops on the way must show that they are.
async function tabTo(page, role, name) {
  const wanted = page.getByRole(role, { name, exact: true }).first();
  await wanted.waitFor();
  for (let i = 0; i < 60; i += 1) {
    await page.keyboard.press("Tab");
    assert.ok(await page.evaluate(ringed), `the focus can be seen on the way to ${name}`);
    if (await wanted.evaluate((element) => element === document.activeElement)) return;
  }
  assert.fail(`${role} ${name} is not reached with Tab`);
}

export const checks = {
  "by keyboard alone: a session unfolded, two clients let in, a signal sent": async (stage) => {
    const page = await stage.board();
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to the content");
    await page.keyboard.press("Enter");
    await until(page, () => document.activeElement.id === "main");

    await tabTo(page, "button", "Make a session");
    await page.keyboard.press("Enter");
    await tabTo(page, "button", "Join");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Leave" }).waitFor();
    await tabTo(page, "button", "Join");
    await page.keyboard.press(" ");
    const bob = page.getByRole("region", { name: "Bob", exact: true });
    await bob.getByRole("button", { name: "Leave" }).waitFor();
    for (let i = 0; i < 10 && !(await bob.getByLabel("Text").evaluate((field) => field === document.activeElement)); i += 1) {
      await page.keyboard.press("Tab");
    }
    await page.keyboard.type("typed");
    await page.keyboard.press("Enter");
    await page.getByRole("region", { name: "Ann", exact: true }).getByRole("log").getByText("typed").waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.className), "text", "one can go on typing");

    const session = await page.locator("#play-id").textContent();
    const button = row(page, session).getByRole("button");
    for (let i = 0; i < 60 && !(await button.evaluate((element) => element === document.activeElement)); i += 1) {
      await page.keyboard.press("Shift+Tab");
      assert.ok(await page.evaluate(ringed), "the focus can be seen on the way back");
    }
    await page.keyboard.press("Enter");
    assert.equal(await button.getAttribute("aria-expanded"), "true");
    await row(page, session).locator(".who li").nth(1).waitFor();
    // The list is read again each second meanwhile.
    await page.waitForResponse((answer) => answer.url().includes("/api/sessions?"));
    await page.waitForResponse((answer) => answer.url().includes("/api/sessions?"));
    assert.ok(await button.evaluate((element) => element === document.activeElement), "the focus stays where it is");
    await page.keyboard.press("Enter");
    assert.equal(await button.getAttribute("aria-expanded"), "false");
  },

  "the order of the keyboard is the order of the page, and nothing traps it": async (stage) => {
    const { page } = await everything(stage);
    await page.evaluate(() => document.activeElement.blur());
    await page.locator(".skip").focus();
    const stops = [];
    for (let i = 0; i < 100; i += 1) {
      const stop = await page.evaluate(() => {
        const all = [...document.querySelectorAll("*")];
        return document.activeElement === document.body ? -1 : all.indexOf(document.activeElement);
      });
      if (stop === -1 || stop < (stops.at(-1) ?? 0)) break;
      stops.push(stop);
      await page.keyboard.press("Tab");
    }
    assert.ok(stops.length > 25 && stops.length < 100, `${stops.length} stops`);
    const reachable = await page.evaluate(
      () => [...document.querySelectorAll("a, button, input, select, summary")].filter((element) => element.checkVisibility() && !element.disabled).length,
    );
    assert.ok(stops.length >= reachable, `${stops.length} stops for ${reachable} controls`);
  },

  "on a phone nothing has to be moved sideways, and fingers find what they want": async (stage) => {
    for (const size of [[360, 740], [320, 640]]) {
      const { page } = await everything(stage, { size });
      const [width, most] = await page.evaluate(() => [
        innerWidth,
        Math.max(...[...document.querySelectorAll("body *")].filter((element) => element.checkVisibility() && !element.closest(".unseen")).map((element) => element.getBoundingClientRect().right)),
      ]);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "no sideways scrolling");
      assert.ok(most <= width, `something ends at ${most} of ${width}`);
      const small = await page.evaluate(() =>
        [...document.querySelectorAll("button, input, select, summary, nav a")]
          .filter((element) => element.checkVisibility() && element.getBoundingClientRect().height < 24)
          .map((element) => element.outerHTML.slice(0, 80)),
      );
      assert.deepEqual(small, [], "24 pixels are the least to hit");
    }
    const page = await stage.open({ relay: stage.guarded, size: [360, 740] });
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "signing in");
    stage.expect("401");
  },

  "for a screen reader: landmarks, headings in order, a name for every control, news that is told": async (stage) => {
    const { page, session } = await everything(stage);
    for (const [role, name] of [["banner"], ["main"], ["contentinfo"], ["navigation", "Parts of the page"], ["search", "Sessions"]]) {
      assert.equal(await page.getByRole(role, name ? { name } : {}).count(), 1, `${role} ${name ?? ""}`);
    }
    for (const name of ["Now", "Sessions", "Limits", "Playground", "Ann", "Bob"]) {
      assert.equal(await page.getByRole("region", { name, exact: true }).count(), 1, `region ${name}`);
    }
    const levels = await page.locator("h1, h2, h3, h4").evaluateAll((all) => all.filter((h) => h.checkVisibility()).map((h) => Number(h.tagName[1])));
    assert.equal(levels[0], 1);
    levels.forEach((level, i) => assert.ok(i === 0 || (level > 1 && level <= levels[i - 1] + 1), `headings ${levels}`));

    const tools = await page.context().newCDPSession(page);
    const { nodes } = await tools.send("Accessibility.getFullAXTree");
    const named = new Set(["button", "textbox", "searchbox", "combobox", "link", "meter", "image", "img", "log", "DisclosureTriangle"]);
    const nameless = nodes.filter(({ ignored, role, name }) => !ignored && named.has(role?.value) && !name?.value);
    assert.deepEqual(nameless.map(({ role }) => role.value), [], "all of them have names");
    for (const name of ["Open sockets", "Of those, without a good token yet", "Clients in the largest session"]) await page.getByRole("meter", { name }).waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.lang), "en");
    const ids = await page.locator("[id]").evaluateAll((all) => all.map(({ id }) => id));
    assert.equal(new Set(ids).size, ids.length, "ids are used once");
    const controls = await row(page, session).getByRole("button").getAttribute("aria-controls");
    assert.ok(ids.includes(controls));

    // How many there are is said at most every ten seconds, and only when it changed.
    await page.locator("#news").filter({ hasText: /^\d+ sessions?, \d+ clients?$/ }).waitFor({ state: "attached" });
  },

  "every text has enough contrast, in light and in dark": async (stage) => {
    for (const look of LOOKS) {
      const { page } = await everything(stage, { look });
      assert.deepEqual(await page.evaluate(faint), [], look.colorScheme);
    }
    const grounds = [];
    for (const look of LOOKS) {
      const page = await stage.open({ relay: stage.guarded, look });
      await page.getByRole("heading", { name: "Sign in" }).waitFor();
      assert.deepEqual(await page.evaluate(faint), [], `signing in, ${look.colorScheme}`);
      grounds.push(await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
    }
    assert.notEqual(grounds[0], grounds[1], "dark is another look");
    stage.expect("401");
  },

  "who wants less motion gets none": async (stage) => {
    const { page } = await everything(stage, { look: { reducedMotion: "reduce" } });
    assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
    assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).scrollBehavior), "auto");
  },
};
