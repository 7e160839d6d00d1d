---@meta
--- A validator compiled from rules that are data. It knows shapes; the
--- names of codes are up to the caller.

---@class host.schema
local schema = {}

---@class host.schema.validator
local validator = {}

---@class host.schema.Rule
---@field type? string|string[]        "string" "boolean" "integer" "number" "object" "array" "null"
---@field min_length? integer          characters of UTF-8
---@field max_length? integer
---@field pattern? string|string[]     Lua patterns; one must match (anchor them)
---@field pattern_name? string         its name in messages, default the pattern
---@field format? "email"|"uri"|"hex"|"base64"
---@field enum? string[]
---@field minimum? number
---@field maximum? number
---@field properties? table<string, host.schema.Rule>
---@field required? string[]
---@field additional? boolean|host.schema.Rule  false: unknown members are findings
---@field forbidden? string[]          names a member must not have
---@field key_without? string          bytes that no member name may contain (".$")
---@field any_required? string[]       at least one must be present
---@field exclusive? string[]          at most one may be present
---@field min_properties? integer
---@field max_properties? integer
---@field max_bytes? integer          of the value's JSON, approximately: escapes and members without a rule are not counted
---@field items? host.schema.Rule
---@field min_items? integer
---@field max_items? integer
---@field switch? {on: string, cases: table<string, host.schema.Rule>, default?: host.schema.Rule}  another rule for the same object, chosen by a member's value
---@field check? fun(value: any, report: fun(code: string, path: string, message: string))  for what data cannot express; runs if the other rules of this node pass; `path` is below this node, "" for itself
---@field omit_empty? boolean          members that are null or "" are removed from the object before it is checked
---@field warn? host.schema.Rule       another rule for the same value, whose findings are only warnings

---@class host.schema.Finding
---@field code string      from `codes`, or what `check` reported
---@field path string      "mfa_factors[0].totp.secret"; "" for the whole
---@field message string
---@field keyword string   the field of the broken rule: "type", "format", ...
---@field warning? true

---Compiles rules (raises on an unknown field). `codes` names each keyword's code:
---type, min_length, max_length, pattern, format, enum, minimum, maximum, required, additional,
---forbidden, key_without, any_required, exclusive, min_properties, max_properties, min_items, max_items,
---max_bytes.
---@param rule host.schema.Rule
---@param codes table<string,string>
---@return host.schema.validator
function schema.compile(rule, codes) end

---Checks a value; the fast path, without findings, creates no garbage. With a draft, the same walk
---writes the value's JSON to it; the draft is empty if there are findings other than warnings, or if
---JSON cannot hold the value.
---@param value any
---@param draft? host.json.draft
---@return host.schema.Finding[]? findings  nil if there are none
function validator:check(value, draft) end

---Whether a value certainly keeps the rules, looked at in its JSON text, which makes no values of it.
---Without a result, `check` has to tell: the value breaks a rule, or its text alone does not settle it
---(white space, escapes, repeated names, fractions; rules with `check`, `warn` or `omit_empty`).
---@param text string    a part of it is valid JSON, see json.items
---@param first integer  the value's first byte
---@param last integer   its last byte
---@param ... string     names of its members, at most 8
---@return true? accepted
---@return string|boolean? ...  the values of these members; true for numbers, tables and null
function validator:accepts(text, first, last, ...) end

---Names the members that host.step asks for; before anything is checked.
---@param names string[]  at most 8
function validator:note(names) end

---How many shapes of objects are known, of at most 512, and how often one was learnt or found: while
---it writes a draft, a validator remembers what its rules say of a sequence of keys.
---@return integer known
---@return integer used
function validator:shapes() end

---The format checks alone.
---@param name string
---@param text string
---@return boolean
function schema.format(name, text) end

return schema
