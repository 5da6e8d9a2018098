// Asking the admin listener. The token travels in a header and nowhere else.

const PLACE = "otc-relay admin token";
const PATIENCE_MS = 5000;

let token = sessionStorage.getItem(PLACE);

// The relay has answered, and said no.
export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

// The relay has not answered.
export class Unanswered extends Error {}

// Whether a text can be a token at all.
export const isToken = (text) => /^[\x21-\x7e]{16,256}$/.test(text);

export const hasToken = () => token !== null;

export function useToken(text) {
  token = text;
  sessionStorage.setItem(PLACE, text);
}

export function forgetToken() {
  token = null;
  sessionStorage.removeItem(PLACE);
}

// Asks, and gives what the JSON of the answer says. Paths are relative: a proxy may have the page below one of its own. Throws Refused or Unanswered.
export async function ask(path, { method = "GET", query = {} } = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== "");
  const url = given.length > 0 ? `${path}?${new URLSearchParams(given)}` : path;
  const headers = token === null ? {} : { Authorization: `Bearer ${token}` };
  const signal = AbortSignal.timeout(PATIENCE_MS);
  let answer;
  let body;
  try {
    answer = await fetch(url, { method, headers, signal, cache: "no-store", credentials: "omit" });
    body = await answer.json();
  } catch (problem) {
    throw new Unanswered("there was no answer", { cause: problem });
  }
  if (!answer.ok) throw new Refused(answer.status, body.message ?? `the relay answered ${answer.status}`);
  return body;
}
