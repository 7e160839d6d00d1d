--- Paths of members inside records: of those that a recipe read, which no record has.

local host = require "host.json"
local sorted = require "base.sorted"
local spelling = require "base.spelling"
local text = require "host.text"

local nested = {}

local MOST <const> = 100 -- names that are reported

---@class NestedPath  one, or those of objects whose names are data
---@field text string  "profile.address"; "" for records
---@field asked host.json.asked
---@field number integer
---@field near string[]  names of the members of the objects there

---A name that is an address is not shown.
local function joined(above, name)
  if name == "[]" then return above .. name end
  local shown = name:find("@", 1, true) and "*" or text.printable(name)
  return above == "" and shown or above .. "." .. shown
end

local function member(path, name)
  return path == "" and name or path .. "." .. name
end

---The paths below those of a group, by name.
---@return table<string, NestedPath[]> by_name
---@return string[] names  sorted
local function below(group, paths)
  local by_name, names = {}, {}
  for number, path in ipairs(paths) do
    for _, above in ipairs(group) do
      if above.number == path.above then
        if not by_name[path.name] then
          by_name[path.name] = {}
          names[#names + 1] = path.name
        end
        table.insert(by_name[path.name], {
          text = joined(above.text, path.name), asked = path.asked, number = number,
          near = path.asked:names(),
        })
      end
    end
  end
  table.sort(names)
  return by_name, names
end

---The names of the members of a group's objects, as a set.
local function known(group)
  local set = {}
  for _, path in ipairs(group) do
    for _, name in ipairs(path.near) do set[name] = true end
  end
  return set
end

---Whether an object's names are data, such as the ids of users: it holds objects only, and these
---have a name in common.
local function is_keyed(group, by_name, names)
  if by_name["*"] then return true end
  if #names < 2 then return false end
  for name in pairs(known(group)) do
    if not by_name[name] then return false end
  end
  local n_with = {}
  for _, name in ipairs(names) do
    for inner in pairs(known(by_name[name])) do n_with[inner] = (n_with[inner] or 0) + 1 end
  end
  for _, n in pairs(n_with) do
    if n == #names then return true end
  end
  return false
end

---The names that were read of a group's objects and that none of them had, with their paths.
local function missing(group)
  local has, paths, order = known(group), {}, {}
  for _, path in ipairs(group) do
    for _, name in ipairs(path.asked:missing()) do
      if not has[name] then
        if not paths[name] then
          paths[name] = {}
          order[#order + 1] = name
        end
        table.insert(paths[name], path)
      end
    end
  end
  return order, paths
end

---@param name string
---@param group NestedPath[]
---@return string?
local function nearest(name, group)
  if #group == 1 then return spelling.find(name, group[1].near) end
  return spelling.find(name, sorted.keys(known(group)))
end

---@param group NestedPath[]
---@param above string  the text of their path, if there are several
local function report(group, above, paths, tell)
  local order, askers = missing(group)
  for _, name in ipairs(order) do
    local asker = askers[name]
    local path = #asker == 1 and asker[1].text or above
    local near = nearest(name, asker)
    tell(member(path, name), near and member(path, near))
  end
  local by_name, names = below(group, paths)
  if is_keyed(group, by_name, names) then
    local all = {}
    for _, name in ipairs(names) do table.move(by_name[name], 1, #by_name[name], #all + 1, all) end
    return report(all, joined(above, "*"), paths, tell)
  end
  for _, name in ipairs(names) do report(by_name[name], joined(above, name), paths, tell) end
end

---@param source string  "users.json"
---@param name string    "profile.cty"
---@param near? string
---@return string
function nested.message(source, name, near)
  return string.format('no record of %s has the member "%s"%s', source, name,
    near and string.format('; did you mean "%s"?', near) or "")
end

---Tells the names that no record had, those of records first.
---@param asked host.json.asked
---@param tell fun(name: string, near?: string)  "profile.cty", "profile.city"
function nested.report(asked, tell)
  local n = 0
  report({ { text = "", asked = asked, number = 0, near = asked:names() } }, "", host.paths(asked),
    function(...)
      n = n + 1
      if n <= MOST then tell(...) end
    end)
end

return nested
