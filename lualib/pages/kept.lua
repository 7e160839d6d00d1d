--- Pages on disk: what was read of an API, so that a stage that was killed, or the next command,
--- asks for nothing twice. A folder for each reading, by the digest of what it asks for; in it a
--- file for each page: a line of JSON about the page, then the page, compressed. Or, in place of
--- pages, the file that the API has prepared, as it is.

local clock = require "host.clock"
local digest = require "host.digest"
local file = require "host.file"
local json = require "host.json"
local path = require "base.path"

local kept = {}

local VERSION <const> = 1 -- of the files
local FACTS <const> = "facts.json"
local FILE <const> = "file"
local DIGITS <const> = 16 -- of a digest in the name of a folder

---@class KeptHeader     no credentials
---@field version integer
---@field spec string     digest of what is asked for
---@field page integer    ordinal, from 1
---@field key string      digest of the request for this page
---@field next PageRequest|false|nil  without headers; false: it is the last one; nil: the recipe's
---  own function finds it
---@field mark? PageMark
---@field status integer
---@field headers? table<string, string>  for the recipe's own function
---@field total? integer  how many items there are, as far as the API says

---@class KeptFacts       of a reading, for people too
---@field version integer
---@field from string     "https://api.example.com/users"
---@field began number    unix seconds
---@field before? integer how many items there were, as counted before the first page
---@field after? integer  as counted after the last one
---@field salt? string         of the next one
---@field credentials? string  a fingerprint: which credentials the pages were read with
---@field job? string     the id of what prepares a file

---@class Kept
---@field folder string   of this reading
---@field spec string
local Kept = {}
Kept.__index = Kept

local function name_of(folder, page)
  return path.join(folder, string.format("%06d.zst", page))
end

---@param folder string  of all readings
---@param spec string    hexadecimal
---@return Kept
function kept.at(folder, spec)
  return setmetatable({ folder = path.join(folder, spec:sub(1, DIGITS)), spec = spec }, Kept)
end

---@return KeptFacts?  nil: nothing is kept
function Kept:facts()
  local text = file.read(path.join(self.folder, FACTS))
  local facts = text and json.decode(text)
  local is_ours = type(facts) == "table" and facts.version == VERSION
    and type(facts.began) == "number" and type(facts.salt) == "string"
  return is_ours and facts or nil
end

---Whether a name in a folder of kept pages is that of a reading.
local function is_reading(name)
  return #name == DIGITS and not name:find("%X")
end

---A name in a folder that is not that of a reading.
---@return string?
local function stranger_in(folder)
  for _, name in ipairs(file.list(folder) or {}) do
    if not is_reading(name) then return name end
  end
end

---Makes the folder of all readings, or one of them, private to this user.
---@param is_one? boolean  of one reading
local function claim(folder, is_one)
  local stranger = not is_one and stranger_in(folder)
  if stranger then
    return nil, string.format("%s is for pages of an API, but holds %s; move it", folder,
      path.quote(stranger)), "unusable"
  end
  local made, message, kind = file.mkdir(folder)
  if not made then return nil, message, kind end
  local was_shared
  was_shared, message, kind = file.own(folder)
  if was_shared == nil then return nil, message, kind end
  return true
end

---Begins anew: nothing is kept.
---@param facts table  of KeptFacts, without version and time
---@return true?
---@return string? message
---@return Kind? kind
function Kept:begin(facts)
  local done, message, kind = claim(path.dirname(self.folder))
  if done then done, message, kind = self:clear() end
  if done then done, message, kind = claim(self.folder, true) end
  if not done then return nil, message, kind end
  facts.version, facts.began = VERSION, clock.now()
  return self:note(facts)
end

---@param facts KeptFacts
---@return true?
---@return string? message
---@return Kind? kind
function Kept:note(facts)
  return file.write(path.join(self.folder, FACTS), assert(json.encode(facts)))
end

---Writes a page; it is durable once this returns.
---@param header KeptHeader
---@param text string
---@return true?
---@return string? message
---@return Kind? kind
function Kept:keep(header, text)
  header.version, header.spec = VERSION, self.spec
  local name = name_of(self.folder, header.page)
  local output <close>, message, kind = file.create(name .. ".new", { zstd = true })
  if not output then return nil, message, kind end
  local done
  done, message, kind = output:write(assert(json.encode(header)) .. "\n")
  if done then done, message, kind = output:write(text) end
  if done then done, message, kind = output:finish() end
  if not done then return nil, message, kind end
  return file.rename(name .. ".new", name)
end

---A page, if the one that is kept was asked for by the same request. One that is damaged is asked
---for again.
---@param page integer
---@param key string   digest of the request
---@param limit integer  bytes
---@return KeptHeader?
---@return string? text
function Kept:page(page, key, limit)
  local whole = file.read(name_of(self.folder, page), limit + (1 << 20))
  local line, text
  if whole then line, text = whole:match("^([^\n]*)\n(.*)$") end
  local header = line and json.decode(line)
  local is_same = type(header) == "table" and header.version == VERSION
    and header.spec == self.spec and header.page == page and header.key == key
  if not is_same then return nil end
  return header, text
end

---How many pages are there.
---@return integer
function Kept:count()
  local n = 0
  for _, name in ipairs(file.list(self.folder) or {}) do
    if name:find("^%d+%.zst$") then n = n + 1 end
  end
  return n
end

---The path of the file that an API has prepared.
---@return string
function Kept:file()
  return path.join(self.folder, FILE)
end

---@return boolean
function Kept:has_file()
  return file.stat(self:file()) ~= nil
end

---@return true?
---@return string? message
---@return Kind? kind
function Kept:clear()
  if not file.stat(self.folder) then return true end
  return file.remove_tree(self.folder)
end

---The digest of a plain value.
---@param value any
---@return string hexadecimal
function kept.digest(value)
  return digest.hex(digest.hash("sha256", assert(json.encode(value))))
end

---Moves what all readings kept to another directory, in place of the same readings there.
---@param from string
---@param to string
---@return true?
---@return string? message
---@return Kind? kind
function kept.move(from, to)
  local done, message, kind = claim(to)
  for _, name in ipairs(file.list(from) or {}) do
    local target = path.join(to, name)
    if done and file.stat(target) then done, message, kind = file.remove_tree(target) end
    if done then done, message, kind = file.rename(path.join(from, name), target) end
  end
  if not done then return nil, message, kind end
  return file.remove_tree(from)
end

---Whether a directory holds nothing but kept pages.
---@param folder string
---@return boolean
function kept.is_folder(folder)
  local is_named = path.basename(folder):find("%.pages$") ~= nil
  return is_named and file.list(folder) ~= nil and not stranger_in(folder)
end

---Removes what all readings kept, and the directory if nothing else is in it: somebody else's may
---have its name.
---@param folder string
---@return true?
---@return string? message
---@return Kind? kind
function kept.remove(folder)
  local names, stays = file.list(folder), false
  for _, name in ipairs(names or {}) do
    local done, message, kind = true, nil, nil
    if is_reading(name) then
      done, message, kind = file.remove_tree(path.join(folder, name))
    else
      stays = true
    end
    if not done then return nil, message, kind end
  end
  if not names or stays or #names == 0 then return true end
  return file.remove_tree(folder)
end

return kept
