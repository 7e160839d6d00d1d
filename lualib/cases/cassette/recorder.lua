--- Notes what an API answers while a recipe reads it: each answer once it is whole, without the
--- waits and repetitions before it, and without the requests for tokens.

local recorder = {}

---@class TapeReading  a reading, as pages tells of it
---@field spec HttpSpec
---@field asks_next boolean   the recipe's own function finds the next page
---@field single boolean      one document, not a list
---@field secrets Secrets
---@field written fun(request: PageRequest): PageRequest  without credentials

---@class Recorded
---@field about TapeReading
---@field request PageRequest  without credentials
---@field response PageResponse

---@class Recorder
---@field private asked Recorded[]  in the order of the requests; one may lack its response
---@field readings TapeReading[]
local Recorder = {}
Recorder.__index = Recorder

---@class Recording : Exchange
---@field private inner Exchange
---@field private about TapeReading
---@field private recorder Recorder
local Recording = {}

function Recording.__index(self, name)
  return Recording[name] or rawget(self, "inner")[name]
end

---@return Recorder
function recorder.new()
  return setmetatable({ asked = {}, readings = {} }, Recorder)
end

---@param inner Exchange
---@param about TapeReading
---@return Exchange
function Recorder:exchange(inner, about)
  table.insert(self.readings, about)
  return setmetatable({ inner = inner, about = about, recorder = self }, Recording)
end

function Recording:ask(request, read)
  local entry = { about = self.about, request = self.about.written(request) }
  table.insert(self.recorder.asked, entry)
  local result, message, kind, refused = self.inner:ask(request, function(response)
    local one, why, what = read(response)
    if what ~= "again" then entry.response = response end
    return one, why, what
  end)
  if result == nil and refused and refused.body ~= nil then entry.response = refused end
  return result, message, kind, refused
end

function Recording:close()
  self.inner:close()
end

---The requests that were answered, with JSON: by reading, since pages are read ahead, and a reading
---may overtake another.
---@return Recorded[]
function Recorder:answers()
  local list = {}
  for _, about in ipairs(self.readings) do
    for _, one in ipairs(self.asked) do
      local is_answered = one.response and one.response.body ~= nil
      if one.about == about and is_answered then list[#list + 1] = one end
    end
  end
  return list
end

return recorder
