/* host.coverage for modules of the host. */
#ifndef HOST_COVERAGE_COVERAGE_H
#define HOST_COVERAGE_COVERAGE_H

#include <lua.h>

#include <stddef.h>

struct fields;
struct tables;

/* The coverage at `index`; raises for another value, or a closed one. */
struct fields *host_coverage_check(lua_State *L, int index);

/* The same of what host.coverage.tables makes. */
struct tables *host_coverage_check_tables(lua_State *L, int index);

/* Counts the object text[0..size) in one walk as coverage:add and tables:add do; either
 * may be NULL. */
void host_coverage_add(lua_State *L, struct fields *f, struct tables *t, const char *text,
                       size_t size, const char *at);

#endif
