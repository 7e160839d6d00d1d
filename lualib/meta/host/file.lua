---@meta
--- Files. Created files have mode 0600 and folders 0700.

---@class host.file
local file = {}

---@class host.file.input
local input = {}

---@class host.file.output
local output = {}

---@class host.file.lock
local lock = {}

---Opens for reading; gzip and zstd are detected by content, members are joined. "-" is stdin.
---@param path string
---@param name? string  for places; default the base name, "stdin" for "-"
---@return host.file.input?
---@return string? message
---@return host.Kind? kind
function file.open(path, name) end

---An input of what a function returns, as it is: a part, nil at the end, or a failure.
---@param name string  for places and messages
---@param next fun(): string?, string?, host.Kind?
---@return host.file.input
function file.feed(name, next) end

---At most `n` bytes; never "", nil at the end.
---@param n integer
---@return string? data
---@return string? message
---@return host.Kind? kind
function input:read(n) end

---@return string
function input:name() end

---From now on text in UTF-16 comes as UTF-8, if nothing was read yet. Readers of text do so.
function input:text() end

---The progress of reading; compressed bytes if the file is compressed.
---@return integer taken   bytes
---@return integer? total  bytes; nil for stdin and pipes
function input:progress() end

function input:close() end

---Opens the regular file next to an open one that is called like it with this ending: "-wal".
---Follows no link; fails if the open file is no longer where it was.
---@param beside host.file.input
---@param ending string
---@return host.file.input?
---@return string? message
---@return host.Kind? kind
function file.beside(beside, ending) end

---The whole content, decompressed.
---@param path string
---@param limit? integer  bytes, default 256 MiB; if exceeded, the kind is "full"
---@return string? data
---@return string? message
---@return host.Kind? kind
function file.read(path, limit) end

---Writes a temporary file, flushes it to disk, renames it into place.
---@param path string
---@param data string
---@return true?
---@return string? message
---@return host.Kind? kind
function file.write(path, data) end

---@class host.file.CreateOptions
---@field zstd? boolean    compress
---@field append? boolean  default false: truncates

---@param path string
---@param options? host.file.CreateOptions
---@return host.file.output?
---@return string? message
---@return host.Kind? kind
function file.create(path, options) end

---Buffered.
---@param data string
---@return true?
---@return string? message
---@return host.Kind? kind
function output:write(data) end

---@return true?
---@return string? message
---@return host.Kind? kind
function output:flush() end

---Flushes to disk and closes; also reports a failure of any earlier write.
---@return true?
---@return string? message
---@return host.Kind? kind
function output:finish() end

---Closes without syncing to disk.
function output:close() end

---@class host.file.Stat
---@field type "file"|"folder"|"other"
---@field size integer    bytes
---@field modified number unix seconds
---@field mode integer

---@param path string
---@return host.file.Stat?
---@return string? message
---@return host.Kind? kind
function file.stat(path) end

---Names in a folder, sorted by bytes, without "." and "..".
---@param path string
---@return string[]?
---@return string? message
---@return host.Kind? kind
function file.list(path) end

---Paths that match a shell pattern, sorted; empty if none does.
---@param pattern string
---@return string[]?
---@return string? message
---@return host.Kind? kind
function file.glob(pattern) end

---Creates a folder (0700) and its parents; it may exist already.
---@param path string
---@return true?
---@return string? message
---@return host.Kind? kind
function file.mkdir(path) end

---Makes a file (0600) or folder (0700) of this user inaccessible to others; follows no link.
---@param path string
---@param keep? boolean  its mode stays
---@return boolean? is_shared  whether others have, or had, access
---@return string? message
---@return host.Kind? kind  "unusable": a link, a device, or what another user owns
function file.own(path, keep) end

---@param path string
---@return true?
---@return string? message
---@return host.Kind? kind
function file.remove(path) end

---Removes a folder and its contents; symbolic links are removed, not followed.
---@param path string
---@return true?
---@return string? message
---@return host.Kind? kind
function file.remove_tree(path) end

---@param from string
---@param to string
---@return true?
---@return string? message
---@return host.Kind? kind
function file.rename(from, to) end

---Locks a file (created if needed) until closed or the process ends.
---@param path string
---@return host.file.lock?
---@return string? message
---@return host.Kind? kind  "busy" if another process holds it
function file.lock(path) end

---Whether a process holds the lock of a file. Takes it for an instant, so that `file.lock` may fail
---as "busy" meanwhile.
---@param path string
---@return boolean?
---@return string? message
---@return host.Kind? kind
function file.is_locked(path) end

---Replaces what the locked file contains.
---@param text string
---@return true?
---@return string? message
---@return host.Kind? kind
function lock:write(text) end

function lock:close() end

---Reserves `bytes` on disk for a file, created if needed.
---@param path string
---@param bytes integer
---@return true?
---@return string? message
---@return host.Kind? kind
function file.reserve(path, bytes) end

---Free bytes on the file system that holds `path`.
---@param path string
---@return integer?
---@return string? message
---@return host.Kind? kind
function file.free(path) end

---The absolute path with symbolic links resolved.
---@param path string
---@return string?
---@return string? message
---@return host.Kind? kind
function file.real(path) end

---A new folder (0700) under the system's temporary directory.
---@return string?
---@return string? message
---@return host.Kind? kind
function file.temporary() end

---@return string
function file.working_directory() end

return file
