// A tour of the built-in tenant with Auth0's SDK for Node.js, used as documented.
// Prints a JSON object for each step: its name, and the problem if it failed.
// Arguments: the folder with node_modules, a writable folder, steps (default: all without faults).
import assert from "node:assert/strict";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import zlib from "node:zlib";

const [modules, folder, ...chosen] = process.argv.slice(2);
const { ManagementClient } = createRequire(path.join(modules, "package.json"))("auth0");

const domain = process.env.AUTH0_DOMAIN.replace("https://", "");
const common = { domain, clientId: process.env.AUTH0_CLIENT_ID, maxRetries: 0 };
const proof = process.env.PRIVATE_KEY
  ? { clientAssertionSigningKey: fs.readFileSync(process.env.PRIVATE_KEY, "utf8") }
  : { clientSecret: process.env.AUTH0_CLIENT_SECRET };
const client = new ManagementClient({ ...common, ...proof });
const known = { connection: process.env.AUTH0_CONNECTION };

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function ended(id) {
  for (;;) {
    const job = await client.jobs.get(id);
    if (job.status === "completed" || job.status === "failed") return job;
    await pause(20);
  }
}

async function upload(text, more = {}) {
  const file = path.join(folder, "users.json");
  fs.writeFileSync(file, text);
  return client.jobs.usersImports.create({
    users: fs.createReadStream(file), connection_id: known.id, send_completion_email: false, ...more,
  });
}

async function imported(users, more) {
  return ended((await upload(JSON.stringify(users), more)).id);
}

async function refused(promise, status, message) {
  await assert.rejects(promise, (error) => {
    assert.equal(error.statusCode, status, error.message);
    assert.match(error.body.message, message);
    return true;
  });
}

const ana = {
  user_id: "1", email: "Ana@example.com", email_verified: true, given_name: "Ana",
  app_metadata: { plan: "gold", seats: { a: 1 } },
};

const steps = {
  async connections() {
    const page = await client.connections.list({ name: known.connection });
    assert.equal(page.data.length, 1);
    known.id = page.data[0].id;
    assert.equal(page.data[0].strategy, "auth0");
    assert.equal(page.data[0].options.requires_username, false);
    const paged = await client.connections.list({ take: 1 });
    assert.equal(paged.data[0].id, known.id);
    assert.equal(paged.hasNextPage(), false);
    assert.equal((await client.connections.get(known.id)).name, known.connection);
  },
  async "connections of a strategy"() {
    const found = await client.connections.list({ strategy: ["auth0"], fields: "id,name" });
    assert.deepEqual(found.data, [{ id: known.id, name: known.connection }]);
    assert.deepEqual((await client.connections.list({ strategy: ["email"] })).data, []);
    await refused(client.connections.get("con_0000000000000000"), 404,
      /The connection does not exist/);
  },
  async clients() {
    const page = await client.connections.clients.get(known.id, { take: 50 });
    assert.deepEqual(page.data.map((c) => c.client_id), [common.clientId]);
  },
  async imports() {
    const job = await upload(JSON.stringify([ana, { email: "b@example.com", user_id: "2" },
      { email: "bad" }]), { external_id: "tour" });
    assert.match(job.id, /^job_[A-Za-z0-9]{16}$/);
    assert.deepEqual([job.status, job.type, job.external_id], ["pending", "users_import", "tour"]);
    const done = await ended(job.id);
    assert.deepEqual(done.summary, { total: 3, inserted: 2, updated: 0, failed: 1 });
    known.job = job.id;
  },
  async errors() {
    const list = await client.jobs.errors.get(known.job);
    assert.equal(list.length, 1);
    assert.equal(list[0].user.email, "bad");
    assert.equal(list[0].errors[0].code, "FORMAT");
    assert.match(list[0].errors[0].message, /^Error in identities\[0\]\.profileData\.email/);
  },
  async "no errors"() {
    const job = await imported([{ email: "c@example.com", user_id: "3" }]);
    assert.equal(await client.jobs.errors.get(job.id) ?? undefined, undefined);
  },
  async "a broken file"() {
    const job = await ended((await upload('[{"email":')).id);
    assert.equal(job.status, "failed");
    assert.match((await client.jobs.errors.get(job.id)).status_details, /Failed to parse users/);
  },
  async upsert() {
    const job = await imported([{ email: "ana@example.com", app_metadata: { plan: "tin" } }],
      { upsert: true });
    assert.equal(job.summary.updated, 1);
    assert.deepEqual((await client.users.get("auth0|1")).app_metadata, { plan: "tin" });
  },
  async "users by email"() {
    const list = await client.users.listUsersByEmail({ email: "ana@example.com" });
    assert.equal(list[0].user_id, "auth0|1");
    assert.deepEqual(await client.users.listUsersByEmail({ email: "Ana@example.com" }), []);
  },
  async "users list"() {
    const page = await client.users.list({
      q: `identities.connection:"${known.connection}"`, search_engine: "v3", per_page: 2, page: 0,
      include_totals: true,
    });
    assert.equal(page.data.length, 2);
    const ids = [];
    for await (const user of page) ids.push(user.user_id);
    assert.deepEqual(ids, ["auth0|1", "auth0|2", "auth0|3"]);
    await refused(client.users.list({ page: 20, per_page: 100 }), 400, /first 1000/);
  },
  async "users search"() {
    const found = await client.users.list({
      q: 'email:"ana@example.com" AND app_metadata.plan:tin', fields: "user_id,email",
      include_fields: true, sort: "created_at:-1",
    });
    assert.deepEqual(found.data, [{ user_id: "auth0|1", email: "ana@example.com" }]);
    await refused(client.users.list({ q: "email:(" }), 400, /Query validation error/);
  },
  async change() {
    await client.users.update("auth0|1", { app_metadata: { seats: 2 }, blocked: true });
    const user = await client.users.get("auth0|1");
    assert.deepEqual(user.app_metadata, { plan: "tin", seats: 2 });
    assert.equal(user.blocked, true);
    await refused(client.users.update("auth0|1", { password: "Secret-1", email: "x@example.com" }),
      400, /Cannot update password and email/);
    await refused(client.users.update("auth0|none", { name: "x" }), 404, /User not found/);
  },
  async create() {
    const user = { connection: known.connection, email: "d@example.com", password: "Secret-12" };
    assert.match((await client.users.create(user)).user_id, /^auth0\|/);
    await refused(client.users.create(user), 409, /already exists/);
    await refused(client.users.create({ ...user, email: "e@example.com", username: "eve" }), 400,
      /Cannot set username for connection without requires_username/);
    await refused(client.users.create({ ...user, connection: "None" }), 400, /does not exist/);
  },
  async factors() {
    const method = await client.users.authenticationMethods.create("auth0|1",
      { type: "phone", phone_number: "+4930123" });
    assert.equal(method.phone_number, "+4930123");
    await refused(client.users.authenticationMethods.create("auth0|1",
      { type: "phone", phone_number: "+4930123" }), 409, /already exists/);
  },
  async ticket() {
    const made = await client.tickets.changePassword({ user_id: "auth0|1" });
    assert.match(made.ticket, /^https:\/\//);
    await client.tickets.changePassword({
      connection_id: known.id, email: "ana@example.com", ttl_sec: 3600,
    });
    await refused(client.tickets.changePassword({ user_id: "auth0|none" }), 404, /User not found/);
  },
  async exports() {
    const job = await client.jobs.usersExports.create({
      connection_id: known.id, format: "csv",
      fields: [{ name: "user_id" }, { name: "app_metadata.plan", export_as: "plan" }],
    });
    const { location } = await ended(job.id);
    const file = zlib.gunzipSync(Buffer.from(await (await fetch(location)).arrayBuffer()));
    assert.match(file.toString(), /^user_id,plan\r?\n"'auth0\|1","'tin"\r?\n/);
  },
  async "exports of lines"() {
    const job = await ended((await client.jobs.usersExports.create({
      connection_id: known.id, format: "json", limit: 2,
    })).id);
    assert.equal(job.format, "json");
    const file = zlib.gunzipSync(Buffer.from(await (await fetch(job.location)).arrayBuffer()));
    const users = file.toString().trimEnd().split("\n").map((line) => JSON.parse(line));
    assert.deepEqual(users.map((user) => user.user_id), ["auth0|1", "auth0|2"]);
    await refused(client.jobs.usersExports.create({ connection_id: "con_0000000000000000" }), 400,
      /The connection does not exist\./);
  },
  async delete() {
    await client.users.delete("auth0|2");
    await client.users.delete("auth0|2");
    await client.connections.users.deleteByEmail(known.id, { email: "c@example.com" });
    await refused(client.users.get("auth0|3"), 404, /./);
  },
  async "a wrong connection"() {
    await refused(client.jobs.usersImports.create({
      users: fs.createReadStream(path.join(folder, "users.json")),
      connection_id: "con_0000000000000000",
    }), 400, /The connection does not exist\./);
  },
  async "an unknown job"() {
    await refused(client.jobs.get("job_0000000000000000"), 404, /Job not found\./);
    await refused(client.jobs.errors.get("job_0000000000000000"), 404, /The job does not exist/);
    await refused(client.jobs.get("job_x"), 400, /Path validation error/);
  },
  async "a wrong secret"() {
    const other = new ManagementClient({ ...common, clientSecret: "wrong" });
    await assert.rejects(other.users.list());
  },
  async "a connection that goes"() {
    await client.connections.delete(known.id);
    await refused(client.connections.get(known.id), 404, /The connection does not exist/);
    await refused(upload("[]"), 400, /The connection does not exist\./);
  },
};

// The SDK retries after a 429 unless maxRetries is 0.
const faulty = {
  connections: steps.connections,
  async "a full tenant"() {
    await refused(upload("[]"), 429, /^There are 2 active import users jobs, please wait until/);
    await ended((await upload("[]")).id);
  },
  async "a rate limit"() {
    const patient = new ManagementClient({ ...common, ...proof, maxRetries: 2 });
    assert.equal((await patient.users.listUsersByEmail({ email: "a@example.com" })).length, 0);
  },
  async "factors that fail"() {
    const factors = [{ totp: { secret: "ABCDEFGH" } }];
    const job = await imported([{ email: "f@example.com", mfa_factors: factors }]);
    assert.equal(job.summary.failed, 1);
    const [entry] = await client.jobs.errors.get(job.id);
    assert.deepEqual(entry.errors,
      [{ code: "MFA_FACTORS_FAILED", message: "Unable to import factors" }]);
    assert.deepEqual(entry.user.mfa_factors, factors);
    const again = await imported([{ email: "f@example.com", mfa_factors: factors }],
      { upsert: true });
    assert.equal(again.summary.updated, 1);
  },
};

const all = { ...steps, ...faulty };
const names = chosen.length > 0 ? chosen : Object.keys(steps);
for (const [step, run] of names.map((name) => [name, all[name]])) {
  let problem;
  try {
    await run();
  } catch (error) {
    problem = error.stack;
  }
  console.log(JSON.stringify({ step, problem }));
}
