// The lines of the documents that lead a server SDK and a native program to a relay of one's own.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import { blocks } from "../support/documented.mjs";
import { NativeClient } from "../support/native.mjs";
import { PATIENCE_MS } from "../support/timeline.mjs";

// What each does with the lines: makes a session and a token, and prints them.
const SDKS = {
  "PyPI opentok": {
    after: "session = client.create_session().session_id\nprint(session, client.generate_token(session))",
  },
  "npm opentok": {
    after: `opentok.createSession({}, (error, { sessionId } = {}) => {
      if (error) throw error;
      console.log(sessionId, opentok.generateToken(sessionId));
    });`,
  },
  "npm opentok, for an application": {
    application: true,
    after: `opentok.createSession({}, (error, { sessionId } = {}) => {
      if (error) throw error;
      console.log(sessionId, opentok.generateToken(sessionId));
    });`,
  },
  "npm @vonage/server-sdk": {
    application: true,
    after: `vonage.video.createSession().then(({ sessionId }) => console.log(sessionId, vonage.video.generateClientToken(sessionId)));`,
  },
  "PyPI vonage": {
    application: true,
    after: `from vonage_video.models import TokenOptions
session = vonage.video.create_session().session_id
token = vonage.video.generate_client_token(TokenOptions(session_id=session))
print(session, token.decode() if isinstance(token, bytes) else token)`,
  },
};

export const names = Object.keys(SDKS);

// Runs the lines of one SDK against a relay with TLS, and lets a native program join with what comes of it.
export async function run(name, { relay, application, ca, folder, packages, python }, cleanup) {
  const { application: forApplication = false, after } = SDKS[name];
  const [key, secret] = forApplication ? [application.id, application.privateKey] : [relay.key, relay.secret];
  const all = await blocks("Moving an application");
  const title = name.split(",")[0];
  const block = all.find(({ text }) => new RegExp(`^(//|#) ${title}(,|$)`, "m").test(text.split("\n")[0]));
  assert.ok(block, `there is a block for ${title}`);
  const text = block.text.replaceAll("relay.example", relay.address);
  const values = { apiKey: key, apiSecret: secret, applicationId: key, privateKey: secret };
  const run = promisify(execFile);
  const options = { encoding: "utf8", timeout: PATIENCE_MS };
  let printed;
  if (block.language === "js") {
    const file = join(folder, "documented.cjs");
    const given = Object.entries(values).map(([variable, value]) => `const ${variable} = ${JSON.stringify(value)};`);
    await writeFile(file, [...given, text, after].join("\n"), { mode: 0o600 });
    const env = { ...process.env, NODE_PATH: join(packages, "node_modules"), NODE_EXTRA_CA_CERTS: ca };
    printed = await run(process.execPath, [file], { ...options, env });
  } else {
    const file = join(folder, "documented.py");
    const snake = (variable) => variable.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    const given = Object.entries(values).map(([variable, value]) => `${snake(variable)} = ${JSON.stringify(value)}`);
    await writeFile(file, [...given, text, after].join("\n"), { mode: 0o600 });
    printed = await run(python, [file], { ...options, env: { ...process.env, REQUESTS_CA_BUNDLE: ca } });
  }
  const [session, token] = printed.stdout.trim().split(" ");

  const native = all.find(({ language }) => language === "sh").text;
  const [, url] = /^export OTC_API_URL=(\S+)$/m.exec(native.replaceAll("relay.example", relay.address));
  const client = await NativeClient.join({ url, key, session, token, env: { OTC_CA_FILE: ca } });
  cleanup(() => client.vanish());
  await client.signal({ type: "hello" });
  await client.told.until("signal", { type: "hello", from: client.id });
  assert.equal(await client.leave(), 0);
}
