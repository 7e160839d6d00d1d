--- What the name of a column suggests, in the languages in which such columns are named.

local text = require "host.text"

local names = {}

---@alias Meaning
---| "email" | "user_id" | "username" | "given_name" | "family_name" | "name" | "nickname"
---| "picture" | "phone_number" | "email_verified" | "phone_verified" | "active" | "blocked"
---| "status" | "deleted" | "hash" | "salt" | "rounds" | "algorithm" | "totp" | "factor" | "roles"
---| "country" | "cost" | "block" | "lanes" | "memory" | "time" | "anonymous" | "user_metadata"
---| "personal" | "secret" | "created" | "until"

-- Names without blanks and punctuation, the best first.
---@type {[1]: Meaning, [2]: string}[]
local EXACT <const> = {
  { "email", "email emailaddress mail emailadresse mailadresse useremail primaryemail "
    .. "primaryemailaddress emailaddr courriel correo correoelectronico emailprincipal posta "
    .. "epost eposta epostadress adressemail adresseemail adresemail mel email1 mail1 emailid "
    .. "emaillogin sahkoposti indirizzoemail enderecoemail emailuser contactemail loginemail" },
  { "user_id", "userid id uid uuid guid pk objectid userguid externalid localid accountid "
    .. "customerid memberid playerid patientid personid contactid usersid subjectid sub entryuuid "
    .. "userno usernumber memberno membernumber customerno customernumber accountno patientno "
    .. "kundennummer kundennr mitgliedsnummer benutzerid numero codigo "
    .. "cardnumber clientid clientno kundenid mitgliedsid personalnummer matricula matricule "
    .. "codigocliente idcliente idusuario idutente idutilisateur idclient idpersona idklienta "
    .. "klientid kundenummer brukerid userkey userref no nr numer guid legacyid sourceid "
    .. "entityid subscriberid studentid employeeid employeenumber usuarioid rowid" },
  { "username", "username login userlogin loginname screenname handle nick accountname membername "
    .. "preferredusername samaccountname playername gamertag benutzername anmeldename pseudo "
    .. "identifiant usuario nutzername userprincipalname "
    .. "nomeutente nomusuario nombreusuario nomutilisateur loginid anvandarnamn brukernavn "
    .. "brugernavn gebruikersnaam kullaniciadi uzivatel uzytkownik nazwauzytkownika handlename" },
  { "given_name", "givenname firstname forename fname fn first vorname prenom nombre nome voornaam "
    .. "namefirst givennames imie given "
    .. "nombres nomeproprio primeironome fornamn fornavn etunimi keresztnev krestnijmeno jmeno "
    .. "ad isim prenume namegiven personalname christianname namnet imena ime" },
  { "family_name", "familyname lastname surname lname ln last nachname nom apellido apellidos "
    .. "cognome "
    .. "achternaam namelast family last sn sobrenome nazwisko zuname familienname "
    .. "apellidopaterno primerapellido efternamn etternavn efternavn sukunimi vezeteknev "
    .. "prijmeni soyad soyadi soyisim numefamilie namefamily prezime familianame nomfamille "
    .. "secondname ultimonome" },
  { "name", "fullname displayname name realname completename publicname contactname cn "
    .. "anzeigename nomcomplet nombrecompleto nameformatted commonname "
    .. "nomecompleto nomecognome imienazwisko celejmeno adsoyad personname customername "
    .. "membername clientname studentname vollername ganzername" },
  { "nickname", "nickname nick alias knownas spitzname surnom apodo" },
  { "picture", "picture pictureurl avatar avatarurl photo photourl image imageurl profilephotourl "
    .. "profilepicture profilepictureurl profileimage profileimageurl bild foto photos" },
  { "phone_number", "phonenumber phone mobile mobilephone mobilenumber telephone cell cellphone "
    .. "primaryphonenumber primaryphone phonemobile telephonenumber tel handy mobil telefon "
    .. "telefonnummer rufnummer telefono telefoon portable gsm celular movil phonenumbers msisdn "
    .. "contactnumber numerotelefono "
    .. "telefone telefoonnummer telefonnr telnr telefonszam puhelin puhelinnumero mobilnummer "
    .. "mobiltelefon handynummer telefonocelular telefonomovil numtel numerotelephone "
    .. "telephonemobile mobiel tlf tlfnr ceptelefonu telefone1 telefono1 phone1 mobileno "
    .. "phoneno cellno whatsapp" },
  { "email_verified", "emailverified emailconfirmed verified confirmed isverified isconfirmed "
    .. "isemailverified isemailconfirmed emailisverified emailverifiedat emailconfirmedat "
    .. "verifiedat confirmedat mailverified mailconfirmed emailvalidated emailverifieddate "
    .. "useremailverified bestaetigt verifiziert confirme emailconfirmationdate "
    .. "optinconfirmedat doubleoptin mailok emailvalid "
    .. "verificado verificata emailverificado emailverificada correoverificado confirmado "
    .. "confirmada confirmata confirmato emailconfirmado mailconfirme emailconfirme verifie "
    .. "emailverifie bestaetigtam emailbestaetigt emailbestaetigtam mailbestaetigt verifiziertam "
    .. "geverifieerd bevestigd emailbevestigd potwierdzony emailpotwierdzony zweryfikowany "
    .. "potvrzeno verifierad bekraftet bekreftet onaylandi onayli dogrulandi confirmedon "
    .. "verifiedon "
    .. "validatedat activationdate activatedat" },
  { "phone_verified", "phoneverified phonenumberverified isphoneverified phoneconfirmed "
    .. "phonenumberconfirmed phoneverifiedat phoneconfirmedat phonenumberverifiedat "
    .. "phonenumberconfirmedat mobileverified mobileconfirmed mobileverifiedat smsverified "
    .. "smsconfirmed" },
  { "active", "active isactive enabled isenabled accountenabled aktiv useractive activo actif "
    .. "loginallowed canlogin islive "
    .. "attivo activa ativo ativa actief aktywny aktywna aktivni habilitado habilitada "
    .. "abilitato activado activated isactivated enable valido accountnonlocked aktif "
    .. "freigeschaltet freigegeben" },
  { "blocked", "blocked isblocked blockedat disabled isdisabled disabledat banned isbanned "
    .. "bannedat suspended issuspended suspendedat deactivated deactivatedat gesperrt bloque "
    .. "bloqueado inactive isinactive isdeactivated accountdisabled suspension "
    .. "locked islocked accountlocked bloqueada bloccato geblokkeerd zablokowany blokovan "
    .. "spaerrad sperret sparret engelli bloqueadoem gesperrtam isblacklisted blacklisted "
    .. "islockedout baja suspendu suspendido sospeso desactivado desactive disattivato "
    .. "uitgeschakeld wylaczony banni frozen isfrozen" },
  { "status", "status state accountstatus userstatus accountstate userstate memberstatus "
    .. "playerstatus statut estado lifecyclestate zustand "
    .. "statuskonta stato situacao situacion statuscode kontostatus kundenstatus statusid "
    .. "accountstatusname" },
  { "deleted", "deleted isdeleted deletedat deletedon geloescht softdeleted removedat isremoved "
    .. "deleteddate erasedat anonymizedat anonymisedat "
    .. "supprime eliminado cancellato verwijderd usuniety smazano deletedflag archivedat "
    .. "isarchived deletiondate eliminadoen supprimele geloeschtam" },
  { "hash", "password passwordhash passwd pwd pass userpass userpassword passworddigest "
    .. "encryptedpassword hashedpassword hash pwhash passhash pwdhash cryptpassword passwort "
    .. "kennwort motdepasse contrasena wachtwoord passcode userhash userpasswordhash pw "
    .. "passwdhash plaintext cleartext plainpassword cleartextpassword passwordplain "
    .. "passwordcleartext pwdigest derivedkey dk hashvalue "
    .. "clave clavehash clavecifrada senha senhahash hachage motdepassehash mdp mdphash hashmdp "
    .. "haslo haslohash heslo hesloh hashpassword parola parolahash sifre losenord losenordhash "
    .. "passord kodeord adgangskode salasana jelszo wachtwoordhash passworthash kennworthash "
    .. "hasz passwordvalue pwvalue secrethash credentialhash hashclave" },
  { "salt", "salt passwordsalt passsalt pwsalt hashsalt usersalt pwdsalt passwdsalt saltvalue "
    .. "sel salz sol zout passwordsaltvalue saltkey hashsel saltbase64 salthex" },
  { "rounds", "rounds iterations iterationcount hashiterations passworditerations iter factor "
    .. "passwordrounds hashrounds "
    .. "iteracje iteraciones iteracoes iterazioni iteratie iteraties pbkdf2iterations "
    .. "kdfiterations "
    .. "numiterations niterations iterationen durchlaeufe" },
  { "algorithm", "algorithm algo hashalgorithm encryptionscheme passwordalgorithm passwordhasher "
    .. "hasher scheme hashtype passwordformat hashmethod passwordtype hashfunction passwordscheme "
    .. "pwalgo hashalgo passwordalgo kdf prf digest hashname digestalgorithm passwordversion "
    .. "hashversion pwversion passwordhashversion cipher encryption encryptiontype passwordkind "
    .. "hashkind pwtype hashscheme "
    .. "algoritmo algoritme algoritm algorithme algorytm typhashe passwordalg alg hashalg "
    .. "verfahren tipohash "
    .. "metodo pwdformat hashingalgorithm encalgorithm" },
  { "totp", "totpsecret otpsecret mfasecret twofactorsecret totp authenticatorkey otpkey "
    .. "googleauthenticatorsecret tfasecret twofasecret totpkey mfakey gasecret totpurl otpauth "
    .. "2fasecret secret2fa "
    .. "totpseed otpseed mfaseed authenticatorsecret totpsharedsecret twofactorkey" },
  { "factor", "twofactorenabled mfaenabled totpenabled otpenabled otprequiredforlogin "
    .. "twofactorconfirmedat tfaenabled is2faenabled twofaenabled totpconfirmed mfa 2faenabled" },
  { "roles", "roles role groups group permissions capabilities authorities rollen rolle gruppen "
    .. "rolename groupname scopes wpcapabilities usergroups userroles roleslist memberof "
    .. "realmroles "
    .. "perfil perfiles profil ruoli ruolo rol roluri uprawnienia role1 roleid roleids rolename "
    .. "userrole usergroup groupid groupname groupnames grupo grupos groupe groupes gruppo "
    .. "gruppi rola rolelist" },
  { "country", "country countrycode land countryiso countryname pays pais nation paese region "
    .. "landcode iso2 kraj ulke zeme landkod paiscodigo codpais" },
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
  "signature", "interests", "dn", "distinguishedname", "remark", "memo", "notiz", "kommentar" }

-- Parts of the names of addresses and numbers that are not the first choice.
local OTHER <const> = { "second", "alternat", "backup", "recovery", "other", "old", "previous",
  "unconfirmed", "pending", "new", "normalized", "billing", "invoice", "work", "office", "home",
  "fax", "emergency", "parent", "manager", "init", "canonical", "contact", "partner", "unverified",
  "notification", "paypal", "2", "privat", "referr", "invited", "createdby" }

local PLAIN <const> = {
  ["é"] = "e", ["è"] = "e", ["ê"] = "e", ["ë"] = "e", ["á"] = "a", ["à"] = "a", ["â"] = "a",
  ["ã"] = "a", ["å"] = "a", ["í"] = "i", ["î"] = "i", ["ï"] = "i", ["ó"] = "o", ["ò"] = "o",
  ["ô"] = "o", ["õ"] = "o", ["ø"] = "o", ["ú"] = "u", ["ù"] = "u", ["û"] = "u", ["ñ"] = "n",
  ["ç"] = "c", ["ä"] = "ae", ["ö"] = "oe", ["ü"] = "ue", ["æ"] = "ae", ["ß"] = "ss", ["ý"] = "y",
  ["ą"] = "a", ["ć"] = "c", ["č"] = "c", ["ď"] = "d", ["ę"] = "e", ["ě"] = "e", ["ğ"] = "g",
  ["ı"] = "i", ["ł"] = "l", ["ń"] = "n", ["ň"] = "n", ["ő"] = "o", ["ř"] = "r", ["ś"] = "s",
  ["š"] = "s", ["ş"] = "s", ["ť"] = "t", ["ů"] = "u", ["ű"] = "u", ["ź"] = "z", ["ż"] = "z",
  ["ž"] = "z", ["ă"] = "a",
}

local SHORTEST_PREFIX <const>, LONGEST_PREFIX <const> = 2, 12 -- characters

-- Letters as they are written without their marks outside Germany.
local SHORT <const> = {
  ["ä"] = "a", ["ö"] = "o", ["ü"] = "u", ["Ä"] = "A", ["Ö"] = "O", ["Ü"] = "U", ["æ"] = "ae",
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
  reader kunde kunden gebruiker benutzer uye medlem bruker bruger klant socio alumno eleve cliente
  usuario utilisateur klient mitglied primary main my current password passwort passwd pwd pw pass
  hash kdf pbkdf2 crypt]]):gmatch("%S+") do
  OWNERS[word] = true
end

-- Parts of the names of what was confirmed, and of the confirmation.
local CONFIRMED <const> = { "confirm", "verif", "validat", "bestaetig", "bevestig",
  "potwierdz", "zweryf", "onay", "optin" }
local MAIL <const> = { "mail", "courriel", "correo", "epost" }
local BLOCKS <const> = { "ban", "bloc", "bloq", "suspend", "lock", "disab", "sperr", "blok" }
local ENDS <const> = { "until", "lockoutend", "expir", "jusqu", "endsat", "bitis" }
local END_WORDS <const> = { bis = true, hasta = true, ate = true, tot = true, fino = true,
  ["do"] = true, ["end"] = true, ends = true, til = true, till = true }
local PHONES <const> = { "phone", "mobile", "sms", "telefon", "handy" }

---What the parts of a name say.
local function by_parts(words)
  local plain = table.concat(words)
  if has_part(plain, BLOCKS) then
    if has_part(plain, ENDS) then return "until" end
    for _, word in ipairs(words) do
      if END_WORDS[word] then return "until" end
    end
  end
  if not has_part(plain, CONFIRMED) or plain:find("token") or plain:find("code") then return nil end
  if has_part(plain, MAIL) then return "email_verified" end
  if has_part(plain, PHONES) then return "phone_verified" end
end

---What the words of a name mean. A word that says whose it is ("usr_email") does not count.
local function meaning_of(words, prefix)
  for skipped = 0, math.min(#words - 1, 2) do
    local found = BY_NAME[table.concat(words, "", skipped + 1)]
    if found then return found[1], found[2] - skipped * 0.2 end
    if not OWNERS[words[skipped + 1]] and words[skipped + 1] ~= prefix then break end
  end
  local plain = table.concat(words)
  local rest = prefix and plain:sub(1, #prefix) == prefix and BY_NAME[plain:sub(#prefix + 1)]
  if rest then return rest[1], rest[2] - 0.2 end
  local found = by_parts(words)
  return found, found and 0.5 or 0
end

---What a name means, and how well it says so, 0 to 1.
---@param name string
---@param prefix? string  what most names begin with
---@return Meaning?
---@return number fit
function names.meaning(name, prefix)
  name = name:gsub("^(@?)[%w_-]+:([^:]+)$", "%1%2") -- a prefix of XML says whose name it is
  local found, fit = meaning_of(names.words(name), prefix)
  if found or not name:find("\xc3") then return found, fit end
  return meaning_of(names.words((name:gsub("\xc3.", SHORT))), prefix)
end

---The longest beginning that most names have, though they are not written in words: "club" of
---"clubmail" and "clubnumber".
local function beginning(list)
  for length = LONGEST_PREFIX, SHORTEST_PREFIX, -1 do
    local counts = {}
    for _, name in ipairs(list) do
      local plain = names.plain(name)
      local head = #plain > length and plain:sub(1, length)
      if head then
        counts[head] = (counts[head] or 0) + 1
        if counts[head] > 2 and counts[head] * 2 > #list then return head end
      end
    end
  end
end

---What most names of a table begin with, such as "usr".
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
  return beginning(list)
end

-- Last words of the names of moments.
local MOMENTS <const> = { "at", "on", "seen", "date", "time", "login", "created", "updated",
  "since", "registered", "joined", "visit", "access", "activity", "changed", "timestamp", "datum",
  "besuch", "am", "fecha", "data" }

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

---Whether a name is that of a lock after wrong passwords, and not of a block.
---@param name string
---@return boolean
function names.is_lock(name)
  local plain = names.plain(name)
  return plain:find("lock", 1, true) ~= nil and not plain:find("block", 1, true)
end

-- What a table calls the names of what it lists.
local TITLES <const> = {}
for word in ([[name title label code slug key authority bezeichnung titel nombre titulo nom libelle
  nome nazwa naam navn namn isim nev nazev]]):gmatch("%S+") do
  TITLES[word] = true
end

---Whether a name is that of the names in a table of names, such as roles.
---@param plain string
---@return boolean
function names.is_title(plain)
  return TITLES[plain] == true
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

---Takes a name, with a number behind it if it is taken: "role_2".
---@param wanted string
---@param taken table<string, true>  gets the name
---@return string
function names.take(wanted, taken)
  local name, n = wanted, 1
  while taken[name] do
    n = n + 1
    name = wanted .. "_" .. n
  end
  taken[name] = true
  return name
end

return names
