// One line a check, and one that counts them.

export class Report {
  #passed = 0;
  #failed = 0;
  #words;

  // Only checks whose line holds all of these words are run.
  constructor(words = []) {
    this.#words = words;
  }

  // Runs a check. It passes unless it throws; `subject` names what is checked. What a check starts, it hands to
  // `cleanup`, which runs in reverse order whatever happened.
  async check(subject, name, run) {
    if (!this.#words.every((word) => `${subject}: ${name}`.includes(word))) return;
    const began = process.hrtime.bigint();
    const cleanups = [];
    let problem = null;
    try {
      await run((cleanup) => cleanups.push(cleanup));
    } catch (error) {
      problem = error;
    }
    for (const cleanup of cleanups.reverse()) {
      try {
        await cleanup();
      } catch (error) {
        problem ??= error;
      }
    }
    const seconds = (Number(process.hrtime.bigint() - began) / 1e9).toFixed(1);
    if (problem === null) this.#passed += 1;
    else this.#failed += 1;
    console.log(`${problem === null ? "ok    " : "FAILED"} ${seconds.padStart(5)} s  ${subject}: ${name}`);
    if (problem !== null) console.log(describe(problem));
  }

  // Prints the last line. Gives the exit code.
  end() {
    console.log(`\n${this.#passed} passed, ${this.#failed} failed`);
    return this.#failed === 0 && this.#passed > 0 ? 0 : 1;
  }
}

function describe(problem) {
  const text = problem?.code === "ERR_ASSERTION" ? `${problem.message}\n${problem.stack}` : (problem?.stack ?? String(problem));
  return text.replace(/^/gm, "        ");
}
