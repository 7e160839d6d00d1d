--- The command new: a recipe, and its tests, from an export.

local additions = require "new.additions"
local branches = require "new.branches"
local cases = require "new.cases"
local command = require "base.command"
local exports = require "new.exports"
local extension = require "new.extension"
local failure = require "base.failure"
local file = require "host.file"
local guard = require "base.guard"
local guess = require "new.guess"
local joins = require "new.joins"
local json = require "host.json"
local known = require "new.known"
local library = require "recipe.library"
local lua_text = require "new.lua_text"
local mapping = require "new.mapping"
local merge = require "new.merge"
local path = require "base.path"
local proof = require "new.proof"
local reads = require "new.reads"
local recipe = require "recipe"
local recipe_params = require "recipe.params"
local recipe_text = require "new.recipe_text"
local scheduler = require "base.scheduler"
local shared_phones = require "new.shared_phones"
local survey = require "new.survey"
local synthetic = require "new.synthetic"
local yaml_text = require "new.yaml_text"

local new = {}

local MOST_RECORDS <const> = 100000
local OF_A_TABLE <const> = 200 -- records, to see what a table holds
local NONE <const> = "none" -- in place of a recipe to extend
local AT_ONCE <const> = 500 -- records, before others get their turn

---@class NewOptions
---@field file string         to write: "shop.lua"
---@field input string
---@field from? string        a recipe to extend, or "none"
---@field merge? string       a recipe that exists
---@field force? boolean      overwrite
---@field logins? string      the file of known logins, for the commands to type
---@field prove? fun(recipe: string, params: table<string, string>, is_brief: boolean): table?,
---  string?, Kind?, FailureMore?  tries the known logins with a recipe; brief: searches nothing
---@field env fun(name: string): string?
---@field limits table        of recipes, see StateOptions

---@class NewReport
---@field recipe string
---@field tests string
---@field what string[]       of each export that is read
---@field records integer     that were looked at
---@field broken integer
---@field guessed_encoding? string  of the users' file
---@field extends? string     the recipe that it extends
---@field fields string[]     that users get
---@field logins ProvenLogin[]
---@field tried integer       logins
---@field proven integer      logins whose password matches the hash that the recipe maps
---@field proven_by? string   the expression of the hash
---@field cleartext? string   the expression of a value that is the password itself
---@field unproven? string    why no login was tried
---@field commands string[]   to type next, in order
---@field exit integer
---@field status "complete"

---The members of a result, as if nothing was done.
---@return table
function new.empty()
  return {
    recipe = json.null, tests = json.null, what = json.array {}, records = 0, broken = 0,
    guessed_encoding = json.null, extends = json.null,
    fields = json.array {}, commands = json.array {}, lines = json.array {},
    logins = json.array {}, tried = 0, proven = 0, proven_by = json.null, cleartext = json.null,
    unproven = json.null,
  }
end

---How records become columns.
---@param export Export
---@param joined? Joined[]
---@return {are_lists: boolean, joined: table<string, boolean>}
local function ways_of(export, joined)
  local lists = {}
  for _, one in ipairs(joined or {}) do lists[one.member] = one.all end
  return { are_lists = export.reader == "source.ldif", joined = lists }
end

---Adds the records of an export to a survey, or to what is like one.
local function add_all(found, records, most)
  local n = 0
  for record in records do
    found:record(record)
    n = n + 1
    if n >= most then break end
    if n % AT_ONCE == 0 then scheduler.pass() end
  end
end

---Looks at the records of an export.
---@param export Export
---@param most integer
---@param watch? table<string, true>
---@param joined? Joined[]
---@return Survey
local function look(export, most, watch, joined)
  local records <close> = joins.records(export, joined or {})
  local columns, members = records:columns(), {}
  for _, one in ipairs(joined or {}) do members[one.member] = one end
  for i = #(columns or {}), 1, -1 do
    if members[columns[i]] then table.remove(columns, i) end
  end
  local how = ways_of(export, joined)
  local found = survey.new {
    columns = columns, are_lists = how.are_lists, watch = watch, joined = how.joined,
  }
  add_all(found, records, most)
  found:finish(joins.keys(joined or {}))
  for _, column in ipairs(found.columns) do
    local member = members[column.way[1].name]
    column.is_joined = member ~= nil and not member.is_of_users
  end
  return found
end

---The schemes of the hashes, if there are several; the export is read once more for them.
---@param export Export
---@param made Guess
---@param joined Joined[]
---@return Branches?
local function look_at_hashes(export, made, joined)
  local found = branches.of(made, ways_of(export, joined))
  if not found then return nil end
  local records <close> = joins.records(export, joined)
  add_all(found, records, MOST_RECORDS)
  found:finish()
  return found
end

---Whether people share a phone number; the export is read once more for that.
---@param export Export
---@param made Guess
---@param joined Joined[]
local function have_shared_phones(export, made, joined)
  local found = shared_phones.of(made, ways_of(export, joined))
  if not found then return false end
  local records <close> = joins.records(export, joined)
  add_all(found, records, MOST_RECORDS)
  return found.count > 0
end

---Looks at a table, which may be one that cannot be read alone.
local function look_shortly(export)
  local ok, found = guard.call(look, export, OF_A_TABLE)
  return ok and found or nil
end

---@class LookedAt
---@field export Export
---@field survey? Survey    of its first records; nil: it cannot be read
---@field weight number     how much it looks like users
---@field found RecognisedBy[]  what its file may be

---The exports of all files, and of the tables in them, the likeliest users first.
---@return LookedAt[]?
---@return string? message
---@return Kind? kind
local function all_of(paths)
  local list = {}
  for _, name in ipairs(paths) do
    local export, message, kind, may_be = exports.of(name)
    if not export then return nil, message, kind end
    local tables
    tables, message, kind = exports.tables(export)
    if not tables then return nil, message, kind end
    for _, one in ipairs(tables) do
      local found = look_shortly(one)
      list[#list + 1] = {
        export = one, survey = found, found = may_be,
        weight = found and guess.weight(found.columns, found.records) or 0,
      }
    end
  end
  for i, one in ipairs(list) do one.order = i end
  table.sort(list, function(a, b)
    if a.weight == b.weight then return a.order < b.order end
    return a.weight > b.weight
  end)
  return list
end

---@param name string
---@param ... string
---@return string
local function line(name, ...)
  return command.line { name, ... }
end

---The commands that follow, in order.
---@param target string
---@param given string[]  the parameters, as they are typed
---@param logins? string   the file of known logins
local function commands_of(target, given, logins)
  local function with(name, ...)
    local words = table.move(given, 1, #given, 2, { target })
    return line(name, table.unpack(table.move({ ... }, 1, select("#", ...), #words + 1, words)))
  end
  local login = { "--login", "ADDRESS" }
  if logins then login = { "--logins", logins == "-" and "FILE" or logins } end
  return json.array {
    with "preview", with "check", with("prove", table.unpack(login)), line("test", target),
    with("rehearse", table.unpack(logins and login or {})),
  }
end

---The names of the files to write; nil, message, kind, more if one of them exists.
local function targets_of(options)
  local target = options.file
  if not target:find("%.lua$") then target = target .. ".lua" end
  local tests = target:gsub("%.lua$", ".test.yaml")
  for _, name in ipairs { target, tests } do
    if file.stat(name) and not options.force then
      return nil, name .. " exists already, and was not changed; use --force to overwrite it",
        "usage", { add = { "--force" } }
    end
  end
  return target, tests
end

---The recipe to extend: that of `from`, else the one that knows the export.
---@return {module: string, name: string, system: string}?
---@return string? message
---@return Kind? kind
---@return FailureMore? more
local function base_of(options, main, target)
  local from = options.from
  if from == NONE then return nil end
  if not from then
    local found = known.of(main.found, main.survey and main.survey.columns or {})
    return found and {
      module = "recipes." .. found.recipe, name = found.recipe, system = found.system,
    }
  end
  if library.shipped(from) then
    return { module = "recipes." .. from, name = from, system = from }
  end
  local _, message, kind, more = recipe.find(from, options.env)
  if message then return nil, message, kind, more end
  local module = path.basename(from):gsub("%.lua$", "")
  if path.dirname(from) ~= path.dirname(target) and from:find("/") then
    return nil, string.format("%s is not in the directory of %s, whose modules it can require",
      from, target), "usage"
  end
  return { module = module, name = from, system = module }
end

---Writes both files.
local function write_both(target, text, tests, cases_text)
  failure.check(file.write(target, text))
  failure.check(file.write(tests, cases_text()))
end

---What a recipe declares that one which extends it has to know.
---@return {has_needs: boolean, has_dedupe: boolean, has_country: boolean}
local function facts_of(name, options)
  local loaded = recipe.load(name, {
    params = recipe_params.UNRESOLVED, env = options.env, limits = options.limits, lock = false,
  })
  local facts = { has_needs = false, has_dedupe = false, has_country = false }
  if not loaded then return facts end
  for _, list in pairs(loaded.needs or {}) do
    for _, one in ipairs(list) do
      -- Something that is asked for whatever the parameters are, such as the host of an API.
      facts.has_needs = facts.has_needs or not tostring(one):find("^{")
    end
  end
  facts.has_dedupe = loaded.dedupe ~= nil or loaded.functions.dedupe ~= nil
  facts.has_country = (loaded.declared or {}).country ~= nil
  loaded.state:close()
  return facts
end

---The parameters that a recipe needs besides its input: "pool=POOL".
local function needed_params(target, options)
  local loaded = recipe.load(target, {
    params = recipe_params.UNRESOLVED, env = options.env, limits = options.limits, lock = false,
  })
  local list = {}
  for name, one in pairs(loaded and loaded.declared or {}) do
    if one.required and name ~= "input" then list[#list + 1] = name .. "=" .. name:upper() end
  end
  if loaded then loaded.state:close() end
  table.sort(list)
  return list
end

local function report_of(options, target, tests, main, found, params)
  return {
    recipe = target, tests = tests, what = json.array { main.export.what },
    records = found.records, broken = found.broken, extends = json.null, fields = json.array {},
    guessed_encoding = exports.guessed_encoding(main.export) or json.null,
    commands = commands_of(target, params, options.logins), exit = 0, status = "complete",
    logins = json.array {}, tried = 0, proven = 0, proven_by = json.null, cleartext = json.null,
    unproven = json.null,
  }
end

---The further exports that are joined to the users; and the files of the same columns, which are
---read one after another with the first.
---@param list LookedAt[]
---@return Joined[]
local function joined_of(list)
  local main, others, paths = list[1], {}, { list[1].export.path }
  for i = 2, #list do
    local one = list[i]
    if one.export.path ~= main.export.path and joins.are_alike(one.survey, main.survey) then
      paths[#paths + 1] = one.export.path
    else
      others[#others + 1] = one
    end
  end
  if #paths > 1 then main.export.path = paths end
  if #others == 0 then return {} end
  local users = look(main.export, MOST_RECORDS)
  return joins.of(users, guess.of(users.columns, users.records), main.export, others,
    function(export) return look(export, MOST_RECORDS) end)
end

---The parameters as they are typed: the file of the users, and of each joined export.
local function given_params(options, main, joined)
  local is_separate = false
  for _, one in ipairs(joins.all(joined)) do is_separate = is_separate or one.param ~= nil end
  if not is_separate then return { "input=" .. options.input } end
  local own = main.export.path
  local params = { "input=" .. (type(own) == "table" and table.concat(own, ",") or own) }
  for _, one in ipairs(joins.all(joined)) do
    if one.param then params[#params + 1] = one.param .. "=" .. one.export.path end
  end
  return params
end

---The parameters by name, of those that are typed.
local function by_name(params)
  local given = {}
  for _, one in ipairs(params) do
    local name, value = one:match("^([%w_]+)=(.*)$")
    given[name] = value
  end
  return given
end

---Adds to a report what the known logins say.
---@param report NewReport
---@param said table  of `prove`
---@param mapped? Mapping  of a recipe that was written whole
---@param cleartext? string
local function add_logins(report, said, mapped, cleartext)
  report.logins, report.tried = said.logins, said.tried
  for _, one in ipairs(said.logins) do
    report.proven = report.proven + (proof.matches(one) and 1 or 0)
  end
  for _, one in ipairs(mapped and mapped.lines or {}) do
    local is_hash = one.name == "custom_password_hash"
    if is_hash and report.proven > 0 then report.proven_by = one.expression end
  end
  report.cleartext = cleartext or json.null
end

---The words of records, by their positions.
---@param positions integer[]
local function words_at(export, joined, several, positions)
  local wanted, last, at, words = {}, 0, 0, {}
  for _, position in ipairs(positions) do
    wanted[position], last = true, math.max(last, position)
  end
  local records <close> = joins.records(export, joined)
  for record in records do
    at = at + 1
    if wanted[at] then words[at] = several:word(record) end
    if at >= last then break end
    if at % AT_ONCE == 0 then scheduler.pass() end
  end
  return words
end

---A recipe of its own.
local function write_whole(options, list, target, tests)
  local main, joined = list[1], joined_of(list)
  local found = look(main.export, MOST_RECORDS, synthetic.pool(), joined)
  local export = main.export
  local is_nameless = type((export.options or {}).header) == "table"
  local made = guess.of(found.columns, found.records, is_nameless)
  if is_nameless then export.options.header = guess.name_columns(made, found.columns) end
  local several = look_at_hashes(export, made, joined)
  local has_shared_phones = have_shared_phones(export, made, joined)
  local name = path.basename(target):gsub("%.lua$", "")
  local params = given_params(options, main, joined)
  local function write(proven)
    local mapped = mapping.of(found, made, several, proven, has_shared_phones)
    failure.check(file.write(target, recipe_text.of {
      name = name, export = export, mapping = mapped, joined = joined,
    }))
    return mapped
  end
  local settled, message, kind, more
  if options.prove then
    settled, message, kind, more = proof.settle {
      write = write,
      prove = function(is_brief) return options.prove(target, by_name(params), is_brief) end,
      words = several and function(positions)
        return words_at(export, joined, several, positions)
      end,
    }
    if not settled then return nil, message, kind, more end
  end
  local mapped = settled and settled.mapping or write()
  local records = synthetic.of(found, mapped):all()
  local files, made_params = cases.files(export, records, joined)
  failure.check(file.write(tests, yaml_text.cases(cases.settle(target, records, {
    env = options.env, limits = options.limits, files = files, params = made_params,
  }), { files = files, params = made_params })))
  local report = report_of(options, target, tests, main, found, params)
  if settled then add_logins(report, settled.report, mapped, settled.cleartext) end
  for _, one in ipairs(joins.all(joined)) do table.insert(report.what, one.export.what) end
  for _, one in ipairs(mapped.lines) do
    if not one.is_commented then table.insert(report.fields, one.name) end
  end
  return report
end

---A recipe that extends another one.
local function write_extension(options, main, target, tests, base)
  local watch, shipped = synthetic.pool(), extension.tests(base.name, options.env)
  for value in pairs(extension.values(shipped)) do watch[value] = true end
  local found = look(main.export, MOST_RECORDS, watch)
  local name = path.basename(target):gsub("%.lua$", "")
  local own = not base.module:find("^recipes%.") and recipe.find(base.name, options.env)
  local read = reads.text(own and own.text or library.shipped(base.name) or "")
  local unread, within = reads.not_in(found.columns, read)
  local facts = facts_of(base.name, options)
  facts.name, facts.module, facts.system = name, base.module, base.system
  facts.added = additions.of(found, unread, within, facts.has_country)
  local text = extension.text(facts)
  write_both(target, text, tests, function()
    local function is_rare(value)
      local times = found.watched[value] or 0
      return times > 0 and times < survey.FREQUENT
    end
    local kept = shipped and extension.tests_without(shipped, is_rare)
    if kept then return kept end
    local mapped = mapping.of(found, guess.of(found.columns, found.records))
    local records = synthetic.of(found, mapped):all()
    return yaml_text.cases(cases.settle(target, records, options), {})
  end)
  local needed = needed_params(target, options)
  local params = { "input=" .. options.input, table.unpack(needed) }
  local report = report_of(options, target, tests, main, found, params)
  report.extends = base.name
  if not options.prove then return report end
  if #needed > 0 then
    report.unproven = "the recipe needs " .. table.concat(needed, ", ")
    return report
  end
  local said, message, kind, more = options.prove(target, by_name(params), false)
  if not said then return nil, message, kind, more end
  add_logins(report, said)
  return report
end

---What lies there, the likeliest users first.
---@return LookedAt[]?
---@return string? message
---@return Kind? kind
local function open(options)
  local paths, message, kind = exports.files(options.input)
  if not paths then return nil, message, kind end
  local list
  list, message, kind = all_of(paths)
  if not list then return nil, message, kind end
  local main = list[1]
  if not main.survey then look(main.export, OF_A_TABLE) end -- raises why it cannot be read
  if main.survey.records == 0 then
    return nil, lua_text.comment(main.export.name) .. " has no records to learn from", "usage"
  end
  return list
end

---Writes a recipe and its tests. Raises a failure where a file cannot be read or written.
---@param options NewOptions
---@return NewReport?
---@return string? message
---@return Kind? kind
---@return FailureMore? more
function new.write(options)
  local target, tests, kind, more = targets_of(options)
  if not target then return nil, tests, kind, more end
  local list, message
  list, message, kind = open(options)
  if not list then return nil, message, kind end
  local base
  base, message, kind, more = base_of(options, list[1], target)
  if message then return nil, message, kind, more end
  if base then return write_extension(options, list[1], target, tests, base) end
  return write_whole(options, list, target, tests)
end

---What a recipe does not read of an export, as lines to paste. Writes nothing.
---@param options NewOptions
---@return table?
---@return string? message
---@return Kind? kind
---@return FailureMore? more
function new.merge(options)
  local source, message, kind, more = recipe.find(options.merge, options.env)
  if not source then return nil, message, kind, more end
  local list
  list, message, kind = open(options)
  if not list then return nil, message, kind end
  local found = look(list[1].export, MOST_RECORDS)
  local unread = reads.not_in(found.columns, reads.text(source.text))
  return {
    recipe = options.merge, records = found.records, broken = found.broken,
    what = json.array { list[1].export.what },
    lines = json.array(merge.lines(unread, found.records)), exit = 0, status = "complete",
    next = json.null,
  }
end

return new
