--- The `run` object of a recipe's `import` and `finalize`. Its methods wait for the program, which
--- does the work; a recipe's functions never leave its own state.

local failure = require "base.failure"
local json = require "host.json"
local type_name = require "base.type_name"

local run = {}

---Results of a call that the program answered; its failures are raised. The method that calls this
---must not do it in its own place, or the line of a misuse is lost.
local function answered(ok, ...)
  if ok then return ... end
  local message, why = ...
  if why == "misuse" then error(message, 3) end
  failure.raise(message, why)
end

---Raises the misuse of a method at the recipe's line.
local function expect(right, ...)
  if not right then error(string.format(...), 3) end
end

---A failure as recipes see it: with its user.
local function opened(refused)
  if refused and refused.user then refused.user = json.decode(refused.user) end
  return refused
end

local function id_of(refused)
  return type(refused) == "table" and refused.id or nil
end

---A user as JSON; raises at the recipe's line if it cannot be written.
local function written(user, what)
  local text, why = json.encode(user)
  if not text then error("run:" .. what .. ": " .. why, 3) end
  return text
end

---Calls a function on a stack of its own, so that no misuse in it is at a line of this file.
local function call_alone(fn)
  local thread = coroutine.create(fn)
  local ok, err = coroutine.resume(thread)
  if not ok then error(err, 0) end
  expect(coroutine.status(thread) == "dead", "run:once: its function must not yield")
end

---Whether all values of a query can be written into a URL.
local function is_query(query)
  if query == nil then return true end
  if type(query) ~= "table" then return false end
  for name, value in next, query do
    if type(name) ~= "string" or type(value) == "table" or type(value) == "function" then
      return false
    end
  end
  return true
end

---@param door table
---@param keep fun(fn: function): integer  numbers a function of the recipe
---@param facts {rounds: integer, upsert: boolean, connection: string}
---@param params table<string, any>
---@return Run
function run.new(door, keep, facts, params)
  local wait = door.wait
  local object = {
    params = params, rounds = facts.rounds, upsert = facts.upsert, connection = facts.connection,
  }

  ---An iterator of the program's, by its number; closed when a loop ends early.
  local function iterate(open, name, argument)
    local number = answered(wait(name, argument))
    local function following()
      return open(answered(wait("next", number)))
    end
    return following, nil, nil, setmetatable({}, {
      __close = function() answered(wait("close", number)) end,
    })
  end

  function object.chunks(_)
    return iterate(function(chunk) return chunk end, "chunks")
  end

  function object.submit(_, chunk)
    expect(type(chunk) == "table", "run:submit expects a chunk from run:chunks()")
    return (answered(wait("submit", chunk)))
  end

  function object.wait(_, job)
    expect(type(job) == "table", "run:wait expects a job from run:submit()")
    return (answered(wait("wait", job)))
  end

  function object.settle(_)
    answered(wait("settle"))
  end

  function object.failures(_, job)
    return iterate(opened, "failures", job)
  end

  function object.repair(_, refused)
    expect(id_of(refused), "run:repair expects a failure from run:failures()")
    local user, more = answered(wait("repair", refused.id))
    return user and json.decode(user), more
  end

  function object.requeue(_, user, refused, options)
    expect(type(user) == "table", "run:requeue expects a user, not %s", type_name.a(user))
    expect(id_of(refused), "run:requeue expects a failure from run:failures() after the user")
    local queued, why = answered(wait("requeue", written(user, "requeue"), refused.id,
      type(options) == "table" and options or {}))
    return queued, why
  end

  function object.give_up(_, refused, why)
    expect(id_of(refused), "run:give_up expects a failure from run:failures()")
    answered(wait("give_up", refused.id, why and tostring(why)))
  end

  function object.users(_, outcome)
    return iterate(opened, "users", outcome)
  end

  function object.once(_, key, fn)
    expect(type(key) == "string" and type(fn) == "function",
      "run:once expects a key and a function")
    if answered(wait("was_done", key)) then return end
    call_alone(fn)
    answered(wait("done_once", key))
  end

  function object.spawn(_, fn)
    expect(type(fn) == "function", "run:spawn expects a function, not %s", type_name.a(fn))
    answered(wait("spawn", keep(fn)))
  end

  function object.sleep(_, seconds)
    expect(type(seconds) == "number" and seconds == seconds, "run:sleep expects seconds, not %s",
      type(seconds) == "number" and "nan" or type_name.a(seconds))
    answered(wait("sleep", seconds))
  end

  function object.request(_, request)
    expect(type(request) == "table" and type(request.method) == "string"
      and type(request.path) == "string" and request.path:sub(1, 1) == "/",
      "run:request expects a method and a path that starts with /, such as "
        .. "{ method = \"GET\", path = \"/users\" }")
    expect(request.method:find("^%a+$"), "run:request: %s is not a method", request.method)
    expect(is_query(request.query), "run:request expects a query such as { page = 1 }")
    return (answered(wait("request", {
      method = request.method, path = request.path, query = request.query, body = request.body,
    })))
  end

  function object.log(_, text, more)
    expect(more == nil or type(more) == "table", "run:log expects a table after the text, not %s",
      type_name.a(more))
    answered(wait("log", tostring(text), more))
  end

  return object
end

return run
