--- A parent for process_test.lua: starts a follower, prints its id and waits to be killed.

local loop = require "host.loop"
local process = require "host.process"

local child <close> = assert(process.spawn({ "sleep", "100" }, { follow = true }))
print(child:id())
io.stdout:flush()
loop.wait(60)
