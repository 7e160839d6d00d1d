--- The default `retry`: whether and when to retry a job that failed as a whole.

---@class migrate.retry
local retry = {}

---@class RetryOptions
---@field attempts? integer  the most jobs per chunk, default 3
---@field first? number      seconds before the first retry, default 5
---@field longest? number    the longest wait, in seconds, default 300

---@param options? RetryOptions
---@return fun(failure: {attempt: integer}): number? seconds  nil: give up
function retry.new(options)
  options = options or {}
  local attempts, first = options.attempts or 3, options.first or 5
  local longest = options.longest or 300
  return function(failure)
    if failure.attempt >= attempts then return nil end
    return math.min(first * 2 ^ (failure.attempt - 1), longest)
  end
end

return retry
