/* The modules of the host, and the searchers of Lua modules. */
#ifndef HOST_H
#define HOST_H

#include <lauxlib.h>
#include <lua.h>

/* Registers every host.* module, cjson and the embedded Lua modules as the only
 * searchers. `lualib`: a directory to read instead of the embedded library, or NULL. */
void host_open(lua_State *L, const char *lualib);

/* The modules that a recipe's own state may have; ends with a NULL name. */
extern const luaL_Reg host_recipe_modules[];

int luaopen_host_bounded(lua_State *L);
int luaopen_host_bson(lua_State *L);
int luaopen_host_chunk(lua_State *L);
int luaopen_host_clock(lua_State *L);
int luaopen_host_coverage(lua_State *L);
int luaopen_host_csv(lua_State *L);
int luaopen_host_digest(lua_State *L);
int luaopen_host_dump(lua_State *L);
int luaopen_host_file(lua_State *L);
int luaopen_host_gate(lua_State *L);
int luaopen_host_http(lua_State *L);
int luaopen_host_index(lua_State *L);
int luaopen_host_jobs(lua_State *L);
int luaopen_host_json(lua_State *L);
int luaopen_host_ldif(lua_State *L);
int luaopen_host_lookup(lua_State *L);
int luaopen_host_loop(lua_State *L);
int luaopen_host_process(lua_State *L);
int luaopen_host_sandbox(lua_State *L);
int luaopen_host_schema(lua_State *L);
int luaopen_host_server(lua_State *L);
int luaopen_host_sqlite(lua_State *L);
int luaopen_host_step(lua_State *L);
int luaopen_host_store(lua_State *L);
int luaopen_host_terminal(lua_State *L);
int luaopen_host_stretch(lua_State *L);
int luaopen_host_tally(lua_State *L);
int luaopen_host_text(lua_State *L);
int luaopen_host_xml(lua_State *L);
int luaopen_host_yaml(lua_State *L);

#endif
