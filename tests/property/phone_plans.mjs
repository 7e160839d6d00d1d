// Writes lualib/source/phone_plans.lua to stdout from libphonenumber's metadata:
// node tests/property/phone_plans.mjs MODULES, the directory that contains node_modules.
import { createRequire } from "node:module";
import { resolve } from "node:path";

const require = createRequire(resolve(process.argv[2]) + "/");
const library = require("google-libphonenumber");
const { version } = require("google-libphonenumber/package.json");
const util = library.PhoneNumberUtil.getInstance();

const LONGEST = 15; // digits of E.164, with the calling code
const NONE = "-";

// Trunk prefixes that the metadata describes with more than a prefix: Argentina's rewrites mobile
// numbers; Colombia's and Gabon's depend on what follows, and are not removed.
const TRUNKS = { AR: ["0"], CO: [], GA: [] };
// How a number may begin that is not complete: Argentina's mobile numbers without area code, Gabon's
// older numbers with a zero that is or is not part of them.
const LOCAL = { AR: ["15"], GA: ["0"] };

// -- the metadata's regular expressions, of digits: { any | seq | alt | rep | end } --

function parse(text) {
  let at = 0;
  const digits = (from) => new Set(from);
  function one() {
    const c = text[at++];
    if (c === "(") {
      if (text.startsWith("?:", at)) at += 2;
      const inner = alternatives();
      at++;
      return inner;
    }
    if (c === "[") {
      const stop = text.indexOf("]", at), set = [];
      for (; at < stop; at++) {
        const last = text[at + 1] === "-" ? text[at + 2] : text[at];
        for (let d = +text[at]; d <= +last; d++) set.push(String(d));
        if (text[at + 1] === "-") at += 2;
      }
      at = stop + 1;
      return { any: digits(set) };
    }
    if (c === "\\") {
      if (text[at++] !== "d") throw new Error("unknown escape in " + text);
      return { any: digits("0123456789") };
    }
    if (c === "$") return { end: true };
    if (!/\d/.test(c)) throw new Error(`unknown ${c} in ${text}`);
    return { any: digits(c) };
  }
  function repeated() {
    const of = one();
    const counts = /^(?:(\?)|\{(\d+)(?:,(\d+))?\})/.exec(text.slice(at));
    if (!counts) return of;
    at += counts[0].length;
    const least = counts[1] ? 0 : +counts[2], most = counts[1] ? 1 : +(counts[3] ?? counts[2]);
    return { rep: of, least, most };
  }
  function sequence() {
    const seq = [];
    while (at < text.length && text[at] !== "|" && text[at] !== ")") seq.push(repeated());
    return { seq };
  }
  function alternatives() {
    const alt = [sequence()];
    while (text[at] === "|") at++, alt.push(sequence());
    return alt.length === 1 ? alt[0] : { alt };
  }
  return alternatives();
}

// Where matches that start at one of `starts` end in `input`, whose x is any digit.
function ends(node, input, starts) {
  if (node.end) return new Set([...starts].filter((at) => at === input.length));
  if (node.any) {
    return new Set([...starts].filter((at) => at < input.length
      && (input[at] === "x" || node.any.has(input[at]))).map((at) => at + 1));
  }
  if (node.seq) return node.seq.reduce((from, part) => ends(part, input, from), starts);
  if (node.alt) return new Set(node.alt.flatMap((part) => [...ends(part, input, starts)]));
  const found = new Set(node.least === 0 ? starts : []);
  let from = starts;
  for (let n = 1; n <= node.most && from.size > 0; n++) {
    from = ends(node.rep, input, from);
    if (n >= node.least) for (const at of from) found.add(at);
  }
  return found;
}

function canBegin(node, start, length) {
  if (length < start.length) return false;
  return ends(node, start + "x".repeat(length - start.length), new Set([0])).has(length);
}

// All texts of a prefix's expression, any digit as x. An alternative up to the number's end is a
// local number, whose length tells.
function texts(node) {
  if (node.end) return [null];
  if (node.any) return node.any.size === 10 ? ["x"] : [...node.any];
  if (node.alt) return node.alt.flatMap(texts);
  if (node.seq) {
    return node.seq.map(texts).reduce((heads, tails) => heads.flatMap((head) =>
      tails.map((tail) => head === null || tail === null ? null : head + tail)), [""]);
  }
  let all = node.least === 0 ? [""] : [], now = [""];
  for (let n = 1; n <= node.most; n++) {
    now = now.flatMap((head) => texts(node.rep).map((tail) => tail === null ? null : head + tail));
    if (n >= node.least) all = all.concat(now);
  }
  return all;
}

const unique = (list) => [...new Set(list)].filter((one) => one !== null && one !== "").sort();

// -- one plan --

function brazil(pattern) { // its carrier codes precede a group for the number itself
  return unique(texts(parse(pattern.replace("(\\d{10,11})", ""))));
}

function trunks(region, meta) {
  const pattern = meta.getNationalPrefixForParsing() ?? "";
  if (region === "BR") return brazil(pattern);
  if (TRUNKS[region]) return TRUNKS[region];
  return pattern === "" ? [] : unique(texts(parse(pattern)));
}

function lengthsOf(desc, general) {
  const own = desc.possibleLengthArray();
  if (own.length === 1 && own[0] === -1) return [];
  return own.length > 0 ? own : general;
}

const DIGITS = [..."0123456789"];

function plan(region, meta) {
  const code = String(meta.getCountryCode()), most = LONGEST - code.length;
  const short = (list) => list.filter((n) => n <= most);
  const general = meta.getGeneralDesc(), all = general.possibleLengthArray();
  const lines = [meta.getFixedLine(), meta.getMobile()].map((desc) => ({
    lengths: short(lengthsOf(desc, all)),
    pattern: parse(desc.getNationalNumberPattern() ?? ""),
  })).filter((line) => line.lengths.length > 0);
  const firstOf = (n) => DIGITS.filter((digit) => lines.some((line) =>
    line.lengths.includes(n) && canBegin(line.pattern, digit, n))).join("");
  const anything = parse(general.getNationalNumberPattern());
  return {
    region: /\d/.test(region) ? NONE : region, code,
    trunks: trunks(region, meta),
    abroad: unique(texts(parse(meta.getInternationalPrefix() ?? ""))),
    lines: lines.flatMap((line) => line.lengths).map((n) => [n, firstOf(n)]), all: short(all),
    zero: short(all.filter((n) => DIGITS.some((digit) => digit !== "0"
      && canBegin(anything, "0" + digit, n)))),
    again: short(all.filter((n) => canBegin(anything, code, n))),
    local: LOCAL[region] ?? [],
  };
}

// -- the module --

// "4,7-9"
function ranges(list) {
  const sorted = [...new Set(list)].sort((a, b) => a - b), out = [];
  for (let i = 0, j; i < sorted.length; i = j + 1) {
    for (j = i; sorted[j + 1] === sorted[j] + 1; j++);
    out.push(i === j ? `${sorted[i]}` : `${sorted[i]}-${sorted[j]}`);
  }
  return out.join(",") || NONE;
}

// "8:234567;9:689"
function firstDigits(lines) {
  const lengths = new Map();
  for (const [n, first] of lines) {
    if (first !== "") lengths.set(first, [...lengths.get(first) ?? [], n]);
  }
  return [...lengths].map(([first, list]) => `${ranges(list)}:${first}`).sort().join(";") || NONE;
}

// A long text as the lines of a concatenation, ended by a comma.
function wrapped(text) {
  const parts = text.match(/.{1,80}/g);
  return parts.map((part, i) => `    "${part}"${i < parts.length - 1 ? " .." : ","}`);
}

function row(p, name) {
  const fields = [p.region, p.code, firstDigits(p.lines), ranges(p.all), ranges(p.zero), ranges(p.again), p.trunks.join(",") || NONE, p.local.join(",") || NONE];
  const [start, more] = [fields.slice(0, 6).join(" "), fields.slice(6).join(" ")];
  const lines = start.length + more.length < 84 ? [`  { "${start} ${more}",`]
    : [`  { "${start} " ..`, ...wrapped(more)];
  const abroad = p.abroad.join(","), last = `"${abroad}", "${name}" },`;
  if (lines.length === 1 && lines[0].length + last.length < 90) return `${lines[0]} ${last}`;
  return [...lines, ...(abroad.length > 60 ? [...wrapped(abroad), `    "${name}" },`]
    : [`    ${last}`])].join("\n");
}

const names = new Intl.DisplayNames(["en"], { type: "region" });
const plain = (text) => text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/[’]/g, "'");

const main = new Set(Object.values(library.metadata.countryCodeToRegionCodeMap)
  .map((regions) => regions[0]));
const plans = Object.keys(library.metadata.countryToMetadata).map((region) => {
  const meta = /\d/.test(region) ? util.getMetadataForNonGeographicalRegion(+region)
    : util.getMetadataForRegion(region);
  return plan(region, meta);
});
// The main country of a calling code precedes the others.
plans.sort((a, b) => a.code - b.code || main.has(b.region) - main.has(a.region)
  || (a.region < b.region ? -1 : 1));

const entries = plans.map((p) => row(p, p.region === NONE ? "" : plain(names.of(p.region))));
process.stdout.write(`--- Generated by tests/property/phone_plans.mjs from google-libphonenumber ${version}
--- (libphonenumber's metadata, Apache-2.0; see NOTICE): the world's telephone numbering plans.

-- A plan: ISO code, calling code, lengths of fixed and mobile numbers with their first digits,
-- lengths of all numbers, of those that begin with a zero, and of those that begin with their own
-- calling code, trunk prefixes, how an incomplete number begins; international prefixes; name.
-- Lengths are without prefixes; in prefixes, x is any digit. The main country of a calling code is
-- its first.
---@type string[][]
return {
${entries.join("\n")}
}
`);
