--- host.xml must return the same records however its input arrives, and text in UTF-8.

local json = require "host.json"
local mixed = require "source.mixed"
local text_of = require "host.text"
local xml = require "host.xml"
local fuzz = dofile "tests/fuzz/fuzz.lua"

local samples = {
  '<?xml version="1.0"?>\n<users>\n <user id="1"><n>A &amp; B</n><r>a</r><r/><r>b</r></user>\n'
    .. ' <user><n><![CDATA[<x>]]></n>\n text &#228; <!-- c --> more<?p i?></user>\n</users>\n',
  '<users xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><user i:nil="true"/>'
    .. '<user a="&lt;"><n i:nil="1">x</n><n i:nil="0">y</n></user><other/></users>',
  '<?xml version="1.0" encoding="windows-1252"?><users><user>\xE4\x80</user></users>',
  '<?xml version="1.0" encoding="iso-8859-1"?><users><user>\xE4</user></users>',
  "\xFF\xFE" .. ("<users><user>\xE4</user></users>"):gsub(".", "%0\0"),
  '<!DOCTYPE users [<!ELEMENT users ANY><!ATTLIST user kind CDATA "x&lt;">]><users><user/></users>',
  '<!DOCTYPE users SYSTEM "users.dtd"><users><user a="&b;">&c;</user><user>ok</user></users>',
  '<!DOCTYPE users [<!ENTITY a "b">]><users><user>&a;</user></users>',
  "<users><user>" .. ("<a>"):rep(120) .. ("</a>"):rep(120) .. "</user><user>x</user></users>",
  "\xEF\xBB\xBF<users><user><n>\xC3\xA4</n></user></users>", "<users/>", "",
}
local words = { "<", ">", "/>", "</", "<user>", "</user>", "<user/>", '="', '"', "&", ";", "&amp;",
  "&#x1F600;", "&#0;", "&nbsp;", "<![CDATA[", "]]>", "<!--", "-->", "<?", "?>", "<!DOCTYPE u",
  "<!ENTITY x 'y'>", "%p;", ' xmlns:i="', ' i:nil="1"', ' encoding="utf-16"', "\0", "\xFF", "\xC3",
  "\xEF\xBB\xBF", "\r\n", " ", ("<b>"):rep(50), ("n"):rep(70), (' a="1"'):rep(3) }

---Whether all names and texts are UTF-8.
local function is_text(value)
  if type(value) ~= "table" then return text_of.is_utf8(value) end
  for key, inner in pairs(value) do
    if not is_text(inner) or type(key) == "string" and not text_of.is_utf8(key) then
      return false
    end
  end
  return true
end

local function read(path, text, in_pieces, options)
  local input <close> = fuzz.input(path, text, in_pieces)
  local reader <close> = xml.reader(input, options)
  local list = {}
  while true do
    local record, message, line, raw = reader:next()
    if record == nil then -- which fault of several expat tells, and where, depends on the pieces
      list[#list + 1] = { line or false }
      break
    end
    list[#list + 1] = { mixed.named(record), message, line, raw }
    assert(not record or is_text(record))
    assert(not raw or text_of.is_utf8(raw))
    local again = reader:record()
    assert(json.encode(mixed.named(again)) == json.encode(mixed.named(record or nil)))
  end
  for _, element in ipairs(reader:outline()) do
    list[#list + 1] = { element.path, element.count, element.has_parts, element.above }
  end
  return list
end

return fuzz.run(..., function(_, folder)
  local text = fuzz.broken(samples, words)
  local options = {
    path = fuzz.pick { { "users", "user" }, { "users", "*" }, { "users" }, { "*", "user", "n" } },
    limit = fuzz.pick { 1, 30, 100, 1000000 },
    encoding = fuzz.pick { false, false, "UTF-8", "windows-1252", "UTF-16" } or nil,
  }
  local whole = read(folder .. "/a.xml", text, false, options)
  local pieces = read(folder .. "/a.xml", text, true, options)
  local a, b = assert(json.encode(whole)), assert(json.encode(pieces))
  assert(a == b, ("%s\n~= %s"):format(a, b))
  local outline, message = xml.outline(text)
  assert(#outline <= 100, #outline)
  assert(message == nil or text_of.is_utf8(message), message)
end)
