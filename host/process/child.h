/* A child process and its streams; for process.c. */
#ifndef HOST_PROCESS_CHILD_H
#define HOST_PROCESS_CHILD_H

#include "process/start.h"

#include <lua.h>

struct child;

/* Pushes a child that is not started yet. */
struct child *host_process_new_child(lua_State *L);

/* Takes over a started process and watches it. When it is closed, it has `grace` seconds
 * after a SIGINT to end by itself. */
void host_process_follow(lua_State *L, struct child *c,
                         const struct process_started *started, double grace);

/* Creates the metatable. */
void host_process_child_type(lua_State *L);

#endif
