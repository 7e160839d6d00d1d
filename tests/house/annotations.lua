--- Annotations of exported functions.

local tree = require "tests.house.tree"

local lines, paths = tree.lines, tree.paths

local annotations = {}

---What the annotations above a function lack, or nil.
local function gap(doc, arguments, returns)
  if doc:find("@type", 1, true) then return nil end
  for name in arguments:gmatch("[%w_.]+") do
    local pattern = "@param%s+" .. name:gsub("%.", "%%.") .. "%??%s"
    if not name:find("^_") and not doc:find(pattern) then return "@param " .. name end
  end
  if returns and not doc:find("@return", 1, true) then return "@return" end
  if doc == "" and arguments ~= "" then return "a comment" end
end

---Does the function whose first line begins at `from` end with a return of something?
local function returns_something(text, from)
  local one_line = text:match("^[^\n]*%f[%w]return%s+[^%s][^\n]*%f[%w]end\n", from)
  if one_line then return not one_line:find("return%s+end") end
  local body = text:sub(from, text:find("\nend\n", from, true))
  local last
  for _, line in lines(body) do
    if line:find("^  [%w_(]") then last = line end
  end
  return last ~= nil and last:find("^  return%s+[^%s]") ~= nil
end

---Functions of the module's table must be annotated; methods of its objects may be private, but
---their annotations must be complete.
local function must_explain(text, owner, separator, name, doc)
  if name:find("^__") then return false end
  if separator == ":" then return doc:find("@param", 1, true) ~= nil end
  return text:find("\nreturn " .. owner .. "\n$") ~= nil
end

---Exported functions whose parameters or results are not annotated.
---@param sources Sources
---@return string[]
function annotations.unexplained(sources)
  local found = {}
  for _, path in ipairs(paths(sources, "^lualib/.*%.lua$")) do
    local text, doc, at = sources[path], "", 1
    local inside = not path:find("^lualib/meta/")
    for number, line in lines(text) do
      local owner, separator, called, arguments
        = text:match("^function ([%w_]+)([.:])([%w_]+)(%b())", at)
      local name = owner and owner .. separator .. called
      if inside and name and must_explain(text, owner, separator, called, doc) then
        local what = gap(doc, arguments:sub(2, -2), returns_something(text, at))
        if what then
          found[#found + 1] = string.format("%s:%d: %s lacks %s", path, number, name, what)
        end
      end
      doc = line:find("^%-%-%-") and doc .. line .. "\n" or ""
      at = at + #line + 1
    end
  end
  return found
end

return annotations
