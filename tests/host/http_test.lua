local tap = require "tests.tap"
local digest = require "host.digest"
local file = require "host.file"
local http = require "host.http"
local loop = require "host.loop"
local process = require "host.process"
local server = require "host.server"
local test, equal, contains, raises = tap.test, tap.equal, tap.contains, tap.raises

local PEM <const> = "tests/host/http.pem" -- certificate of 127.0.0.1 and its key, valid to 2120

local function slurp(path)
  local f <close> = assert(io.open(path, "rb"))
  return f:read("a")
end

local function spill(path, text)
  local f <close> = assert(io.open(path, "wb"))
  assert(f:write(text))
end

---Runs `fn` with a fresh folder that is removed afterwards.
local function with_folder(fn)
  local folder = assert(file.temporary())
  local ok, message = xpcall(fn, debug.traceback, folder)
  assert(file.remove_tree(folder))
  if not ok then error(message, 0) end
end

---Waits until the transfer has ended, and passes requests to `answer` meanwhile.
local function await(transfer, listener, answer)
  while not transfer:done() do
    loop.wait(5)
    for request in function() return listener and listener:accept() end do answer(request) end
  end
  return transfer:result()
end

---One exchange with a new server: the request as received, and the result.
local function exchange(request, answer, options)
  local listener <close> = assert(server.listen(options))
  local client <close> = http.new { ca_file = options and PEM }
  local seen = {}
  request.method = request.method or "GET"
  request.url = (options and "https" or "http") .. "://127.0.0.1:" .. listener:port()
    .. (request.path or "/")
  local transfer = client:start(request)
  local response, message, kind = await(transfer, listener, function(r)
    seen[#seen + 1] = r
    if answer then answer(r) else r:respond(200, {}, "fine") end
  end)
  return seen, { response = response, message = message, kind = kind, sent = transfer:sent() }
end

-- A server that misbehaves: for each argument one connection, on which a request's head is read
-- and then the argument sent; an empty one closes without an answer, HOLD never answers, DEAF
-- closes at once.
local PEER <const> = [[
  $SIG{PIPE} = "IGNORE"; $| = 1; alarm 20;
  $s = IO::Socket::INET->new(Listen => 5, LocalAddr => "127.0.0.1"); print $s->sockport, "\n";
  for $say (@ARGV) {
    $c = $s->accept; $head = "";
    next if $say eq "DEAF";
    while ($head !~ /\r\n\r\n/) { sysread($c, $head, 4096, length $head) or last }
    if ($say eq "HOLD") { sysread($c, $head, 4096) } else { syswrite($c, $say) }
    close $c;
  }
]]

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

---Starts a server in Perl; returns its port and what closes it.
local function serve(script, ...)
  local command = { "perl -MIO::Socket::INET -e " .. quote(script) }
  for i, say in ipairs { ... } do command[i + 1] = quote(say) end
  local pipe = assert(io.popen(table.concat(command, " ") .. " 2>/dev/null"))
  local port = pipe:read("n")
  if not port then
    pipe:close()
    tap.skip("no perl")
  end
  return port, pipe
end

local function misbehave(...)
  return serve(PEER, ...)
end

---The result of one request to a peer that sends `text`.
local function result_of(text, request)
  local port, _ <close> = misbehave(text)
  local client <close> = http.new()
  request = request or {}
  request.method, request.url = "GET", string.format("http://127.0.0.1:%d/x", port)
  local transfer = client:start(request)
  local response, message, kind = await(transfer)
  return { response = response, message = message, kind = kind, sent = transfer:sent() }
end

test("a response has status, headers, body and seconds", function()
  local _, r = exchange({}, function(q)
    q:respond(429, { ["Retry-After"] = "7", ["Content-Type"] = "text/x" }, "slow\0down")
  end)
  equal(r.response.status, 429)
  equal(r.response.headers["retry-after"], "7")
  equal(r.response.headers["content-type"], "text/x")
  equal(r.response.body, "slow\0down")
  equal(math.type(r.response.seconds), "float")
  equal(r.sent, true)
end)

test("headers that repeat are joined, names lowered, values trimmed", function()
  local r = result_of("HTTP/1.1 200 OK\r\nX-A: 1 \r\nx-a:2\r\nEmpty:\r\nContent-Length: 0\r\n\r\n")
  equal(r.response.headers, { ["x-a"] = "1, 2", empty = "", ["content-length"] = "0" })
end)

test("the headers of an interim answer are forgotten", function()
  local r = result_of("HTTP/1.1 103 Early\r\nX-Early: 1\r\n\r\nHTTP/1.1 204 None\r\nX-B: 2\r\n\r\n")
  equal(r.response.status, 204)
  equal(r.response.headers, { ["x-b"] = "2" })
end)

local methods = { "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD" }

test("every method arrives, with and without a body", function()
  for _, method in ipairs(methods) do
    for _, body in ipairs { false, "", "{\"a\":1}" } do
      if not (body and method == "HEAD") then
        for _, fresh in ipairs { false, true } do
          local seen = exchange { method = method, body = body or nil, fresh = fresh }
          equal(seen[1].method, method)
          equal(seen[1].body, body or "", method)
          equal(seen[1].headers.expect, nil)
          if body then equal(seen[1].headers["content-length"], tostring(#body)) end
        end
      end
    end
  end
end)

test("a POST without a body has a length of 0", function()
  equal(exchange({ method = "POST" })[1].headers["content-length"], "0")
end)

test("the request's headers arrive, empty ones too, and no content type is invented", function()
  local seen = exchange { method = "POST", body = "x", headers = { ["X-One"] = "1", Empty = "" } }
  equal(seen[1].headers["x-one"], "1")
  equal(seen[1].headers.empty, "")
  equal(seen[1].headers["content-type"], nil)
  seen = exchange { method = "POST", body = "x", headers = { ["content-type"] = "a/b" } }
  equal(seen[1].headers["content-type"], "a/b")
end)

test("a body over a megabyte is sent without asking first", function()
  local body = ("0123456789abcdef"):rep(1 << 17)
  for _, fresh in ipairs { false, true } do
    local seen = exchange { method = "POST", body = body, fresh = fresh }
    equal(seen[1].headers.expect, nil)
    assert(seen[1].body == body)
  end
end)

test("parts from memory and from a file arrive with a known length", function()
  with_folder(function(folder)
    local path, big = folder .. "/users.json", ("[{}] "):rep(100000)
    spill(path, big)
    for _, fresh in ipairs { false, true } do
      local seen, r = exchange { method = "POST", fresh = fresh, parts = {
        { name = "plain", data = "a\0b" },
        { name = "empty", data = "" },
        { name = "users", file = path, filename = "u.json", type = "application/json" },
        { name = "named", data = "text", filename = "t.txt" },
      } }
      equal(r.response.status, 200)
      local parts = seen[1].parts
      equal(#parts, 4)
      equal({ parts[1].name, parts[1].data, parts[1].filename }, { "plain", "a\0b" })
      equal({ parts[2].name, parts[2].data }, { "empty", "" })
      equal({ parts[3].name, parts[3].filename, parts[3].type },
        { "users", "u.json", "application/json" })
      assert(parts[3].data == big)
      equal({ parts[4].data, parts[4].filename }, { "text", "t.txt" })
      assert(tonumber(seen[1].headers["content-length"]) > #big)
      equal(seen[1].headers["transfer-encoding"], nil)
    end
  end)
end)

test("a part with a missing file fails before anything is sent", function()
  local seen, r = exchange { method = "POST", parts = { { name = "f", file = "/none/such" } } }
  equal({ r.response, r.kind, r.sent, #seen }, { nil, "missing", false, 0 })
  contains(r.message, "/none/such: No such file")
end)

test("a part must be a regular file", function()
  local _, r = exchange { method = "POST", parts = { { name = "f", file = "/" } } }
  equal({ r.kind, r.sent }, { "io", false })
  contains(r.message, "not a regular file")
end)

test("a redirect is a response", function()
  local seen, r = exchange({}, function(q) q:respond(302, { Location = "/other" }, "") end)
  equal({ r.response.status, r.response.headers.location, #seen }, { 302, "/other", 1 })
end)

test("cookies are not kept", function()
  local listener <close> = assert(server.listen())
  local client <close> = http.new()
  for _ = 1, 2 do
    local transfer = client:start { method = "GET",
      url = "http://127.0.0.1:" .. listener:port() .. "/" }
    await(transfer, listener, function(q)
      equal(q.headers.cookie, nil)
      q:respond(200, { ["Set-Cookie"] = "a=b; Path=/" }, "")
    end)
  end
end)

test("the user agent is the client's", function()
  local listener <close> = assert(server.listen())
  local client <close> = http.new { user_agent = "here/1" }
  local transfer = client:start { method = "GET",
    url = "http://127.0.0.1:" .. listener:port() .. "/" }
  await(transfer, listener, function(q)
    equal(q.headers["user-agent"], "here/1")
    q:respond(204)
  end)
end)

test("many transfers are in flight at once", function()
  local listener <close> = assert(server.listen())
  local client <close> = http.new()
  local waiting, held, answered = {}, {}, 0
  for i = 1, 20 do
    local transfer = client:start { method = "GET",
      url = string.format("http://127.0.0.1:%d/%d", listener:port(), i) }
    waiting[transfer] = "/" .. i
  end
  while next(waiting) do
    for _, handle in ipairs(loop.wait(5)) do
      if waiting[handle] then
        equal(assert(handle:result()).body, waiting[handle])
        waiting[handle] = nil
        answered = answered + 1
      end
    end
    for request in function() return listener:accept() end do held[#held + 1] = request end
    if #held == 20 then
      while #held > 0 do -- the last comes first
        local request = table.remove(held)
        request:respond(200, {}, request.path)
      end
    end
  end
  equal(answered, 20)
end)

test("a body longer than the limit is full", function()
  local _, r = exchange({ limit = 9 }, function(q) q:respond(200, {}, "0123456789") end)
  equal({ r.response, r.kind, r.sent }, { nil, "full", true })
  contains(r.message, "longer than 9 bytes")
  _, r = exchange({ limit = 10 }, function(q) q:respond(200, {}, "0123456789") end)
  equal(r.response.body, "0123456789")
end)

test("a body is saved to a file of mode 0600", function()
  with_folder(function(folder)
    local path = folder .. "/out"
    local _, r = exchange({ save = path }, function(q) q:respond(200, {}, "kept") end)
    equal({ r.response.status, r.response.body }, { 200, "" })
    equal(slurp(path), "kept")
    local ls <close> = assert(io.popen("ls -l " .. path))
    contains(ls:read("a"), "-rw-------")
  end)
end)

test("what was saved of a failed transfer is removed", function()
  with_folder(function(folder)
    local path = folder .. "/out"
    local r = result_of("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", { save = path })
    equal(r.kind, "network")
    equal(file.stat(path), nil)
  end)
end)

test("a file that cannot be written fails before anything is sent", function()
  local seen, r = exchange { save = "/none/such" }
  equal({ r.kind, r.sent, #seen }, { "missing", false, 0 })
  contains(r.message, "cannot write /none/such")
end)

test("a disk that fills up while saving is full", function()
  if not file.stat("/dev/full") then tap.skip("no /dev/full") end
  with_folder(function(folder)
    local path = folder .. "/full"
    assert(os.execute("ln -s /dev/full " .. path))
    local _, r = exchange({ save = path }, function(q) q:respond(200, {}, "kept") end)
    equal(r.kind, "full")
    contains(r.message, path .. ": No space left on device")
  end)
end)

test("a connection is reused by default", function()
  local port, _ <close> = misbehave("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
  local client <close> = http.new()
  local url = "http://127.0.0.1:" .. port .. "/"
  assert(await(client:start { method = "GET", url = url }))
  local _, message, kind = await(client:start { method = "GET", url = url })
  equal(kind, "network", message) -- the peer serves one connection and exits
end)

---Two uploads on one client; the server answers the first and drops what follows.
---Returns the number of requests received and whether the last counts as sent.
local function upload_twice(fresh, what, recent)
  local listener <close> = assert(server.listen())
  local client <close> = http.new { http1 = true }
  local count, transfer = 0, nil
  for _ = 1, 2 do
    transfer = client:start { method = "POST", body = what.body, parts = what.parts, fresh = fresh,
      recent = recent, url = "http://127.0.0.1:" .. listener:port() .. "/" }
    local _, message, kind = await(transfer, listener, function(q)
      count = count + 1
      if count == 1 then q:respond(200, {}, "") else q:drop() end
    end)
    if count > 1 then equal(kind, "network", message) end
  end
  return count, transfer:sent()
end

test("a fresh upload that closes unanswered is not sent again", function()
  local large = ("x"):rep(500000)
  for _, what in ipairs { { body = "x" }, { parts = { { name = "a", data = "x" } } },
    { body = large }, { parts = { { name = "a", data = large } } } } do
    for _, recent in ipairs { false, 5 } do
      local count, sent = upload_twice(true, what, recent or nil)
      equal({ count, sent }, { 2, true })
    end
  end
end)

-- A server of one connection after the other. For each argument it reads so many bytes of a
-- request's body and closes the connection. After "all" of them it responds, and after "last" it
-- also closes, and says so.
local KEEPER <const> = [[
  $SIG{PIPE} = "IGNORE"; $| = 1; alarm 20;
  $s = IO::Socket::INET->new(Listen => 5, LocalAddr => "127.0.0.1"); print $s->sockport, "\n";
  $c = $s->accept;
  for $much (@ARGV) {
    $got = "";
    while ($got !~ /\r\n\r\n/) { sysread($c, $got, 4096, length $got) or last }
    ($size) = $got =~ /content-length: (\d+)/i; $size = $much if $much =~ /\d/;
    ($body) = $got =~ /\r\n\r\n(.*)/s;
    while (length $body < $size) { sysread($c, $body, 4096, length $body) or last }
    syswrite($c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") if $much !~ /\d/;
    next if $much eq "all";
    close $c; print "closed\n" if $much eq "last"; $c = $s->accept;
  }
]]

---A request, then an upload, of one client to the keeper.
local function ask_then_upload(recent, ...)
  local port, pipe <close> = serve(KEEPER, ...)
  local client <close> = http.new { http1 = true }
  local url = "http://127.0.0.1:" .. port .. "/"
  assert(await(client:start { method = "GET", url = url }))
  if ... == "last" then equal({ pipe:read("l", "l") }, { "", "closed" }) end
  local transfer = client:start { method = "POST", url = url, fresh = true, timeout = 1,
    recent = recent, parts = { { name = "users", data = ("x"):rep(500000) } } }
  local response, message, kind = await(transfer)
  return { response = response, message = message, kind = kind, sent = transfer:sent() }
end

test("an upload may use a recent connection", function()
  equal(ask_then_upload(5, "all", "all").response.status, 200)
  equal(ask_then_upload(nil, "all", "all").kind, "timeout") -- the server reads the first one
end)

test("an upload on a recent connection that closes during or after it is not sent again", function()
  for _, read in ipairs { "1", "70000", "500000" } do
    local r = ask_then_upload(5, "all", read, "all")
    equal({ r.response, r.kind, r.sent }, { nil, "network", true })
    equal(r.message:find("rewind"), nil)
  end
end)

test("an upload whose recent connection has been closed meanwhile uses another", function()
  equal(ask_then_upload(5, "last", "all").response.status, 200)
end)

test("a transfer is returned on request when it begins to be sent", function()
  local listener <close> = assert(server.listen())
  local client <close> = http.new()
  local transfer = client:start { method = "POST", body = "x", announce = true,
    url = "http://127.0.0.1:" .. listener:port() .. "/" }
  local announced, request
  while not (announced and request) do
    for _, handle in ipairs(loop.wait(5)) do announced = announced or handle == transfer end
    request = request or listener:accept()
  end
  equal({ transfer:done(), transfer:sent() }, { false, true })
  request:respond(200, {}, "")
  equal(await(transfer).status, 200)
end)

test("without fresh, libcurl does send it again: what fresh is for", function()
  local count = upload_twice(false, { body = "x" })
  equal(count, 3)
end)

local broken = {
  { "nothing", "", "empty reply" },
  { "a closed connection", "DEAF", "" },
  { "half a body", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "" },
  { "half a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nhalf", "" },
  { "half a head", "HTTP/1.1 200 OK\r\nX-A", "" },
  { "garbage", "\1\2\3 not HTTP at all, but long enough to be read\r\n\r\n", "" },
  { "a strange length", "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n", "" },
}

test("a broken answer is a network failure after sending", function()
  for _, case in ipairs(broken) do
    local r = result_of(case[2])
    equal({ r.response, r.kind, r.sent }, { nil, "network", true }, case[1])
    contains(r.message, case[3])
    contains(r.message, "GET http://127.0.0.1:")
  end
end)

test("a refused connection is a network failure before sending", function()
  local listener = assert(server.listen())
  local port = listener:port()
  listener:close()
  local client <close> = http.new()
  local transfer = client:start { method = "POST", body = "secret",
    url = string.format("http://user:pass@127.0.0.1:%d/api/x?token=secret#frag", port) }
  local response, message, kind, reason = await(transfer)
  equal({ response, kind, transfer:sent() }, { nil, "network", false })
  contains(message, string.format("POST http://127.0.0.1:%d/api/x: failed to connect", port))
  equal(message, string.format("POST http://127.0.0.1:%d/api/x: %s", port, reason))
  equal(message:find("secret") or message:find("pass"), nil)
end)

test("a name that does not resolve is a network failure before sending", function()
  local client <close> = http.new()
  local transfer = client:start { method = "GET", url = "http://no.such.host.invalid/x" }
  local _, message, kind = await(transfer)
  equal({ kind, transfer:sent() }, { "network", false })
  contains(message, "GET http://no.such.host.invalid/x: could not resolve host")
end)

test("no answer in time is a timeout after sending", function()
  local r = result_of("HOLD", { timeout = 0.1 })
  equal({ r.kind, r.sent }, { "timeout", true })
end)

test("a stalled answer is a timeout", function()
  local r = result_of("HOLD", { stall = 0.5, timeout = 20 })
  equal({ r.kind, r.sent }, { "timeout", true })
  contains(r.message, "slow")
end)

local urls = {
  "", "http://", "http://127.0.0.1:x/", "http://127.0.0.1:99999/", "http://a b/",
  "ftp://127.0.0.1/", "file:///etc/passwd", "/relative",
}

test("a bad URL is a failure before sending", function()
  local client <close> = http.new()
  for _, url in ipairs(urls) do
    local transfer = client:start { method = "GET", url = url }
    local _, message, kind = await(transfer)
    equal({ kind, transfer:sent() }, { "parse", false }, url .. " " .. message)
  end
end)

test("TLS with a trusted certificate works", function()
  local pem = slurp(PEM)
  local seen, r = exchange({ method = "POST", body = "x", fresh = true }, nil,
    { cert = pem, key = pem })
  equal({ r.message, seen[1].body, r.response and r.response.body }, { nil, "x", "fine" })
end)

test("an untrusted certificate is a tls failure before sending", function()
  local pem = slurp(PEM)
  local listener <close> = assert(server.listen { cert = pem, key = pem })
  local client <close> = http.new()
  local transfer = client:start { method = "POST", body = "x",
    url = "https://127.0.0.1:" .. listener:port() .. "/x" }
  local _, message, kind = await(transfer, listener, error)
  equal({ kind, transfer:sent() }, { "tls", false }, message)
  contains(message, "certificate")
end)

test("a certificate for another name is a tls failure before sending", function()
  local pem = slurp(PEM)
  local listener <close> = assert(server.listen { cert = pem, key = pem, address = "127.0.0.1" })
  local client <close> = http.new { ca_file = PEM }
  local transfer = client:start { method = "GET",
    url = "https://127.0.0.2:" .. listener:port() .. "/x" }
  local _, _, kind = await(transfer, listener, error)
  assert(kind == "tls" or kind == "network") -- not every system has 127.0.0.2
  equal(transfer:sent(), false)
end)

test("a missing CA file is a tls failure before sending", function()
  local client <close> = http.new { ca_file = "/none/such.pem" }
  local listener <close> = assert(server.listen())
  local transfer = client:start { method = "GET",
    url = "https://127.0.0.1:" .. listener:port() .. "/x" }
  local _, message, kind = await(transfer, listener, error)
  equal({ kind, transfer:sent() }, { "tls", false })
  contains(message, "/none/such.pem")
end)

test("a handshake that breaks off is a network failure before sending", function()
  local port, _ <close> = misbehave("DEAF")
  local client <close> = http.new()
  local transfer = client:start { method = "GET", url = "https://127.0.0.1:" .. port .. "/" }
  local _, message, kind = await(transfer)
  equal({ kind, transfer:sent() }, { "network", false }, message)
end)

test("a closed transfer is done, closed and posted", function()
  local listener <close> = assert(server.listen())
  local client <close> = http.new()
  local transfer = client:start { method = "GET",
    url = "http://127.0.0.1:" .. listener:port() .. "/" }
  transfer:close()
  transfer:close()
  local _, message, kind = transfer:result()
  equal({ transfer:done(), kind, transfer:sent() }, { true, "closed", false })
  contains(message, "canceled")
  assert(loop.wait(5)[1] == transfer)
end)

test("closing the client ends its transfers", function()
  local listener <close> = assert(server.listen())
  local client = http.new()
  local a = client:start { method = "GET", url = "http://127.0.0.1:" .. listener:port() .. "/" }
  while true do
    loop.wait(5)
    if listener:accept() then break end
  end
  client:close()
  client:close()
  equal({ a:done(), select(3, a:result()), a:sent() }, { true, "closed", true })
  raises(function() client:start { method = "GET", url = "http://127.0.0.1/" } end, "closed")
end)

test("a transfer without references continues and is returned", function()
  local listener <close> = assert(server.listen())
  loop.wait(0)
  http.new():start { method = "GET", url = "http://127.0.0.1:" .. listener:port() .. "/" }
  collectgarbage()
  collectgarbage()
  local found
  while not found do
    for _, handle in ipairs(loop.wait(5)) do
      if handle ~= listener then found = handle end
    end
    for request in function() return listener:accept() end do request:respond(200, {}, "yes") end
  end
  equal(found:result().body, "yes")
end)

test("a result outlives its transfer's close", function()
  local _, r = exchange {}
  equal(r.response.body, "fine")
end)

test("the result of a transfer in flight is misuse", function()
  local listener <close> = assert(server.listen())
  local client <close> = http.new()
  local transfer = client:start { method = "GET",
    url = "http://127.0.0.1:" .. listener:port() .. "/" }
  raises(function() transfer:result() end, "not done")
end)

local misuse = {
  { {}, "no method" },
  { { method = "GET" }, "no url" },
  { { method = "G T", url = "http://x/" }, "no method" },
  { { method = "GET", url = 7 }, "url must be a string" },
  { { method = "POST", url = "http://x/", body = "b", parts = {} }, "both body and parts" },
  { { method = "POST", url = "http://x/", parts = {} }, "no parts" },
  { { method = "POST", url = "http://x/", parts = { 1 } }, "part 1" },
  { { method = "POST", url = "http://x/", parts = { { data = "x" } } }, "part 1 has no name" },
  { { method = "POST", url = "http://x/", parts = { { name = "x" } } }, "either data or file" },
  { { method = "GET", url = "http://x/", headers = "X: 1" }, "headers" },
  { { method = "GET", url = "http://x/", headers = { ["X Y"] = "1" } }, "is not a header name" },
  { { method = "GET", url = "http://x/", headers = { X = "1\r\nY: 2" } }, "line end" },
  { { method = "GET", url = "http://x/", headers = { X = "1\0" } }, "zero byte" },
  { { method = "GET", url = "http://x/", timeout = 0 }, "timeout" },
  { { method = "GET", url = "http://x/", stall = -1 }, "stall" },
  { { method = "GET", url = "http://x/", limit = -1 }, "limit" },
  { { method = "POST", url = "http://x/", fresh = true, recent = 2 }, "client with http1" },
}

test("misuse of start raises and leaves nothing behind", function()
  local client <close> = http.new()
  loop.wait(0)
  for _, case in ipairs(misuse) do raises(function() client:start(case[1]) end, case[2]) end
  raises(function() client:start() end, "table")
  raises(function() http.new { connect_timeout = "soon" } end, "connect_timeout")
  equal(loop.wait(0), {})
end)

test("a loopback host is not requested through a proxy, another one is", function()
  local port, _ <close> = misbehave("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\ndirect",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nproxy")
  with_folder(function(folder)
    local script = folder .. "/get.lua"
    spill(script, [[
      local http, loop = require "host.http", require "host.loop"
      local client <close> = http.new()
      for _, url in ipairs(...) do
        local transfer = client:start { method = "GET", url = url, fresh = true }
        while not transfer:done() do loop.wait(5) end
        local response, message = transfer:result()
        io.write(response and response.body or message, " ")
      end
      return 0]])
    local proxy = "http://127.0.0.1:" .. port
    local pipe <close> = assert(io.popen(string.format(
      "http_proxy=%s no_proxy= '%s' --run %s %s/ http://other.invalid/", proxy,
      process.program(), script, proxy)))
    equal(pipe:read("a"), "direct proxy ")
  end)
end)

test("escape encodes all but the unreserved characters", function()
  equal(http.escape("aZ09-._~"), "aZ09-._~")
  equal(http.escape("auth|1+2 /?&=%"), "auth%7C1%2B2%20%2F%3F%26%3D%25")
  equal(http.escape("ü\0\255"), "%C3%BC%00%FF")
  equal(http.escape(""), "")
end)

test("a compressed response is expanded, and the limit counts what it expands to", function()
  local text = ("0"):rep(1000000)
  local function answer(request)
    request:respond(200, { ["Content-Encoding"] = "gzip" }, digest.gzip(text))
  end
  local seen, result = exchange({ compressed = true, limit = #text }, answer)
  contains(seen[1].headers["accept-encoding"], "gzip")
  equal(result.response.body, text)
  local _, bomb = exchange({ compressed = true, limit = #text - 1 }, answer)
  equal(bomb.kind, "full")
  local plain = exchange {}
  equal(plain[1].headers["accept-encoding"], nil)
end)

---The signature version 4 of a request as it was received.
local function signature(request, secret)
  local scope, names = request.headers.authorization:match(
    "^AWS4%-HMAC%-SHA256 Credential=KEY/(.-), SignedHeaders=(.-), Signature=%x+$")
  local function sha256(data) return digest.hex(digest.hash("sha256", data)) end
  local lines = { request.method, request.raw_path, request.raw_query }
  for name in names:gmatch("[^;]+") do lines[#lines + 1] = name .. ":" .. request.headers[name] end
  table.move({ "", names, sha256(request.body) }, 1, 3, #lines + 1, lines)
  local date = request.headers["x-amz-date"]
  local text = table.concat({
    "AWS4-HMAC-SHA256", date, scope, sha256(table.concat(lines, "\n")),
  }, "\n")
  local key = "AWS4" .. secret
  for part in scope:gmatch("[^/]+") do key = digest.hmac("sha256", key, part) end
  return digest.hex(digest.hmac("sha256", key, text)), scope
end

test("a request can be signed instead of having the keys in it", function()
  local seen = exchange {
    method = "POST", body = '{"UserPoolId":"p"}',
    headers = { ["Content-Type"] = "application/x-amz-json-1.1", ["X-Amz-Target"] = "A.B" },
    sign = { aws = "aws:amz:eu-west-1:cognito-idp", access_key = "KEY", secret_key = "hidden" },
  }
  local made, scope = signature(seen[1], "hidden")
  contains(seen[1].headers.authorization, "Signature=" .. made)
  contains(scope, "/eu-west-1/cognito-idp/aws4_request")
  assert(not seen[1].headers.authorization:find("hidden", 1, true))
  raises(function() exchange { sign = { aws = "aws:amz:a:b" } } end, "needs aws and both keys")
end)
