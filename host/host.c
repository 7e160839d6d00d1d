/* The list of modules, and the only package searchers. */

#include "host.h"

#include "embedded.h"
#include "loop/loop.h"

#include <lauxlib.h>
#include <lua-cjson.h>
#include <lualib.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

/* Its address is the registry key of the library's directory, with --lualib. */
static const char lualib_key = 0;

static int open_loop(lua_State *L)
{
    luaopen_host_loop(L);
    host_loop_signal_open(L);
    return 1;
}

static const luaL_Reg modules[] = {
    {"host.bounded",  luaopen_host_bounded },
    {"host.bson",     luaopen_host_bson    },
    {"host.chunk",    luaopen_host_chunk   },
    {"host.clock",    luaopen_host_clock   },
    {"host.coverage", luaopen_host_coverage},
    {"host.csv",      luaopen_host_csv     },
    {"host.digest",   luaopen_host_digest  },
    {"host.dump",     luaopen_host_dump    },
    {"host.file",     luaopen_host_file    },
    {"host.gate",     luaopen_host_gate    },
    {"host.http",     luaopen_host_http    },
    {"host.index",    luaopen_host_index   },
    {"host.jobs",     luaopen_host_jobs    },
    {"host.json",     luaopen_host_json    },
    {"host.ldif",     luaopen_host_ldif    },
    {"host.lookup",   luaopen_host_lookup  },
    {"host.loop",     open_loop            },
    {"host.process",  luaopen_host_process },
    {"host.sandbox",  luaopen_host_sandbox },
    {"host.schema",   luaopen_host_schema  },
    {"host.server",   luaopen_host_server  },
    {"host.sqlite",   luaopen_host_sqlite  },
    {"host.store",    luaopen_host_store   },
    {"host.step",     luaopen_host_step    },
    {"host.stretch",  luaopen_host_stretch },
    {"host.tally",    luaopen_host_tally   },
    {"host.terminal", luaopen_host_terminal},
    {"host.text",     luaopen_host_text    },
    {"host.xml",      luaopen_host_xml     },
    {"host.yaml",     luaopen_host_yaml    },
    {"cjson",         luaopen_cjson        },
    {NULL,            NULL                 }
};

const luaL_Reg host_recipe_modules[] = {
    {"host.bounded", luaopen_host_bounded},
    {"host.bson",    luaopen_host_bson   },
    {"host.csv",     luaopen_host_csv    },
    {"host.digest",  luaopen_host_digest },
    {"host.dump",    luaopen_host_dump   },
    {"host.gate",    luaopen_host_gate   },
    {"host.json",    luaopen_host_json   },
    {"host.ldif",    luaopen_host_ldif   },
    {"host.lookup",  luaopen_host_lookup },
    {"host.schema",  luaopen_host_schema },
    {"host.sqlite",  luaopen_host_sqlite },
    {"host.step",    luaopen_host_step   },
    {"host.text",    luaopen_host_text   },
    {"host.xml",     luaopen_host_xml    },
    {"host.yaml",    luaopen_host_yaml   },
    {"cjson",        luaopen_cjson       },
    {NULL,           NULL                }
};

/* searcher(name) -> loader, chunk name | message */
static int search_embedded(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    int n = host_embedded_load(L, name);
    if (n) return n;
    lua_pushfstring(L, "\n\tno module '%s' in the program", name);
    return 1;
}

/* Tries one file of the library on disk; pushes loader and chunk name. */
static int load_file(lua_State *L, const char *path)
{
    FILE *f = fopen(path, "r");
    if (!f) return 0;
    fclose(f);
    if (luaL_loadfilex(L, path, "t") != LUA_OK) return lua_error(L);
    lua_pushstring(L, path);
    return 2;
}

/* searcher(name) -> loader, path | nothing; upvalue 1 is the library's directory. Recipes
 * are in a sibling directory. */
static int search_lualib(lua_State *L)
{
    const char *dir = lua_tostring(L, lua_upvalueindex(1));
    const char *name = luaL_gsub(L, luaL_checkstring(L, 1), ".", "/");
    const char *up = strncmp(name, "recipes/", 8) == 0 ? "../" : "";

    int n = load_file(L, lua_pushfstring(L, "%s/%s%s.lua", dir, up, name));
    return n ? n : load_file(L, lua_pushfstring(L, "%s/%s%s/init.lua", dir, up, name));
}

/* The default paths contain "./". Nothing from the working directory may be loaded into
 * a program that holds credentials, so the default file searchers are removed. */
static void set_searchers(lua_State *L, const char *lualib)
{
    lua_getglobal(L, "package");
    lua_pushliteral(L, "");
    lua_setfield(L, -2, "path");
    lua_pushliteral(L, "");
    lua_setfield(L, -2, "cpath");
    lua_getfield(L, -1, "searchers");
    int n = 2; /* 1 is package.preload */
    if (lualib) {
        lua_pushstring(L, lualib);
        lua_pushcclosure(L, search_lualib, 1);
        lua_rawseti(L, -2, n++);
    }
    lua_pushcfunction(L, search_embedded);
    lua_rawseti(L, -2, n++);
    for (; n <= 5; n++) {
        lua_pushnil(L);
        lua_rawseti(L, -2, n);
    }
    lua_pop(L, 2);
}

/* embedded() -> list of module names, sorted */
static int host_modules(lua_State *L)
{
    lua_createtable(L, (int)host_embedded_count, 0);
    for (size_t i = 0; i < host_embedded_count; i++) {
        lua_pushstring(L, host_embedded[i].name);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

/* Pushes the text of a file and its chunk name, or nothing. */
static int push_file(lua_State *L, const char *path)
{
    FILE *f = fopen(path, "r");
    luaL_Buffer b;
    size_t n;

    if (!f) return 0;
    luaL_buffinit(L, &b);
    do {
        n = fread(luaL_prepbuffer(&b), 1, LUAL_BUFFERSIZE, f);
        luaL_addsize(&b, n);
    } while (n > 0);
    fclose(f);
    luaL_pushresult(&b);
    lua_pushfstring(L, "@%s", path);
    return 2;
}

/* source_on_disk(name) -> text, chunk name | nil
 * The text of a module that `require` loads in place of the embedded one, with --lualib.
 */
static int host_source_on_disk(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);

    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &lualib_key) != LUA_TSTRING) return 0;
    const char *dir = lua_tostring(L, -1), *relative = luaL_gsub(L, name, ".", "/");
    const char *up = strncmp(relative, "recipes/", 8) == 0 ? "../" : "";
    int n = push_file(L, lua_pushfstring(L, "%s/%s%s.lua", dir, up, relative));
    return n ? n
             : push_file(L, lua_pushfstring(L, "%s/%s%s/init.lua", dir, up, relative));
}

/* source(name) -> text, chunk name | nil
 * The text of a module of the library, of the file that `require` would load. */
static int host_source(lua_State *L)
{
    int n = host_source_on_disk(L);
    if (n) return n;
    const struct host_embedded *e = host_embedded_find(lua_tostring(L, 1));
    if (!e) return 0;
    lua_pushlstring(L, e->text, e->size);
    lua_pushstring(L, e->chunk);
    return 2;
}

#ifdef CRASH_POINTS
/* kill_self()
 * Ends this process like `kill -9`. Only in test builds; tests check whether it is
 * there. */
static int host_kill_self(lua_State *L)
{
    (void)L;
    raise(SIGKILL);
    return 0;
}
#endif

static const luaL_Reg functions[] = {
    {"embedded",       host_modules       },
    {"source",         host_source        },
    {"source_on_disk", host_source_on_disk},
#ifdef CRASH_POINTS
    {"kill_self",      host_kill_self     },
#endif
    {NULL,             NULL               }
};

static int luaopen_host(lua_State *L)
{
    luaL_newlib(L, functions);
    lua_pushliteral(L, PROGRAM_VERSION);
    lua_setfield(L, -2, "version");
    lua_pushliteral(L, LUA_RELEASE);
    lua_setfield(L, -2, "lua");
    return 1;
}

void host_open(lua_State *L, const char *lualib)
{
    luaL_openlibs(L);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    luaL_setfuncs(L, modules, 0);
    lua_pushcfunction(L, luaopen_host);
    lua_setfield(L, -2, "host");
    lua_pop(L, 1);
    lua_pushstring(L, lualib);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &lualib_key);
    set_searchers(L, lualib);
}
