--- The default `finalize`: repairs failed users, imports them in new jobs, gives up on the rest.

local import = require "migrate.import"

---@param run Run
return function(run)
  for _ = 2, run.rounds do
    local repaired = 0
    for failure in run:failures() do
      local user, how = run:repair(failure)
      local queued, why = false, how
      if user then queued, why = run:requeue(user, failure, how) end
      if queued then
        repaired = repaired + 1
      else
        run:give_up(failure, why)
      end
    end
    if repaired == 0 then break end
    import(run)
    run:settle() -- the new jobs' failures are known
  end
  for failure in run:failures() do
    run:give_up(failure, "no rounds left")
  end
end
