--- The login scripts of docs/passwordless-sources.md: Node.js parses each, and runs them with the
--- old system replaced by what it answers.

local file = require "host.file"
local json = require "host.json"
local tap = require "tests.tap"
local docs_rig = require "tests.docs_rig"

local equal, test = tap.equal, tap.test

local PAGE <const> = "docs/passwordless-sources.md"

---The scripts of the page, by the line at which each begins, and by the heading above it.
local function scripts()
  local list, heading = {}, nil
  local text = assert(file.read(PAGE))
  local places, number = {}, 0
  for line in (text .. "\n"):gmatch "([^\n]*)\n" do
    number = number + 1
    heading = line:match "^### (.*)$" or heading
    places[number] = heading
  end
  for _, block in ipairs(docs_rig.page(PAGE, text).blocks) do
    if block.language == "js" then
      list[#list + 1] = {
        line = block.line, system = places[block.line], text = table.concat(block.lines, "\n"),
      }
    end
  end
  return list
end

local function need_node()
  if not os.execute "node --version >/dev/null 2>&1" then tap.skip "there is no node" end
end

---Runs a program of JavaScript; what it prints.
---@param text string
---@param option? string  of node
local function node(text, option)
  local folder = assert(file.temporary())
  assert(file.write(folder .. "/script.js", text))
  local pipe <close> = assert(io.popen(string.format("node %s %s/script.js 2>&1", option or "",
    folder)))
  local out = pipe:read "a"
  assert(file.remove_tree(folder))
  return out
end

for _, script in ipairs(scripts()) do
  test(string.format("the script at %s:%d is JavaScript", PAGE, script.line), function()
    need_node()
    equal(node(script.text, "--check"), "")
  end)
end

-- What stands in for Auth0 and for the old system. `reply` answers each fetch.
local STAGE <const> = [[
class WrongUsernameOrPasswordError extends Error {
  constructor(email) { super("wrong"); this.email = email; }
}
const configuration = { API_KEY: "k", REGION: "eu-west-1", CLIENT_ID: "c", DOMAIN: "o.example.com",
  TENANT: "acme", FLOW: "B2C_1_ROPC" };
const reply = %s;
globalThis.fetch = async (url, options) => {
  const [status, body] = reply(String(url), options);
  return { ok: status < 300, status, json: async () => body };
};
const rows = %s;
const modules = {
  crypto: require("crypto"),
  // WordPress: $2y$ without "$wp", of the HMAC of the trimmed password.
  bcrypt: { compare: (given, stored, done) => done(null, stored === "$2b$12$abc" && given
    === require("crypto").createHmac("sha384", "wp-sha384").update("right").digest("base64")) },
  mysql: { createConnection: () => ({ query: (sql, values, done) => done(null, rows), end() {} }) },
  pg: { Client: class {
    connect(done) { done(null); }
    query(sql, values, done) { done(null, { rows }); }
    end() {}
  } },
};
(function (require) {
%s
(async () => {
  for (const password of ["%s", "wrong"]) {
    await new Promise((done) => login("ada@example.com", password, (error, user) => {
      console.log(JSON.stringify(error ? { error: error.message } : user));
      done();
    }));
  }
})();
})((name) => modules[name]);
]]

---What the login script of a system makes of the right and of a wrong password.
local function logins(system, reply, rows, right)
  need_node()
  for _, script in ipairs(scripts()) do
    if script.system == system and script.text:find("function login", 1, true) then
      local text = STAGE:format(reply or "null", rows or "[]", script.text, right or "right")
      local out, list = node(text), {}
      for line in out:gmatch "[^\n]+" do list[#list + 1] = json.decode(line) or line end
      return list
    end
  end
end

local RIGHT <const> = 'options.body.toString().includes("right")'
local TOKEN <const> = '"x." + Buffer.from(JSON.stringify({ sub: "7", email: "ada@example.com", '
  .. 'email_verified: true })).toString("base64") + ".x"'

for system, reply in pairs {
  Firebase = '(url, options) => url.includes("lookup") '
    .. '? [200, { users: [{ emailVerified: true }] }] : ' .. RIGHT
    .. ' ? [200, { localId: "7", email: "ada@example.com", idToken: "t" }] '
    .. ': [400, { error: { message: "INVALID_LOGIN_CREDENTIALS" } }]',
  Cognito = "(url, options) => " .. RIGHT .. " ? [200, { AuthenticationResult: { IdToken: " .. TOKEN
    .. ' } }] : [400, { __type: "NotAuthorizedException" }]',
  Okta = "(url, options) => " .. RIGHT .. ' ? [200, { status: "SUCCESS", _embedded: { user: '
    .. '{ id: "7", profile: {} } } }] : [401, { errorCode: "E0000004" }]',
  ["Azure AD B2C"] = "(url, options) => " .. RIGHT .. " ? [200, { id_token: " .. TOKEN
    .. ' }] : [400, { error_description: "AADB2C90225: The username or password is invalid" }]',
} do
  test("a right password migrates its user, a wrong one is refused: " .. system, function()
    local list = logins(system, reply)
    equal({ #list, list[1].user_id, list[1].email, list[1].error }, { 2, "7", "ada@example.com" })
    equal(list[2], { error = "wrong" })
  end)
end

-- The vector of phpass itself, and a hash that WordPress makes of its HMAC (bcrypt is replaced).
for name, row in pairs {
  ["phpass"] = { "$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0", "test12345" },
  ["bcrypt of an HMAC"] = { "$wp$2y$12$abc", " right " },
  ["plain MD5"] = { "7c4f29407893c334a6cb7a87bf045c0d", "right" },
} do
  test("WordPress: " .. name, function()
    local rows = ('[{ ID: 7, user_email: "a@b.co", user_pass: "%s" }]'):format(row[1])
    local list = logins("WordPress", nil, rows, row[2])
    equal({ list[1].user_id, list[2].error }, { "7", "wrong" })
  end)
end

test("any SQL database: the check of the example", function()
  local made = node([[
    const crypto = require("crypto");
    let digest = Buffer.from("salt" + "right");
    for (let i = 0; i < 1000; i++) digest = crypto.createHash("sha256").update(digest).digest();
    console.log(digest.toString("hex"));]]):gsub("%s", "")
  local list = logins("Any SQL database", nil, ('[{ id: 7, email: "ada@example.com", '
    .. 'confirmed: true, salt: "salt", hash: "%s" }]'):format(made))
  equal(list[1], { user_id = "7", email = "ada@example.com", email_verified = true })
  equal(list[2], { error = "wrong" })
end)
