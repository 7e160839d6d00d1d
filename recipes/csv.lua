--- Any CSV or TSV file. Finds columns by common names, or as set by `email="E-Mail Address"`. Keeps
--- passwords in self-describing formats (bcrypt, Argon2, {SSHA}, ...); declare the format of bare
--- digests, as in `password_format=md5,sha256_salted`.

local by_columns = require "migrate.by_columns"
local csv = require "source.csv"
local migrate = require "migrate"
local password = require "auth0.password"
local value = require "source.value"

local DELIMITERS <const> = { tab = "\t", semicolon = ";", comma = ",", pipe = "|" }

local users <const> = by_columns.new { migrate = migrate, password = password, value = value }

---@type Recipe
return {
  name = "csv",
  about = { system = "any CSV or TSV file", passwords = "mixed", reads = { "files" } },
  params = by_columns.params {
    input = {
      help = "the file (.csv or .tsv; may be compressed)", kind = "input", required = true,
    },
    delimiter = { help = "cell delimiter: , ; | or tab; default a comma, a tab in .tsv" },
    null = { help = "values to read as null, separated by commas: NULL,n/a" },
    encoding = { help = "encoding of the file; default utf-8" },
  },
  source = function(params)
    users:begin(params)
    local records = csv.records(params.input, {
      delimiter = DELIMITERS[params.delimiter] or params.delimiter, encoding = params.encoding,
      null = params.null and value.split(params.null, ","), trim = true,
    })
    local names = records:columns()
    if names then users:find(names, params) end
    return records
  end,
  map = function(row, params) return users:map(row, params) end,
}
