/* Shared by the files of host.digest. */
#ifndef HOST_DIGEST_PARTS_H
#define HOST_DIGEST_PARTS_H

#include <lauxlib.h>
#include <lua.h>

#include <openssl/evp.h>

/* Most bytes of memory for one key derivation; its cost parameters come from data. */
#define DIGEST_MEMORY (1024 * 1024 * 1024ull)

/* Most bytes of one derived key, or of one call of random. */
enum { DIGEST_LENGTH = 1024 * 1024 };

/* Pushes the library (openssl.c). */
void host_digest_library(lua_State *L);

/* The digest named at stack index 1, or NULL with nil, message, "missing" pushed. This
 * and the next function need the library in upvalue 1, as set by host_digest_add. */
const EVP_MD *host_digest_check(lua_State *L);

/* The context for OpenSSL's lookups. */
OSSL_LIB_CTX *host_digest_context(lua_State *L);

/* Pushes nil, message with OpenSSL's reason, kind; clears the error queue. */
int host_digest_fail(lua_State *L, const char *kind, const char *what);

/* Adds functions that use the library to the module; both are on top of the stack. */
void host_digest_add(lua_State *L, const luaL_Reg *functions);

/* Adds pbkdf2 and scrypt the same way (derivation.c). */
void host_derivation_open(lua_State *L);

/* Adds sign and verify (signature.c). */
void host_signature_open(lua_State *L);

/* Adds hex, base64, base32, transcode, their inverses and gzip to the table on top
 * (encoding.c). */
void host_encoding_open(lua_State *L);

/* Adds crypt_verify, bcrypt, argon2_verify and equal to it (password.c). */
void host_password_open(lua_State *L);

/* Adds certificate to it (certificate.c). */
void host_certificate_open(lua_State *L);

#endif
