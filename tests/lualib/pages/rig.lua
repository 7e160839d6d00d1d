--- Reads an API that a test serves, as a recipe does, and what it left on disk.

local api_rig = require "tests.api_rig"
local failure = require "base.failure"
local file = require "host.file"
local http = require "source.http"
local json = require "host.json"
local pages = require "pages"
local scheduler = require "base.scheduler"

local rig = {}

---What a reading came to.
---@class Read
---@field ids string[]     with places: "u1 users page 1#0"
---@field said string[]
---@field warnings table[]
---@field failed? Failure
---@field api RigApi
---@field folder string

function rig.service(folder, options)
  local said = {}
  local made = {
    folder = folder .. "/own", recipe = "r", clock = scheduler.clock(1000), patience = 1000000,
    secrets = {}, allowed = function() return true end, interrupted = function() return false end,
    ui = { say = function(_, text) said[#said + 1] = text end, progress = function() end,
      outage = function() end },
  }
  for name, value in pairs(options or {}) do made[name] = value end
  return pages.new(made), said
end

---Reads what `spec(api)` asks for, as a recipe does: by `records`, or what `options.by` says.
---@return Read
function rig.read_all(read, spec, options)
  local served <close>, said = rig.service(read.folder, options)
  read.said, read.ids = said, {}
  local asking = http.asking(function(...) return true, served:answer(...) end)
  local ok, err = pcall(function()
    local records = asking[options and options.by or "records"](spec(read.api))
    for record, at in records do
      local is_object = type(record) == "userdata" and record ~= json.null
      local id = is_object and record.id or type(record)
      table.insert(read.ids, id .. " " .. at)
      if options and options.most == #read.ids then break end
    end
    read.warnings = records:warnings()
    records:close()
  end)
  read.failed = not ok and err or nil
  if not ok and not failure.is(err) then error(err, 0) end
  return read
end

---All that is kept, decompressed.
function rig.text_of(folder)
  local texts = {}
  for _, name in ipairs(file.list(folder) or {}) do
    local whole = folder .. "/" .. name
    texts[#texts + 1] = file.stat(whole).type == "folder" and rig.text_of(whole) or file.read(whole)
  end
  return table.concat(texts, "\n")
end

---Reads an API, once for each of the options, from the same directory.
---@return Read ...
function rig.read(respond, spec, ...)
  local folder, options = assert(file.temporary()), table.pack(...)
  local reads = {}
  local ok, err = xpcall(scheduler.run, debug.traceback, function()
    local api <close> = api_rig.serve(respond)
    for i = 1, math.max(1, options.n) do
      reads[i] = rig.read_all({ api = api, folder = folder }, spec, options[i])
      reads[i].asked = table.move(api.asked, 1, #api.asked, 1, {})
    end
    reads[1].kept = rig.text_of(folder)
  end)
  assert(file.remove_tree(folder))
  if not ok then error(err, 0) end
  return table.unpack(reads)
end

return rig
