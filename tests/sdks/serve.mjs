// Lets a test call an SDK: a JSON object a line in, one out, as serve.py says.
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";

// Loads a package of the folder that npm filled.
export const load = createRequire(join(process.env.OTC_SDK_PACKAGES, "/"));

// Carries out lines until there are no more. `operations` are asynchronous functions by name.
export function serve(operations) {
  const lines = createInterface({ input: process.stdin });
  lines.on("line", async (line) => {
    const { op, args } = JSON.parse(line);
    let answer;
    try {
      answer = { ok: (await operations[op](args)) ?? null };
    } catch (error) {
      answer = {
        error: {
          class: error.constructor?.name ?? "Error",
          status: error.response?.status ?? null,
          message: error.message ?? String(error),
        },
      };
    }
    console.log(JSON.stringify(answer));
  });
}
