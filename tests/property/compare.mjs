// Compares our results (NDJSON of {user, errors} on stdin) with those of ajv with user.schema.json.
// DIFFERENCES lists the intended differences with reasons; any other difference fails.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { createRequire } from "node:module";

const [modules, schemaFile] = process.argv.slice(2);
const require = createRequire(modules + "/");
const Ajv = require("ajv").default ?? require("ajv");
const addFormats = require("ajv-formats").default ?? require("ajv-formats");

// `ours` is what our rules do where ajv does the opposite. Our errors are matched by code and path,
// those of ajv by keyword and location.
const DIFFERENCES = [
  {
    why: "the last part of an address's domain is two letters or more, as in every such domain",
    ours: "refuse", code: "FORMAT", path: /^(email|mfa_factors\[\d+\]\.email\.value)$/,
    message: /the domain('s last part is shorter| does not end in letters)/,
  },
  {
    why: "a local part has at most 64 bytes", ours: "refuse", code: "FORMAT",
    path: /^(email|mfa_factors\[\d+\]\.email\.value)$/, message: /64/,
  },
  {
    why: "the hash decodes to the digest's length", ours: "refuse", code: "PATTERN",
    path: /^custom_password_hash\.hash\.value$/,
    message: /bytes|Base64|pattern of (hex|base64)|known scheme|digest with its salt/,
  },
  {
    why: "salts and keys decode", ours: "refuse", code: "PATTERN",
    path: /^custom_password_hash\.(salt|hash\.key)\.value$/, message: /pattern of (hex|base64)/,
  },
  {
    why: "an empty salt or key is none", ours: "refuse", code: "OBJECT_REQUIRED",
    path: /^custom_password_hash\.(salt|hash\.key)\.value$/,
  },
  {
    why: "scrypt's N is a power of two", ours: "refuse", code: "NOT_PASSED",
    path: /^custom_password_hash\.cost$/,
  },
  {
    why: "bcrypt knows costs from 4 to 31", ours: "refuse", code: "PATTERN",
    path: /^custom_password_hash\.hash\.value$/, message: /cost of 4 to 31/,
  },
  {
    why: "pbkdf2's digest is one of Auth0's list", ours: "refuse", code: "ENUM_MISMATCH",
    path: /^custom_password_hash\.hash\.value$/,
  },
  {
    why: "a username with a dot somewhere behind its @ counts as an address", ours: "refuse",
    code: "PATTERN", path: /^username$/, value: (user) => /@.*\.$/.test(user.username),
  },
  {
    why: "bcrypt has a revision letter", ours: "refuse", code: "PATTERN", path: /^password_hash$/,
    value: (user) => user.password_hash.startsWith("$2$"),
  },
  {
    why: "addresses and pictures may hold letters beyond ASCII", ours: "accept", keyword: "format",
    path: /^\/(email|picture|mfa_factors\/\d+\/email\/value)$/, text: /[^\x00-\x7f]/,
  },
];

// The text at a JSON pointer.
function at(user, pointer) {
  return String(pointer.split("/").slice(1).reduce((value, key) => value?.[key], user));
}

function covers(difference, error, user) {
  const d = difference;
  const place = d.ours === "refuse" ? error.path : error.instancePath;
  return (!d.code || d.code === error.code) && (!d.keyword || d.keyword === error.keyword)
    && d.path.test(place) && (!d.message || d.message.test(error.message))
    && (!d.value || d.value(user)) && (!d.text || d.text.test(at(user, place)));
}

const ajv = new Ajv({ allErrors: true, strict: false, unicodeRegExp: true });
addFormats(ajv);
const validate = ajv.compile(JSON.parse(readFileSync(schemaFile, "utf8")));

const counts = new Map();
const seen = { users: 0, good: 0, bad: 0, different: 0, undocumented: 0 };

function explain(ours, errors, user) {
  const unexplained = [];
  for (const error of errors) {
    const found = DIFFERENCES.find((d) => d.ours === ours && covers(d, error, user));
    if (found) counts.set(found.why, (counts.get(found.why) ?? 0) + 1);
    else unexplained.push(error);
  }
  return unexplained;
}

for await (const line of createInterface({ input: process.stdin })) {
  const { user, errors } = JSON.parse(line);
  const valid = validate(user);
  seen.users += 1;
  if (valid === (errors.length === 0)) {
    seen[valid ? "good" : "bad"] += 1;
    continue;
  }
  seen.different += 1;
  const unexplained = valid ? explain("refuse", errors, user)
    : explain("accept", validate.errors, user);
  // One unexplained error is enough: the results then differ without a reason.
  if (unexplained.length > 0) {
    seen.undocumented += 1;
    if (seen.undocumented <= 20) {
      console.log("# %s: %s", valid ? "only we reject" : "only ajv rejects",
        JSON.stringify(unexplained.map((e) => e.code ? e : [e.instancePath, e.keyword, e.message])));
      console.log("#   " + line.slice(0, 600));
    }
  }
}

console.log("# %d users: both accept %d, both reject %d, %d differ", seen.users, seen.good, seen.bad,
  seen.different);
for (const [why, n] of counts) console.log("#   %d: %s", n, why);
process.exitCode = seen.undocumented > 0 || seen.users === 0 ? 1 : 0;
