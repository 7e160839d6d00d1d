--- test --record: reads the API of a recipe and writes a cassette for its cases.

local anonymous = require "cases.cassette.anonymous"
local cassette = require "cases.cassette"
local failure = require "base.failure"
local file = require "host.file"
local files = require "cases.files"
local host = require "host"
local kinds = require "recipe.kinds"
local path = require "base.path"
local pipeline = require "stage.pipeline"
local progress = require "stage.progress"
local recipes = require "recipe"
local recorder = require "cases.cassette.recorder"
local signals = require "base.signals"
local shape = require "cases.shape"
local source_pages = require "stage.source_pages"

local record = {}

record.FIRST = 100 -- records, unless another number is asked for
local HOST <const> = "api.example.com"
local SECRET <const> = "secret-of-a-test"
local INTERRUPTED <const> = "interrupted; no cassette was written"

---@class RecordReport
---@field recipe string
---@field cassette string  the file
---@field requests integer
---@field records integer
---@field params table<string, string>  for a case of it
---@field is_named boolean  a case names it already
---@field name string

---@class NullSink : Sink
local NULL <const> = {}
function NULL:user() return self ~= nil end
NULL.rejected, NULL.skipped = NULL.user, NULL.user

---The texts of a recipe and of the modules that it loaded.
local function texts_of(recipe, source)
  local texts = { source.text }
  for _, module in ipairs(recipe.modules) do texts[#texts + 1] = file.read(module.path) end
  for name in pairs(recipe.shipped) do
    texts[#texts + 1] = host.source("recipes." .. name) or host.source(name)
  end
  return texts
end

---What stands for the value of a parameter.
local function shown_for(value)
  if value:find("^%a+://") then return "https://" .. HOST end
  return value:find("^[%w-]+%.[%w.-]+:?%d*$") and HOST or "example"
end

---The parameters of the case that names a cassette, as it has them.
---@return table<string, string>?
local function named_params(recipe_name, env, name)
  for _, of_file in ipairs(files.of(recipe_name, env) or {}) do
    for _, case in ipairs(shape.cases(of_file)) do
      if case.cassette == name then
        local params = {}
        for param, given in pairs(case.params) do params[param] = given.value end
        return params
      end
    end
  end
end

---The parameters of a case, and what of their real values is replaced.
---@param recipe LoadedRecipe
---@param given table<string, string>  those of the case that names the cassette
---@return table<string, string> params
---@return table<string, string> replaced
local function params_of(recipe, given)
  local params, replaced = {}, {}
  for name, value in pairs(recipe.params) do
    local declared = recipe.declared[name] or {}
    local text = tostring(value)
    local is_text = type(value) == "string" and (declared.kind == nil or declared.kind == "text")
    if kinds.is_secret(declared) then
      params[name] = given[name] or SECRET
    elseif value ~= declared.default then
      params[name] = given[name] or is_text and shown_for(text) or text
      if is_text and #text > 1 and params[name] ~= text then replaced[text] = params[name] end
      local bare = is_text and text:match("^%a+://([^/]+)")
      if bare then replaced[bare] = params[name]:gsub("^%a+://", ""):gsub("/.*$", "") end
    end
  end
  return params, replaced
end

---Reads the first records of the source.
---@return Pipeline
local function read(recipe, settings, ui, tape, n)
  local folder = failure.check(file.temporary())
  local stopped = false
  local _ <close> = signals.watch(function() stopped = true end, function() os.exit(130) end)
  local _ <close> = failure.check(source_pages.serve(recipe, settings, ui, {
    tape = tape, directory = path.join(folder, "pages"), wanted = n,
    interrupted = function() return stopped end,
  }))
  local pause, finish = progress.new {
    ui = ui, interrupted = function() return stopped end, message = INTERRUPTED,
  }
  local pipe = pipeline.new { recipe = recipe, sink = NULL }
  local done, message, kind = pipe:open()
  if done then done, message, kind = pipe:read(pause, n) end
  finish()
  file.remove_tree(folder)
  if not done then failure.raise(message --[[@as string]], kind) end
  return pipe
end

---@param recipe LoadedRecipe
---@param settings Settings
---@param ui table
---@param options {recipe: string, name: string, n?: integer, env: fun(name: string): string?}
---  recipe: as it was typed
---@return RecordReport
function record.run(recipe, settings, ui, options)
  local tape = recorder.new()
  local pipe = read(recipe, settings, ui, tape, options.n or record.FIRST)
  local answers = tape:answers()
  if #answers == 0 then
    failure.raise("the recipe asked no API; there is nothing to record", "usage")
  end
  local source = failure.check(recipes.find(options.recipe, options.env))
  local given = named_params(options.recipe, options.env, options.name)
  local params, replaced = params_of(recipe, given or {})
  local made = anonymous.new {
    texts = texts_of(recipe, source), params = replaced, answers = answers,
    readings = tape.readings,
  }
  local text = cassette.text { records = pipe.position, answers = made:all(answers) }
  local hidden = {}
  for i, about in ipairs(tape.readings) do hidden[i] = about.secrets end
  local left = made:left(text, hidden)
  if left then
    failure.raise("the recording would have " .. left .. "; it was not written", "usage")
  end
  local folder = cassette.folder(source.shipped or source.where)
  failure.check(cassette.write(folder, options.name, text))
  return {
    recipe = recipe.name, cassette = cassette.path(folder, options.name), requests = #answers,
    records = pipe.position, params = params, is_named = given ~= nil, name = options.name,
  }
end

return record
