--- Responses of the rehearsal tenant, in the formats of Auth0's APIs.

local json = require "host.json"

local answers = {}

---@class Answer
---@field status integer
---@field body? any      encoded as JSON; a string is sent unchanged
---@field headers? table<string, string>

local NAMES <const> = {
  [400] = "Bad Request", [401] = "Unauthorized", [403] = "Forbidden", [404] = "Not Found",
  [405] = "Method Not Allowed", [408] = "Request Timeout", [409] = "Conflict",
  [413] = "Payload Too Large", [421] = "Misdirected Request", [429] = "Too Many Requests",
  [500] = "Internal Server Error", [502] = "Bad Gateway", [503] = "Service Unavailable",
  [504] = "Gateway Timeout",
}

---@param body any
---@param status? integer  default 200
---@return Answer
function answers.json(body, status)
  return { status = status or 200, body = body }
end

---@return Answer
function answers.none()
  return { status = 204 }
end

---An error of the Management API.
---@param status integer
---@param message string
---@param code? string  errorCode
---@return Answer
function answers.refuse(status, message, code)
  return {
    status = status,
    body = { statusCode = status, error = NAMES[status], message = message, errorCode = code },
  }
end

---@param what string  "'Invalid multipart payload format'"
---@param property? string
---@return Answer
function answers.invalid(what, property)
  local message = "Payload validation error: " .. what
  if property then message = message .. " on property " .. property end
  return answers.refuse(400, message .. (property and "" or "."), "invalid_body")
end

---The body of a request as an object, or the error response.
---@param request host.server.request
---@return table?
---@return Answer? refusal
function answers.object_of(request)
  local body, message = json.decode(request.body)
  if type(body) == "table" and not json.is_array(body) then return body end
  return nil, answers.invalid(message and "'" .. message .. "'"
    or "'Expected type object but found type array'")
end

---@param what string
---@param property string
---@return Answer
function answers.invalid_query(what, property)
  return answers.refuse(400, string.format("Query validation error: %s on property %s", what,
    property), "invalid_query_string")
end

---@param what string
---@param property string
---@return Answer
function answers.invalid_path(what, property)
  return answers.refuse(400, string.format("Path validation error: %s on property %s", what,
    property), "invalid_uri")
end

---The response to an invalid token.
---@param message string
---@return Answer
function answers.unauthorized(message)
  local answer = answers.refuse(401, message)
  answer.body.attributes = { error = message }
  return answer
end

---The response to an upload while all slots are in use.
---@param active integer
---@param doubts? table<string, string>
---@return Answer
function answers.slots_taken(active, doubts)
  local code = doubts and doubts["slots-code"] == "present" and "too_many_requests" or nil
  return answers.refuse(429, string.format("There are %d active import users jobs, please wait "
    .. "until some of them are finished and try again", active), code)
end

---The response to a token without the scope; the documentation has two spellings.
---@param scopes string[]  any of them is sufficient
---@param doubts table<string, string>
---@return Answer
function answers.out_of_scope(scopes, doubts)
  local semicolon = doubts["scope-text"] == "semicolon"
  return answers.refuse(403, string.format("Insufficient scope%s expected any of: %s%s",
    semicolon and ";" or ",", table.concat(scopes, ","), semicolon and "." or ""),
    "insufficient_scope")
end

---An error of the Authentication API.
---@param status integer
---@param err string
---@param description string
---@return Answer
function answers.oauth(status, err, description)
  return { status = status, body = { error = err, error_description = description } }
end

return answers
