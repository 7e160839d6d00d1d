--- What the name of a column suggests, in the languages in which such columns are named.

local text = require "host.text"

local names = {}

---@alias Meaning
---| "email" | "user_id" | "username" | "given_name" | "family_name" | "name" | "nickname"
---| "picture" | "phone_number" | "email_verified" | "phone_verified" | "active" | "blocked"
---| "status" | "deleted" | "hash" | "salt" | "rounds" | "algorithm" | "totp" | "factor" | "roles"
---| "country" | "anonymous" | "user_metadata" | "personal" | "secret" | "created" | "until"

-- Names without blanks and punctuation, the best first.
---@type {[1]: Meaning, [2]: string}[]
local EXACT <const> = {
  { "email", "email emailaddress mail emailadresse mailadresse useremail primaryemail "
    .. "primaryemailaddress emailaddr courriel correo correoelectronico emailprincipal posta" },
  { "user_id", "userid id uid uuid guid pk objectid userguid externalid localid accountid "
    .. "customerid memberid playerid patientid personid contactid usersid subjectid sub entryuuid "
    .. "userno usernumber memberno membernumber customerno customernumber accountno patientno "
    .. "kundennummer kundennr mitgliedsnummer benutzerid numero codigo" },
  { "username", "username login userlogin loginname screenname handle nick accountname membername "
    .. "preferredusername samaccountname playername gamertag benutzername anmeldename pseudo "
    .. "identifiant usuario nutzername userprincipalname" },
  { "given_name", "givenname firstname forename fname first vorname prenom nombre nome voornaam "
    .. "namefirst givennames imie given" },
  { "family_name", "familyname lastname surname lname last nachname nom apellido apellidos cognome "
    .. "achternaam namelast family last sn sobrenome nazwisko zuname familienname" },
  { "name", "fullname displayname name realname completename publicname contactname cn "
    .. "anzeigename nomcomplet nombrecompleto nameformatted commonname" },
  { "nickname", "nickname nick alias knownas spitzname surnom apodo" },
  { "picture", "picture pictureurl avatar avatarurl photo photourl image imageurl profilephotourl "
    .. "profilepicture profilepictureurl profileimage profileimageurl bild foto photos" },
  { "phone_number", "phonenumber phone mobile mobilephone mobilenumber telephone cell cellphone "
    .. "primaryphonenumber primaryphone phonemobile telephonenumber tel handy mobil telefon "
    .. "telefonnummer rufnummer telefono telefoon portable gsm celular movil phonenumbers msisdn "
    .. "contactnumber numerotelefono" },
  { "email_verified", "emailverified emailconfirmed verified confirmed isverified isconfirmed "
    .. "isemailverified isemailconfirmed emailisverified emailverifiedat emailconfirmedat "
    .. "verifiedat confirmedat mailverified mailconfirmed emailvalidated emailverifieddate "
    .. "useremailverified bestaetigt verifiziert confirme emailconfirmationdate "
    .. "optinconfirmedat doubleoptin mailok emailok emailvalid" },
  { "phone_verified", "phoneverified phonenumberverified isphoneverified phoneconfirmed "
    .. "phonenumberconfirmed phoneverifiedat phoneconfirmedat phonenumberverifiedat "
    .. "phonenumberconfirmedat mobileverified mobileconfirmed mobileverifiedat smsverified "
    .. "smsconfirmed" },
  { "active", "active isactive enabled isenabled accountenabled aktiv useractive activo actif "
    .. "loginallowed canlogin islive" },
  { "blocked", "blocked isblocked blockedat disabled isdisabled disabledat banned isbanned "
    .. "bannedat suspended issuspended suspendedat deactivated deactivatedat gesperrt bloque "
    .. "bloqueado inactive isinactive isdeactivated accountdisabled suspension" },
  { "status", "status state accountstatus userstatus accountstate userstate memberstatus "
    .. "playerstatus statut estado lifecyclestate zustand" },
  { "deleted", "deleted isdeleted deletedat deletedon geloescht softdeleted removedat isremoved "
    .. "deleteddate erasedat anonymizedat anonymisedat" },
  { "hash", "password passwordhash passwd pwd pass userpass userpassword passworddigest "
    .. "encryptedpassword hashedpassword hash pwhash passhash pwdhash cryptpassword passwort "
    .. "kennwort motdepasse contrasena wachtwoord passcode userhash userpasswordhash pw "
    .. "passwdhash plaintext cleartext plainpassword cleartextpassword passwordplain "
    .. "passwordcleartext" },
  { "salt", "salt passwordsalt passsalt pwsalt hashsalt usersalt pwdsalt passwdsalt saltvalue" },
  { "rounds", "rounds iterations iterationcount hashiterations passworditerations iter factor "
    .. "passwordrounds hashrounds" },
  { "algorithm", "algorithm algo hashalgorithm encryptionscheme passwordalgorithm passwordhasher "
    .. "hasher scheme hashtype passwordformat hashmethod passwordtype hashfunction passwordscheme "
    .. "pwalgo hashalgo passwordalgo" },
  { "totp", "totpsecret otpsecret mfasecret twofactorsecret totp authenticatorkey otpkey "
    .. "googleauthenticatorsecret tfasecret twofasecret totpkey mfakey gasecret totpurl otpauth "
    .. "2fasecret secret2fa" },
  { "factor", "twofactorenabled mfaenabled totpenabled otpenabled otprequiredforlogin "
    .. "twofactorconfirmedat tfaenabled is2faenabled twofaenabled totpconfirmed mfa 2faenabled" },
  { "roles", "roles role groups group permissions capabilities authorities rollen rolle gruppen "
    .. "rolename groupname scopes wpcapabilities usergroups userroles roleslist memberof "
    .. "realmroles" },
  { "country", "country countrycode land countryiso countryname pays pais nation paese region" },
  { "anonymous", "isanonymous anonymous isguest guest" },
  { "user_metadata", "locale language lang timezone tz newsletter theme preferredlanguage "
    .. "langcode sprache langue idioma preferences settings marketing marketingoptin optin "
    .. "newsletteroptin currency darkmode notifications languagepreference" },
  { "created", "createdat created registered registeredat joined joinedat datejoined usersince "
    .. "signupdate createdon createddate registrationdate membersince creationdate "
    .. "userregistered" },
}

-- Parts of names of what no recipe needs to read.
local SECRET <const> = { "token", "resetpassword", "rememb", "activationkey", "activationcode",
  "securitystamp", "concurrencystamp", "apikey", "secret", "recovery", "verificationcode", "otp",
  "answer", "nonce", "csrf", "sessionid", "refresh", "privatekey", "backupcode", "pin" }

-- Parts of names of what may be personal.
local PERSONAL <const> = { "birth", "dob", "gender", "sex", "address", "street", "city", "zip",
  "postal", "ssn", "tax", "iban", "bank", "card", "passport", "note", "comment", "description",
  "bio", "about", "ip", "lat", "lon", "geo", "health", "diagnos", "blood", "religio", "ethnic",
  "salary", "income", "emergency", "geburt", "strasse", "ort", "plz", "bemerkung", "insurance",
  "allerg", "secondary", "alternate", "contact", "fax", "website", "company", "employer", "title",
  "signature", "interests", "dn", "distinguishedname" }

-- Parts of the names of addresses and numbers that are not the first choice.
local OTHER <const> = { "second", "alternat", "backup", "recovery", "other", "old", "previous",
  "unconfirmed", "pending", "new", "normalized", "billing", "invoice", "work", "office", "home",
  "fax", "emergency", "parent", "manager", "init", "canonical", "contact", "partner", "unverified",
  "notification", "paypal", "2", "privat", "referr", "invited", "createdby" }

local PLAIN <const> = {
  ["é"] = "e", ["è"] = "e", ["ê"] = "e", ["á"] = "a", ["à"] = "a", ["í"] = "i", ["ó"] = "o",
  ["ò"] = "o", ["ú"] = "u", ["ñ"] = "n", ["ç"] = "c", ["ä"] = "ae", ["ö"] = "oe", ["ü"] = "ue",
  ["ß"] = "ss", ["ę"] = "e", ["ł"] = "l", ["ã"] = "a",
}

---@type table<string, {[1]: Meaning, [2]: number}>
local BY_NAME <const> = {}
for _, entry in ipairs(EXACT) do
  local rank = 0
  for word in entry[2]:gmatch("%S+") do
    rank = rank + 1
    BY_NAME[word] = BY_NAME[word] or { entry[1], 1 - rank / 100 }
  end
end

---The words of a name, in lower case: "userEmail_address" has three.
---@param name string
---@return string[]
function names.words(name)
  local spaced = name:gsub("(%l)(%u)", "%1 %2"):gsub("(%u)(%u%l)", "%1 %2")
  spaced = text.lower(spaced):gsub("[\xc3-\xc5][\x80-\xbf]", PLAIN)
  local words = {}
  for word in spaced:gmatch("[%w\x80-\xff]+") do words[#words + 1] = word end
  return words
end

---@param name string
---@return string
function names.plain(name)
  return table.concat(names.words(name))
end

local function has_part(plain, parts)
  for _, part in ipairs(parts) do
    if plain:find(part, 1, true) then return true end
  end
  return false
end

-- Words at the beginning of a name that say whose column it is.
local OWNERS <const> = {}
for word in ([[user users usr u member mem customer cust account acct person patient player client
  profile auth login contact employee student subscriber guest pupil teacher visitor
  primary main my current password
  passwort passwd pwd]]):gmatch("%S+") do
  OWNERS[word] = true
end

-- Parts of the names of what was confirmed, and of the confirmation.
local CONFIRMED <const> = { "confirm", "verif", "validat", "bestaetig", "optin" }
local MAIL <const> = { "mail", "courriel", "correo" }
local BLOCKS <const> = { "ban", "block", "suspend", "lock", "disab" }
local ENDS <const> = { "until", "lockoutend", "expire" }
local PHONES <const> = { "phone", "mobile", "sms", "telefon", "handy" }

---What the parts of a name say.
local function by_parts(plain)
  if has_part(plain, BLOCKS) and has_part(plain, ENDS) then return "until" end
  if not has_part(plain, CONFIRMED) or plain:find("token") or plain:find("code") then return nil end
  if has_part(plain, MAIL) then return "email_verified" end
  if has_part(plain, PHONES) then return "phone_verified" end
end

---What a name means, and how well it says so, 0 to 1. A word that says whose it is ("usr_email")
---does not count.
---@param name string
---@param prefix? string  the first word of most names
---@return Meaning?
---@return number fit
function names.meaning(name, prefix)
  local words = names.words(name)
  for skipped = 0, math.min(#words - 1, 2) do
    local found = BY_NAME[table.concat(words, "", skipped + 1)]
    if found then return found[1], found[2] - skipped * 0.2 end
    if not OWNERS[words[skipped + 1]] and words[skipped + 1] ~= prefix then break end
  end
  local found = by_parts(table.concat(words))
  return found, found and 0.5 or 0
end

---The first word that most names of a table have, such as "usr".
---@param list string[]
---@return string?
function names.prefix(list)
  local counts = {}
  for _, name in ipairs(list) do
    local words = names.words(name)
    if #words > 1 then
      counts[words[1]] = (counts[words[1]] or 0) + 1
      if counts[words[1]] > 2 and counts[words[1]] * 2 > #list then return words[1] end
    end
  end
end

-- Last words of the names of moments.
local MOMENTS <const> = { "at", "on", "seen", "date", "time", "login", "created", "updated",
  "since", "registered", "joined", "visit", "access", "activity", "changed", "timestamp", "datum",
  "besuch" }

---Whether a name says that its column is a moment.
---@param name string
---@return boolean
function names.is_moment(name)
  local words = names.words(name)
  local last = words[#words] or ""
  for _, word in ipairs(MOMENTS) do
    if last == word or #word > 3 and last:sub(-#word) == word then return true end
  end
  return false
end

---Whether a name says that its column is a second choice among those of its kind.
---@param name string
---@return boolean
function names.is_other(name)
  return has_part(names.plain(name), OTHER)
end

---@param name string
---@return boolean
function names.is_secret(name)
  return has_part(names.plain(name), SECRET)
end

-- Parts of the names of what holds passwords.
local SAFES <const> = { "password", "passwd", "passwort", "credential" }

---Whether a column is an object of passwords, or in one. Of a column that is in none, more about
---the password counts as no secret: "password_changed_at".
---@param key string  of the column: "services.password.plain"
---@return boolean
function names.is_in_safe(key)
  local parents, last = key:match("^(.-)([^.%[%]]+)$")
  local plain = names.plain(last or key):gsub("s$", "")
  for _, safe in ipairs(SAFES) do
    if plain == safe then return true end
  end
  for name in (parents or ""):gmatch("[^.%[%]]+") do
    if has_part(names.plain(name), SAFES) or names.meaning(name) == "hash" then return true end
  end
  return names.meaning(last or key) == "hash"
end

---@param name string
---@return boolean
function names.is_personal(name)
  local words = names.words(name)
  for _, word in ipairs(words) do
    for _, part in ipairs(PERSONAL) do
      if word == part or #part > 3 and word:sub(1, #part) == part then return true end
    end
  end
  return false
end

---A name in words of the import: "created at" → "created_at".
---@param name string
---@return string
function names.snake(name)
  local made = table.concat(names.words(name), "_"):gsub("[^%w_]", "")
  if made == "" or made:find("^%d") then made = "column_" .. made end
  return made
end

return names
