// The script that one would write instead: csv-parse or readline, a map, JSON.stringify,
// arrays of at most 500,000 bytes. Nothing is validated, and chunks are dropped when full.
//
// node baseline.mjs csv|ndjson FILE: prints users, chunks and bytes.

import { createReadStream } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { join } from "node:path";

const LIMIT = 500000;
const [form, file] = process.argv.slice(2);

let chunk = [];
let size = 2;
let users = 0;
let chunks = 0;
let bytes = 0;

function flush() {
  if (chunk.length === 0) return;
  const text = "[" + chunk.join(",") + "]";
  chunks++;
  bytes += Buffer.byteLength(text);
  chunk = [];
  size = 2;
}

function add(user) {
  const text = JSON.stringify(user);
  const length = Buffer.byteLength(text) + (chunk.length > 0 ? 1 : 0);
  if (size + length > LIMIT) flush();
  size += Buffer.byteLength(text) + (chunk.length > 0 ? 1 : 0);
  chunk.push(text);
  users++;
}

function clean(value) {
  const text = value.trim();
  return text === "" || text === "NULL" || text === "\\N" ? undefined : text;
}

function mapRow(row) {
  const email = clean(row.email);
  if (!email) return;
  add({
    email: email.toLowerCase(),
    email_verified: row.confirmed === "t",
    user_id: clean(row.id),
    given_name: clean(row.first_name),
    family_name: clean(row.last_name),
    custom_password_hash: { algorithm: "bcrypt", hash: { value: row.password_digest } },
    user_metadata: {
      address: { city: clean(row.city), country: clean(row.country) },
      locale: clean(row.locale),
    },
    app_metadata: {
      legacy: { created_at: clean(row.created_at), id: clean(row.id) },
      plan: clean(row.plan),
      roles: row.roles.split("|").filter((role) => role !== ""),
    },
  });
}

function mapRecord(record) {
  if (!record.email) return;
  const { profile } = record;
  add({
    email: record.email.toLowerCase(),
    email_verified: record.confirmed,
    user_id: String(record.id),
    given_name: profile.first_name,
    family_name: profile.last_name,
    custom_password_hash: { algorithm: "bcrypt", hash: { value: record.password_digest } },
    user_metadata: {
      address: { city: profile.address.city, country: profile.address.country },
      locale: record.locale,
    },
    app_metadata: {
      legacy: { created_at: record.created_at, id: record.id },
      plan: record.plan,
      roles: record.roles,
    },
  });
}

const input = createReadStream(file);
if (form === "csv") {
  // csv-parse is installed in the directory that BENCH_MODULES names.
  const require = createRequire(join(process.env.BENCH_MODULES, "index.js"));
  const { parse } = require("csv-parse");
  for await (const row of input.pipe(parse({ columns: true }))) mapRow(row);
} else {
  const lines = createInterface({ input, crlfDelay: Infinity });
  for await (const line of lines) if (line) mapRecord(JSON.parse(line));
}
flush();
console.log(`${users} users, ${chunks} chunks, ${bytes} bytes`);
