/* auth0-migrate: command line in, exit status out. Everything else is a module. */

#include "host.h"
#include "memory.h"

#include <fcntl.h>
#include <lauxlib.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_FATAL = 1 };

/* If a standard stream is closed, the next file opened would get its descriptor and
 * receive output meant for the terminal. The replacement discards writes and cannot be
 * read. */
static void fill_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_WRONLY) < 0) _exit(EXIT_FATAL);
}

static int traceback(lua_State *L)
{
    const char *message = luaL_tolstring(L, 1, NULL);
    luaL_traceback(L, L, message, 1);
    return 1;
}

/* main(argc, argv) -> exit status
 * --lualib DIR and --run FILE come first; they are for development and tests. */
static int run(lua_State *L)
{
    int argc = (int)lua_tointeger(L, 1);
    char **argv = lua_touserdata(L, 2);
    const char *lualib = NULL, *script = NULL;
    int i = 1;

    for (; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--lualib") == 0)
            lualib = argv[i + 1];
        else if (strcmp(argv[i], "--run") == 0)
            script = argv[i + 1];
        else
            break;
    }
    host_open(L, lualib);

    if (script) {
        if (luaL_loadfilex(L, script, "t") != LUA_OK) return lua_error(L);
    } else {
        lua_getglobal(L, "require");
        lua_pushliteral(L, "cli");
        lua_call(L, 1, 1);
    }
    lua_newtable(L);
    for (int n = 1; i < argc; i++, n++) {
        lua_pushstring(L, argv[i]);
        lua_rawseti(L, -2, n);
    }
    lua_call(L, 1, 1);
    return 1;
}

int main(int argc, char **argv)
{
    fill_standard_streams();
    signal(SIGXFSZ, SIG_IGN); /* a file above the limit fails with EFBIG */
    signal(SIGPIPE, SIG_IGN); /* writing to a closed pipe fails instead of killing us */

    struct host_memory *memory = host_memory_new();
    lua_State *L = memory ? lua_newstate(host_memory_alloc, memory) : NULL;
    if (!L) {
        fputs("auth0-migrate: out of memory\n", stderr);
        return EXIT_FATAL;
    }
    *(void **)lua_getextraspace(L) = NULL; /* has no budget: host/sandbox */
    lua_pushcfunction(L, traceback);
    lua_pushcfunction(L, run);
    lua_pushinteger(L, argc);
    lua_pushlightuserdata(L, argv);
    int status = EXIT_FATAL;
    if (lua_pcall(L, 2, 1, 1) != LUA_OK)
        fprintf(stderr, "auth0-migrate: internal error: %s\n", lua_tostring(L, -1));
    else
        status = (int)lua_tointeger(L, -1);
    lua_close(L);
    host_memory_free(memory);
    return status;
}
