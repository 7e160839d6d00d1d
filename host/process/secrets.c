/* host.process: secrets of this process, kept from children, from /proc and from dumps.
 */

#include "process/secrets.h"

#include "common.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

/* take_env(name) -> string | nil
 * Reads a variable and removes it: children do not get it, and its bytes in the block
 * that the process was started with (/proc/PID/environ) are overwritten. */
static int process_take_env(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    luaL_argcheck(L, *name && !strchr(name, '='), 1, "not the name of a variable");
    char *value = getenv(name);
    lua_pushstring(L, value);
    if (value) {
        explicit_bzero(value, strlen(value));
        unsetenv(name);
    }
    return 1;
}

/* harden() -> boolean
 * No core dump of this process, and no other process of this user may read its memory;
 * false where that is not possible. A build with sanitizers stays as it is: they examine
 * the process. */
static int process_harden(lua_State *L)
{
    bool done = false;
#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__)
    struct rlimit none = {0, 0};
    done = setrlimit(RLIMIT_CORE, &none) == 0 && prctl(PR_SET_DUMPABLE, 0) == 0;
#endif
    lua_pushboolean(L, done);
    return 1;
}

static const luaL_Reg functions[] = {
    {"harden",   process_harden  },
    {"take_env", process_take_env},
    {NULL,       NULL            }
};

void host_process_secrets_open(lua_State *L)
{
    luaL_setfuncs(L, functions, 0);
}
