/* The parts of host.bounded. */
#ifndef HOST_SANDBOX_LIBRARY_H
#define HOST_SANDBOX_LIBRARY_H

#include <lua.h>

/* Pushes a new table of the string functions (strings.c). */
void host_strings_open(lua_State *L);

/* Pushes a new table of the table functions (tables.c), but sort. */
void host_tables_open(lua_State *L);

/* Adds sort to the table on top (sort.c). */
void host_sort_open(lua_State *L);

/* How a table argument is used: what a value that is not a table must have instead. */
enum table_use { TABLE_READ = 1, TABLE_WRITE = 2, TABLE_LENGTH = 4 };

/* Raises unless argument `index` is a table, or has the metamethods for `use`. */
void host_tables_check(lua_State *L, int index, int use);

#endif
