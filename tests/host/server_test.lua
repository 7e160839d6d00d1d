--- host.server: requests and answers. The client is a child process that sends raw bytes, so
--- that it can violate the protocol.

local clock = require "host.clock"
local file = require "host.file"
local loop = require "host.loop"
local patience = require "tests.host.patience"
local process = require "host.process"
local server = require "host.server"
local tap = require "tests.tap"
local test = tap.test
local wait_for = patience.until_ready

local function next_request(listener)
  return wait_for(function() return listener:accept() end)
end

---A connection that sends what is written to it and prints what it receives.
local function connect(listener, script)
  local child = assert(process.spawn({ "bash", "-c", script or
    'exec 3<>"/dev/tcp/127.0.0.1/$0"; cat <&0 >&3 & exec cat <&3', tostring(listener:port()) },
    { stdin = "pipe" }))
  return child
end

---Opens a connection and sends `text`.
local function send(listener, text)
  local client = connect(listener)
  assert(client:write(text))
  return client
end

---What was received, once the server has closed the connection.
local function answer(client)
  local said = {}
  wait_for(function()
    for data in function() return client:read() end do
      if data == "" then return false end
      said[#said + 1] = data
    end
    return true
  end)
  return table.concat(said)
end

---What was received, once it contains `part`.
local function answer_with(client, part)
  local said = ""
  wait_for(function()
    said = said .. assert(client:read(), "the connection ended")
    return said:find(part, 1, true)
  end)
  return said
end

local function listen(options)
  return assert(server.listen(options))
end

local function post(body, headers)
  return string.format("POST /form HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    .. "%sContent-Length: %d\r\n\r\n%s", headers or "", #body, body)
end

local function form(body, boundary)
  return post(body, "Content-Type: multipart/form-data; boundary=" .. (boundary or "XX") .. "\r\n")
end

test("a request shows method, paths, query, headers and body", function()
  local listener <close> = listen()
  local client <close> = send(listener, "PUT /a%20b/c%2Fd?x=1+2&x=3&y=%C3%A4&z HTTP/1.1\r\n"
    .. "Host: h\r\nX-Two: a\r\nX-TWO: b\r\nContent-Length: 4\r\n\r\n\0\1\r\n")
  local request <close> = next_request(listener)
  tap.equal(request.method, "PUT")
  tap.equal(request.path, "/a b/c/d")
  tap.equal(request.raw_path, "/a%20b/c%2Fd")
  tap.equal(request.raw_query, "x=1+2&x=3&y=%C3%A4&z")
  tap.equal(request.query, { x = "3", y = "ä", z = "" })
  tap.equal(request.headers, { host = "h", ["x-two"] = "a, b", ["content-length"] = "4" })
  tap.equal(request.body, "\0\1\r\n")
  tap.equal(request.size, 4)
  tap.equal(request.too_large, false)
  tap.equal(request.parts, nil)
  tap.equal(request.malformed, nil)
  assert(client)
end)

test("an answer has status, headers and body", function()
  local listener <close> = listen()
  local client <close> = send(listener, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
  tap.equal(next_request(listener):respond(429, { ["Retry-After"] = "7" }, "slow\0ly"), true)
  local said = answer(client)
  tap.contains(said, "HTTP/1.1 429 ")
  tap.contains(said, "\r\nRetry-After: 7\r\n")
  tap.contains(said, "\r\n\r\nslow\0ly")
end)

test("an answer may lack headers and body", function()
  local listener <close> = listen()
  local client <close> = send(listener, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
  next_request(listener):respond(204)
  tap.contains(answer(client), "HTTP/1.1 204 ")
end)

test("a long answer arrives whole", function()
  local listener <close> = listen()
  local client <close> = send(listener, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
  next_request(listener):respond(200, nil, string.rep("0123456789", 300000) .. "end")
  local said = answer(client)
  tap.equal(said:sub(-13), "0123456789end")
  tap.equal(#said:match("\r\n\r\n(.*)"), 3000003)
end)

test("an answer may announce more than it has: the connection is closed after it", function()
  local listener <close> = listen()
  local client <close> = send(listener, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
  tap.equal(next_request(listener):respond(200, { A = "b" }, "half of", 14), true)
  local said = answer(client)
  tap.contains(said, "\r\nContent-Length: 14\r\n")
  tap.equal(said:match("\r\n\r\n(.*)"), "half of")
end)

test("an announced length shorter than the body is misuse", function()
  local listener <close> = listen()
  local client <close> = send(listener, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
  local request <close> = next_request(listener)
  tap.raises(function() request:respond(200, nil, "four", 3) end, "shorter than the body")
  assert(client)
end)

test("a connection carries one request after another", function()
  local listener <close> = listen()
  local client <close> = connect(listener)
  for i = 1, 3 do
    client:write("GET /" .. i .. " HTTP/1.1\r\nHost: x\r\n\r\n")
    local request = next_request(listener)
    tap.equal(request.path, "/" .. i)
    request:respond(200, nil, "answer " .. i)
    answer_with(client, "answer " .. i)
  end
end)

test("requests sent ahead are answered in order", function()
  local listener <close> = listen()
  local client <close> = send(listener, "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n"
    .. "GET /2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
  for i = 1, 2 do
    local request = next_request(listener)
    tap.equal(request.path, "/" .. i)
    request:respond(200, nil, "answer" .. i)
  end
  local said = answer(client)
  assert(said:find("answer1.*answer2"))
end)

test("requests are answered in any order", function()
  local listener <close> = listen()
  local text = "GET /%d HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
  local clients, requests = {}, {}
  for i = 1, 5 do
    clients[i] = send(listener, text:format(i))
    requests[i] = next_request(listener)
  end
  for i = 5, 1, -1 do requests[i]:respond(200, nil, "answer" .. i) end
  for i = 1, 5 do
    tap.contains(answer(clients[i]), "answer" .. i)
    clients[i]:close()
  end
end)

test("a caller that accepts one request per wait gets them all", function()
  local listener <close> = listen()
  local clients, met = {}, 0
  for i = 1, 4 do clients[i] = send(listener, "GET / HTTP/1.1\r\nHost: x\r\n\r\n") end
  local deadline = clock.monotonic() + patience.SECONDS
  while met < 4 and clock.monotonic() < deadline do
    for _, handle in ipairs(loop.wait(1)) do
      if handle == listener and listener:accept() then met = met + 1 end
    end
  end
  tap.equal(met, 4)
  for i = 1, 4 do clients[i]:close() end
end)

test("the parts of a form come in order, binary and empty ones too", function()
  local listener <close> = listen()
  local client <close> = send(listener, form("a preamble\r\n--XX\r\n"
    .. 'Content-Disposition: form-data; name="f"; filename="a;\\"b\\".json"\r\n'
    .. "Content-Type: application/json\r\n\r\n[\0\r\n--XY\r\n--XXX]\r\n--XX\r\n"
    .. 'content-disposition: form-data; name=plain\r\n\r\n\r\n--XX\r\n'
    .. 'Content-Disposition: form-data; name="plain"\r\n\r\ntwo\r\n--XX--\r\nan epilogue'))
  local request <close> = next_request(listener)
  tap.equal(request.malformed, nil)
  tap.equal(request.body, "")
  tap.equal(request.parts, {
    { name = "f", filename = 'a;"b".json', type = "application/json",
      data = "[\0\r\n--XY\r\n--XXX]" },
    { name = "plain", data = "" },
    { name = "plain", data = "two" },
  })
  assert(client)
end)

test("a quoted boundary is valid", function()
  local listener <close> = listen()
  local client <close> = send(listener, form(
    '--a b\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n--a b--', '"a b"'))
  local request <close> = next_request(listener)
  tap.equal(request.parts, { { name = "x", data = "1" } })
  assert(client)
end)

local HEAD <const> = 'Content-Disposition: form-data; name="x"\r\n\r\n'
local MALFORMED <const> = {
  { "an empty body", form("") },
  { "no boundary in the header", post("--XX\r\n" .. HEAD .. "1\r\n--XX--\r\n",
    "Content-Type: multipart/form-data\r\n") },
  { "an empty boundary", form("--\r\n" .. HEAD .. "1\r\n----\r\n", '""') },
  { "no part", form("--XX--\r\n") },
  { "no boundary in the body", form("hello") },
  { "no closing boundary", form("--XX\r\n" .. HEAD .. "1\r\n") },
  { "a second part without an end", form("--XX\r\n" .. HEAD .. "1\r\n--XX\r\n" .. HEAD .. "2") },
  { "a nameless part", form("--XX\r\nContent-Disposition: form-data\r\n\r\n1\r\n--XX--\r\n") },
  { "a part without headers", form("--XX\r\n\r\n1\r\n--XX--\r\n") },
  { "headers that do not end", form("--XX\r\nContent-Disposition: form-data; name=x") },
}
for _, case in ipairs(MALFORMED) do
  test("a form is malformed with " .. case[1], function()
    local listener <close> = listen()
    local client <close> = send(listener, case[2])
    local request <close> = next_request(listener)
    tap.equal(request.malformed, true)
    tap.equal(request.parts, nil)
    assert(client)
  end)
end

test("a body of exactly the limit is accepted, a longer one discarded and marked", function()
  local listener <close> = listen { limit = 100000 }
  for size, large in pairs { [100000] = false, [100001] = true } do
    local client <close> = send(listener, post(string.rep("x", size)))
    local request = next_request(listener)
    tap.equal(request.size, size)
    tap.equal(request.too_large, large)
    tap.equal(#request.body, large and 0 or size)
    request:respond(200, nil, "done")
    tap.contains(answer(client), "done")
  end
end)

test("a form that is too large has no parts", function()
  local listener <close> = listen { limit = 10 }
  local client <close> = send(listener, form("--XX\r\n" .. HEAD .. "1\r\n--XX--\r\n"))
  local request <close> = next_request(listener)
  tap.equal(request.too_large, true)
  tap.equal(request.parts, {})
  tap.equal(request.malformed, nil)
  assert(client)
end)

test("a chunked body arrives whole, and the limit applies", function()
  local listener <close> = listen { limit = 8 }
  for text, expected in pairs { ["4\r\nabcd\r\n3\r\nefg\r\n"] = "abcdefg",
                                ["5\r\nabcde\r\n5\r\nfghij\r\n"] = "" } do
    local client <close> = send(listener, "POST / HTTP/1.1\r\nHost: x\r\n"
      .. "Transfer-Encoding: chunked\r\n\r\n" .. text .. "0\r\n\r\n")
    local request <close> = next_request(listener)
    tap.equal(request.body, expected)
    tap.equal(request.too_large, expected == "")
    assert(client)
  end
end)

test("a client that expects 100-continue gets it", function()
  local listener <close> = listen()
  local client <close> = send(listener, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
    .. "Expect: 100-continue\r\n\r\n")
  answer_with(client, "100 Continue\r\n")
  client:write("hi")
  tap.equal(next_request(listener).body, "hi")
end)

test("half a request is not a request", function()
  local listener <close> = listen()
  local client = send(listener, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf")
  for _ = 1, 5 do
    loop.wait(0.02)
    tap.equal(listener:accept(), nil)
  end
  client:close()
  loop.wait(0.02)
  tap.equal(listener:accept(), nil)
end)

test("answering a client that has disconnected reports it", function()
  local listener <close> = listen()
  local client = send(listener, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
  local request = next_request(listener)
  client:finish() -- otherwise the shell's helper keeps the connection open
  client:close()
  loop.wait(0.05)
  tap.equal(request:respond(200, nil, "too late"), false)
  loop.wait(0.05)
end)

test("a dropped request is a closed connection without a byte", function()
  local listener <close> = listen()
  local client <close> = send(listener, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
  next_request(listener):drop()
  tap.equal(answer(client), "")
end)

test("a collected request is dropped", function()
  local listener <close> = listen()
  local client <close> = send(listener, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
  next_request(listener)
  collectgarbage()
  collectgarbage()
  tap.equal(answer(client), "")
end)

test("closing the listener drops what waits, and the requests outlive it", function()
  local listener = listen()
  local one <close> = send(listener, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
  local taken = next_request(listener)
  local two <close> = send(listener, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
  loop.wait(0.2)
  listener:close()
  listener:close()
  tap.equal(answer(one) .. answer(two), "")
  tap.equal(taken.path, "/")
  tap.equal(taken:respond(200), false)
  tap.raises(function() listener:port() end, "closed")
end)

test("an idle connection is closed", function()
  local listener <close> = listen { timeout = 1 }
  local client <close> = connect(listener)
  tap.equal(answer(client), "")
end)

test("a connection without a request is closed earlier than one that has sent one", function()
  local listener <close> = listen { timeout = 30, opening = 1 }
  local idle <close>, begun = connect(listener), clock.monotonic()
  local busy <close> = send(listener, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
  next_request(listener):respond(200, {}, "one")
  tap.equal(answer(idle), "")
  assert(clock.monotonic() - begun < 20)
  loop.wait(1.2)
  assert(busy:write("GET /2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
  next_request(listener):respond(200, {}, "two")
  tap.contains(answer(busy), "two")
end)

test("a port in use is busy", function()
  local listener <close> = listen()
  local other, message, kind = server.listen { port = listener:port() }
  tap.equal(other, nil)
  tap.contains(message, "port " .. listener:port())
  tap.equal(kind, "busy")
end)

test("an address that is not ours is a network failure", function()
  for _, address in ipairs { "192.0.2.1", "not an address" } do
    local listener, message, kind = server.listen { address = address }
    tap.equal(listener, nil)
    tap.contains(message, address)
    tap.equal(kind, "network")
  end
end)

test("misuse raises", function()
  local listener <close> = listen()
  local client <close> = send(listener, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
  local request = next_request(listener)
  local cases = {
    { "port must be a number from", function() server.listen { port = 65536 } end },
    { "limit must be a number from", function() server.listen { limit = "10" } end },
    { "address must be a string", function() server.listen { address = 1 } end },
    { "must be given together", function() server.listen { cert = "x" } end },
    { "final status", function() request:respond(100) end },
    { "must be strings", function() request:respond(200, { a = 1 }) end },
    { "cannot be sent", function() request:respond(200, { a = "b\r\nc: d" }) end },
  }
  for _, case in ipairs(cases) do tap.raises(case[2], case[1]) end
  tap.equal(request:respond(200), true)
  tap.raises(function() request:respond(200) end, "already answered")
  request:drop()
  assert(client)
end)

---A certificate for localhost and its key.
local function make_certificate()
  local cert, key = os.tmpname(), os.tmpname()
  local made = process.spawn({ "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
    "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=localhost",
    "-out", cert, "-keyout", key }, { stderr = "null" })
  if not made then tap.skip("there is no openssl command") end
  wait_for(function() return made:status() end)
  local texts = { assert(file.read(cert)), assert(file.read(key)) }
  os.remove(cert)
  os.remove(key)
  return table.unpack(texts)
end

test("TLS works with a certificate and its key", function()
  local cert, key = make_certificate()
  local listener <close> = listen { cert = cert, key = key }
  local client <close> = connect(listener,
    'exec openssl s_client -quiet -connect "127.0.0.1:$0" 2>/dev/null')
  client:write("GET /secret HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
  local request = next_request(listener)
  tap.equal(request.path, "/secret")
  request:respond(200, nil, "whispered")
  tap.contains(answer(client), "whispered")
end)

test("an invalid certificate is a tls failure", function()
  local listener, message, kind = server.listen { cert = "no", key = "no" }
  tap.equal(listener, nil)
  tap.contains(message, "127.0.0.1")
  tap.equal(kind, "tls")
end)
