/* How the bounded functions count their work: in batches, as the budget is slow to ask.
 */
#ifndef HOST_SANDBOX_STEPS_H
#define HOST_SANDBOX_STEPS_H

#include "sandbox/budget.h"

#define STEPS_BATCH    4096 /* counted at once */
#define STEPS_LEAST    256  /* at the end of a call, fewer are not counted */
#define BYTES_PER_STEP 64   /* of what is copied or compared in blocks */

/* The work of one call of a loop over a table. */
struct host_steps {
    lua_State *L;
    size_t pending;
};

static inline void host_steps_add(struct host_steps *s)
{
    if (++s->pending < STEPS_BATCH) return;
    s->pending = 0;
    host_budget_spend(s->L, STEPS_BATCH);
}

static inline void host_steps_end(struct host_steps *s)
{
    if (s->pending >= STEPS_LEAST) host_budget_spend(s->L, s->pending);
    s->pending = 0;
}

/* The work of copying `bytes`. */
static inline void host_steps_bytes(lua_State *L, size_t bytes)
{
    if (bytes >= STEPS_LEAST * BYTES_PER_STEP)
        host_budget_spend(L, bytes / BYTES_PER_STEP);
}

#endif
