--- Multipart bodies over loopback: parsed or malformed, and always an answer.

local http = require "host.http"
local loop = require "host.loop"
local server = require "host.server"
local fuzz = dofile "tests/fuzz/fuzz.lua"

local LIMIT <const> = 32768 -- bytes of a body

local samples = {
  '--b\r\nContent-Disposition: form-data; name="users"; filename="a.json"\r\n'
    .. "Content-Type: application/json\r\n\r\n[]\r\n--b\r\n"
    .. 'Content-Disposition: form-data; name="upsert"\r\n\r\ntrue\r\n--b--\r\n',
  '--b\r\nContent-Disposition: form-data; name="a\\"b\\\\"\r\n\r\n\r\n--b--',
  "preamble\r\n--b  \r\ncontent-disposition: form-data;name=x\r\n\r\n--b\r\n--b--\r\nepilogue",
  "--b--\r\n", "",
}
local words = { "--b", "--b--", "\r\n", "\r\n--b", "\r\n--b\r\n", "\r\n\r\n", '"', "\\", ";",
  "name=",
  'Content-Disposition: form-data; name="n"\r\n', "=", ":", " ", "\0", "b" }
local types = { "multipart/form-data; boundary=b", 'Multipart/Form-Data; x="y;z"; boundary="b"' }
local type_words = { "boundary=", ";", '"', "\\", "b", "=", " ", "multipart/form-data" }

local listener <close> = assert(server.listen({ limit = LIMIT }))
local client <close> = http.new()
local url = ("http://127.0.0.1:%d/"):format(listener:port())

local function check(parts)
  for _, part in ipairs(parts or {}) do
    assert(type(part.name) == "string" and type(part.data) == "string")
  end
end

return fuzz.run(..., function()
  local body = fuzz.broken(samples, words)
  local kind = math.random(4) == 1 and fuzz.broken(types, type_words) or fuzz.pick(types)
  kind = kind:gsub("[%c\x7f-\xff]", "?")
  local transfer <close> = client:start({
    method = "POST", url = url, body = body, headers = { ["Content-Type"] = kind }, timeout = 10,
  })
  local request
  repeat
    loop.wait(1)
    request = listener:accept()
  until request or transfer:done()
  if not request then error(select(2, transfer:result())) end
  assert(request.too_large == (#body > LIMIT) and (request.too_large or request.size == #body))
  assert(request.parts or request.malformed or request.too_large or request.body == body)
  check(request.parts)
  assert(request:respond(200))
  while not transfer:done() do loop.wait(1) end
  assert(assert(transfer:result()).status == 200)
end)
