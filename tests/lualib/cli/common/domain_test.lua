local domain = require "cli.common.domain"
local file = require "host.file"
local tap = require "tests.tap"
local test = tap.test

local UNSAID <const> = { file = "/work/auth0-migrate.yaml", base = "https://a.eu.auth0.com" }

---A context whose person gives this answer; `asked` collects the questions.
local function context_of(folder, answer)
  local context = { asked = {}, warned = {} }
  function context.env(name) return name == "XDG_STATE_HOME" and folder or nil end
  context.ui = {
    ask = function(_, question)
      context.asked[#context.asked + 1] = question
      return answer
    end,
    warn = function(_, text) context.warned[#context.warned + 1] = text end,
  }
  return context
end

test("a yes is remembered for this file and this tenant", function()
  local folder = assert(file.temporary())
  local context = context_of(folder, true)
  assert(domain.settle(UNSAID, context))
  tap.contains(context.asked[1], "/work/auth0-migrate.yaml names the tenant a.eu.auth0.com")
  assert(domain.settle(UNSAID, context_of(folder, nil)))
  tap.equal(domain.settle({ file = UNSAID.file, base = "https://b" }, context_of(folder)), nil)
  tap.equal(domain.settle({ file = "/x", base = UNSAID.base }, context_of(folder)), nil)
  assert(file.remove_tree(folder))
end)

test("a no is not remembered, and no yes is suggested", function()
  local folder = assert(file.temporary())
  local done, message, kind, more = domain.settle(UNSAID, context_of(folder, false))
  tap.equal({ done, kind, more }, { nil, "usage", { next = false } })
  tap.contains(message, "was not confirmed")
  tap.equal(domain.settle(UNSAID, context_of(folder)), nil)
  assert(file.remove_tree(folder))
end)

test("without a terminal the option that settles it is shown", function()
  local _, message, kind, more = domain.settle(UNSAID, context_of())
  tap.contains(message, "name the tenant with --domain or in AUTH0_DOMAIN")
  tap.equal({ kind, more }, { "usage", { add = "--domain=a.eu.auth0.com" } })
end)

test("a yes that cannot be remembered counts now, with a warning", function()
  local context = context_of(nil, true)
  assert(domain.settle(UNSAID, context))
  tap.contains(context.warned[1], "cannot remember the answer")
end)

test("nothing is asked about a tenant that was named", function()
  assert(domain.settle(nil, { }))
end)
