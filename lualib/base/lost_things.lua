--- What a user can lose on the way, in the order in which people are told of it.

local lost_things = {}

---@alias LostThing
---| "password"        # must set a new one
---| "totp"            # the authenticator app must be enrolled again
---| "phone_factor"    # text messages or calls as a second factor
---| "passkey"         # passkeys and security keys
---| "recovery_codes"
---| "social"          # sign-in with another account
---| "phone"           # the number of the profile
---| "username"

lost_things.ORDER = {
  "password", "totp", "phone_factor", "passkey", "recovery_codes", "social", "phone", "username",
}

---@type table<string, true>
lost_things.IS_ONE = {}
for _, what in ipairs(lost_things.ORDER) do lost_things.IS_ONE[what] = true end

return lost_things
