// Programs that run beside a test. None is left behind.
import { execFile, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

import { PATIENCE_MS } from "./timeline.mjs";

const running = new Set();

// However this process ends, short of SIGKILL, what it started ends with it.
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});
for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]]) {
  process.on(signal, () => process.exit(code));
}

export class Program {
  #child;
  #name;
  #errors = "";

  // Starts a program. `told` gets each line of its standard output, `ended` its last words.
  constructor(name, path, words, { env = {}, told = () => {}, ended = () => {} } = {}) {
    this.#name = name;
    this.#child = spawn(path, words, { env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "pipe"] });
    running.add(this.#child);
    this.#child.stdin.on("error", () => {}); // it ended; `ended` tells
    this.#child.stderr.setEncoding("utf8").on("data", (text) => {
      this.#errors = (this.#errors + text).slice(-4000);
    });
    createInterface({ input: this.#child.stdout }).on("line", told);
    this.exit = new Promise((resolve) => {
      this.#child.once("error", (error) => {
        this.#errors += error.message;
        running.delete(this.#child);
        resolve(-1);
      });
      // Not "exit": by then not every line may have been read.
      this.#child.once("close", (code, signal) => {
        running.delete(this.#child);
        resolve(code ?? signal);
      });
    });
    this.exit.then((code) => ended(`ended with ${code}${this.#errors && `, saying ${this.#errors.trim()}`}`));
  }

  // The end of what it wrote to standard error.
  get errors() {
    return this.#errors;
  }

  say(line) {
    this.#child.stdin.write(`${line}\n`);
  }

  // Lets it end by itself within the time there is; then ends it. Gives its exit code.
  async stop(signal = "SIGTERM") {
    this.#child.kill(signal);
    const kill = setTimeout(() => this.#child.kill("SIGKILL"), PATIENCE_MS);
    const code = await this.exit;
    clearTimeout(kill);
    return code;
  }
}

// Runs a program to its end and gives the one line that it prints.
export async function lineOf(path, ...words) {
  const { stdout } = await promisify(execFile)(path, words, { encoding: "utf8", timeout: PATIENCE_MS });
  return stdout.trim();
}

// The path of a program that the script around this test has built.
export function built(variable) {
  const path = process.env[variable];
  if (!path) throw new Error(`${variable} is not set; run this through its script in scripts/`);
  return path;
}
