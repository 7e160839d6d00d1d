/* What loop.c uses of loop_signal.c; other modules use loop.h. */
#ifndef LOOP_SIGNAL_H
#define LOOP_SIGNAL_H

#include <lua.h>

/* Adds signal and last_words to the table on top. */
void host_loop_signal_open(lua_State *L);

#endif
