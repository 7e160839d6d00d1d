---@meta
--- HTTP transfers on one libcurl multi handle: start, wait, result. A status of 429 is a
--- response, not a failure; what it means is up to the caller. Redirects are not followed.

---@class host.http
local http = {}

---@class host.http.client
local client = {}

---@class host.http.transfer
local transfer = {}

---@class host.http.Options
---@field ca_file? string          PEM file to trust instead of the system's
---@field user_agent? string
---@field connect_timeout? number  seconds, default 30
---@field http1? boolean           HTTP/1.1 only: no two requests share a connection at a time

---@class host.http.Part           one of `data` and `file`
---@field name string
---@field data? string
---@field file? string             path, streamed from disk
---@field filename? string         makes it a file part
---@field type? string             content type

---@class host.http.Request
---@field method string
---@field url string
---@field headers? table<string,string>
---@field body? string
---@field parts? host.http.Part[]  multipart/form-data with a Content-Length; no Expect header
---@field timeout? number          seconds for the whole transfer, default 60
---@field stall? number            seconds without a byte before the transfer fails, default 30; rounded up
---@field limit? integer           longest response body in bytes, default 64 MiB; unlimited with `save`
---@field fresh? boolean           libcurl resends nothing by itself: a new connection, closed afterwards,
---@field recent? number           or, with `http1`, also one that was used within so many seconds, rounded up
---@field announce? boolean        loop.wait also returns the handle when the request begins to be sent
---@field compressed? boolean      accept a compressed response; the limit counts what it expands to
---@field sign? host.http.Signature
---@field save? string             write the response body to this file (0600; removed on failure)

---@class host.http.Signature     AWS signature version 4
---@field aws string               "aws:amz:eu-west-1:cognito-idp": provider, region and service
---@field access_key string
---@field secret_key string

---@class host.http.Response
---@field status integer
---@field headers table<string,string>  names in lower case; repeated ones joined by ", "
---@field body string                   "" with `save`
---@field seconds number

---@param options? host.http.Options
---@return host.http.client
function http.new(options) end

---Starts a transfer and returns its handle; loop.wait returns the handle when it has ended.
---Misuse (no url, both body and parts) raises. result() reports an invalid URL or unreadable file.
---@param request host.http.Request
---@return host.http.transfer
function client:start(request) end

---Aborts active transfers (see transfer:close) and closes the connections.
function client:close() end

---@return boolean
function transfer:done() end

---The response, or why there is none: "network" "timeout" "tls" "full" "closed" (aborted by us),
---"parse" (invalid URL), "io" and "missing" (a file to send or to save to). Raises until the transfer
---is done.
---@return host.http.Response? response
---@return string? message  the reason, behind method, host and path
---@return host.Kind? kind
---@return string? reason
function transfer:result() end

---Whether a byte of the request may have reached the server: false only if the failure was
---before the connection, including TLS, was established.
---@return boolean
function transfer:sent() end

---Aborts it if it is still active: it is then done, "closed", and loop.wait returns it.
function transfer:close() end

---Percent-encodes everything but unreserved characters.
---@param text string
---@return string
function http.escape(text) end

return http
