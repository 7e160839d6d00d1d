/* host.coverage for modules of the host. */
#ifndef HOST_COVERAGE_COVERAGE_H
#define HOST_COVERAGE_COVERAGE_H

#include "bytes.h"

#include <lua.h>

struct fields;
struct tables;

/* The coverage at `index`; raises if it is none, or closed. */
struct fields *host_coverage_check(lua_State *L, int index);

/* Counts an object as coverage:add does. */
void host_coverage_add(lua_State *L, struct fields *f, const struct host_bytes *text,
                       const char *at);

/* The same of the tables that host.coverage.tables makes. */
struct tables *host_coverage_check_tables(lua_State *L, int index);
void host_coverage_add_tables(lua_State *L, struct tables *t,
                              const struct host_bytes *text);

#endif
