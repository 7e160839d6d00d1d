--- Exit statuses: part of the command-line contract, never renumbered.

local exit_status = {}

local STATUS <const> = {
  usage = 2, unusable = 2, missing = 2, parse = 2, tls = 2, busy = 2, refused = 2,
  rejects = 4, gate = 4,
  temporary = 5, exhausted = 5, network = 5, timeout = 5, full = 5, closed = 5,
  credentials = 6, login = 6,
  canary = 7, failures = 7,
  consent = 8,
  interrupted = 130,
}

local FATAL <const> = 1

---@param kind? Kind
---@return integer
function exit_status.of(kind)
  return STATUS[kind] or FATAL
end

return exit_status
