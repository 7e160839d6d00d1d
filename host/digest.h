/* What the files of host.digest share. */
#ifndef HOST_DIGEST_H
#define HOST_DIGEST_H

#include <lua.h>

/* Bytes that one key derivation may take: its cost comes from data. */
#define DIGEST_MEMORY (1024 * 1024 * 1024ull)

/* Adds hex, base64, base32, transcode, their reverses and gzip to the table on top
 * (digest_encoding.c). */
void host_encoding_open(lua_State *L);

/* Adds crypt_verify, bcrypt, argon2_verify and equal to it (digest_password.c). */
void host_password_open(lua_State *L);

/* Adds certificate to it (digest_certificate.c). */
void host_certificate_open(lua_State *L);

#endif
