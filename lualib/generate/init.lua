--- The command generate: writes made-up users in the shape that a recipe reads, with an answer key.

local failure = require "base.failure"
local file = require "host.file"
local json = require "host.json"
local outcome = require "cases.outcome"
local output = require "generate.output"
local path = require "base.path"
local pattern = require "generate.pattern"
local patterns = require "generate.patterns"
local person = require "generate.person"
local scheduler = require "base.scheduler"
local shape = require "cases.shape"
local signals = require "base.signals"
local sorted = require "base.sorted"
local values = require "generate.values"
local verify = require "auth0.hash.verify"

local generate = {}

local TRIED <const> = 2 -- users of each pattern
local BETWEEN <const> = 500 -- users between two looks for Ctrl-C
local WITH_PASSWORD <const>, WITHOUT <const> = 6, 1 -- weights of patterns
-- check.logins reads files up to 16 MiB.
local MOST_LOGINS <const> = 100000
local INTERRUPTED <const> = "interrupted; nothing was written"
local TRIAL <const> = "users" -- the file of a trial
local NOBODY <const> = "its record has neither the address nor the id of its user"

---@class GenerateOptions
---@field n integer
---@field seed integer
---@field cost? integer      of bcrypt
---@field output? string     the file
---@field name string        of the recipe or the format, for the file's name
---@field force? boolean

---@class GenerateReport
---@field users integer
---@field logins integer
---@field files {param: string, path: string}[]  the records first
---@field key string|lightuserdata  the file with the logins; null: there are none
---@field cases integer      records of cases that they are made of
---@field params table<string, string>  that the recipe needs for them
---@field left {name: string, why: string}[]  cases of which there are no users

---@class Generator
---@field set PatternSet
---@field values GeneratedValues
---@field seed integer
---@field proven table<string, boolean>  by digest of hash and password
local Generator = {}
Generator.__index = Generator

---The record of the i-th user, and those in other files.
---@private
---@return string line
---@return table<string, string[]> side
---@return string? secret  Base32
function Generator:user(one, who)
  local secret
  local function value(place)
    local text, found = self.values:of(who, place)
    secret = secret or found
    return text
  end
  local line, side = pattern.write(one.record, value), {}
  for param, list in pairs(one.side) do
    side[param] = {}
    for i, made in ipairs(list) do side[param][i] = pattern.write(made, value) end
  end
  return line, side, secret
end

---All members of the records of patterns.
local function names_of(list)
  local names, seen = {}, {}
  for _, one in ipairs(list) do
    for _, name in ipairs(one.names) do
      if not seen[name] then names[#names + 1], seen[name] = name, true end
    end
  end
  table.sort(names)
  return names
end

---@class GeneratedFiles
---@field main GeneratedFile
---@field side table<string, GeneratedFile>

---Opens the files. The others have what every case has in them, or a record for each user.
---@param list UserPattern[]
---@param where fun(param?: string, format: SampleFormat): string
---@return GeneratedFiles
function Generator:open(list, where)
  local set = self.set
  local files = { side = {}, paths = { { param = set.param, path = where(nil, set.format) } } }
  files.main = failure.check(output.create(files.paths[1].path .. ".new", set.format,
    names_of(list)))
  for param, side in sorted.pairs(set.side) do
    local name = where(param, side.format)
    table.insert(files.paths, { param = param, path = name })
    if side.constant then
      failure.check(file.write(name .. ".new", side.constant))
    else
      files.side[param] = failure.check(output.create(name .. ".new", side.format, side.names))
    end
  end
  return files
end

local function add(files, line, side)
  failure.check(files.main:add(line))
  for param, lines in pairs(side) do
    for _, one in ipairs(files.side[param] and lines or {}) do
      failure.check(files.side[param]:add(one))
    end
  end
end

local function finish(files)
  failure.check(files.main:finish())
  for _, one in pairs(files.side) do failure.check(one:finish()) end
  for _, one in ipairs(files.paths) do
    failure.check(file.rename(one.path .. ".new", one.path))
  end
end

---A case with users of some patterns, to be tried with the recipe.
local function trial_case(self, list, case, folder)
  local files = self:open(list, function(param) return path.join(folder, param or TRIAL) end)
  local people = {}
  for i = 1, TRIED * #list do
    local one, who = list[(i - 1) % #list + 1], person.new(self.seed, i)
    people[i] = { pattern = one, who = who }
    add(files, self:user(one, who))
  end
  finish(files)
  local ending = "." .. output.ending(self.set.format)
  local made = {
    file = case.file, name = "generated", line = case.line, now = case.now, files = {},
    params = {}, is_whole = true,
  }
  for name, given in pairs(list[1].params) do made.params[name] = given end
  for _, one in ipairs(files.paths) do
    local name = path.basename(one.path) .. (one.param == self.set.param and ending
      or "." .. output.ending(self.set.side[one.param].format))
    made.files[name] = assert(file.read(one.path))
    made.params[one.param] = { value = name, line = case.line }
  end
  return made, people
end

---Which of a person's values is the login of the user that the recipe makes.
local function login_of(user, one, who)
  if user.blocked then return nil end
  if user.email == who.email then return "email" end
  return user.username == who.username and "username" or nil, one
end

---Whether a password is that of a user. Each pattern is tried together with all before it, so each
---hash is computed only once.
---@private
function Generator:proves(user, password)
  local key = json.digest { user.custom_password_hash or user.password_hash or false, password }
  if self.proven[key] == nil then self.proven[key] = verify.password(user, password) or false end
  return self.proven[key]
end

---Tries users of patterns with the recipe: nil, or why they do not become users.
---@private
---@return string? why
function Generator:try(list, world, case, declared)
  local folder = failure.check(file.temporary())
  local made_case, people = trial_case(self, list, case, folder)
  file.remove_tree(folder)
  local made = outcome.of(world, made_case, declared)
  if made.failed then return made.failed end
  local refused = made.rejected[1]
  if refused then
    local e = refused.errors[1]
    return e.code .. (e.path and e.path ~= "" and " at " .. e.path or "")
  elseif made.skipped[1] then
    return "skipped: " .. made.skipped[1].reason
  elseif #made.users ~= #people then
    return "another number of users"
  end
  for i, one in ipairs(people) do
    local user, known = made.users[i].user, one.pattern
    local password = known.has_bcrypt and self.values:password(one.who.i) or known.password
    known.is_proven = password ~= nil and self:proves(user, password)
    known.login = login_of(user, known, one.who)
  end
end

---Adds patterns whose users the recipe takes together with those of `kept`. Most often it takes all
---of them; those of a half that it does not take are halved again.
---@private
---@param kept UserPattern[]
---@param list UserPattern[]
---@param try fun(list: UserPattern[]): string?  why the users of a list are not taken
function Generator:keep(kept, list, try)
  if #list == 0 then return end
  local before = #kept
  table.move(list, 1, #list, before + 1, kept)
  local why = try(kept)
  if not why then return end
  for i = #kept, before + 1, -1 do kept[i] = nil end
  if #list == 1 then
    table.insert(self.set.left, { name = list[1].name, why = why })
    return
  end
  local middle = #list // 2
  self:keep(kept, table.move(list, 1, middle, 1, {}), try)
  self:keep(kept, table.move(list, middle + 1, #list, 1, {}), try)
end

---Leaves the patterns whose users the recipe takes, together: columns of one may hide those of
---another.
---@param world CaseWorld
---@param cases Case[]
---@param declared table<string, ParamDeclaration>
function Generator:settle(world, cases, declared)
  local by_line, kept, set = {}, {}, self.set
  for _, case in ipairs(cases) do by_line[case.line] = case end
  local order = {}
  for _, has_password in ipairs { true, false } do
    for _, one in ipairs(set.list) do
      local has, uses = one.password ~= nil or one.has_bcrypt, one.record.uses
      local is_someone = uses.email or uses.username or uses.id
      if has == has_password and is_someone then
        order[#order + 1] = one
      elseif has == has_password then
        table.insert(set.left, { name = one.name, why = NOBODY })
      end
    end
  end
  self:keep(kept, order, function(list)
    world.pause()
    return self:try(list, world, by_line[list[#list].line], declared)
  end)
  set.list = kept
  for _, one in ipairs(kept) do one.weight = one.is_proven and WITH_PASSWORD or WITHOUT end
end

---@private
function Generator:choose(who)
  local sum = 0
  for _, one in ipairs(self.set.list) do sum = sum + one.weight end
  local at = string.unpack("<I4", who:bytes("pattern", 4)) % sum
  for _, one in ipairs(self.set.list) do
    at = at - one.weight
    if at < 0 then return one end
  end
end

---The names of the files; raises a failure if one exists that may not be replaced.
---@return fun(param: string?, format: SampleFormat): string of
---@return string key
local function names_for(set, options)
  local stem = options.output and options.output:gsub("%.%w+$", "") or options.name .. "-users"
  local function of(param, kind)
    return param and stem .. "-" .. param .. "." .. output.ending(kind)
      or options.output or stem .. "." .. output.ending(kind)
  end
  local key = stem .. ".logins.ndjson"
  local all = { of(nil, set.format) }
  for param, side in sorted.pairs(set.side) do all[#all + 1] = of(param, side.format) end
  all[#all + 1] = key
  for _, name in ipairs(options.force and {} or all) do
    if file.stat(name) then
      error(failure.new(name .. " exists; --force replaces it", "usage", { add = "--force" }), 0)
    end
  end
  return of, key
end

---The login of a user, a line of the answer key; nil if there is none.
---@private
function Generator:login(one, who, secret)
  if not one.is_proven or not one.login or one.is_blocked then return nil end
  local password = one.has_bcrypt and self.values:password(who.i) or one.password
  return assert(json.encode({ id = who[one.login], password = password, totp = secret },
    { id = 1, password = 2, totp = 3 }))
end

---Writes all users.
---@param options GenerateOptions
---@return GenerateReport
function Generator:write(options)
  local where, key_name = names_for(self.set, options)
  local files = self:open(self.set.list, where)
  local key <close> = failure.check(file.create(key_name .. ".new"))
  local logins, stopped = 0, false
  local _ <close> = signals.watch(function() stopped = true end, function() os.exit(130) end)
  for i = 1, options.n do
    local who = person.new(self.seed, i)
    local one = self:choose(who)
    local line, side, secret = self:user(one, who)
    add(files, line, side)
    local login = logins < MOST_LOGINS and self:login(one, who, secret)
    if login then
      failure.check(key:write(login .. "\n"))
      logins = logins + 1
    end
    if i % BETWEEN == 0 then
      scheduler.pass()
      if stopped then break end
    end
  end
  if stopped then
    for _, one in ipairs(files.paths) do file.remove(one.path .. ".new") end
    file.remove(key_name .. ".new")
    failure.raise(INTERRUPTED, "interrupted")
  end
  finish(files)
  failure.check(key:finish())
  if logins == 0 then
    file.remove(key_name .. ".new")
  else
    failure.check(file.rename(key_name .. ".new", key_name))
  end
  return {
    users = options.n, logins = logins, files = json.array(files.paths),
    key = logins > 0 and key_name or json.null, params = {}, cases = #self.set.list,
    left = json.array(self.set.left),
  }
end

---Users in a plain format.
---@param set PatternSet
---@param options GenerateOptions
---@return GenerateReport
function generate.plain(set, options)
  local self = setmetatable({
    set = set, values = values.new(options.seed, options.cost), seed = options.seed,
    proven = {},
  }, Generator)
  for _, one in ipairs(set.list) do one.is_proven = true end
  return self:write(options)
end

---The parameters of the cases, those of most cases first.
local function param_sets(cases)
  local sets, seen = {}, {}
  for _, case in ipairs(cases) do
    local params, words = {}, {}
    for name, given in pairs(case.params) do
      if not case.files[given.value] then
        params[name] = given.value
        words[#words + 1] = name .. "=" .. given.value
      end
    end
    table.sort(words)
    local key = table.concat(words, "\0")
    if not seen[key] then
      seen[key] = { params = params, n = 0, size = #words }
      sets[#sets + 1] = seen[key]
    end
    seen[key].n = seen[key].n + 1
  end
  table.sort(sets, function(a, b)
    if (a.size == 0) ~= (b.size == 0) then return a.size == 0 end
    return a.n > b.n
  end)
  return sets
end

---Users in the shape of the first records of a recipe's cases with the same parameters.
---@param files TestFile[]
---@param world CaseWorld
---@param params table<string, string>  given ones; without any, those of most cases
---@param options GenerateOptions
---@return GenerateReport
function generate.recipe(files, world, params, options)
  local cases = {}
  for _, one in ipairs(files) do
    for _, case in ipairs(shape.cases(one)) do cases[#cases + 1] = case end
  end
  local declared = outcome.declared(world, cases[1])
  local sets = next(params) and { { params = params } } or param_sets(cases)
  local first_why
  for _, tried in ipairs(sets) do
    local set = patterns.of(world, cases, declared, tried.params)
    local self = setmetatable({
      set = set, values = values.new(options.seed, options.cost), seed = options.seed,
      proven = {},
    }, Generator)
    if set.list[1] and output.can(set.format) then
      self:settle(world, cases, declared)
      if set.list[1] then
        local report = self:write(options)
        report.params = tried.params
        return report
      end
    end
    first_why = first_why or set.list[1] and not output.can(set.format)
      and "it does not read a file in a form that can be written: an API, XML, a database or an "
        .. "iterator of its own" or set.left[1] and set.left[1].why
  end
  failure.raise(string.format("no users can be generated for the recipe %s: %s", options.name,
    first_why or "no case has such parameters"), "usage")
end

return generate
