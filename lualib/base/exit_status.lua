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

---@class ExitStatus
---@field status integer
---@field meaning string  in Markdown: with the names of options as code

---@type ExitStatus[]
exit_status.list = {
  { status = 0, meaning = "nothing rejected, nothing failed, nothing pending" },
  { status = 1, meaning = "fatal error" },
  {
    status = 2, meaning = "usage or configuration error, including a missing input, an invalid "
      .. "recipe, an unknown connection, an untrusted certificate, a changed source, a run "
      .. "directory in use",
  },
  { status = 3, meaning = "finished, but some records were rejected or failed" },
  { status = 4, meaning = "stopped by `--max-rejects`; nothing was sent" },
  { status = 5, meaning = "temporary error (network, outage, full disk): use `resume`" },
  {
    status = 6, meaning = "credentials refused or expired, or a missing scope; a database that is "
      .. "the source refused the login",
  },
  { status = 7, meaning = "stopped by `--canary` or `--max-failures`" },
  { status = 8, meaning = "planned, waiting for consent" },
  { status = 130, meaning = "interrupted; everything is recorded" },
}

---@param kind? Kind
---@return integer
function exit_status.of(kind)
  return STATUS[kind] or FATAL
end

return exit_status
