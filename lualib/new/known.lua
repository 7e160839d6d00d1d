--- By which signs an export is one that a shipped recipe reads. A recipe counts once it is shipped.

local library = require "recipe.library"
local text = require "host.text"

local known = {}

---@class KnownExport
---@field recipe string     its name
---@field system string
---@field reader? string    what recognises the file; with signs, both are needed
---@field signs? string[]   alternatives: columns that it has, by blanks, in lower case; one that
--- ends in * is the beginning of a name

---The special ones first.
---@type KnownExport[]
known.LIST = {
  { recipe = "keycloak", system = "Keycloak", reader = "source.realms" },
  { recipe = "auth0", system = "Auth0", reader = "source.auth0_export" },
  { recipe = "ldap", system = "LDAP", reader = "source.ldif",
    signs = { "mail", "userprincipalname", "objectclass uid userpassword", "samaccountname" } },
  { recipe = "cognito", system = "Amazon Cognito",
    signs = { "userstatus usercreatedate", "cognito:username cognito:mfa_enabled" } },
  { recipe = "firebase", system = "Firebase Authentication",
    signs = { "localid email emailverified", "localid provideruserinfo*", "localid createdat" } },
  { recipe = "okta", system = "Okta",
    signs = { "profile.login profile.email credentials*", "profile.login statuschanged status" } },
  { recipe = "azure-ad-b2c", system = "Azure AD B2C and Entra ID",
    signs = { "userprincipalname identities* displayname", "userprincipalname accountenabled" } },
  { recipe = "ory-kratos", system = "Ory Kratos",
    signs = { "schema_id traits* state", "schema_id traits* credentials*", "schema_id traits" } },
  { recipe = "zitadel", system = "ZITADEL",
    signs = { "userid user.username user.profile*", "user.email.isemailverified user.username",
      "human.profile* human.email*" } },
  { recipe = "clerk", system = "Clerk", signs = {
    "password_digest password_hasher primary_email_address", "primary_email_address_id image_url",
    "verified_email_addresses unverified_email_addresses" } },
  { recipe = "fusionauth", system = "FusionAuth", signs = {
    "encryption_scheme factor salt", "passwordlastupdateinstant usernamestatus",
    "encryptionscheme factor salt" } },
  { recipe = "supabase", system = "Supabase", signs = {
    "instance_id encrypted_password raw_user_meta_data*",
    "encrypted_password raw_app_meta_data*" } },
  { recipe = "supertokens", system = "SuperTokens", signs = {
    "recipe_user_id* time_joined", "user_id password_hash time_joined",
    "loginmethods* timejoined" } },
  { recipe = "stytch", system = "Stytch", signs = {
    "emails[].email_id user_id", "trusted_metadata* untrusted_metadata*", "email_id phone_id" } },
  { recipe = "frontegg", system = "Frontegg", signs = {
    "tenants[].tenantid email", "mfaenrolled profilepictureurl", "tenantids mfaenrolled" } },
  { recipe = "akamai", system = "Akamai Identity Cloud", signs = {
    "uuid primaryaddress* emailverified", "uuid deactivateaccount emailverified" } },
  { recipe = "ping-forgerock", system = "PingOne and ForgeRock", signs = {
    "population* verifystatus", "population* lifecycle*", "accountstatus givenname sn _id",
    "accountstatus givenname sn mail" } },
  { recipe = "aspnet-identity", system = "ASP.NET Identity", signs = {
    "normalizedusername securitystamp passwordhash", "accessfailedcount securitystamp passwordhash",
    "passwordhash securitystamp lockoutenabled" } },
  { recipe = "django", system = "Django", signs = {
    "model pk fields.password", "is_superuser is_staff date_joined password",
    "model fields.password fields.is_staff" } },
  { recipe = "wordpress", system = "WordPress",
    signs = { "user_login user_pass user_email", "user_login user_registered user_email" } },
  { recipe = "drupal", system = "Drupal",
    signs = { "uid pass mail init", "uid langcode pass mail" } },
  { recipe = "magento", system = "Magento and Adobe Commerce", signs = {
    "entity_id email password_hash", "_website email password_hash",
    "website_id store_id password_hash", "rp_token password_hash" } },
  { recipe = "phpbb", system = "phpBB", signs = {
    "username_clean user_password user_email",
    "user_regdate user_password user_email user_type" } },
  { recipe = "better-auth", system = "Better Auth",
    signs = { "email emailverified image createdat updatedat name id" } },
  { recipe = "laravel", system = "Laravel",
    signs = { "email_verified_at remember_token password", "remember_token password email" } },
  { recipe = "rails-devise", system = "Ruby on Rails with Devise", signs = {
    "encrypted_password reset_password_token", "encrypted_password sign_in_count",
    "password_digest email created_at updated_at", "crypted_password salt created_at" } },
  { recipe = "mongodb", system = "Meteor",
    signs = { "_id services.password.bcrypt emails*", "services.password.bcrypt profile*" } },
  { recipe = "scim", system = "SCIM", signs = { "schemas username meta.resourcetype",
    "schemas username emails[].value", "schemas username name.givenname" } },
}

---Whether an export has a column, or one that begins so.
local function has(keys, wanted)
  local beginning = wanted:match("^(.*)%*$")
  if not beginning then return keys[wanted] ~= nil end
  for key in pairs(keys) do
    if key:sub(1, #beginning) == beginning then return true end
  end
  return false
end

---Whether it has all columns of one of the signs.
local function shows(keys, signs)
  for _, sign in ipairs(signs or {}) do
    local all = true
    for wanted in sign:gmatch("%S+") do all = all and has(keys, wanted) end
    if all then return true end
  end
  return false
end

---@return table<string, true>  names of the recipes that are shipped
function known.shipped()
  local shipped = {}
  for _, name in ipairs(library.shipped_names()) do shipped[name] = true end
  return shipped
end

---The shipped recipe that reads such an export; nil if none does.
---@param found RecognisedBy[]  what the file may be
---@param columns Column[]
---@param shipped? table<string, true>  default: the recipes of the program
---@return KnownExport?
function known.of(found, columns, shipped)
  shipped = shipped or known.shipped()
  local keys = {}
  for _, column in ipairs(columns) do
    local key = text.lower(column.key)
    while key do -- also what records in a list of a page have
      keys[key] = true
      key = key:match("^[^%[]*%[%]%.(.*)$")
    end
  end
  for _, one in ipairs(known.LIST) do
    local is_read = not one.reader or found[1] and found[1].reader == one.reader
    local is_shown = not one.signs or shows(keys, one.signs)
    if shipped[one.recipe] and is_read and is_shown then return one end
  end
end

return known
