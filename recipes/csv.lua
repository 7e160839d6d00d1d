--- Any CSV or TSV file, whose delimiter, quotes and encoding its beginning shows. Finds columns by
--- common names, or as set by `email="E-Mail Address"`. Keeps passwords in self-describing formats
--- (bcrypt, Argon2, {SSHA}, ...); declare that of bare digests, as in `password_format=md5`.

local by_columns = require "migrate.by_columns"
local csv = require "source.csv"
local migrate = require "migrate"
local password = require "auth0.password"
local value = require "source.value"

local DELIMITERS <const> = { tab = "\t", semicolon = ";", comma = ",", pipe = "|" }
local NULL <const> = "NULL,null,(null),(NULL),[NULL],<null>,None,nil,#N/A,-"

local users <const> = by_columns.new { migrate = migrate, password = password, value = value }

---@type Recipe
return {
  name = "csv",
  about = { system = "any CSV or TSV file", passwords = "mixed", reads = { "files" } },
  params = by_columns.params {
    input = {
      help = "the file (.csv or .tsv; may be compressed)", kind = "input", required = true,
    },
    delimiter = { help = "cell delimiter: , ; | or tab; default: what the file shows" },
    null = { help = "words for nothing, separated by commas; default: " .. NULL },
    encoding = {
      help = "encoding of the file, such as windows-1250; default: utf-8, or what the file shows",
    },
    columns = { help = "names of the columns of a file without a header, separated by commas" },
  },
  source = function(params)
    users:begin(params)
    local records = csv.records(params.input, {
      delimiter = DELIMITERS[params.delimiter] or params.delimiter, encoding = params.encoding,
      null = value.split(params.null or NULL, ","), header = value.split(params.columns, ","),
      trim = true, detect = true,
    })
    local names = records:columns()
    if names then users:find(names, params) end
    return records
  end,
  map = function(row, params) return users:map(row, params) end,
}
