--- Checks of successful API responses. Any other response is broken: it does not come from the
--- tenant, or is incomplete, and auth0.api.client retries.

local expect = {}

---@alias Expected fun(response: ApiResponse): string?  what is wrong: "is empty"

local GZIP <const> = "^\x1f\x8b"

---@type Expected
function expect.json(response)
  if not response.text:find("%S") then return "is empty" end
  if response.body ~= nil then return nil end
  return response.text:find(GZIP) and "is compressed with gzip, which was not requested"
    or "is not JSON"
end

---No body, as for a deletion.
---@type Expected
function expect.nothing(response)
  if response.status ~= 204 then return expect.json(response) or "has a body" end
end

local function is_filled(value, kind)
  return type(value) == kind and value ~= ""
end

local function lacking(value, members)
  for name, kind in pairs(members) do
    if type(value) ~= "table" or not is_filled(value[name], kind) then return name end
  end
end

---An object with these members; strings must not be empty.
---@param members table<string, type>
---@return Expected
function expect.object(members)
  return function(response)
    local wrong = expect.json(response)
    if wrong then return wrong end
    local name = lacking(response.body, members)
    return name and "has no " .. name or nil
  end
end

expect.USER = expect.object { user_id = "string" }

---A list of objects with these members.
---@param members? table<string, type>
---@return Expected
function expect.list(members)
  return function(response)
    local wrong = expect.json(response)
    if wrong then return wrong end
    -- lua-cjson does not distinguish `[]` and `{}`.
    if not response.text:find("^%s*%[") then return "is not a list" end
    for _, value in ipairs(response.body) do
      local name = lacking(value, members or {})
      if name then return "has an entry without " .. name end
    end
  end
end

---Any of these.
---@param ... Expected
---@return Expected
function expect.any(...)
  local list = { ... }
  return function(response)
    local wrong
    for _, expected in ipairs(list) do
      local objection = expected(response)
      if not objection then return nil end
      wrong = wrong or objection
    end
    return wrong
  end
end

return expect
