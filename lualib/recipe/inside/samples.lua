--- Records of a test in place of those of the recipe's source. If the format is known in which the
--- source reads a file, the test writes such a file; otherwise `map` gets the records as they are.

local failure = require "base.failure"
local json = require "host.json"

local samples = {}

local PLACE <const> = "record"

---What the program may call, see recipe.inside.functions.
---@param state {recipe: table, params: table}
---@param records table  source.records, as recipes have it
---@return table<string, function>
function samples.new(state, records)
  local own, found = {}, nil

  ---Calls the recipe's `source` up to the reading of a path, which ends it; `sampled` then returns
  ---the format of the reader: false for one that is not known, nil if the path was not read.
  ---@param path string
  function own.sample(path)
    records.watch(path, function(format)
      found = format.sample or false
      failure.raise("the format is known", "usage")
    end)
    state.recipe.source(state.params)
  end

  ---@return SampleFormat|false|nil
  function own.sampled()
    records.watch()
    return found
  end

  ---Replaces the recipe's `source` by one of these records.
  ---@param lines string[]  records as JSON
  function own.give(lines)
    local i = 0
    local function next_record()
      i = i + 1
      if lines[i] then return json.decode(lines[i]), PLACE end
    end
    local source = function() return next_record end
    state.recipe = setmetatable({ source = source }, { __index = state.recipe })
  end

  return own
end

return samples
