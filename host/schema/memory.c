/* What compiled rules of host.schema borrow or own, kept in their table `refs`. */

#include "schema/rule.h"

#include "common.h"

#include <string.h>

lua_Integer host_rule_anchor(lua_State *L, int refs)
{
    lua_Integer n = (lua_Integer)lua_rawlen(L, refs) + 1;
    lua_rawseti(L, refs, n);
    return n;
}

void *host_rule_memory(lua_State *L, int refs, size_t size)
{
    void *memory = lua_newuserdatauv(L, size ? size : 1, 0);
    memset(memory, 0, size);
    host_rule_anchor(L, refs);
    return memory;
}
