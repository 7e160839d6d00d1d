--- What yaml.decode accepts is a value that JSON can hold, and aliases do not explode; yaml.reader
--- gives the same records, yaml.nodes reads the same documents.

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

local function records(path, text, in_pieces, options)
  local input <close> = fuzz.input(path, text, in_pieces)
  local reader <close> = yaml.reader(input, options)
  local list = {}
  for _ = 1, 300 do
    local record, line, kind = reader:next()
    list[#list + 1] = { record == nil and "end" or record, line or false, kind or false }
    if record == nil then return list, kind end
  end
  return list, "many"
end

---The reader gives the same however its input arrives, and the items of a list that decodes.
local function check_reader(folder, text, value)
  local options = { pointer = fuzz.pick { "", "", "/a", "/list/x" }, limit = 1000000 }
  local whole, kind = records(folder .. "/a.yaml", text, false, options)
  local pieces, kind_of_pieces = records(folder .. "/a.yaml", text, true, options)
  if kind == "parse" or kind_of_pieces == "parse" then -- seen sooner in larger pieces
    local least = math.min(#whole, #pieces) - 1
    whole, pieces = table.move(whole, 1, least, 1, {}), table.move(pieces, 1, least, 1, {})
    kind = "parse"
  end
  local a, b = json.encode(whole), json.encode(pieces)
  assert(a == b, ("%s\n~= %s"):format(a, b))
  if not json.is_array(value) or options.pointer ~= "" or kind then return end
  assert(#whole == #value + 1)
  for i, item in ipairs(value) do assert(json.encode(item) == json.encode(whole[i][1])) end
end

---Nodes have a limit of their own, which counts what they are made of.
local function check_nodes(text, value)
  local node, why = yaml.nodes(text)
  if node then
    assert(value ~= nil and math.type(node.line) == "integer")
  else
    assert(value == nil or why:find("too many values") or why:find("too deeply"), why)
  end
end

return fuzz.run(..., function(_, folder)
  local text = fuzz.broken(samples, words)
  local value, message, kind = yaml.decode(text)
  check_nodes(text, value)
  check_reader(folder, text, value)
  if value == nil then
    assert(kind == "parse" and message)
    return
  end
  local as_json, reason = json.encode(value)
  assert(as_json or reason:find("not UTF-8", 1, true), reason)
end)
