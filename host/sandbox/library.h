/* The parts of host.bounded. */
#ifndef HOST_SANDBOX_LIBRARY_H
#define HOST_SANDBOX_LIBRARY_H

#include <lua.h>

/* Pushes a new table of the string functions (strings.c). */
void host_strings_open(lua_State *L);

/* Pushes a new table of the table functions (tables.c). */
void host_tables_open(lua_State *L);

/* How a table argument is used: what a value that is not a table must have instead. */
enum table_use { TABLE_READ = 1, TABLE_WRITE = 2, TABLE_LENGTH = 4 };

/* Raises unless argument `index` is a table, or has the metamethods for `use`. */
void host_tables_check(lua_State *L, int index, int use);

/* sort(list, less?) (sort.c) */
int host_tables_sort(lua_State *L);

#endif
