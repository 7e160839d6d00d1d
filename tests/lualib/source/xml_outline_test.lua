local tap = require "tests.tap"
local host = require "host.xml"
local xml_outline = require "source.xml_outline"

for text, path in pairs {
  ["<users><user><n/></user><user><n/></user></users>"] = "users/user",
  ["<shop><meta a='1'/><cs><c><r><x>1</x></r><r><x>1</x></r></c><c/></cs></shop>"] = "shop/cs/c",
  ["<shop><tag>a</tag><tag>b</tag><c id='1'/><c id='2'/></shop>"] = "shop/c",
  ["<a><b i='1'/><b i='2'/><c i='1'/><c i='2'/><c i='3'/></a>"] = "a/c",
  ["<users><user><name/><email/></user></users>"] = "users/user",
  ["<users><user id='1'/></users>"] = "users/user",
  ["<user><name/><email/></user>"] = "user",
  ["<emails><email>a</email><email>b</email></emails>"] = "emails/email",
  ["<users><user><roles><role/><role/></roles><n/></user><user"] = "users/user",
  ["<users/>"] = "users",
} do
  tap.test("the records of " .. text .. " are in " .. path, function()
    tap.equal(xml_outline.guess(host.outline(text)), path)
  end)
end

tap.test("a document without an element has no path", function()
  tap.equal(xml_outline.guess(host.outline("")), nil)
  tap.equal(xml_outline.instead(host.outline("")), "")
end)

tap.test("three paths of a document are shown, those of repeated elements first", function()
  local text = "<a><b/><c/><d><e i='1'/><e/></d><f/></a>"
  tap.equal(xml_outline.instead((host.outline(text))), "; it has a/d/e, a/b, a/c, …")
end)
