--- The words with which systems say in which state an account is, and which of them close it.

local status_words = {}

local OPEN <const> = [[
  active enabled approved ok valid live normal current registered verified confirmed unverified
  unconfirmed pending new invited provisioned staged created waiting lockedout passwordexpired
  recovery forcechangepassword resetrequired passwordreset compromised unknown trial member regular
  good open on yes aktiv actif activo attivo actief a p
]]

local CLOSED <const> = [[
  inactive disabled deactivated deprovisioned suspended banned blocked locked frozen closed
  cancelled canceled terminated rejected archived deleted removed retired revoked expired off no
  denied dormant inaktiv gesperrt deaktiviert geloescht inactif bloque inactivo bloqueado
  suspendido inattivo bloccato inactief i d s b x
]]

---@type table<string, boolean>
local CLOSES <const> = {}
for word in OPEN:gmatch("%S+") do CLOSES[word] = false end
for word in CLOSED:gmatch("%S+") do CLOSES[word] = true end

---@param word string
---@return boolean?  whether it closes the account; nil for an unknown word
function status_words.closes(word)
  return CLOSES[(word:lower():gsub("[%s_.-]", ""))]
end

return status_words
