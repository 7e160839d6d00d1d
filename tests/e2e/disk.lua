--- A small file system for a test, which can be filled and emptied: a tmpfs in the namespace of a
--- process that only waits, accessed through that process's root.

local file = require "host.file"
local process = require "host.process"
local scheduler = require "base.scheduler"

local disk = {}

local SIZE <const> = 8 * 1024 * 1024 -- bytes; a run keeps four in reserve
local RELEASED <const> = 1024 * 1024 -- so much becomes free only when a run spends its reserve

---@class Disk
---@field path string      absolute; what programs are given
---@field seen string      the same for this process
---@field within string[]  prefix of the command line of a program that must see it
---@field private holder host.process.child
local Disk = {}
Disk.__index = Disk
Disk.__close = function(self) self.holder:close() end

---@param scene ProgramScene
---@return Disk?  nil if this system permits no user namespaces
function disk.new(scene)
  local folder = scene:path "disk"
  assert(file.mkdir(folder))
  local holder = process.spawn({ "unshare", "-rm", "sh", "-c", string.format(
    "mount -t tmpfs -o size=%d tmpfs '%s' && echo ready && cat", SIZE, folder) },
    { stdin = "pipe", stdout = "pipe", stderr = "null", group = true })
  if not holder then return nil end
  local said = ""
  while not said:find("ready", 1, true) do
    local data = holder:read "stdout"
    if data == nil then
      holder:close()
      return nil
    end
    said = said .. data
    if data == "" then scheduler.await(holder, 0.1) end
  end
  return setmetatable({
    holder = holder, path = folder, seen = string.format("/proc/%d/root%s", holder:id(), folder),
    within = {
      "nsenter", "--target", tostring(holder:id()), "--user", "--mount", "--preserve-credentials",
      "--wd=" .. scene.folder, "--",
    },
  }, Disk)
end

---Uses all the space that is left, also while other programs use it; not what a run releases
---because the disk is full.
function Disk:fill()
  local was_full = false
  for i = 1, 100 do
    local left = assert(file.free(self.seen))
    if left < 1 or was_full and left > RELEASED then return end
    was_full = file.reserve(self.seen .. "/filler" .. i, left) or was_full
  end
end

---Frees it.
function Disk:empty()
  for _, name in ipairs(assert(file.list(self.seen))) do
    if name:find "^filler" then assert(file.remove(self.seen .. "/" .. name)) end
  end
end

return disk
