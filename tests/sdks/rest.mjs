// What SDKs that are not run here send, as their sources tell: other languages, and calls that those which are run lack.
import assert from "node:assert/strict";
import { createHmac, createSign } from "node:crypto";

import { NativeClient } from "../support/native.mjs";

const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const now = () => Math.floor(Date.now() / 1000);

// A JWT signed with a project's secret.
function hs256(secret, claims, header = {}) {
  const signed = `${part({ alg: "HS256", typ: "JWT", ...header })}.${part(claims)}`;
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

// A JWT signed with an application's key.
function rs256(privateKey, claims) {
  const signed = `${part({ alg: "RS256", typ: "JWT" })}.${part(claims)}`;
  return `${signed}.${createSign("sha256").update(signed).sign(privateKey, "base64url")}`;
}

// Everybody who may call, as header and value.
function callers({ relay, application }) {
  const { key, secret } = relay;
  const life = { iat: now(), exp: now() + 300 };
  const app = { application_id: application.id, iat: now(), exp: now() + 900, jti: "1" };
  return [
    ["a project", key, "X-OPENTOK-AUTH", hs256(secret, { iss: key, ist: "project", ...life })],
    ["Rust, whose jti is a number", key, "X-OPENTOK-AUTH", hs256(secret, { iss: key, ist: "project", ...life, jti: 7 })],
    ["Ruby, whose ist is in the header", key, "X-OPENTOK-AUTH", hs256(secret, { iss: key, ...life }, { ist: "project" })],
    ["an old program", key, "X-TB-PARTNER-AUTH", `${key}:${secret}`],
    ["an application", application.id, "Authorization", `Bearer ${rs256(application.privateKey, app)}`],
  ];
}

async function call(places, [, key, header, credential], method, path, { body, headers = {} } = {}) {
  const url = `${places.relay.url}${path.replace("PROJECT", key)}`;
  const answer = await fetch(url, { method, body, headers: { [header]: credential, ...headers } });
  return { status: answer.status, type: answer.headers.get("content-type"), text: await answer.text(), answer };
}

const JSON_ONLY = { headers: { Accept: "application/json" } };

async function createSession(places, caller) {
  const { status, type, text } = await call(places, caller, "POST", "/session/create", JSON_ONLY);
  assert.deepEqual([status, type], [200, "application/json"], `${caller[0]}: ${text}`);
  const sessions = JSON.parse(text);
  assert.equal(sessions.length, 1);
  return sessions[0].session_id;
}

export const checks = {
  "credentials of every kind are taken": async (places) => {
    for (const caller of callers(places)) {
      const session = await createSession(places, caller);
      const { status, text } = await call(places, caller, "GET", `/v2/project/PROJECT/session/${session}/stream`);
      assert.deepEqual([status, JSON.parse(text)], [200, { count: 0, items: [] }], caller[0]);
    }
  },

  "PHP and Ruby, which accept anything, create sessions in XML": async (places) => {
    for (const Accept of ["*/*", "text/xml"]) {
      const [caller] = callers(places);
      const { status, type, text } = await call(places, caller, "POST", "/session/create", { headers: { Accept } });
      assert.deepEqual([status, type], [200, "text/xml"]);
      assert.match(text, /<sessions><Session><session_id>1_[\w-]+<\/session_id><partner_id>100<\/partner_id><create_dt>/);
    }
  },

  ".NET and PHP list connections": async (places) => {
    for (const caller of callers(places).filter(([name]) => ["a project", "an application"].includes(name))) {
      const session = await createSession(places, caller);
      const path = `/v2/project/PROJECT/session/${session}/connection`;
      const empty = JSON.parse((await call(places, caller, "GET", path)).text);
      assert.deepEqual(empty, { count: 0, projectId: caller[1], sessionId: session, items: [] });
      const token = clientToken(places, caller, session);
      const client = await NativeClient.join({ url: places.relay.url, key: caller[1], session, token });
      const { status, type, text } = await call(places, caller, "GET", path);
      await client.leave();
      assert.deepEqual([status, type], [200, "application/json"]);
      const list = JSON.parse(text);
      const [{ createdAt, ...item }] = list.items;
      assert.ok(Math.abs(createdAt - Date.now()) < 60_000, `createdAt ${createdAt} is in milliseconds`);
      assert.deepEqual([list.count, item], [1, { connectionId: client.id, connectionState: "Connected" }]);
    }
  },

  "client tokens, and credentials that live too long, are refused": async (places) => {
    const { key, secret } = places.relay;
    const claims = { iss: key, ist: "project", iat: now(), exp: now() + 300 };
    const session = await createSession(places, callers(places)[0]);
    for (const [what, wrong] of [
      ["a client token", { scope: "session.connect", session_id: session, role: "moderator" }],
      ["one for a session", { session_id: session }],
      ["one of six minutes", { exp: now() + 360 }],
      ["one that has ended", { iat: now() - 600, exp: now() - 300 }],
      ["one of an account", { ist: "account" }],
    ]) {
      const caller = [what, key, "X-OPENTOK-AUTH", hs256(secret, { ...claims, ...wrong })];
      for (const [method, path] of [["POST", "/session/create"], ["GET", `/v2/project/PROJECT/session/${session}/stream`]]) {
        const { status, type, text } = await call(places, caller, method, path, JSON_ONLY);
        assert.deepEqual([status, type], [403, "application/json"], `${what}: ${text}`);
        const { code, message } = JSON.parse(text);
        assert.ok(code && message, `${what}: ${text}`);
      }
    }
  },

  "a page of any origin may ask": async (places) => {
    const [caller] = callers(places);
    const origin = { Origin: "https://app.example" };
    const asked = { ...origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-opentok-auth" };
    const before = await call(places, caller, "OPTIONS", "/session/create", { headers: asked });
    assert.ok(before.status >= 200 && before.status < 300);
    assert.match(before.answer.headers.get("access-control-allow-headers"), /x-opentok-auth/i);
    assert.match(before.answer.headers.get("access-control-allow-methods"), /POST/);
    const after = await call(places, caller, "POST", "/session/create", { headers: { ...origin, ...JSON_ONLY.headers } });
    assert.equal(after.answer.headers.get("access-control-allow-origin"), "*");
  },
};

function clientToken({ relay, application }, [, key], session) {
  const claims = { scope: "session.connect", session_id: session, role: "publisher", iat: now(), exp: now() + 300 };
  if (key === application.id) return rs256(application.privateKey, { ...claims, application_id: key, sub: "video", jti: "1" });
  return hs256(relay.secret, { ...claims, iss: key, ist: "project" });
}
