---@meta
--- An HTTP/1.1 server (libmicrohttpd) on the one loop: complete requests in, responses out.

---@class host.server
local server = {}

---@class host.server.listener
local listener = {}

---@class host.server.Options
---@field address? string   default "127.0.0.1"
---@field port? integer     0 (default): any free one
---@field limit? integer    longest request body in bytes, default 16 MiB; a longer one is discarded and marked
---@field cert? string      PEM text; with `key`, serve TLS
---@field key? string       PEM text
---@field timeout? number   seconds an idle connection is kept, default 60
---@field opening? number   the same until its first request, default `timeout`

---@class host.server.Part
---@field name string
---@field filename? string
---@field type? string
---@field data string

---@class host.server.request
---@field method string
---@field path string                    percent-decoded
---@field raw_path string                as received, without the query
---@field query table<string,string>     decoded; the last of repeated names
---@field raw_query string               as received, without the "?"; "" if there is none
---@field headers table<string,string>   names in lower case
---@field body string                    "" for multipart
---@field parts? host.server.Part[]      of multipart/form-data, in order
---@field malformed? boolean             a multipart body that could not be parsed
---@field size integer                   bytes of the body received
---@field too_large boolean              `size` exceeds the limit; body and parts are empty
local request = {}

---@param options? host.server.Options
---@return host.server.listener?
---@return string? message
---@return host.Kind? kind  "busy" if the port is in use
function server.listen(options) end

---@return integer
function listener:port() end

---The next complete request, or nil if there is none yet. loop.wait returns the listener
---if there is one.
---@return host.server.request?
function listener:accept() end

function listener:close() end

---Responds; only once. False if the client has disconnected.
---@param status integer
---@param headers? table<string,string>
---@param body? string
---@param promised? integer  Content-Length, if larger than the body: closes the connection after the
---  body, like a server that crashes
---@return boolean
function request:respond(status, headers, body, promised) end

---Closes the connection without a response.
function request:drop() end

return server
