--- The question after a canary without failures: which users it has, how to try one of them, and
--- whether to send the rest.

local chunk = require "host.chunk"
local format = require "base.format"
local loopback = require "base.loopback"
local next_command = require "run.next_command"

local canary_question = {}

local MOST_RANGES <const> = 6

---The records of the canary's users: positions in the source, as ranges, and the places of the
---first and the last.
local function records_of(ledger)
  local ranges, first, last = {}, nil, nil
  for places in ledger:places_up_to(ledger:get "canary_chunk") do
    for _, place in ipairs(assert(chunk.places(places))) do
      local range = ranges[#ranges]
      if range and place.position >= range[1] and place.position <= range[2] + 1 then
        range[2] = math.max(range[2], place.position)
      else
        ranges[#ranges + 1] = { place.position, place.position }
      end
      first, last = first or place.at, place.at
    end
  end
  return ranges, first, last
end

---"records 1 to 45, 47 and further ones of the source (users.csv:2 to users.csv:60)"
local function describe(ranges, first, last)
  local parts = {}
  for i = 1, math.min(#ranges, MOST_RANGES) do
    local from, to = format.number(ranges[i][1]), format.number(ranges[i][2])
    parts[i] = from == to and from or from .. " to " .. to
  end
  local noun = #ranges == 1 and ranges[1][1] == ranges[1][2] and "record" or "records"
  return string.format("%s %s%s of the source (%s)", noun, table.concat(parts, ", "),
    #ranges > MOST_RANGES and " and further ones" or "",
    first == last and first or first .. " to " .. last)
end

---How to log in as one of them.
local function advice(settings)
  local host = (settings.base or ""):match("^%a+://([^/]+)")
  if loopback.is(host) then
    return "Try to log in as one of them: `auth0-migrate try-login ID`, where ID is its e-mail "
      .. "address, username, phone number or user_id."
  end
  return string.format("Try to log in as one of them, with its password of the old system, in an "
    .. "application that uses connection %s.", settings.connection or "of this run")
end

---@class CanaryQuestion
---@field about string[]
---@field command? string  shows the first user
---@field question string

---@param ledger Ledger
---@param recipe LoadedRecipe
---@param settings Settings
---@return CanaryQuestion
function canary_question.of(ledger, recipe, settings)
  local users, left = ledger:get "canary_good", ledger:to_send().users
  local ranges, first, last = records_of(ledger)
  return {
    about = {
      string.format("The canary, the first %s, is imported: %s.", format.count(users, "user"),
        describe(ranges, first, last)),
      advice(settings),
    },
    command = next_command.record(settings, recipe, first),
    question = string.format("Send the rest, %s?", format.count(left, "user")),
  }
end

return canary_question
