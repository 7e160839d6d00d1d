local clock = require "host.clock"
local progress = require "stage.progress"
local scheduler = require "base.scheduler"
local tap = require "tests.tap"
local test = tap.test

---Lets a pause become due.
local function wait()
  local due = clock.monotonic() + 0.06
  while clock.monotonic() < due do end
end

---Runs `fn(pause, finish, shown, interrupt)` as a task.
local function with_progress(fn)
  return scheduler.run(function()
    local shown, interrupted = {}, false
    local pause, finish = progress.new {
      ui = { progress = function(_, figures) shown[#shown + 1] = figures end },
      interrupted = function() return interrupted end, message = "interrupted here",
    }
    fn(pause, finish, shown, function() interrupted = true end)
  end)
end

test("a pause shows the position, and the share if the source knows it", function()
  with_progress(function(pause, _, shown)
    assert(pause(256, { progress = function() return 0.5 end }))
    tap.equal({ shown[1].phase, shown[1].done, shown[1].share }, { "stage", 256, 0.5 })
    wait()
    assert(pause(512, {}))
    tap.equal({ #shown, shown[2].done, shown[2].share }, { 2, 512, nil })
  end)
end)

test("pauses that come too soon show nothing and run no other task", function()
  with_progress(function(pause, _, shown, interrupt)
    assert(pause(256, {}))
    interrupt()
    for i = 1, 3 do assert(pause(256 + i, {})) end
    tap.equal(#shown, 1)
  end)
end)

test("other tasks get a turn, and an interrupt of theirs ends the reading", function()
  with_progress(function(pause, _, shown, interrupt)
    scheduler.spawn(interrupt)
    tap.equal({ pause(256, {}) }, { nil, "interrupted here", "interrupted" })
    tap.equal(shown, {})
  end)
end)

test("the end is shown with the elapsed seconds", function()
  with_progress(function(_, finish, shown)
    wait()
    local seconds = finish()
    assert(seconds >= 0.05 and seconds < 10, seconds)
    tap.equal(shown, { { phase = "stage", finished = true, seconds = seconds } })
  end)
end)
