--- Runs command lines with a recording terminal and replacements of modules.

local json = require "host.json"
local main = require "cli.main"

local cli_rig = {}

cli_rig.SHOP = "tests/fixtures/recipes/shop.lua"

---A terminal that records its output. `tty`: the streams that are terminals.
function cli_rig.new_terminal(tty, answer)
  local device = { stdout = "", stderr = "", tty = tty or {} }
  function device.is_tty(stream) return device.tty[stream] or false end
  function device.width() return 80 end
  function device.write(stream, text)
    if device.full == stream then return nil, "closed", device.kind or "closed" end
    device[stream] = device[stream] .. text
    return true
  end
  function device.prompt()
    return { line = function() return answer end, close = function() end }
  end
  return device
end

---The report of a complete run, with these changes.
function cli_rig.report_of(changes)
  local report = {
    run = "shop-1", recipe = "shop", status = "complete", exit = 0, balanced = true,
    records = { read = 3, extra = 0, skipped = 0, unchanged = 0, rejected = 0, duplicate = 0,
      staged = 3 },
    users = { inserted = 3, updated = 0, already_there = 0, failed = 0, pending = 0 },
    jobs = { submitted = 1, completed = 1, failed = 0 }, codes = { rejected = {}, failed = {} },
    skipped = {}, warnings = {}, seconds = { stage = 0.1, import = 3 }, slot_use = 1,
    directory = "shop.run", next = json.null,
  }
  for key, value in pairs(changes or {}) do report[key] = value end
  return report
end

---Replaces modules by these tables until the result is closed. Missing fields come from the module.
---@param fakes table<string, table>
local function in_place_of_modules(fakes)
  local kept = {}
  for name, fake in pairs(fakes) do
    kept[name] = require(name)
    package.loaded[name] = setmetatable(fake, { __index = kept[name] })
  end
  return setmetatable({}, { __close = function()
    for name, module in pairs(kept) do package.loaded[name] = module end
  end })
end

---Runs a command line: status, stdout, stderr.
---@param args string[]
---@param options? {terminal?: table, values?: table, modules?: table<string, table>}  values: the
---environment; modules: replacements of modules that commands load when they run
function cli_rig.run(args, options)
  options = options or {}
  local device, values = options.terminal or cli_rig.new_terminal(), options.values or {}
  local _ <close> = in_place_of_modules(options.modules or {})
  local status = main.run(args, {
    terminal = device, env = function(name) return values[name] end,
  })
  return status, device.stdout, device.stderr
end

---Runs with a session whose functions are all `fn`.
function cli_rig.with_session(fn, args)
  return cli_rig.run(args or { cli_rig.SHOP, "input=a.csv" },
    { modules = { ["run.session"] = { run = fn, resume = fn, status = fn, report = fn } } })
end

return cli_rig
