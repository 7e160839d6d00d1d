--- Error codes of users: those that Auth0 documents, with their other spellings, and our own.

local codes = {}

---data: repair the record; configuration: the connection or tenant; conflict: an existing user.
---@alias CodeClass "data"|"configuration"|"conflict"|"retry"|"unknown"

---@class Code
---@field name string
---@field synonyms? string[]  spellings that the server may use instead
---@field related? string[]   codes of the same validator, counted under their own name
---@field class CodeClass
---@field meaning string
---@field fix string          a sentence
---@field fixes? table<string, string>  by field, where it differs
---@field own? true           from this program, never from Auth0

---@type Code[]
codes.list = {
  {
    name = "ANY_OF_MISSING", related = { "ONE_OF_MISSING", "ONE_OF_MULTIPLE" }, class = "data",
    meaning = "no accepted identifier is present, or the hash has an unknown format",
    fix = "Add an identifier that the connection accepts, and check the format of the hash.",
  },
  {
    name = "ARRAY_LENGTH_LONG", class = "data", meaning = "too many MFA factors",
    fix = "Keep at most 10 entries in mfa_factors.",
  },
  {
    name = "ARRAY_LENGTH_SHORT", class = "data", meaning = "an empty list",
    fix = "Leave mfa_factors out if the user has no factor.",
  },
  {
    name = "CONFLICT", class = "conflict", meaning = "another user has one of these identifiers",
    fix = "Compare with the existing user; skip the record, or upsert if the e-mail is the same.",
  },
  {
    name = "CONFLICT_EMAIL", class = "conflict", meaning = "another user has this e-mail address",
    fix = "Skip the record, or run again with --upsert; its user_id must match the tenant's.",
  },
  {
    name = "CONFLICT_USERNAME", class = "conflict", meaning = "another user has this username",
    fix = "Rename the user, or leave the username out.",
  },
  {
    name = "CONNECTION_NOT_FOUND", class = "configuration",
    meaning = "the connection was deleted or disabled",
    fix = "Check the connection with `auth0-migrate doctor`, then import these users again.",
  },
  {
    name = "DUPLICATED_USER", class = "conflict",
    meaning = "the user already exists, occurs twice in the file, or conflicts with a ghost",
    fix = "Compare with the existing user; skip the record, or run again with --upsert; its "
      .. "user_id must match the tenant's.",
  },
  {
    name = "ENUM_MISMATCH", related = { "ENUM_CASE_MISMATCH" }, class = "data",
    meaning = "not one of the allowed values",
    fix = "Use one of the documented values, in lower case.",
  },
  {
    name = "FORMAT", synonyms = { "INVALID_FORMAT" }, related = { "UNKNOWN_FORMAT" },
    class = "data",
    meaning = "not a valid address or URL",
    fix = "Clean the value in the recipe (value.email), or leave it out.",
    fixes = { picture = "Map an http or https URL, or leave the picture out." },
  },
  {
    name = "INVALID_TYPE", class = "data", meaning = "the value has the wrong type",
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
    meaning = "a number is too large", fix = "Check the hash's parameters.",
  },
  {
    name = "MINIMUM", related = { "MINIMUM_EXCLUSIVE" }, class = "data",
    meaning = "a number is too small", fix = "Check the hash's parameters.",
  },
  {
    name = "MFA_FACTORS_FAILED", class = "retry",
    meaning = "the user was saved without the MFA factors",
    fix = "Retry; if it fails again, import without factors and enroll them later.",
  },
  {
    name = "NOT_PASSED", class = "data",
    meaning = "a reserved name, or two mutually exclusive fields",
    fix = "Rename the reserved metadata key, or keep only one of the two password hashes.",
  },
  {
    name = "OBJECT_REQUIRED", synonyms = { "OBJECT_MISSING_REQUIRED_PROPERTY" }, class = "data",
    meaning = "a required property is missing",
    fix = "Set the property in the recipe, or skip such records with a reason.",
  },
  {
    name = "PATTERN", class = "data", meaning = "the text does not have the required format",
    fix = "Convert the value to the format in the message, or leave it out.",
    fixes = {
      phone_number = "Convert the number to the form +4930123456 (value.phone), or leave it out.",
      picture = "Map an http or https URL, or leave the picture out.",
      custom_password_hash = "Build the hash with auth0.password, or leave it out.",
      password_hash = "Only plain bcrypt with cost 10 is valid here; write "
        .. "`custom_password_hash = password.auto(row.hash)` for other hashes.",
    },
  },
  {
    name = "PROFILE_SIZE_EXCEEDED", class = "data",
    meaning = "the profile is larger than 10 KB",
    fix = "Store large metadata elsewhere, or let fixers.shrink remove the largest members.",
  },
  {
    name = "OBJECT_ADDITIONAL_PROPERTIES", class = "data",
    meaning = "an unknown property",
    fix = "Correct the spelling, or move the value into app_metadata or user_metadata.",
  },
  {
    name = "OBJECT_PROPERTIES_MAXIMUM", class = "data",
    meaning = "two factors in one entry of mfa_factors",
    fix = "Give each factor an entry of its own in mfa_factors.",
  },
  {
    name = "OBJECT_PROPERTIES_MINIMUM", class = "data", meaning = "an empty object",
    fix = "Leave the empty object out.",
  },
  {
    name = "ARRAY_UNIQUE", class = "data", meaning = "a duplicate entry in a list",
    fix = "Remove the duplicate entry.",
  },
  {
    name = "SOURCE", own = true, class = "data",
    meaning = "the source record cannot be read",
    fix = "Repair this record in the source; other records are not affected.",
  },
  {
    name = "RECIPE_ERROR", own = true, class = "data",
    meaning = "the recipe's map function raised an error",
    fix = "Correct the recipe at the given line; `preview --at PLACE` shows the record.",
  },
  {
    name = "RECIPE_RESULT", own = true, class = "data", meaning = "map did not return a user",
    fix = "Return a user, a list of users, or nil and a reason.",
  },
  {
    name = "TOO_LARGE", own = true, class = "data", meaning = "the user is larger than a chunk",
    fix = "Store large metadata elsewhere, or raise --chunk-bytes (at most 500000).",
  },
  {
    name = "PROFILE_SIZE_NEAR", own = true, class = "data",
    meaning = "the profile is larger than 8 KB, and the limit is 10 KB",
    fix = "Store large metadata elsewhere.",
  },
  {
    name = "DUPLICATE", own = true, class = "data", meaning = "another record has the same user",
    fix = "Nothing to do: the message names the record that was kept.",
  },
  {
    name = "UNKNOWN", own = true, class = "unknown",
    meaning = "the tenant returned a message without a code",
    fix = "Read the message; the user in failed.ndjson is complete and can be sent again.",
    fixes = {
      custom_password_hash = "An upsert cannot replace an existing password: leave the hash "
        .. "out, or delete the user, then retry.",
    },
  },
  {
    name = "JOB_FAILED", own = true, class = "retry",
    meaning = "the whole job failed without errors for single users",
    fix = "Retry; if it fails again, use smaller chunks (--chunk-bytes).",
  },
}

-- Fixes where more than the code is known.
---@type string
codes.TWICE_FIX =
  "Keep one record per user, in the source or with the recipe's dedupe; the first was imported."
codes.ISOLATED_FIX = "Repair the user in failed.ndjson, or remove its line, then retry."
---@type string
codes.GHOST_FIX =
  "Delete the ghost (--delete-ghosts, or by e-mail in the connection), then retry."

local canonical, by_name = {}, {} ---@type table<string, string>, table<string, Code>
for _, entry in ipairs(codes.list) do
  by_name[entry.name] = entry
  for _, synonym in ipairs(entry.synonyms or {}) do
    by_name[synonym], canonical[synonym] = entry, entry.name
  end
  for _, code in ipairs(entry.related or {}) do by_name[code] = entry end
end

---The documented name of a code; an unknown code is returned unchanged.
---@param code string
---@return string
function codes.canonical(code)
  return canonical[code] or code
end

---Whether an earlier user of the same file has one of the identifiers. Other users with this code
---exist or are ghosts; only a lookup distinguishes them, not the message.
---@param code string     canonical
---@param message? string the tenant's
---@return boolean
function codes.is_twice(code, message)
  return code == "DUPLICATED_USER" and (message or ""):find("already provided", 1, true) ~= nil
end

---The entry of a code in any spelling; class "unknown" if it is not documented.
---@param code string
---@return Code
function codes.get(code)
  return by_name[code] or {
    name = code, class = "unknown", meaning = "an undocumented code",
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

-- Names of the server's profile that differ from import files.
local INTERNAL <const> = {
  passwordHash = "password_hash", customPasswordHash = "custom_password_hash",
  picture_url = "picture",
}
-- Members of import files in camel case.
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

-- The names below these are user data.
local METADATA <const> = { app_metadata = true, user_metadata = true }

---Converts a path in the server's names to the names of import files. Without a path, the property
---comes from the message ("Error in X property"); nil if that has none either.
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
