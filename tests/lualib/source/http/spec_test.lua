local spec = require "source.http.spec"
local tap = require "tests.tap"
local test, contains = tap.test, tap.contains

local function wrong_of(fields)
  local given = { url = "https://api.example.com/users" }
  for name, value in pairs(fields) do given[name] = value end
  return spec.check(given)
end

test("what a recipe may ask for is accepted", function()
  for _, fields in ipairs {
    {}, { method = "POST", body = { a = 1 } }, { body = "text" }, { items = "" },
    { query = { limit = 200, all = true, kind = { "a", "b" } } },
    { headers = { Authorization = "SSWS x", ["X-N"] = 1 } }, { next = { link = "next" } },
    { next = function() end }, { id = "/id", total = "/total" }, { total = { header = "X-Total" } },
    { total = { url = "https://api.example.com/count", at = "/n" } },
    { token = { url = "https://login.example.com/token", form = { scope = "a b" } } },
    { basic = { "user", "" } }, { limit = 1000, name = "people", optional = true },
    { absent = true }, { absent = { 403, 404 } },
    { sign = { aws = "aws:amz:eu-west-1:cognito-idp", access_key = "a", secret_key = "b" } },
  } do
    tap.equal(wrong_of(fields), nil)
  end
end)

test("what is wrong is named", function()
  for _, case in ipairs {
    { { url = "ftp://a/" }, "url does not begin with https://" },
    { { url = "https://user:pass@a/" }, "url has a user name" },
    { { urll = "x" }, 'has no field "urll"; did you mean "url"?' },
    { { method = "DELETE" }, "method must be GET or POST" },
    { { query = "a=1" }, "query must be a table" },
    { { query = { a = {} , { 1 } } }, "query must" },
    { { headers = { Host = "other.example" } }, "headers must not have Host" },
    { { headers = { ["X-A"] = "a\r\nX-B: b" } }, "X-A contains a line end" },
    { { headers = { ["X A"] = "a" } }, "headers must be a table" },
    { { headers = { A = {} } }, "has no text for A, but a table" },
    { { body = 7 }, "body must be a table or a text" },
    { { items = "users" }, "items must be a JSON" },
    { { next = { link = "next", cursor = "/a" } }, "next has both link and cursor" },
    { { next = { offset = { body = "/at" } }, body = "text" }, "next offset is in the body" },
    { { next = "next" }, "next must be a table" }, { { id = 1 }, "id must be a JSON pointer" },
    { { total = {} }, "total must be" }, { { total = { url = "x" } }, "total url" },
    { { token = { form = {} } }, "token url" },
    { { token = { url = "https://a/", forms = {} } },
      'token has no field "forms"; did you mean "form"?' },
    { { basic = { "user" } }, "basic must be { user, password }" },
    { { basic = { "a", "b" }, token = { url = "https://a/" } }, "has both token and basic" },
    { { sign = { aws = "eu", access_key = "a", secret_key = "b" } }, "sign aws must be such as" },
    { { absent = {} }, "absent must be true or" }, { { absent = { 500 } }, "absent must be" },
    { { limit = 0 }, "limit must be from 1" }, { { limit = 1 << 40 }, "limit must be from 1" },
    { { name = "" }, "name must be" }, { { name = ("x"):rep(100) }, "name must be" },
  } do
    contains(wrong_of(case[1]) or "nothing is wrong", case[2])
  end
  contains(spec.check("https://a/"), "expects a table, not a string")
end)

test("a request with a body is a POST", function()
  tap.equal(spec.request({ url = "https://a/" }).method, "GET")
  tap.equal(spec.request({ url = "https://a/", body = {} }).method, "POST")
  tap.equal(spec.request({ url = "https://a/", body = {}, method = "GET" }).method, "GET")
end)

local function export_of(fields)
  local given = {
    url = "https://api.example.com/exports",
    job = {
      id = "/id", url = "https://api.example.com/exports/{id}", state = "/status",
      done = { "completed" }, file = "/location",
    },
  }
  for name, value in pairs(fields) do
    (given.job[name] ~= nil and given.job or given)[name] = value
  end
  return given
end

test("what is wrong with an export is named", function()
  tap.equal(spec.check_export(export_of {}), nil)
  for _, case in ipairs {
    { { next = { link = "next" } }, 'has no field "next"' }, { { items = "" }, "has no field" },
    { { job = "/id" }, "job must be a table, not a string" },
    { { job = { ids = "/id" } }, 'job has no field "ids"; did you mean "id"?' },
    { { id = "id" }, 'job id must be a JSON pointer such as "/id"' },
    { { id = "" }, "job id must be" }, { { state = 1 }, "job state must be" },
    { { done = {} }, "job done must be a list of states" },
    { { done = { true } }, "job done must be a list" }, { { file = "x" }, "job file must be" },
    { { url = "https://api.example.com/exports" }, "job url must be a URL with {id} in it" },
    { { url = "https://other.example.com/{id}" }, "job url must be of the same host as url" },
    { { url = "http://api.example.com/{id}" }, "job url must be of the same host as url" },
    { { url = "{id}" }, "job url does not begin with https://" },
    { { token = { url = "https://a/" }, basic = { "a", "b" } }, "has both token and basic" },
  } do
    contains(spec.check_export(export_of(case[1])) or "nothing is wrong", case[2])
  end
  contains(spec.check(export_of {}), 'has no field "job"')
  contains(spec.check_export {}, "url")
end)

test("the id of a job stays within its part of the URL", function()
  tap.equal(spec.job_url(export_of {}, "a/../%1?b"),
    "https://api.example.com/exports/a%2F..%2F%251%3Fb")
end)
