--- Loads recipes: finds one, runs it in a Lua state of its own, and resolves its parameters.

local file = require "host.file"
local foreign = require "base.foreign"
local call = require "recipe.call"
local databases = require "recipe.databases"
local library = require "recipe.library"
local params = require "recipe.params"
local path = require "base.path"
local reach = require "recipe.reach"
local process = require "host.process"
local spelling = require "base.spelling"
local state = require "recipe.state"

local recipe = {}

---@class RecipeOptions
---@field params? table<string, string>        `name=value` of the command line
---@field file? table<string, any>             `params` of the configuration file
---@field from_environment? table<string, boolean>  set as `${NAME}` in the file
---@field env? fun(name: string): string?      default: of the process
---@field library? string[]                    folders instead of the default ones
---@field limits? {memory?: integer, steps?: integer, seconds?: number}  see StateOptions
---@field bounded? boolean                        loading has the budget of a call, too
---@field busy? fun()                            see StateOptions
---@field file_folder? string                    see ParamSources
---@field config? string                         the configuration file, which no recipe reads
---@field denied? string[]                       further files of the program's
---@field allow? Allow                           what options grant by name, also while loading
---@field named? string[]                        paths that a person named when the run was started
---@field expected? table<string, string>       see LibraryOptions
---@field look? string                           the command to type where a text differs from it
---@field lock? boolean                         false: modules are not compared with the lock
---@field settle? fun(facts: PermissionFacts): Grants?, string?, Kind?, FailureMore?  what the
---recipe is granted; without it, nothing beyond its parameters
---@field fixed? FixedGlobals
---@field print? fun(is_last: boolean, ...: string)  see StateOptions

---@class FixedGlobals  for tests, and to look for what is not repeatable
---@field time? integer      of os.time and os.date
---@field utc? boolean       local time is UTC
---@field seed? integer      of math.random
---@field reversed? boolean  `pairs` yields the names of a table in the reverse of its order

---@class LoadedRecipe  a recipe that was loaded; its functions are called through `state`
---@field name string        of the run and its directory; default: the file's name
---@field path string        the file, absolute; a shipped recipe's name
---@field about? RecipeAbout
---@field params table<string, any>  values
---@field declared table<string, ParamDeclaration>
---@field import? ImportOptions
---@field retry? RetryOptions|fun(failure: table): number?
---@field finalize? {rounds?: integer}
---@field dedupe? string[]
---@field fixes? string[]    codes that its `fix` repairs; empty if it is one function for all
---@field functions table<string, true>  those of import, retry, finalize, dedupe that are functions
---@field digest string      SHA-256 (hex) of the recipe's text and the modules it loaded
---@field own_digest string  the same without shipped recipes
---@field shipped table<string, string>  SHA-256 (hex) of each shipped recipe in it, by name
---@field texts table<string, string>  SHA-256 (hex) of each text by module; "" is the recipe
---@field modules LoadedModule[]  third-party modules it loaded
---@field hints string[]     for the user
---@field needs? Needs
---@field named string[]      paths that its parameters name and it may read
---@field granted? Grants
---@field state State
---@field again fun(fixed: FixedGlobals, prints?: boolean): LoadedRecipe?, string?, Kind?  the same
---recipe in another state; what it prints is left out unless `prints`
---@field private rules host.gate.Rules

local function is_path(name)
  return name:find("/", 1, true) ~= nil or name:find("%.lua$") ~= nil
end

local function installed_folders(env)
  local folders = library.path_folders(env)
  local data = library.data_folder(env)
  if data then folders[#folders + 1] = path.join(data, "recipes") end
  return folders
end

---@class NamedRecipe  a recipe that has a name
---@field name string
---@field path? string    its file; nil: it is shipped
---@field hidden? boolean another one with the name is found before it

---Shipped and installed recipes, sorted by name; those with the same name in the order in which
---they are looked for.
---@param env? fun(name: string): string?
---@return NamedRecipe[]
function recipe.named(env)
  local list, rank, seen = {}, {}, {}
  local function add(name, where)
    local one = { name = name, path = where, hidden = seen[name] }
    seen[name], list[#list + 1] = true, one
    rank[one] = #list
  end
  for _, name in ipairs(library.shipped_names()) do add(name) end
  for _, folder in ipairs(installed_folders(env or process.env)) do
    for _, entry in ipairs(file.list(folder) or {}) do
      local name = entry:match("^([%w_.-]+)%.lua$")
      local full = path.join(folder, entry)
      local stat = name and file.stat(full)
      if stat and stat.type == "file" then add(name, full) end
    end
  end
  table.sort(list, function(a, b)
    if a.name ~= b.name then return a.name < b.name end
    return rank[a] < rank[b]
  end)
  return list
end

---Names of all shipped and installed recipes, sorted.
---@param env? fun(name: string): string?
---@return string[]
function recipe.names(env)
  local names = {}
  for _, one in ipairs(recipe.named(env)) do
    if not one.hidden then names[#names + 1] = one.name end
  end
  return names
end

---@class RecipeText
---@field text string
---@field where string    for messages and traces
---@field path string     loads it again from any directory
---@field folder? string  of its modules
---@field shipped? string the name of a shipped recipe

---@return RecipeText?
local function read_file(name)
  local stat = file.stat(name)
  if stat and stat.type == "folder" then
    return nil, name .. " is a folder; a recipe is a Lua file", "usage"
  end
  local text, message = file.read(name)
  if not text then return nil, "cannot read the recipe: " .. message, "usage" end
  return { text = text, where = name, path = file.real(name) or name, folder = path.dirname(name) }
end

---@return RecipeText?
local function read_installed(name, env)
  local text, where = library.shipped(name)
  if text then return { text = text, where = where, path = name, shipped = name } end
  for _, folder in ipairs(installed_folders(env)) do
    local full = path.join(folder, name .. ".lua")
    local stat = file.stat(full)
    if stat and stat.type == "file" then return read_file(full) end
  end
end

local function not_found(name, env)
  local known = recipe.names(env)
  for _, entry in ipairs(file.list(path.dirname(name)) or {}) do
    if entry:find("%.lua$") then
      local folder = path.dirname(name)
      known[#known + 1] = folder == "." and entry or path.join(folder, entry)
    end
  end
  local near = spelling.find(name, known)
  if file.stat(name .. ".lua") then near = name .. ".lua" end
  return nil, string.format("recipe %s not found%s", name,
    near and "; did you mean " .. near .. "?" or ""), "usage",
    near and { wrong = name, meant = near }
end

---Finds a recipe. A name without a path is first a shipped or installed recipe, then a file.
---@param name string  a path or a name
---@param env? fun(name: string): string?
---@return RecipeText?
---@return string? message
---@return Kind? kind  "usage"
---@return FailureMore? more
function recipe.find(name, env)
  env = env or process.env
  if not is_path(name) then
    if name:find("^[%w_.-]+$") then
      local installed = read_installed(name, env)
      if installed then return installed end
    end
  end
  if file.stat(name) then return read_file(name) end
  return not_found(name, env)
end

local function base_name(where)
  local name = path.basename(where):gsub("%.lua$", ""):gsub("[^%w_.-]", "_")
  return name:find("^[%w_]") and name or "recipe" .. name
end

local function assemble(source, facts, texts, resolved, options)
  local own_digest, shipped = texts:parted_digest(source.text, source.shipped)
  return {
    name = facts.name or base_name(source.where), path = source.path,
    about = facts.about, params = resolved, declared = facts.params,
    import = facts.import, retry = facts.retry, finalize = facts.finalize, dedupe = facts.dedupe,
    fixes = facts.fixes, functions = facts.functions,
    digest = texts:digest(source.text), own_digest = own_digest, shipped = shipped,
    needs = facts.needs, modules = texts.list, texts = texts:digests(source.text),
    hints = params.strangers(facts.params, options.file),
  }
end

---Files of the program's, and of secret parameters, as they were given.
local function denied_files(options)
  local files = table.move(options.denied or {}, 1, #(options.denied or {}), 1, {})
  if options.params == params.UNRESOLVED then return files end
  for _, given in ipairs { options.params or {}, options.file or {} } do
    for _, value in pairs(given) do
      if type(value) == "string" and value:find("^@.") then files[#files + 1] = value:sub(2) end
    end
  end
  return files
end

---The files that the recipe may read.
local function rules_of(source, options, named, granted)
  return reach.rules {
    folder = source.folder, named = named, granted = granted, allow = options.allow,
    denied = denied_files(options), config = options.config, env = options.env or process.env,
  }
end

---Runs the recipe's text in a new state.
---@return State?
---@return RecipeFacts|string facts  or the message
---@return Kind? kind
---@return FailureMore? more
local function evaluate(source, texts, options, queries)
  local limits = options.limits or {}
  local inside, message, kind = state.new {
    memory = limits.memory, steps = limits.steps, seconds = limits.seconds,
    require = function(name) return texts:find(name) end, busy = options.busy,
    print = options.print, databases = queries,
  }
  if not inside then return nil, message, kind end
  local enter = options.bounded and inside.call or inside.run
  local ok, facts, wrong = enter(inside, "load", source.text, source.where, {
    fixed = options.fixed, files = rules_of(source, options, {}),
  })
  if not ok then
    local raised = facts
    if raised.ended == "interrupted" then return nil, "interrupted while loading", "interrupted" end
    if raised.kind == "fatal" then raised.message = foreign.words(raised.message) end
    return nil, call.text(raised, source.where), "usage", texts.refused
  end
  if not facts then return nil, wrong, "usage" end
  return inside, facts
end

---@return table<string, any>? values
---@return string[]|string named  or the message
---@return Kind? kind
---@return FailureMore? more
local function resolve(source, facts, options, env)
  local values, named, kind, more = params.resolve(facts.params, {
    given = options.params, file = options.file, from_environment = options.from_environment,
    file_folder = options.file_folder, env = env,
  })
  if not values then return nil, source.where .. ": " .. named, kind, more end
  return values, options.named or named
end

---The environment variables that were granted, for the state; true: not set.
local function granted_variables(granted, env)
  local variables = {}
  for _, need in ipairs(granted and granted:list() or {}) do
    if need.kind == "env" then variables[need.what] = env(need.what) or true end
  end
  return variables
end

---Loads a recipe once more, as it was loaded and granted.
local function again(source, options, granted, fixed, prints)
  local same = {}
  for key, value in pairs(options) do same[key] = value end
  same.settle = granted and function() return granted end
  same.fixed, same.print = fixed, not prints and function() end or nil
  return recipe.load_text(source, same)
end

---Loads a recipe whose text was read.
---@param source RecipeText
---@param options RecipeOptions
---@return LoadedRecipe?
---@return string? message
---@return Kind? kind  "usage"
---@return FailureMore? more
function recipe.load_text(source, options)
  local env = options.env or process.env
  local texts, message, kind = library.new {
    folder = source.folder, folders = options.library or library.folders(env),
    recipe = options.lock ~= false and not source.shipped and source.path or nil,
    expected = options.expected, look = options.look,
  }
  if not texts then return nil, message, kind end
  local same = true
  if not source.shipped then same, message, kind = texts:same("", source.text) end
  if not same then return nil, message, kind, texts.refused end
  local queries = databases.new(env)
  local inside, facts, values, named, granted, more
  inside, facts, kind, more = evaluate(source, texts, options, queries)
  if not inside then return nil, facts, kind, more end
  values, named, kind, more = resolve(source, facts, options, env)
  if not values then return nil, named, kind, more end
  if options.settle then
    granted, message, kind, more = options.settle {
      path = source.path, shipped = source.shipped ~= nil, needs = facts.needs, params = values,
    }
    if not granted then return nil, message, kind, more end
  end
  queries:allow(granted)
  local rules = rules_of(source, options, named, granted)
  inside:must("set_params", values, granted_variables(granted, env), rules)
  inside:settle()
  local loaded = assemble(source, facts, texts, values, options)
  loaded.state, loaded.granted, loaded.named, loaded.rules = inside, granted, named, rules
  function loaded.again(fixed, prints) return again(source, options, granted, fixed, prints) end
  if facts.functions.retry then
    loaded.retry = function(...) return call.result(inside, "retry", ...) end
  end
  return loaded
end

---Denies the recipe files that are not known when it is loaded: those of its run.
---@param loaded LoadedRecipe
---@param paths string[]
function recipe.deny(loaded, paths)
  local denied = loaded.rules.denied
  table.move(paths, 1, #paths, #denied + 1, denied)
  loaded.state:must("open_files", loaded.rules)
end

---@param name string  a path, or the name of a shipped or installed recipe
---@param options? RecipeOptions
---@return LoadedRecipe?
---@return string? message
---@return Kind? kind  "usage"
---@return FailureMore? more
function recipe.load(name, options)
  options = options or {}
  local source, message, kind, more = recipe.find(name, options.env or process.env)
  if not source then return nil, message, kind, more end
  return recipe.load_text(source, options)
end

return recipe
