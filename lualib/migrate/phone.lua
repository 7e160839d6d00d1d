--- A person's phone number, which is kept as it is written if nobody can say which number it is.

local phone = require "source.phone"
local value = require "source.value"

local phones = {}

---`migrate.phone` of a recipe.
---@param warn fun(code: string, message: string)
---@param lost fun(what: LostThing, reason: string)
---@return fun(written: any, country?: string): string?, any
function phones.new(warn, lost)
  ---@param written any      text or a number; nil, null and blank text count as absent
  ---@param country? string  of a number without one
  ---@return string? number  in E.164
  ---@return any unread      the value if it cannot be read, for user_metadata; counted as a warning
  return function(written, country)
    local number = phone.read(written, country)
    if number then return number end
    local unread = written
    if type(written) == "string" then unread = value.trim(written) end
    if value.null_if(unread) == nil then return nil end
    warn("no_country_code", "phone numbers that cannot be read, kept in user_metadata; see the "
      .. "parameter `country`")
    lost("phone", "the number cannot be read")
    return nil, unread
  end
end

return phones
