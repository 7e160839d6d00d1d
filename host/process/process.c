/* host.process - starts programs, and describes this process. */

#include "common.h"
#include "host.h"
#include "process/child.h"
#include "process/secrets.h"
#include "process/start.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>
#ifdef __APPLE__
#include <mach-o/dyld.h>
#endif

extern char **environ;

/* -- spawn -- */

static const char *check_text(lua_State *L, int index, const char *what)
{
    size_t size;
    const char *text =
        lua_type(L, index) == LUA_TSTRING ? lua_tolstring(L, index, &size) : NULL;
    if (!text || strlen(text) != size)
        luaL_error(L, "%s must be a string without a zero byte", what);
    return text;
}

/* Pushes a block with the argv of the list at stack index 1. */
static char **push_argv(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    size_t n = lua_rawlen(L, 1);
    luaL_argcheck(L, n > 0, 1, "an empty list");
    const char **argv = lua_newuserdatauv(L, (n + 1) * sizeof *argv, 0);
    for (size_t i = 0; i < n; i++) {
        lua_rawgeti(L, 1, (lua_Integer)i + 1);
        argv[i] =
            check_text(L, -1, "an argument of the command"); /* kept alive by the list */
        lua_pop(L, 1);
    }
    argv[n] = NULL;
    return (char **)(uintptr_t)argv;
}

/* Whether the table at `index` has the name of the entry "name=value". */
static bool overrides(lua_State *L, int index, const char *entry)
{
    lua_pushlstring(L, entry, strcspn(entry, "="));
    bool has = lua_rawget(L, index) != LUA_TNIL;
    lua_pop(L, 1);
    return has;
}

/* Pushes two values that hold our environment overridden by the table on top; `alone`:
 * the table without ours. */
static char **push_env(lua_State *L, bool alone)
{
    int over = lua_gettop(L);
    size_t ours = 0, added = 0, n = 0;
    while (!alone && environ[ours])
        ours++;
    for (lua_pushnil(L); lua_next(L, over); lua_pop(L, 1))
        added++;
    lua_createtable(L, (int)added, 0);
    const char **env = lua_newuserdatauv(L, (ours + added + 1) * sizeof *env, 0);
    for (size_t i = 0; i < ours; i++)
        if (!overrides(L, over, environ[i])) env[n++] = environ[i];
    for (lua_pushnil(L); lua_next(L, over); n++) { /* texts env name value */
        const char *name = check_text(L, -2, "a name in 'env'");
        if (!*name || strchr(name, '='))
            luaL_error(L, "'%s' cannot be a name in 'env'", name);
        env[n] = lua_pushfstring(L, "%s=%s", name, check_text(L, -1, "a value in 'env'"));
        lua_rawseti(L, -5, (lua_Integer)n + 1);
        lua_pop(L, 1);
    }
    env[n] = NULL;
    return (char **)(uintptr_t)env;
}

static enum process_stream stream_option(lua_State *L, const char *name, int otherwise)
{
    static const char *const names[] = {"inherit", "null", "pipe", NULL};
    if (lua_getfield(L, 2, name) != LUA_TNIL)
        otherwise = luaL_checkoption(L, -1, NULL, names);
    lua_pop(L, 1);
    return (enum process_stream)otherwise;
}

/* Reads the arguments; what the plan borrows stays on the stack. */
static void read_plan(lua_State *L, struct process_plan *plan)
{
    lua_settop(L, 2);
    if (lua_isnil(L, 2)) {
        lua_newtable(L);
        lua_replace(L, 2);
    }
    luaL_checktype(L, 2, LUA_TTABLE);
    *plan = (struct process_plan){
        .streams = {stream_option(L, "stdin", PROCESS_NULL),
                    stream_option(L, "stdout", PROCESS_PIPE),
                    stream_option(L, "stderr", PROCESS_INHERIT)},
        .follow = host_flag(L, 2, "follow", false),
        .group = host_flag(L, 2, "group", false),
    };
    plan->argv = push_argv(L);
    if (lua_getfield(L, 2, "directory") != LUA_TNIL)
        plan->directory = check_text(L, -1, "'directory'");
    if (lua_getfield(L, 2, "env") != LUA_TNIL) {
        luaL_argcheck(L, lua_istable(L, -1), 2, "'env' must be a table");
        plan->env = push_env(L, host_flag(L, 2, "env_alone", false));
    }
    plan->extra = host_field(L, 2, "extra", &plan->extra_size);
    luaL_argcheck(L, !plan->extra || plan->extra_size <= PIPE_BUF, 2,
                  "'extra' is too long");
}

/* spawn(argv, options?) -> child | nil, message, kind
 * "missing" if there is no such program. */
static int process_spawn(lua_State *L)
{
    struct process_plan plan;
    struct process_started started;
    read_plan(L, &plan);
    double grace = 0;
    if (lua_getfield(L, 2, "grace") != LUA_TNIL) grace = luaL_checknumber(L, -1);
    struct child *c = host_process_new_child(L);

    if (!host_process_start(&plan, &started)) {
        if (started.step == PROCESS_DIRECTORY)
            return host_fail_errno(L, started.error, "changing the directory to",
                                   plan.directory);
        return host_fail_errno(L, started.error, "starting", plan.argv[0]);
    }
    host_process_follow(L, c, &started, grace);
    return 1;
}

/* -- this process -- */

/* id() -> integer */
static int process_id(lua_State *L)
{
    lua_pushinteger(L, getpid());
    return 1;
}

/* host() -> string
 * The name of this machine. */
static int process_host(lua_State *L)
{
    struct utsname names;
    if (uname(&names) != 0) return luaL_error(L, "uname: %s", strerror(errno));
    lua_pushstring(L, names.nodename);
    return 1;
}

/* env(name) -> string | nil */
static int process_env(lua_State *L)
{
    lua_pushstring(L, getenv(luaL_checkstring(L, 1)));
    return 1;
}

/* program() -> path */
static int process_program(lua_State *L)
{
    char path[PATH_MAX + 1];
#ifdef __APPLE__
    uint32_t size = sizeof path;
    if (_NSGetExecutablePath(path, &size) != 0)
        return luaL_error(L, "the path of this program is too long");
    lua_pushstring(L, path);
#else
    ssize_t n = readlink("/proc/self/exe", path, sizeof path);
    if (n < 0) return luaL_error(L, "reading /proc/self/exe: %s", strerror(errno));
    lua_pushlstring(L, path, (size_t)n);
#endif
    return 1;
}

/* Linux's own count, or 0. That of getrusage includes the process that forked us. */
static long long peak_of_status(void)
{
    char line[256];
    long long kilobytes = 0;
    FILE *f = fopen("/proc/self/status", "re");
    if (!f) return 0;
    while (!kilobytes && fgets(line, sizeof line, f))
        if (strncmp(line, "VmHWM:", 6) == 0) kilobytes = atoll(line + 6);
    fclose(f);
    return kilobytes * 1024;
}

/* peak_memory() -> bytes */
static int process_peak_memory(lua_State *L)
{
    struct rusage usage;
    lua_Integer peak = peak_of_status();
    if (peak == 0 && getrusage(RUSAGE_SELF, &usage) == 0) {
        peak = usage.ru_maxrss;
#ifndef __APPLE__
        peak *= 1024;
#endif
    }
    lua_pushinteger(L, peak);
    return 1;
}

static const luaL_Reg functions[] = {
    {"spawn",       process_spawn      },
    {"id",          process_id         },
    {"host",        process_host       },
    {"env",         process_env        },
    {"program",     process_program    },
    {"peak_memory", process_peak_memory},
    {NULL,          NULL               }
};

int luaopen_host_process(lua_State *L)
{
    host_process_child_type(L);
    luaL_newlib(L, functions);
    host_process_secrets_open(L);
    return 1;
}
