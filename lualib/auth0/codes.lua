--- Why a user was refused: Auth0's documented codes with their other spellings, and ours.

local codes = {}

---data: repair the record; configuration: the connection or tenant; conflict: an existing user;
---retry: once more.
---@alias CodeClass "data"|"configuration"|"conflict"|"retry"|"unknown"

---@class Code
---@field name string
---@field synonyms? string[]  spellings that the server may use instead
---@field related? string[]   codes of the same validator that are counted under their own name
---@field class CodeClass
---@field meaning string
---@field fix string          a sentence for people
---@field fixes? table<string, string>  by the field, where one has another
---@field own? true           made by this program, never by Auth0

---@type Code[]
codes.list = {
  {
    name = "ANY_OF_MISSING", related = { "ONE_OF_MISSING", "ONE_OF_MULTIPLE" }, class = "data",
    meaning = "none of the accepted identifiers is there, or a hash has no known shape",
    fix = "Give the user an identifier that the connection accepts, and check the hash's shape.",
  },
  {
    name = "ARRAY_LENGTH_LONG", class = "data", meaning = "too many MFA factors",
    fix = "Keep at most 10 entries in mfa_factors.",
  },
  {
    name = "ARRAY_LENGTH_SHORT", class = "data", meaning = "an empty list",
    fix = "Leave mfa_factors out where there is no factor.",
  },
  {
    name = "CONFLICT", class = "conflict", meaning = "another user has one of these identifiers",
    fix = "Compare with the existing user; skip the record, or upsert if the address is the same.",
  },
  {
    name = "CONFLICT_EMAIL", class = "conflict", meaning = "another user has this address",
    fix = "Skip the record, or run again with --upsert; a user_id must then be the tenant's.",
  },
  {
    name = "CONFLICT_USERNAME", class = "conflict", meaning = "another user has this username",
    fix = "Rename the user, or leave the username out.",
  },
  {
    name = "CONNECTION_NOT_FOUND", class = "configuration",
    meaning = "the connection vanished or was disabled",
    fix = "Check the connection with `auth0-migrate doctor`, then resume.",
  },
  {
    name = "DUPLICATED_USER", class = "conflict",
    meaning = "the user is there already, stands twice in the file, or meets a ghost",
    fix = "Compare with the existing user; skip the record, or run again with --upsert; a user_id "
      .. "must then be the tenant's.",
  },
  {
    name = "ENUM_MISMATCH", related = { "ENUM_CASE_MISMATCH" }, class = "data",
    meaning = "a word outside the allowed ones",
    fix = "Use one of the documented words, in lower case.",
  },
  {
    name = "FORMAT", synonyms = { "INVALID_FORMAT" }, related = { "UNKNOWN_FORMAT" },
    class = "data",
    meaning = "not a valid address or URL",
    fix = "Clean the value in the recipe (value.email), or leave it out.",
    fixes = { picture = "Leave a picture out that is no http or https address." },
  },
  {
    name = "INVALID_TYPE", class = "data", meaning = "another type than the field has",
    fix = "Convert the value in the recipe (value.boolean, tostring), or leave it out.",
  },
  {
    name = "MAX_LENGTH", class = "data", meaning = "the text is too long",
    fix = "Shorten the value in the recipe, or leave it out.",
  },
  {
    name = "MIN_LENGTH", class = "data", meaning = "the text is too short",
    fix = "Leave the value out.",
  },
  {
    name = "MAXIMUM", related = { "MAXIMUM_EXCLUSIVE" }, class = "data",
    meaning = "a number is too big", fix = "Check the hash's parameters.",
  },
  {
    name = "MINIMUM", related = { "MINIMUM_EXCLUSIVE" }, class = "data",
    meaning = "a number is too small", fix = "Check the hash's parameters.",
  },
  {
    name = "MFA_FACTORS_FAILED", class = "retry",
    meaning = "the user was saved, the MFA factors were not",
    fix = "Retry; if it repeats, import without factors and enrol them later.",
  },
  {
    name = "NOT_PASSED", class = "data",
    meaning = "a forbidden name, or two fields that exclude each other",
    fix = "Remove the reserved metadata name, or keep only one kind of password hash.",
  },
  {
    name = "OBJECT_REQUIRED", synonyms = { "OBJECT_MISSING_REQUIRED_PROPERTY" }, class = "data",
    meaning = "a property that must be there is missing",
    fix = "Set the property in the recipe, or skip such records with a reason.",
  },
  {
    name = "PATTERN", class = "data", meaning = "the text has not the required shape",
    fix = "Bring the value into the shape that the message names, or leave it out.",
    fixes = {
      phone_number = "Bring the number into the form +4930123456 (value.phone), or leave it out.",
      picture = "Leave a picture out that is no http or https address.",
      custom_password_hash = "Build the hash with auth0.password, or leave it out.",
      password_hash = "Only plain bcrypt of cost 10 goes here; write "
        .. "`custom_password_hash = password.auto(row.hash)` for other hashes.",
    },
  },
  {
    name = "OBJECT_ADDITIONAL_PROPERTIES", class = "data",
    meaning = "a property that Auth0 does not know",
    fix = "Correct the spelling, or move the value into app_metadata or user_metadata.",
  },
  {
    name = "OBJECT_PROPERTIES_MAXIMUM", class = "data",
    meaning = "two kinds of factor in one entry of mfa_factors",
    fix = "Give each factor an entry of its own.",
  },
  {
    name = "OBJECT_PROPERTIES_MINIMUM", class = "data", meaning = "an empty object",
    fix = "Leave the empty object out.",
  },
  {
    name = "ARRAY_UNIQUE", class = "data", meaning = "the same entry twice in a list",
    fix = "Keep one of them.",
  },
  {
    name = "SOURCE", own = true, class = "data",
    meaning = "a source record that cannot be read",
    fix = "Repair the source at this place; the other records are not affected.",
  },
  {
    name = "RECIPE_ERROR", own = true, class = "data", meaning = "the recipe's map raised an error",
    fix = "Correct the recipe at the line named; `preview --at PLACE` shows its record.",
  },
  {
    name = "RECIPE_RESULT", own = true, class = "data", meaning = "map did not return a user",
    fix = "Return a user, a list of users, or nil and a reason.",
  },
  {
    name = "TOO_LARGE", own = true, class = "data", meaning = "one user is larger than a chunk",
    fix = "Move bulky metadata elsewhere, or raise --chunk-bytes (at most 500000).",
  },
  {
    name = "DUPLICATE", own = true, class = "data", meaning = "the same user once more",
    fix = "Nothing to do: the one kept is named.",
  },
  {
    name = "UNKNOWN", own = true, class = "unknown",
    meaning = "refused with a message and without a code",
    fix = "Read the message; the user in failed.ndjson is complete and can be sent again.",
    fixes = {
      custom_password_hash = "A user that has a password keeps it: leave the hash out of an "
        .. "upsert, or delete the user, then retry.",
    },
  },
  {
    name = "JOB_FAILED", own = true, class = "retry",
    meaning = "the whole job failed and said nothing about single users",
    fix = "Retry; if it repeats, use smaller chunks (--chunk-bytes).",
  },
}

-- What to do about DUPLICATED_USER where more than the code is known.
codes.TWICE_FIX =
  "Keep one record of each user in the source or by the recipe's dedupe: the first was imported."
codes.GHOST_FIX =
  "Delete the ghost (--delete-ghosts, or the connection's users by e-mail), then retry."

local canonical, by_name = {}, {} ---@type table<string, string>, table<string, Code>
for _, entry in ipairs(codes.list) do
  by_name[entry.name] = entry
  for _, synonym in ipairs(entry.synonyms or {}) do
    by_name[synonym], canonical[synonym] = entry, entry.name
  end
  for _, code in ipairs(entry.related or {}) do by_name[code] = entry end
end

---The documented name of a code; one that is not known stays as it is.
---@param code string
---@return string
function codes.canonical(code)
  return canonical[code] or code
end

---Whether a user was refused because an earlier one of the same file has an identifier of it. The
---other users with this code are there, or are ghosts: a look-up tells, for the message need not.
---@param code string     canonical
---@param message? string the tenant's
---@return boolean
function codes.is_twice(code, message)
  return code == "DUPLICATED_USER" and (message or ""):find("already provided", 1, true) ~= nil
end

---All about a code, in any spelling; class "unknown" for one that is not known.
---@param code string
---@return Code
function codes.get(code)
  return by_name[code] or {
    name = code, class = "unknown", meaning = "a code that is not documented",
    fix = "Read the message; the user in failed.ndjson is complete and can be sent again.",
  }
end

---@param code string
---@param path? string  of the field
---@return string? fix  a sentence
function codes.fix(code, path)
  local entry = by_name[code]
  if not entry then return nil end
  local field = entry.fixes and path and path:match("^[%a_]+")
  return field and entry.fixes[field] or entry.fix
end

-- Where the server's profile has another name than import files.
local INTERNAL <const> = {
  passwordHash = "password_hash", customPasswordHash = "custom_password_hash",
  picture_url = "picture",
}
-- Members of import files that are spelt like this.
local AS_WRITTEN <const> = { blockSize = true }

local function import_name(name)
  if INTERNAL[name] then return INTERNAL[name] end
  if AS_WRITTEN[name] then return name end
  return (name:gsub("(%l)(%u)", function(a, b) return a .. "_" .. b:lower() end))
end

---"#/a/0/b" as "a[0].b".
local function from_pointer(pointer)
  local path = ""
  for part in pointer:gmatch("[^/]+") do
    part = part:gsub("~1", "/"):gsub("~0", "~")
    if part ~= "#" then
      if part:find("^%d+$") then
        path = path .. "[" .. part .. "]"
      else
        path = path .. (path == "" and "" or ".") .. part
      end
    end
  end
  return path
end

-- Below these the names are the user's own.
local METADATA <const> = { app_metadata = true, user_metadata = true }

---A path in the server's names as a path in those of import files. Without a path the property is
---taken from the message ("Error in X property"); nil where neither tells.
---@param path? string
---@param message? string
---@return string?
function codes.import_path(path, message)
  if type(path) ~= "string" or path == "" then
    path = type(message) == "string" and message:match("^Error in (.-) property") or nil
    if not path or path == "" then return nil end
  end
  if path:find("^#?/") or path == "#" then path = from_pointer(path) end
  path = path:gsub("^identities%[%d+%]%.profileData%.", "")
  local head, rest = path:match("^([%a_][%w_]*)(.*)$")
  if not head then return path ~= "" and path or nil end
  head = import_name(head)
  if METADATA[head] then return head .. rest end
  return head .. rest:gsub("[%a_][%w_]*", import_name)
end

return codes
