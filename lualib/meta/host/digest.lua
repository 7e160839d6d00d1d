---@meta
--- Digests, key derivations and byte encodings, by OpenSSL, libxcrypt and libargon2.

---@class host.digest
local digest = {}

---@class host.digest.hasher
local hasher = {}

---Raw digest of `data`. Names: md4 md5 sha1 sha224 sha256 sha384 sha512 ripemd160 whirlpool
---sha512-256 sha3-256 sha3-512.
---@param name string
---@param data string
---@return string? raw
---@return string? message  the algorithm is not in this OpenSSL
---@return host.Kind? kind  "missing"
function digest.hash(name, data) end

---For data in pieces.
---@param name string
---@return host.digest.hasher?
---@return string? message
---@return host.Kind? kind
function digest.new(name) end

---@param data string
---@return host.digest.hasher self
function hasher:add(data) end

---@return string raw
function hasher:finish() end

---@param name string
---@param key string
---@param data string
---@return string? raw
---@return string? message
---@return host.Kind? kind
function digest.hmac(name, key, data) end

---@param name string
---@param password string
---@param salt string
---@param iterations integer
---@param length integer  bytes
---@return string? raw
---@return string? message
---@return host.Kind? kind
function digest.pbkdf2(name, password, salt, iterations, length) end

---@param password string
---@param salt string
---@param n integer
---@param r integer
---@param p integer
---@param length integer  bytes
---@return string? raw
---@return string? message
---@return host.Kind? kind
function digest.scrypt(password, salt, n, r, p, length) end

---Whether `password` verifies against a crypt(3) string such as bcrypt's. `nil, message, "parse"`
---where libxcrypt cannot compute the hash (unknown scheme, a NUL in the password).
---@param password string
---@param encoded string
---@return boolean?
---@return string? message
---@return host.Kind? kind
function digest.crypt_verify(password, encoded) end

---A new bcrypt string.
---@param password string
---@param cost integer
---@param salt? string  16 bytes; default random
---@return string?
---@return string? message
---@return host.Kind? kind
function digest.bcrypt(password, cost, salt) end

---Whether `password` verifies against a PHC string ("$argon2id$...").
---@param password string
---@param encoded string
---@return boolean?
---@return string? message
---@return host.Kind? kind
function digest.argon2_verify(password, encoded) end

---Whether they are equal, compared in constant time.
---@param a string
---@param b string
---@return boolean
function digest.equal(a, b) end

---Signs `data` with a PEM private key: "RS256" "RS384" "PS256".
---@param name string
---@param pem string
---@param data string
---@return string? raw
---@return string? message
---@return host.Kind? kind
function digest.sign(name, pem, data) end

---Whether `signature` is a signature of `data` by the private key of a PEM public key.
---@param name string  as for `sign`
---@param pem string
---@param data string
---@param signature string
---@return boolean?
---@return string? message
---@return host.Kind? kind
function digest.verify(name, pem, data, signature) end

---@class host.digest.Certificate  PEM texts
---@field ca string    of the certificate authority
---@field cert string  for `host.server`
---@field key string   of the certificate; the authority's key is discarded

---A certificate for a server, signed by a certificate authority created for it.
---@param name string     common name; that of the authority is derived from it
---@param names string    "IP:127.0.0.1,DNS:localhost"
---@param seconds integer how long they are valid
---@return host.digest.Certificate?
---@return string? message
---@return host.Kind? kind  "parse"
function digest.certificate(name, names, seconds) end

---@param n integer
---@return string bytes
function digest.random(n) end

---@param data string
---@return string lower
function digest.hex(data) end

---@param text string
---@return string? data  nil for an odd length or other characters
function digest.unhex(text) end

---@class host.digest.Base64
---@field url? boolean   "-_" instead of "+/"
---@field pad? boolean   default true

---@param data string
---@param options? host.digest.Base64
---@return string
function digest.base64(data, options) end

---Standard and URL-safe alphabet, padded or not; nil for anything else, including blanks.
---@param text string
---@return string? data
function digest.unbase64(text) end

---RFC 4648 Base32, upper case, without padding.
---@param data string
---@return string
function digest.base32(data) end

---Any case, padded or not.
---@param text string
---@return string? data
function digest.unbase32(text) end

---@param data string
---@return string  a gzip member
function digest.gzip(data) end

---UTF-8 to "utf16le", "utf16be", "latin1"; nil if a character is not in the encoding.
---@param text string
---@param encoding string
---@return string?
function digest.transcode(text, encoding) end

return digest
