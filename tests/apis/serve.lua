--- Serves one of the APIs of this folder from the command line; README.md says how.

local file = require "host.file"
local scheduler = require "base.scheduler"

dofile "tests/modules.lua"

local faults = require "tests.apis.faults"
local server = require "tests.apis.server"

local arguments = ...

local function usage()
  local names = {}
  for _, name in ipairs(assert(file.list("tests/apis"))) do
    local text = name:find("%.lua$") and file.read("tests/apis/" .. name) or ""
    if text:find("\nfunction %w+%.handle%(") then names[#names + 1] = name:match("^[^.]*") end
  end
  local lines = {
    "usage: auth0-migrate --run tests/apis/serve.lua API [options]", "",
    "API: " .. table.concat(names, ", "), "",
    "  --users N            how many users; default 1000",
    "  --file PATH          users as the API shows them: a JSON array, or NDJSON",
    "  --port N             default: any free one",
    "  --ca-file PATH       serve https, and write the certificate authority to this file", "",
    "Faults:",
  }
  for _, fault in ipairs(faults.LIST) do
    local name = "--" .. fault.name:gsub("_", "-")
    local kind = type(fault.kind) == "table" and table.concat(fault.kind, "|") or "N"
    lines[#lines + 1] = string.format("  %s %s\n      %s", name, kind, fault.about)
  end
  return table.concat(lines, "\n") .. "\n"
end

---The options of the command line, by name.
local function options_of(list)
  local options, ca_file = {}, nil
  for i = 2, #list, 2 do
    local name, value = (list[i]:match("^%-%-(.+)$") or ""):gsub("-", "_"), list[i + 1]
    if name == "" or not value then error(list[i] .. ": not an option with its value", 0) end
    if name == "ca_file" then
      ca_file, options.tls = value, true
    elseif name == "users" or name == "port" then
      options[name] = assert(math.tointeger(tonumber(value)), "--" .. name .. " must be a number")
    else
      options[name] = value
    end
  end
  return options, ca_file
end

if not arguments[1] or arguments[1]:find("^%-") then
  io.stderr:write(usage())
  return 2
end

local options, ca_file = options_of(arguments)
scheduler.run(function()
  local made = server.open(arguments[1], options)
  if ca_file then assert(file.write(ca_file, made.ca)) end
  print("API_URL=" .. made.url .. "\n")
  io.stdout:flush()
  made:run()
end)
