/* Splits a multipart/form-data body into its parts; for request.c. */
#ifndef HOST_SERVER_FORM_H
#define HOST_SERVER_FORM_H

#include <lua.h>

#include <stdbool.h>
#include <stddef.h>

/* True for a Content-Type header of multipart/form-data. */
bool host_form_is(const char *content_type);

/* Pushes the list of parts (name, filename?, type?, data) and returns true. Returns false
 * and leaves the stack unchanged if the body is malformed: no boundary in the
 * Content-Type, no part, a part without a name, or no closing boundary. */
bool host_form_push(lua_State *L, const char *content_type, const char *body,
                    size_t size);

#endif
