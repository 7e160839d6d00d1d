--- MFA factors of the rehearsal tenant: those that an import can contain are enabled.

local answers = require "tenant.answers"
local json = require "host.json"

local guardian = {}

local FACTORS <const> = {
  { "sms", true }, { "email", true }, { "otp", true }, { "push-notification", false },
  { "webauthn-roaming", false }, { "webauthn-platform", false }, { "recovery-code", false },
  { "duo", false },
}

---GET /api/v2/guardian/factors
---@return Answer
function guardian.factors()
  local list = json.array {}
  for i, factor in ipairs(FACTORS) do
    list[i] = { name = factor[1], enabled = factor[2], trial_expired = false }
  end
  return answers.json(list)
end

return guardian
