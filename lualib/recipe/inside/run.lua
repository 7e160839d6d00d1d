--- The `run` object as a recipe's `import` and `finalize` see it: functions and plain fields, with
--- nothing of the program behind them that a recipe could reach.

local run = {}

---@param calls table<string, fun(...: any): any>  what each method does; `run` itself is not passed
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
