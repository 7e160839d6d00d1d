// Compares lower-case texts (NDJSON of [text, ours] on stdin) with toLowerCase. Characters that this
// node does not know yet, or that are newer than our tables, do not count as differences.
import { createInterface } from "node:readline";

const OURS = 17; // the version of Unicode of host/text/lower.c
const theirs = Number.parseInt(process.versions.unicode, 10);
const seen = { texts: 0, different: 0, other: 0 };

for await (const line of createInterface({ input: process.stdin })) {
  const [text, ours] = JSON.parse(line);
  seen.texts += 1;
  if (text.toLowerCase() === ours) continue;
  if (theirs !== OURS && /[^\x00-\u{2ff}]/u.test(text) && (theirs > OURS || /\p{Cn}/u.test(text))) {
    seen.other += 1;
    continue;
  }
  seen.different += 1;
  if (seen.different <= 20) console.log("# %j: ours %j, node %j", text, ours, text.toLowerCase());
}

console.log("# %d texts in lower case, Unicode %s: %d differ, %d of another version", seen.texts,
  process.versions.unicode, seen.different, seen.other);
process.exitCode = seen.different > 0 || seen.texts === 0 ? 1 : 0;
