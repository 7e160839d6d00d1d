/* Finds the items of a JSON array in a text. */

#include "common.h"
#include "json/json.h"
#include "json/parts.h"
#include "json/scan.h"

/* Skips the bracket or comma before the next item. JSON_OK: p is at the item or, after
 * the last one, at the end. */
static enum json_outcome next_item(struct json_scan *s, bool first)
{
    enum json_outcome outcome = host_json_token(s); /* [ , ] */
    s->p = json_blank(s->p, s->end);
    if (outcome == JSON_OK && first && s->p < s->end && *s->p == ']')
        return next_item(s, false);
    if (outcome != JSON_OK || s->depth > 0 || s->p == s->end) return outcome;
    s->expected = "the end";
    return JSON_BAD;
}

int host_json_item(lua_State *L, const char *text, size_t size, size_t *at,
                   const char **item)
{
    struct json_scan s;
    enum json_outcome outcome = JSON_BAD;
    bool first = *at == 0;

    host_json_begin(&s, text, size, true);
    if (!first) {
        s.p += *at;
        s.depth = 1;
        s.object[1] = false;
        s.state = JSON_AFTER;
    }
    s.p = json_blank(s.p, s.end);
    if (first && (s.p == s.end || *s.p != '['))
        s.expected = "an array";
    else
        outcome = next_item(&s, first);
    if (outcome == JSON_OK && s.depth == 0) return 0;
    *item = s.p;
    if (outcome == JSON_OK) outcome = host_json_until(&s, 1);
    *at = (size_t)(s.p - text);
    if (outcome == JSON_OK) return 1;
    host_json_fail(L, &s, *at);
    return -1;
}

/* items(text) -> places | nil, message, "parse"
 * places: of each item its first and its last byte. */
static int items(lua_State *L)
{
    struct json_scan s;
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size);
    enum json_outcome outcome = JSON_BAD;
    lua_Integer n = 0;

    lua_newtable(L);
    host_json_begin(&s, text, size, true);
    s.p = json_blank(s.p, s.end);
    if (s.p == s.end || *s.p != '[')
        s.expected = "an array";
    else
        outcome = next_item(&s, true);
    while (outcome == JSON_OK && s.depth > 0) {
        lua_pushinteger(L, s.p - text + 1);
        lua_rawseti(L, 2, ++n);
        outcome = host_json_until(&s, 1);
        lua_pushinteger(L, s.p - text);
        lua_rawseti(L, 2, ++n);
        if (outcome == JSON_OK) outcome = next_item(&s, false);
    }
    return outcome == JSON_OK ? 1 : host_json_fail(L, &s, (size_t)(s.p - text));
}

void host_json_items_open(lua_State *L)
{
    lua_pushcfunction(L, items);
    lua_setfield(L, -2, "items");
}
