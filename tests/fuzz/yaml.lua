--- What yaml.decode accepts is a value that JSON can hold, and aliases do not explode.

local json = require "host.json"
local yaml = require "host.yaml"
local fuzz = dofile "tests/fuzz/fuzz.lua"

local samples = {
  "name: acme\nlist:\n  - a\n  - 1.5\n  - ~\nnested: {a: [1, 2], b: 'it''s'}\n",
  "- x\n- - y\n  - z\n",
  "a: &x {b: 1}\nc: *x\nd: [*x, *x]\n",
  'text: "a\\n\\u00e9\\x41"\nfolded: >-\n  one\n  two\n\n  three\n',
  "literal: |+\n  one\n\n", "--- !!str 1\n...\n", "? a\n: b\n", "a: &a [*a]\n",
  "%YAML 1.1\n---\nx\n",
  "a: &b [1]\nb: &c [*b,*b,*b]\nc: &d [*c,*c,*c]\nd: [*d,*d,*d]\n", "# only\n", "{a: 1, a: 2}\n",
  ("["):rep(90) .. ("]"):rep(90), "\xff\xfea\0:\0 \0001\0",
}
local words = { "&a ", "*a", "- ", ": ", "? ", "!!int ", "!x ", "{", "}", "[", "]", ",", "'", '"',
  "|", ">", "---\n", "...\n", "<<: ", "\t", "\n", "\n  ", "~", "\0", "\xc2\x85", "\xff", "%", "@",
  "`", "&a [*a,*a]", ("- "):rep(120), ("{a: "):rep(120) }

return fuzz.run(..., function()
  local text = fuzz.broken(samples, words)
  local value, message, kind = yaml.decode(text)
  if value == nil then
    assert(kind == "parse" and message)
    return
  end
  local as_json, reason = json.encode(value)
  assert(as_json or reason:find("not UTF-8", 1, true), reason)
end)
