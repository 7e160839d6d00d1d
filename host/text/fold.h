/* Shared by the files of host.text. */
#ifndef HOST_TEXT_FOLD_H
#define HOST_TEXT_FOLD_H

#include "utf8.h"

#include <lua.h>

#include <stddef.h>

/* Pushes nil, a result of its own: as the last argument of a call, no value at all would
 * be an argument less. */
static inline int host_text_nil(lua_State *L)
{
    lua_pushnil(L);
    return 1;
}

/* The text at `arg`; NULL for nil and JSON's null (a light userdata). Numbers are
 * accepted, too. */
const char *host_text_check(lua_State *L, int arg, size_t *size);

/* The name and the code point of the first character outside ASCII that shows nothing;
 * NULL if there is none. */
const char *host_text_unseen(const char *text, size_t size, uint32_t *point);

/* Pushes text[0..size) in lower case; the value at 1 itself if it is equal. */
void host_text_push_lower(lua_State *L, const char *text, size_t size);

/* Adds email to the table on top (address.c). */
void host_text_address_open(lua_State *L);

/* Adds encode, decode, encoding, encodings (encode.c). */
void host_text_encode_open(lua_State *L);

/* Adds phone_reader (phone.c). */
void host_text_phone_open(lua_State *L);

/* Adds printable (printable.c). */
void host_text_printable_open(lua_State *L);

/* Adds boolean (boolean.c). */
void host_text_boolean_open(lua_State *L);

/* Adds redact (redact.c). */
void host_text_redact_open(lua_State *L);

/* Adds unseen (unseen.c). */
void host_text_unseen_open(lua_State *L);

#endif
