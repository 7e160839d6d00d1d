/* The budget of a call, for C functions that a recipe's state has. */
#ifndef HOST_SANDBOX_BUDGET_H
#define HOST_SANDBOX_BUDGET_H

#include <lua.h>

#include <stddef.h>

/* Counts `steps` of work of a C function, each worth an instruction of Lua, against the
 * budget of the current call; raises once it is spent. Does nothing in a state without a
 * budget, which is any but a recipe's. */
void host_budget_spend(lua_State *L, size_t steps);

#endif
