--- Magento 1 and 2, Adobe Commerce: customer_entity as an SQL dump, with the attribute tables of
--- Magento 1, as CSV or JSON, or the customers' CSV of the admin. Keeps passwords that were hashed
--- once; those that were hashed again at an upgrade cannot move.

local lookup = require "source.lookup"
local migrate = require "migrate"
local password = require "auth0.password"
local tables = require "source.tables"
local value = require "source.value"

local COLUMNS <const> = {
  entity_id = { "customer_id" }, website_id = { "_website", "website" },
  firstname = { "first_name" }, lastname = { "last_name" },
  telephone = { "_address_telephone", "phone" },
}

---Attributes of Magento 1 by customer, and their names; set by `source`.
---@type Lookup?, Lookup?
local attributes, names

---The columns of the source, set by `source`.
---@type table<string, true>
local has = {}

---The row with the attributes of Magento 1, which lie in a table of their own.
local function with_attributes(row)
  for _, found in ipairs(attributes and attributes:all(row.entity_id) or {}) do
    local named = names and names:get(found.attribute_id)
    local code = named and named.attribute_code
    if code and row[code] == nil then row[code] = value.null_if(found.value) end
  end
  return row
end

---Whether the address was confirmed: there is no open confirmation.
local function is_verified(row, default)
  if not has.confirmation and not attributes then return default == true end
  return value.trim(row.confirmation) == nil
end

---@type Recipe
return {
  name = "magento",
  about = {
    system = "Magento, Adobe Commerce", passwords = "mixed", factors = "none", reads = { "files" },
  },
  params = {
    input = { help = "customer_entity, or the admin's CSV", kind = "input", required = true },
    table = { help = "the table of customers, if there are several" },
    columns = { help = "names of the columns of a file without a header" },
    website = { help = "id or code of the website whose customers are read; default: all" },
    verified = { help = "whether addresses are verified, if nothing says it", kind = "boolean" },
    country = { help = "country of phone numbers without one", kind = "country" },
  },
  source = function(params)
    local customers = tables.records(params.input, {
      table = params.table or { "customer_entity", "*customer_entity" }, has = { "email" },
      columns = COLUMNS, header = value.split(params.columns, ","),
    })
    for _, name in ipairs(customers:columns() or {}) do has[name] = true end
    local texts = tables.find(params.input, {
      table = { "customer_entity_varchar", "*customer_entity_varchar" },
      has = { "attribute_id", "entity_id", "value" }, columns = { "entity_id" },
    })
    local codes = texts and tables.find(params.input, {
      table = { "eav_attribute", "*eav_attribute" }, has = { "attribute_id", "attribute_code" },
    })
    attributes = codes and lookup(texts, "entity_id")
    names = codes and lookup(codes, "attribute_id")
    return customers
  end,
  map = function(row, params)
    if params.website and row.website_id ~= params.website then return nil, "another website" end
    local written, email = value.trim(row.email), value.email(row.email)
    if not written then return nil, "no e-mail address" end
    if not email then return migrate.reject("not an e-mail address", "FORMAT", "email", written) end
    row = with_attributes(row)
    local phone, unread = migrate.phone(row.telephone, params.country)
    return {
      user_id = row.entity_id, email = email, email_verified = is_verified(row, params.verified),
      given_name = row.firstname, family_name = row.lastname, phone_number = phone,
      blocked = value.switch(row.is_active, nil, "is_active") == false or nil,
      custom_password_hash = password.magento(row.password_hash),
      user_metadata = value.filled {
        phone = unread, birthdate = value.null_if(row.dob, "0000-00-00"),
      },
      app_metadata = value.filled {
        website = row.website_id, store = row.store_id, group = row.group_id,
        created = value.date(row.created_at),
      },
    }
  end,
}
