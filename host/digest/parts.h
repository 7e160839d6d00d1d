/* What the files of host.digest share. */
#ifndef HOST_DIGEST_PARTS_H
#define HOST_DIGEST_PARTS_H

#include <lauxlib.h>
#include <lua.h>

#include <openssl/evp.h>

/* Bytes that one key derivation may take: its cost comes from data. */
#define DIGEST_MEMORY (1024 * 1024 * 1024ull)

/* Bytes that one key or one request for randomness may have. */
enum { DIGEST_LENGTH = 1024 * 1024 };

/* Pushes the library (openssl.c). */
void host_digest_library(lua_State *L);

/* The digest named at stack index 1, or NULL with nil, message, "missing" pushed. This
 * and the next want the library in upvalue 1, as host_digest_add gives it. */
const EVP_MD *host_digest_check(lua_State *L);

/* What OpenSSL's functions are to look things up in. */
OSSL_LIB_CTX *host_digest_context(lua_State *L);

/* Pushes nil, message with OpenSSL's reason, kind; the error queue is empty afterwards.
 */
int host_digest_fail(lua_State *L, const char *kind, const char *what);

/* Adds functions that use the library to the module; both are on top of the stack. */
void host_digest_add(lua_State *L, const luaL_Reg *functions);

/* Adds pbkdf2 and scrypt like that (derivation.c). */
void host_derivation_open(lua_State *L);

/* Adds sign and verify (signature.c). */
void host_signature_open(lua_State *L);

/* Adds hex, base64, base32, transcode, their reverses and gzip to the table on top
 * (encoding.c). */
void host_encoding_open(lua_State *L);

/* Adds crypt_verify, bcrypt, argon2_verify and equal to it (password.c). */
void host_password_open(lua_State *L);

/* Adds certificate to it (certificate.c). */
void host_certificate_open(lua_State *L);

#endif
