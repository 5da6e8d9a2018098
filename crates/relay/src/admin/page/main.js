// Who may look, and what is shown meanwhile.
import { Refused, Unanswered, ask, forgetToken, hasToken, isToken, useToken } from "./admin.js";
import { Playground } from "./playground.js";
import { Board } from "./watch.js";

const LOOK_EVERY_MS = 1000;

const element = (id) => document.getElementById(id);
const board = new Board();
let playground = null;
// The number of the loop that looks. An older one ends.
let watching = 0;

function show(part) {
  element("sign-in").hidden = part !== "sign-in";
  element("board").hidden = part !== "board";
  document.querySelector("header nav").hidden = part !== "board";
  element("sign-out").hidden = part !== "board" || !hasToken();
  if (part === "sign-in" && !element("sign-in").contains(document.activeElement)) element("token").focus();
}

function state(text, kind) {
  // A status is read out whenever it is set, even to what it was.
  if (element("state").textContent === text) return;
  element("state").textContent = text;
  element("state").className = `badge ${kind}`;
}

function trouble(text) {
  const box = element("trouble");
  if (box.textContent !== text) box.textContent = text;
  box.hidden = text === "";
}

function signIn(problem) {
  state("signed out", "");
  element("facts").textContent = "";
  trouble("");
  board.clear();
  show("sign-in");
  element("token-problem").textContent = problem;
}

// Looks once. Gives whether to look again by itself.
async function look(mine) {
  try {
    const overview = await ask("api/overview");
    if (mine !== watching) return false;
    board.overview(overview);
    state(overview.state, overview.state === "running" ? "good" : "warn");
    trouble("");
    show("board");
    if (overview.development) playground ??= new Playground();
    await board.sessions();
    return true;
  } catch (problem) {
    if (mine !== watching) return false;
    if (problem instanceof Unanswered) {
      state("no answer", "bad");
      trouble("The relay does not answer. This page goes on asking.");
      return true;
    }
    if (!(problem instanceof Refused)) throw problem;
    if (problem.status === 401) {
      const wrong = hasToken();
      forgetToken();
      signIn(wrong ? "This is not the admin token of this relay." : "");
      return false;
    }
    state("closed", "bad");
    trouble(`The relay refuses: ${problem.message}.`);
    return problem.status >= 500;
  }
}

async function watch() {
  watching += 1;
  const mine = watching;
  while (mine === watching) {
    const began = performance.now();
    // Nobody sees a hidden page: what happens meanwhile is caught up with.
    if (!document.hidden && !(await look(mine))) return;
    const rest = LOOK_EVERY_MS - (performance.now() - began);
    await new Promise((resolve) => setTimeout(resolve, Math.max(rest, 100)));
  }
}

element("sign-in").querySelector("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const field = element("token");
  const text = field.value.trim();
  if (!isToken(text)) {
    element("token-problem").textContent = "An admin token has 16 to 256 visible ASCII characters.";
    return;
  }
  element("token-problem").textContent = "";
  field.value = "";
  useToken(text);
  watch();
  element("main").focus();
});

element("sign-out").addEventListener("click", () => {
  watching += 1;
  forgetToken();
  playground?.end();
  signIn("");
});

watch();
