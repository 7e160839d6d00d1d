/* The work that C functions of a recipe's state may do in one call of the recipe. */
#ifndef HOST_SANDBOX_BUDGET_H
#define HOST_SANDBOX_BUDGET_H

#include <lua.h>

#include <stddef.h>

/* Counts `steps` of work of a C function against the budget of the state's current call;
 * raises once it is spent. Does nothing in a state without a budget. */
void host_budget_spend(lua_State *L, size_t steps);

#endif
