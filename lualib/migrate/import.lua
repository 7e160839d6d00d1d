--- The default `import`: every chunk that is staged and not yet sent becomes a job. `submit` waits
--- for a slot; jobs that still run are waited for when this function has returned.

---@param run Run
return function(run)
  for chunk in run:chunks() do
    run:submit(chunk)
  end
end
