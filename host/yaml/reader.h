/* The records of a YAML file. */
#ifndef HOST_YAML_READER_H
#define HOST_YAML_READER_H

#include <lua.h>

/* Creates the metatable of readers. */
void host_yaml_reader_type(lua_State *L);

/* The Lua function reader(input, options?) -> reader. */
int host_yaml_reader(lua_State *L);

#endif
