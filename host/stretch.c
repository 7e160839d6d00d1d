/* host.stretch - values that need no attention: taken one after the other from a recipe's
 * state, compared with earlier ones, packed and counted, without a call of Lua between.
 *
 * What is odd in any way is handed over as sandbox:next returns it, with nothing done. */

#include "chunk.h"
#include "common.h"
#include "coverage/coverage.h"
#include "host.h"
#include "index/index.h"
#include "sandbox/sandbox.h"
#include "tally.h"
#include "json/json.h"

#include <string.h>

#define TYPE "host.stretch.stretch"

/* The user values: the parts. */
enum { SANDBOX = 1, DRAFT, SET, WRITER, TALLY, COVERAGE, TABLES, PARTS = TABLES };

static const char *const part_names[] = {"sandbox", "draft",    "set",   "writer",
                                         "tally",   "coverage", "tables"};

/* The results of the inner `next` for a value without oddities, see recipe.inside.mapper:
 * event, place, further, kind, members, noted, lost, and the fields to compare. */
enum {
    EVENT,
    AT,
    FURTHER,
    KIND,
    MEMBERS,
    NOTED,
    LOST,
    FIELDS,
    MOST_FIELDS = HOST_PLAIN_FIELDS
};

struct stretch {
    size_t largest; /* bytes of a value that needs no attention */
};

/* The parts, of the values on the stack above `base`. */
struct parts {
    struct host_sandbox *sandbox;
    struct host_bytes *draft;
    struct host_index *set;
    struct host_chunk *writer;
    struct host_tally *tally;
    struct fields *coverage; /* or NULL, as the next */
    struct tables *tables;
    size_t largest;
};

/* new(parts) -> stretch
 * parts.sandbox, draft, set (of host.index), writer (of host.chunk), tally, coverage?,
 * tables?;
 * largest: bytes; a larger value is handed over. */
static int stretch_new(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    struct stretch *s = lua_newuserdatauv(L, sizeof *s, PARTS);
    luaL_setmetatable(L, TYPE);
    for (int i = SANDBOX; i <= PARTS; i++) {
        lua_getfield(L, 1, part_names[i - 1]);
        lua_setiuservalue(L, 2, i);
    }
    lua_getfield(L, 1, "largest");
    lua_Integer largest = luaL_checkinteger(L, -1);
    luaL_argcheck(L, largest > 0, 1, "largest must be a size");
    s->largest = (size_t)largest;
    lua_settop(L, 2);
    return 1;
}

/* Pushes the parts, which stay on the stack while they are used. */
static struct parts check_parts(lua_State *L)
{
    const struct stretch *s = host_self(L, TYPE);
    struct parts p = {.largest = s->largest};
    int base = lua_gettop(L);

    luaL_checkstack(L, PARTS + LUA_MINSTACK, NULL);
    for (int i = SANDBOX; i <= PARTS; i++)
        lua_getiuservalue(L, 1, i);
    p.sandbox = host_sandbox_check(L, base + SANDBOX);
    p.draft = host_json_draft(L, base + DRAFT, NULL);
    p.set = host_index_check(L, base + SET);
    p.writer = host_chunk_check(L, base + WRITER);
    p.tally = host_tally_check(L, base + TALLY);
    if (!lua_isnil(L, base + COVERAGE))
        p.coverage = host_coverage_check(L, base + COVERAGE);
    if (!lua_isnil(L, base + TABLES))
        p.tables = host_coverage_check_tables(L, base + TABLES);
    return p;
}

/* Whether the results of an event are a value without oddities, which is borrowed. */
static bool read_plain(const struct host_event *event, struct host_plain *plain)
{
    lua_State *inner = event->entry.s->inner;
    int first = event->first;

    if (!event->happened || event->last != first + FIELDS + MOST_FIELDS - 1) return false;
    const char *name = lua_tostring(inner, first + EVENT);
    if (!name || strcmp(name, "user") != 0) return false;
    if (lua_toboolean(inner, first + FURTHER) || lua_toboolean(inner, first + NOTED))
        return false;
    if (lua_type(inner, first + AT) != LUA_TSTRING) return false;
    plain->at = lua_tolstring(inner, first + AT, &plain->at_size);
    int kind = lua_type(inner, first + KIND);
    if (kind != LUA_TNIL && kind != LUA_TSTRING) return false;
    plain->kind = lua_tostring(inner, first + KIND);
    if (!lua_isinteger(inner, first + LOST)) return false;
    plain->lost = lua_tointeger(inner, first + LOST);
    for (int i = 0; i < MOST_FIELDS; i++) {
        struct field *field = &plain->fields[i];
        int type = lua_type(inner, first + FIELDS + i);
        *field = (struct field){NULL, 0};
        if (type == LUA_TNIL) continue;
        if (type != LUA_TSTRING) return false;
        field->bytes = lua_tolstring(inner, first + FIELDS + i, &field->size);
    }
    return true;
}

/* The number of what a value loses, see lualib/journal/losses.lua. */
static lua_Integer lost_by(const struct host_plain *plain)
{
    return 2 * plain->lost + (plain->kind == NULL);
}

/* -- coverage -- */

enum { BATCH = 64, PLACE = 120 }; /* values; bytes of a place, with a zero byte */

/* Values in the chunk whose members are still to be counted: one value after the other,
 * because the counts then stay in the processor's cache, as does the code. */
struct batch {
    int n;
    struct {
        size_t begin, size;
        char at[PLACE];
    } values[BATCH];
};

static void count_batch(lua_State *L, const struct parts *p, struct batch *b)
{
    const char *text = host_chunk_text(p->writer)->data;

    for (int i = 0; i < b->n; i++)
        host_coverage_add(L, p->coverage, p->tables, text + b->values[i].begin,
                          b->values[i].size, b->values[i].at);
    b->n = 0;
}

/* Counts the members of the value that was added last, now or later. */
static void count_members(lua_State *L, const struct parts *p, struct batch *b,
                          size_t size, const struct host_plain *plain)
{
    const struct host_bytes *text = host_chunk_text(p->writer);
    size_t begin = text->size - size;

    if (!p->coverage && !p->tables) return;
    if (b->n == BATCH || plain->at_size >= PLACE) count_batch(L, p, b);
    if (plain->at_size >= PLACE) {
        host_coverage_add(L, p->coverage, p->tables, text->data + begin, size, plain->at);
        return;
    }
    b->values[b->n].begin = begin;
    b->values[b->n].size = size;
    memcpy(b->values[b->n].at, plain->at, plain->at_size + 1);
    b->n++;
}

/* Takes the value of an event; false with nothing done if it is to be handed over. */
static bool take(lua_State *L, const struct parts *p, const struct host_event *event,
                 lua_Integer position, struct batch *b)
{
    const struct host_bytes *text = p->sandbox->draft;
    const struct host_plain *plain = event->plain;
    struct host_plain read;

    if (!plain && read_plain(event, &read)) plain = &read;
    if (!plain || !text || text->size == 0 || text->size > p->largest ||
        !host_chunk_fits(p->writer, text->size))
        return false;
    if (!host_index_add(L, p->set, position, plain->fields, MOST_FIELDS)) return false;
    lua_Integer lost = lost_by(plain);
    host_chunk_add(L, p->writer, text, position, plain->at, plain->at_size, lost);
    host_tally_add(L, p->tally, text->size, plain->kind, plain->at, lost);
    count_members(L, p, b, text->size, plain);
    return true;
}

/* stretch:take(position, last) -> taken, ...
 * Takes values from `position` + 1 on, until `last` is reached or one is odd: the results
 * of sandbox:next for it follow. */
static int stretch_take(lua_State *L)
{
    lua_Integer position = luaL_checkinteger(L, 2), last = luaL_checkinteger(L, 3);
    lua_Integer taken = 0;
    struct batch batch; /* too large to be cleared */
    batch.n = 0;
    lua_settop(L, 3);
    struct parts p = check_parts(L);
    lua_pushvalue(L, 3 + SANDBOX); /* where the inner state looks for it */
    lua_replace(L, 1);
    int top = lua_gettop(L);

    while (position + taken < last) {
        struct host_event event = host_sandbox_event(L, p.sandbox);
        if (!take(L, &p, &event, position + taken + 1, &batch)) {
            count_batch(L, &p, &batch);
            lua_pushinteger(L, taken);
            return 1 + host_sandbox_hand_over(L, &event, p.draft);
        }
        host_sandbox_end_event(&event);
        lua_settop(L, top);
        taken++;
    }
    count_batch(L, &p, &batch);
    lua_pushinteger(L, taken);
    return 1;
}

static const luaL_Reg functions[] = {
    {"new", stretch_new},
    {NULL,  NULL       }
};

static const luaL_Reg methods[] = {
    {"take", stretch_take},
    {NULL,   NULL        }
};

int luaopen_host_stretch(lua_State *L)
{
    host_newtype(L, TYPE, methods, NULL);
    luaL_newlib(L, functions);
    return 1;
}
