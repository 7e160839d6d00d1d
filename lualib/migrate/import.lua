--- The default `import`: submits each staged chunk not yet sent. `submit` waits for a slot; the
--- caller waits for the last jobs.

---@param run Run
return function(run)
  for chunk in run:chunks() do
    run:submit(chunk)
  end
end
