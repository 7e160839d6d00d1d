// Writes phone numbers of 60 countries as people and programs write them, and compares what the
// program reads with the number and with libphonenumber:
// node tests/property/phones.mjs MODULES PROGRAM COUNT SEED. A number that is left out is right; one
// that differs fails, unless it was no number: nobody has either. MODULES is the directory that
// contains node_modules.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { resolve } from "node:path";

const [modules, program, count, seed] = process.argv.slice(2);
const library = createRequire(resolve(modules) + "/")("google-libphonenumber");
const util = library.PhoneNumberUtil.getInstance();
const { E164, INTERNATIONAL, NATIONAL } = library.PhoneNumberFormat;
const { FIXED_LINE, MOBILE } = library.PhoneNumberType;

const COUNTRIES = ("AE AR AT AU BE BG BR BY CA CH CI CL CN CO CR CZ DE DK DZ EE EG ES FI FR GA GB GR "
  + "HK HR HU ID IE IL IN IR IT JP KE KR KZ LT LU MA MX MY NG NL NO NZ PE PH PK PL PT RO RU SA SE SG "
  + "SM TH TR TW UA US UZ VN ZA").split(" ");

// mulberry32
let state = Number(seed) >>> 0;
function random() {
  state = state + 0x6d2b79f5 >>> 0;
  let t = Math.imul(state ^ state >>> 15, state | 1);
  t ^= t + Math.imul(t ^ t >>> 7, t | 61);
  return ((t ^ t >>> 14) >>> 0) / 4294967296;
}
const below = (n) => Math.floor(random() * n);
const pick = (list) => list[below(list.length)];
const digits = (n) => Array.from({ length: n }, () => below(10)).join("");

function parsed(text, country) {
  try {
    return util.parse(text, country);
  } catch {
    return null;
  }
}

// A random number of the country: its example with other digits at the end. null for one that is
// not valid, or belongs to a neighbour with the same calling code.
function someone(country) {
  const example = util.getExampleNumberForType(country, pick([FIXED_LINE, MOBILE]));
  if (!example) return null;
  const own = util.getNationalSignificantNumber(example);
  const kept = below(own.length - 2), size = own.length + pick([0, 0, 0, 0, -1, 1]) - kept;
  const national = own.slice(0, kept) + digits(size);
  const number = parsed("+" + example.getCountryCode() + national, country);
  return number && util.isValidNumberForRegion(number, country)
    && util.getNationalSignificantNumber(number) === national ? number : null;
}

function separated(text) {
  let out = "";
  for (const c of text) out += c + (random() < 0.2 ? pick([" ", "-", ".", "\u00a0", "\u2011"]) : "");
  return out.replace(/\D$/, "").replace(/\D(?=\d$)/, ""); // not ".0" at the end, a float's
}

function exponent(text, kept) {
  return `${text[0]}.${text.slice(1, kept)}E+${text.length - 1}`;
}

function trunk(country) {
  return util.getMetadataForRegion(country).getNationalPrefix() ?? "";
}

// name -> the text, from what a number is; null: not for this number
const FORMS = {
  "E.164": (n) => n.full,
  "international": (n) => util.format(n.number, INTERNATIONAL),
  "international, other separators": (n) => "+" + separated(n.code + n.own),
  "00": (n) => n.idd === "00" ? "00" + separated(n.code + n.own) : null,
  "international prefix of the country":
    (n) => util.formatOutOfCountryCallingNumber(n.number, n.country).startsWith("+") ? null
      : /^[\d|]+$/.test(n.idd) ? n.idd.split("|")[0] + n.code + n.own : null,
  "national": (n) => util.format(n.number, NATIONAL),
  "national, other separators": (n) => separated(n.trunk + n.own),
  "area in parentheses": (n) => `(${n.trunk}${n.own.slice(0, 2)}) ${n.own.slice(2)}`,
  "area before a slash": (n) => `${n.trunk}${n.own.slice(0, 3)}/${n.own.slice(3)}`,
  "no trunk prefix": (n) => n.own,
  "no plus": (n) => n.code + n.own,
  "no plus, trunk prefix": (n) => n.trunk && `${n.code} ${n.trunk}${n.own}`,
  "plus, trunk prefix": (n) => n.trunk && `+${n.code} ${n.trunk}${n.own}`,
  "plus, (0)": (n) => n.trunk === "0" && `+${n.code} (0)${n.own}`,
  "float": (n) => n.code + n.own + ".0",
  "float, no calling code": (n) => n.own[0] !== "0" && n.own + ".0",
  "spreadsheet": (n) => exponent(n.code + n.own, 99),
  "text for spreadsheets": (n) => "'" + n.full,
  // These have lost something.
  "spreadsheet, rounded": (n) => exponent(n.code + n.own, 5),
  "extension": (n) => n.full + pick([" x", " ext. ", "#", ";ext="]) + digits(2),
  "two numbers": (n) => n.full + pick([" / ", "/", ", ", " ", ";"]) + n.full,
  "two national numbers": (n) => n.trunk + n.own + pick(["/", ", ", " / "]) + n.trunk + n.own,
  "a digit lost": (n) => n.trunk + n.own.slice(0, -1),
  "a digit more": (n) => n.trunk + n.own + below(10),
  "any digits": () => digits(5 + below(10)),
  "any digits after plus": () => "+" + digits(6 + below(10)),
};

// Nothing but an international number begins with 00 there, though the library does not read it.
const ALSO_00 = new Set(["CA", "KZ", "RU", "US"]);

// Forms that are another number, or none: only the library says which.
const OTHERS = new Set(["a digit lost", "a digit more", "any digits", "any digits after plus"]);

// Some numbers of a country, as FORMS take them.
function people(country) {
  const list = [];
  while (list.length < EACH) {
    const number = someone(country);
    if (!number) continue;
    list.push({
      country, number, full: util.format(number, E164), code: String(number.getCountryCode()),
      own: util.getNationalSignificantNumber(number), trunk: trunk(country),
      idd: util.getMetadataForRegion(country).getInternationalPrefix(),
    });
  }
  return list;
}

const EACH = 200;
const everyone = COUNTRIES.map(people);
const cases = [], names = Object.keys(FORMS);
while (cases.length < count) {
  const n = pick(everyone[cases.length % COUNTRIES.length]);
  const name = pick(names), text = FORMS[name](n);
  if (text) cases.push({ name, text, country: n.country, truth: OTHERS.has(name) ? null : n.full });
}

const input = cases.map((c) => {
  return `${pick([c.country, c.country.toLowerCase()])}\t${c.text}\n`;
}).join("");
const ran = spawnSync(program, ["--run", "tests/property/phones.lua"], {
  input, encoding: "utf8", maxBuffer: 1 << 28,
});
const read = ran.stdout.trimEnd().split("\n");
if (ran.status !== 0 || read.length !== cases.length) {
  console.error(ran.stderr, `${read.length} results for ${cases.length} numbers`);
  process.exit(1);
}

function exists(number) {
  const known = parsed(number);
  return known !== null && util.isValidNumber(known);
}

const totals = new Map(names.map((name) => [name, { agree: 0, out: 0, none: 0, wrong: [] }]));
cases.forEach((c, i) => {
  const total = totals.get(c.name), ours = read[i];
  if (ours === c.truth) return total.agree++;
  if (ours === "-" && c.truth !== null) return total.out++;
  const text = ALSO_00.has(c.country) ? c.text.replace(/^00/, "+") : c.text;
  const other = parsed(text, c.country);
  const theirs = other && util.isPossibleNumber(other) ? util.format(other, E164) : null;
  if (ours === "-" && theirs === null) return total.none++;
  if (ours === "-") return total.out++;
  if (c.truth === null && ours === theirs) return total.agree++;
  if (c.truth === null && !exists(ours) && !(theirs && exists(theirs))) return total.none++;
  total.wrong.push(`${c.name}: ${c.country} "${c.text}" is ${ours}, not ${c.truth ?? theirs}`);
});

let agree = 0, out = 0, none = 0, wrong = [];
for (const [name, total] of totals) {
  agree += total.agree, out += total.out, none += total.none, wrong.push(...total.wrong);
}
console.log(`# ${cases.length} numbers: ${agree} agree, ${out} left out, ${none} are none, `
  + `${wrong.length} wrong`);
for (const one of wrong.slice(0, 20)) console.log("# " + one);
process.exit(wrong.length > 0 ? 1 : 0);
