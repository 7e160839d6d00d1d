/* Paths for host.gate, as text. */

#include "gate/parts.h"

#include <errno.h>
#include <lauxlib.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

/* Writes the names of `path` to `out`, each after a "/"; returns the length. */
static size_t clean(const char *path, char *out)
{
    size_t n = 0;
    while (*path) {
        size_t length = strcspn(path, "/");
        bool is_dot = length == 1 && path[0] == '.';
        if (length == 2 && path[0] == '.' && path[1] == '.') {
            while (n > 0 && out[--n] != '/')
                ;
        } else if (length > 0 && !is_dot) {
            out[n++] = '/';
            memcpy(out + n, path, length);
            n += length;
        }
        path += length + (path[length] == '/');
    }
    if (n == 0) out[n++] = '/';
    return n;
}

const char *host_gate_normalise(lua_State *L, const char *path)
{
    char folder[PATH_MAX];

    if (*path == '/') {
        lua_pushstring(L, path);
    } else {
        if (!getcwd(folder, sizeof folder))
            luaL_error(L, "cannot get the working directory: %s", strerror(errno));
        lua_pushfstring(L, "%s/%s", folder, path);
    }
    char *out = lua_newuserdatauv(L, lua_rawlen(L, -1) + 2, 0);
    lua_pushlstring(L, out, clean(lua_tostring(L, -2), out));
    lua_replace(L, -3);
    lua_pop(L, 1);
    return lua_tostring(L, -1);
}

const char *host_gate_below(const char *path, const char *base)
{
    size_t n = strcmp(base, "/") == 0 ? 0 : strlen(base);
    if (strncmp(path, base, n) != 0) return NULL;
    if (path[n] == '\0') return path + n;
    return path[n] == '/' ? path + n + 1 : NULL;
}

bool host_gate_is_hidden(const char *path)
{
    return path[0] == '.' || strstr(path, "/.") != NULL;
}

const char *host_gate_literal_end(const char *pattern)
{
    const char *wildcard = strpbrk(pattern, "*?[\\");
    if (!wildcard) return pattern + strlen(pattern);
    while (wildcard > pattern && wildcard[-1] != '/')
        wildcard--;
    return wildcard;
}
