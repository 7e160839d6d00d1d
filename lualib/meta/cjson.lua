---@meta cjson
--- lua-cjson, for modules of others: numbers become floats, and an empty list becomes `{}`.
--- `source.json` and `value.json` read JSON without loss.

---@class cjson
---@field null lightuserdata
---@field _NAME string
---@field _VERSION string
local cjson = {}

---@param value any
---@return string
function cjson.encode(value) end

---@param text string
---@return any
function cjson.decode(text) end

---Another instance, with settings of its own.
---@return cjson
function cjson.new() end

---@param convert? boolean
---@param ratio? integer
---@param safe? integer
---@return boolean convert
---@return integer ratio
---@return integer safe
function cjson.encode_sparse_array(convert, ratio, safe) end

---@param depth? integer
---@return integer
function cjson.encode_max_depth(depth) end

---@param depth? integer
---@return integer
function cjson.decode_max_depth(depth) end

---@param digits? integer
---@return integer
function cjson.encode_number_precision(digits) end

---@param keep? boolean
---@return boolean
function cjson.encode_keep_buffer(keep) end

---@param setting? boolean|"null"
---@return boolean|"null"
function cjson.encode_invalid_numbers(setting) end

---@param setting? boolean
---@return boolean
function cjson.decode_invalid_numbers(setting) end

return cjson
