/* The embedded library: Lua, recipes and their tests, pages of the manual. */
#ifndef EMBEDDED_H
#define EMBEDDED_H

#include <lua.h>

#include <stddef.h>

struct host_embedded {
    const char *name;  /* of a module, "stage"; of another file, its path */
    const char *chunk; /* "@lualib/stage/init.lua" */
    const char *text;
    size_t size;
    const char *code; /* what the text compiles to; NULL: it is loaded as text */
    size_t code_size;
};

/* Sorted by name. cmake/embed.c writes them. */
extern const struct host_embedded host_embedded[];
extern const size_t host_embedded_count;

/* NULL if there is none. */
const struct host_embedded *host_embedded_find(const char *name);

/* Pushes the chunk of a module and the chunk's name and returns 2; returns 0 if there is
 * none. Nothing else loads compiled Lua, which Lua does not verify: it is constant data
 * of the program, and whatever else is loaded must be text. */
int host_embedded_load(lua_State *L, const char *name);

#endif
