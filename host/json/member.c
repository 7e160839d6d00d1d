/* The members of a scanned object, by name. */

#include "json/scan.h"

#include <lua.h>

const struct json_member *host_json_find(lua_State *L, const struct json_scan *s,
                                         const char *name, size_t size)
{
    for (size_t i = s->count; i-- > 0;) { /* backwards: the last duplicate wins */
        const struct json_member *m = &s->members[i];
        if (m->escaped) {
            size_t key_size;
            host_json_push_string(L, s->base + m->key, m->key_size, true);
            const char *key = lua_tolstring(L, -1, &key_size);
            bool same = key_size == size && memcmp(key, name, size) == 0;
            lua_pop(L, 1);
            if (same) return m;
        } else if (m->key_size == size && memcmp(s->base + m->key, name, size) == 0) {
            return m;
        }
    }
    return NULL;
}
