/* Lua patterns that need no backtracking, such as "^%+%d+$", compiled to steps over byte
 * sets.
 *
 * When a rule is compiled, string.find itself determines which bytes each item matches.
 * So patterns mean the same, but match faster. */

#include "schema/rule.h"

#include "common.h"

#include <string.h>

#define STEPS_MAX 128
#define BYTES     HOST_PATTERN_BYTES

/* Bytes of the single-character item at text, or 0 if it is something else. */
static size_t item_size(const char *text, size_t left)
{
    if (left == 0) return 0;
    if (text[0] == '%') {
        if (left < 2) return 0;
        return text[1] == 'b' || text[1] == 'f' || (text[1] >= '0' && text[1] <= '9') ? 0
                                                                                      : 2;
    }
    if (strchr("()*+-?^$", text[0])) return 0;
    if (text[0] != '[') return 1;
    size_t i = left > 1 && text[1] == '^' ? 2 : 1;
    do { /* the first byte is literal, even a ] */
        i += i < left && text[i] == '%' ? 2 : 1;
    } while (i < left && text[i] != ']');
    return i < left ? i + 1 : 0;
}

/* Determines with string.find which bytes the pattern on top of the stack matches: finds
 * its runs in a text of all bytes. */
static void find_bytes(lua_State *L, int refs, bool *set)
{
    char bytes[BYTES];
    lua_Integer from = 1;

    for (int c = 0; c < BYTES; c++)
        bytes[c] = (char)c;
    lua_pushlstring(L, bytes, BYTES);
    while (from <= BYTES) {
        lua_rawgeti(L, refs, HOST_REFS_FIND);
        lua_pushvalue(L, -2);
        lua_pushvalue(L, -4);
        lua_pushinteger(L, from); /* pattern bytes find bytes pattern from */
        lua_call(L, 3, 2);
        lua_Integer first = lua_tointeger(L, -2), last = lua_tointeger(L, -1);
        lua_pop(L, 2);
        if (first == 0) break;
        memset(set + first - 1, true, (size_t)(last - first + 1));
        from = last + 1;
    }
    lua_pop(L, 1);
}

/* Determines which bytes the item matches; a literal byte matches itself. */
static void probe(lua_State *L, int refs, int items, const char *item, size_t size,
                  bool *set)
{
    luaL_Buffer b;

    memset(set, 0, BYTES * sizeof *set);
    if (size == 1 && *item != '.') {
        set[(unsigned char)*item] = true;
        return;
    }
    luaL_buffinit(L, &b);
    luaL_addlstring(&b, item, size);
    luaL_addchar(&b, '+');
    luaL_pushresult(&b);
    lua_pushvalue(L, -1);
    if (lua_rawget(L, items) == LUA_TUSERDATA) { /* pattern set */
        memcpy(set, lua_touserdata(L, -1), BYTES * sizeof *set);
        lua_pop(L, 2);
        return;
    }
    lua_pop(L, 1);
    find_bytes(L, refs, set);
    memcpy(lua_newuserdatauv(L, BYTES * sizeof *set, 0), set, BYTES * sizeof *set);
    lua_rawset(L, items);
}

static bool overlap(const struct host_step *a, const struct host_step *b)
{
    for (int i = 0; i < BYTES; i++)
        if (a->set[i] && b->set[i]) return true;
    return false;
}

static void set_repeat(struct host_step *step, char mark)
{
    step->least = mark == '*' || mark == '?' ? 0 : 1;
    step->most = mark == '*' || mark == '+' ? (size_t)-1 : 1;
}

/* Merges a step with an equal one before it, so that 53 equal items are one step. */
static size_t append(struct host_step *steps, size_t count)
{
    if (count == 0) return 1;
    struct host_step *last = &steps[count - 1], *new = &steps[count];

    if (memcmp(last->set, new->set, sizeof new->set) != 0) return count + 1;
    last->least += new->least;
    last->most = last->most == (size_t)-1 || new->most == (size_t)-1
                     ? (size_t)-1
                     : last->most + new->most;
    return count;
}

/* Greedy matching without backtracking is correct only if the following steps do not
 * overlap. */
static bool is_plain(const struct host_step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (steps[i].least == steps[i].most) continue;
        for (size_t k = i + 1; k < count; k++) {
            if (overlap(&steps[i], &steps[k])) return false;
            if (steps[k].least > 0) break;
        }
    }
    return true;
}

static size_t split(lua_State *L, int refs, int items, const char *text, size_t size,
                    struct host_step *steps)
{
    size_t count = 0, i = 1;
    const char *known = NULL; /* the last probed item: most repeat */
    size_t known_size = 0;
    bool set[BYTES];

    if (size < 2 || text[0] != '^' || text[size - 1] != '$' || text[size - 2] == '%')
        return 0;
    while (i < size - 1) {
        size_t n = item_size(text + i, size - 1 - i);
        if (n == 0 || count == STEPS_MAX - 1) return 0;
        if (!known || n != known_size || memcmp(known, text + i, n) != 0)
            probe(L, refs, items, text + i, n, set);
        known = text + i;
        known_size = n;
        i += n;
        memcpy(steps[count].set, set, sizeof set);
        char mark = i < size - 1 && strchr("*+-?", text[i]) ? text[i] : 0;
        if (mark == '-') return 0;
        if (mark) i++;
        set_repeat(&steps[count], mark);
        count = append(steps, count);
    }
    return is_plain(steps, count) ? count : 0;
}

void host_pattern_compile(lua_State *L, int refs, int items, struct host_pattern *pattern)
{
    struct host_step steps[STEPS_MAX];

    lua_rawgeti(L, refs, HOST_REFS_FIND); /* raises now if the pattern is malformed */
    lua_pushliteral(L, "");
    lua_pushvalue(L, -3);
    lua_call(L, 2, 0);

    size_t count = split(L, refs, items, pattern->text.text, pattern->text.size, steps);
    if (count == 0) return;
    pattern->steps = host_rule_memory(L, refs, count * sizeof *steps);
    memcpy(pattern->steps, steps, count * sizeof *steps);
    pattern->count = count;
}

bool host_pattern_match(const struct host_pattern *pattern, const char *text, size_t size)
{
    size_t at = 0;

    for (size_t i = 0; i < pattern->count; i++) {
        const struct host_step *step = &pattern->steps[i];
        size_t n = 0;
        size_t most = size - at < step->most ? size - at : step->most;
        while (n < most && step->set[(unsigned char)text[at + n]])
            n++;
        if (n < step->least) return false;
        at += n;
    }
    return at == size;
}
