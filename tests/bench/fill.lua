--- Checks that each chunk of a run directory is full: the next user would not have fitted.
--- `auth0-migrate --run tests/bench/fill.lua FOLDER`; the last line is "users chunks bytes fill".

local chunk = require "host.chunk"
local file = require "host.file"

local LIMIT <const> = 500000

local folder = (...)[1] .. "/chunks"
local users, chunks, bytes, before = 0, 0, 0, nil
for _, name in ipairs(assert(file.list(folder))) do
  local text = assert(file.read(folder .. "/" .. name))
  for i, _, raw in chunk.values(text) do
    users = users + 1
    if i == 1 and before and before + 1 + #raw <= LIMIT then
      error(name .. ": its first user would have fitted into the previous chunk")
    end
  end
  assert(#text <= LIMIT, name .. " is too long")
  before = #text
  chunks, bytes = chunks + 1, bytes + #text
end
print(string.format("%d %d %d %.2f", users, chunks, bytes, 100 * bytes / (chunks * LIMIT)))
return 0
