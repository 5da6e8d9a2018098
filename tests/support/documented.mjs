// What the documents tell people to paste, so that it can be run.
import { readFile } from "node:fs/promises";
import { join } from "node:path";

const BLOCK = /^( *)```(\w+)\n([\s\S]*?)^\1```$/gm;

// The fenced blocks of a section of docs/relay.md: { language, text }. `relay.example` stands for the relay there.
export async function blocks(section) {
  const text = await readFile(join(import.meta.dirname, "../../docs/relay.md"), "utf8");
  const [, found] = text.split(`\n## ${section}\n`);
  if (found === undefined) throw new Error(`docs/relay.md has no section ${section}`);
  const [own] = found.split("\n## ");
  return [...own.matchAll(BLOCK)].map(([, indent, language, lines]) => ({ language, text: lines.replaceAll(`\n${indent}`, "\n").slice(indent.length) }));
}
