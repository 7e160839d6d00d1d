---@meta
--- Files for code that is not trusted: opens only what was granted.

---@class host.gate
local gate = {}

---Paths are relative to the working directory; links in them are followed.
---@class host.gate.Rules
---@field folders? string[]  what is below them may be read, except below names that begin with "."
---@field named? string[]    by a person: files, folders (as above) or patterns. A pipe or a terminal
---  may be read only if the very path is here. Below the part of a pattern without wildcards, links
---  must not lead out of it.
---@field denied? string[]   files and folders that may not be read, whatever leads there
---@field hint? string       the end of a refusal that naming the path avoids; "%s" is the path
---@field by_component? boolean  resolves paths without openat2

---The functions of host.file that read, with their results, and `stream`. What is outside is refused
---in the same way whether it exists or not; the kind is then "refused". Below a folder, links are
---followed unless they lead out of it. Devices, /proc and /sys are always refused.
---@class host.gate.Files
---@field open fun(path: string, name?: string): host.file.input?, string?, host.Kind?  "-" is stdin
---@field beside fun(beside: host.file.input, ending: string): host.file.input?, string?, host.Kind?
---  refuses only what is denied: whoever may read a file may read those that belong to it
---@field stream fun(path: string): file*?, string?, host.Kind?  as io.open returns it, for reading
---@field stat fun(path: string): host.file.Stat?, string?, host.Kind?
---@field list fun(path: string): string[]?, string?, host.Kind?  without names that begin with "."
---@field glob fun(pattern: string): string[]?, string?, host.Kind?  a path that is refused is kept
---@field feed fun(name: string, next: fun(): string?, string?, host.Kind?): host.file.input
---@field working_directory fun(): string

---@param rules host.gate.Rules
---@return host.gate.Files
function gate.new(rules) end

return gate
