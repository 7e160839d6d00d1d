local tap = require "tests.tap"
local json = require "host.json"
local json_head = require "source.json_head"
local test, equal = tap.test, tap.equal

test("documents are decoded, the last one as far as it goes", function()
  for head, expected in pairs {
    ['{"a":1}'] = '{"has_lines":true,"values":[{"a":1}]}',
    ['\xEF\xBB\xBF [1]\n\n{}\n'] = '{"has_lines":true,"values":[[1],{}]}',
    ['{"a":1,"b'] = '{"has_lines":true,"values":[{"a":1}]}',
    ['{"a":"x,]'] = '{"has_lines":true,"values":[{}]}',
    ['{"a":[{"b":"\\"}'] = '{"has_lines":true,"values":[{"a":[{}]}]}',
    ['{"a":[1,2'] = '{"has_lines":true,"values":[{"a":[1]}]}',
    ['{"a":1}\n{"a":\n'] = '{"has_lines":false,"values":[{"a":1},{}]}',
    ['{"a":1}{"a":2}'] = '{"has_lines":false,"values":[{"a":1},{"a":2}]}',
    ['{"a":\n1}'] = '{"has_lines":false,"values":[{"a":1}]}',
  } do
    local order = { has_lines = 1, values = 2 }
    equal(json.encode(json_head.read(head), order), expected, head)
  end
end)

test("what is not JSON is not read", function()
  for _, head in ipairs { "", " ", "1", "id,a\n", '{"a":1]', '{"a":1} x', "{a:1}", "[1,,2]",
    ("["):rep(1000), '{"a":\xFF}' } do
    equal(json_head.read(head), nil, head)
  end
end)

test("the list of people counts before a larger one", function()
  local function pointer(text)
    local list = json_head.list((json.decode(text)))
    return list and list.pointer
  end
  equal(pointer '{"a":[{},{}],"u":[{"e":{"mail":"a@b.org"}}]}', "/u")
  equal(pointer '{"a":[{"n":1}],"u":{"v":[{},{}]}}', "/u/v")
  equal(pointer '{"a":[1,2],"b":"c"}', nil)
  equal(pointer '{"a":{"b":{"c":{"d":{"e":[{}]}}}}}', nil)
  equal(pointer "[{}]", nil)
end)
