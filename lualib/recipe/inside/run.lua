--- The `run` object of a recipe's `import` and `finalize`: functions and plain fields, through
--- which a recipe cannot reach internals of the program.

local run = {}

---@param calls table<string, fun(...: any): any>  the methods; called without `run`
---@param fields table<string, any>
---@return Run
function run.new(calls, fields)
  local object = {}
  for name, value in pairs(fields) do object[name] = value end
  for name, call in pairs(calls) do
    object[name] = function(_, ...) return call(...) end
  end
  return object
end

return run
