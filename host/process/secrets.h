/* Secrets of this process (secrets.c). */
#ifndef HOST_PROCESS_SECRETS_H
#define HOST_PROCESS_SECRETS_H

#include <lua.h>

/* Adds take_env and harden to the table on top. */
void host_process_secrets_open(lua_State *L);

#endif
