/* host.step - the step of a plain record: it is read, mapped by a function of Lua, held
 * against rules and written as JSON, in one call. Which members make it plain is told by
 * names.
 *
 * What is odd in any way goes to functions of Lua: nothing is done with a value then. */

#include "common.h"
#include "host.h"
#include "records.h"
#include "sandbox/sandbox.h"
#include "schema/schema.h"
#include "json/json.h"

#include <string.h>

#define TYPE "host.step.step"

/* The upvalues of a step's function. */
enum {
    STEP = 1,
    MAP,
    PARAMS,
    NOTES, /* the table of what helpers noted, and three of its keys */
    ANY,
    BUILT,
    LOST,
    REFS, /* tables of the validator, and the order of members */
    SHAPES,
    ORDER,
    NEXT, /* functions for what is odd */
    MAPPED,
    CLEAR,
    UPVALUES = CLEAR
};

enum { READER = 1, RECORD, USER, PARTS, USER_VALUES = PARTS }; /* user values of a step */

/* The members that are noted: identifiers, one that must be there, and two that are
 * passwords: a text, or a table that names its kind. */
enum { NEEDED = HOST_PLAIN_FIELDS, PLAIN, CUSTOM, MEMBERS };

enum { PLACE_ROOM = 24 }; /* bytes for a number and a zero byte */

enum phase { IDLE, SOURCE, MAPS };
static const char *const phase_names[] = {"idle", "source", "map"};

struct step {
    const struct host_records *records; /* NULL: `next` of Lua reads */
    struct host_validator *validator;
    struct host_bytes *draft;
    struct host_bytes place; /* of the last record; it begins with the reader's prefix */
    size_t prefix;
    lua_Integer position, ordinal;
    enum phase phase;
    bool is_fresh; /* the phase changed after Lua was told of it */
    bool has_read; /* a record, in place of Lua */
    bool is_noted; /* helpers may have noted something */
    const char *affix, *text_kind, *table_kind; /* the user value PARTS keeps them */
    size_t affix_size;
    struct host_plain plain;
};

/* What the members of a user say of it, while it is written. */
struct asked {
    struct host_noted noted; /* first, so that it is found at the same address */
    struct step *step;
};

/* -- plain users -- */

/* Whether an identifier is a text, or missing. */
static bool take_field(struct host_plain *plain, int i, const struct host_value *value)
{
    plain->fields[i] = (struct field){value->text, value->size};
    return value->kind == LUA_TSTRING || value->kind == LUA_TNIL;
}

/* Takes the name of its kind from the password at `index`. */
static bool take_kind(lua_State *L, struct step *s, int index)
{
    if (lua_getmetatable(L, index)) {
        lua_pop(L, 1);
        return false;
    }
    int type = lua_getfield(L, index, s->table_kind);
    if (!s->plain.kind) s->plain.kind = type == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
    lua_pop(L, 1);
    return type == LUA_TSTRING || type == LUA_TNIL;
}

static bool accepts(lua_State *L, struct host_noted *noted)
{
    struct step *s = ((struct asked *)noted)->step;
    const struct host_value *text = &noted->at[PLAIN], *table = &noted->at[CUSTOM];
    const struct field *last = &s->plain.fields[HOST_PLAIN_FIELDS - 1];

    for (int i = 0; i < HOST_PLAIN_FIELDS; i++)
        if (!take_field(&s->plain, i, &noted->at[i])) return false;
    if (last->size >= s->affix_size && memcmp(last->bytes, s->affix, s->affix_size) == 0)
        return false;
    if (noted->at[NEEDED].kind != LUA_TBOOLEAN) return false;
    s->plain.kind = text->kind == LUA_TSTRING ? s->text_kind : NULL;
    if (text->kind != LUA_TSTRING && text->kind != LUA_TNIL) return false;
    if (table->kind == LUA_TNIL) return true;
    return table->kind == LUA_TTABLE && take_kind(L, s, table->index);
}

static bool is_set(lua_State *L, int key)
{
    lua_pushvalue(L, lua_upvalueindex(key));
    lua_rawget(L, lua_upvalueindex(NOTES));
    bool set = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return set;
}

/* Whether a helper built a password, which the user must then have; forgets it. */
static bool has_lost_password(lua_State *L, const struct asked *asked)
{
    if (!is_set(L, BUILT)) return false;
    if (asked->noted.at[PLAIN].kind == LUA_TNIL &&
        asked->noted.at[CUSTOM].kind == LUA_TNIL)
        return true;
    lua_pushvalue(L, lua_upvalueindex(BUILT));
    lua_pushboolean(L, 0);
    lua_rawset(L, lua_upvalueindex(NOTES));
    return false;
}

/* Takes the number of what the user loses, and forgets it. */
static void take_lost(lua_State *L, struct step *s)
{
    lua_pushvalue(L, lua_upvalueindex(LOST));
    lua_rawget(L, lua_upvalueindex(NOTES));
    s->plain.lost = lua_tointeger(L, -1);
    lua_pop(L, 1);
    if (s->plain.lost == 0) return;
    lua_pushvalue(L, lua_upvalueindex(LOST));
    lua_pushinteger(L, 0);
    lua_rawset(L, lua_upvalueindex(NOTES));
}

/* Holds what was mapped, at `index`, against the rules, and writes it. */
static bool write(lua_State *L, struct step *s, int index)
{
    struct asked asked = {.noted.accepts = accepts, .step = s};
    int top = lua_gettop(L);

    lua_pushvalue(L, lua_upvalueindex(REFS));
    lua_pushvalue(L, lua_upvalueindex(SHAPES));
    lua_pushvalue(L, lua_upvalueindex(ORDER));
    s->draft->size = 0;
    bool written =
        host_schema_write_noted(L, s->validator, index, top + 1, s->draft, &asked.noted);
    lua_settop(L, top);
    return written && !has_lost_password(L, &asked);
}

/* Whether the result of the map, on top, is a plain user. A table with a metatable may be
 * anything. */
static bool take_user(lua_State *L, struct step *s)
{
    int user = lua_gettop(L);

    if (lua_type(L, user) != LUA_TTABLE) return false;
    if (lua_getmetatable(L, user)) {
        lua_pop(L, 1);
        return false;
    }
    if (is_set(L, ANY) || !write(L, s, user)) return false;
    lua_pushvalue(L, user);
    lua_setiuservalue(L, lua_upvalueindex(STEP), USER);
    take_lost(L, s);
    s->plain.at = s->place.data;
    s->plain.at_size = s->place.size;
    host_sandbox_of(L)->plain = &s->plain;
    s->is_noted = false;
    return true;
}

/* -- records -- */

static void enter(struct step *s, enum phase phase)
{
    s->phase = phase;
    s->is_fresh = true;
}

/* Writes the record's place; there is room for a number. */
static void write_place(struct step *s)
{
    char digits[20], *first = digits + sizeof digits;
    lua_Integer left = s->ordinal;

    do
        *--first = (char)('0' + left % 10);
    while ((left /= 10) > 0);
    size_t size = (size_t)(digits + sizeof digits - first);
    memcpy(s->place.data + s->prefix, first, size);
    s->place.size = s->prefix + size;
    s->place.data[s->place.size] = 0;
}

/* Calls a function of Lua with the values above `base`, and returns its results. */
static int hand_over(lua_State *L, int function, int base)
{
    luaL_checkstack(L, LUA_MINSTACK, "too many results");
    lua_pushvalue(L, lua_upvalueindex(function));
    lua_insert(L, base + 1);
    lua_call(L, lua_gettop(L) - base - 1, LUA_MULTRET);
    return lua_gettop(L) - base;
}

/* Reads a record, on top of the reader; otherwise returns 0 and *results: how many there
 * are, of the function that was called instead. */
static bool read_record(lua_State *L, struct step *s, int *results)
{
    lua_getiuservalue(L, lua_upvalueindex(STEP), READER);
    enter(s, SOURCE);
    int n = s->records->next(L, &s->ordinal);
    enter(s, IDLE);
    if (n != 1) {
        s->records = NULL;
        if (n == HOST_RECORDS_CLOSED) n = 0;
        *results = hand_over(L, NEXT, lua_gettop(L) - n);
        return false;
    }
    s->has_read = true;
    s->position++;
    write_place(s);
    lua_pushvalue(L, -1);
    lua_setiuservalue(L, lua_upvalueindex(STEP), RECORD);
    return true;
}

static void clear_notes(lua_State *L, struct step *s)
{
    lua_pushvalue(L, lua_upvalueindex(CLEAR));
    lua_call(L, 0, 0);
    s->is_noted = false;
}

/* The function: nothing, for a plain user, which the sandbox then knows; otherwise the
 * results of a function for what is odd. */
static int take_step(lua_State *L)
{
    struct step *s = lua_touserdata(L, lua_upvalueindex(STEP));
    int results;

    lua_settop(L, 0);
    if (!s->records) return hand_over(L, NEXT, 0);
    if (!read_record(L, s, &results)) return results; /* reader record */
    if (s->is_noted) clear_notes(L, s);
    s->is_noted = true;
    lua_pushvalue(L, lua_upvalueindex(MAP));
    lua_insert(L, 2);
    lua_pushvalue(L, lua_upvalueindex(PARAMS));
    lua_pushinteger(L, s->position); /* reader map record params position */
    enter(s, MAPS);
    lua_call(L, 3, LUA_MULTRET);
    enter(s, IDLE);
    if (lua_gettop(L) == 2 && take_user(L, s)) return 0;
    return hand_over(L, MAPPED, 1);
}

/* -- functions -- */

/* The string field `name` of the parts at 1, which are kept. */
static const char *text_of(lua_State *L, const char *name, size_t *size)
{
    const char *text = host_field(L, 1, name, size);
    if (!text) luaL_error(L, "%s is missing", name);
    return text;
}

/* Names the members for the validator at 2. */
static void note_members(lua_State *L)
{
    int top = lua_gettop(L);

    luaL_getmetafield(L, 2, "__index");
    lua_getfield(L, -1, "note");
    lua_pushvalue(L, 2);
    luaL_argcheck(
        L, lua_getfield(L, 1, "members") == LUA_TTABLE && luaL_len(L, -1) == MEMBERS, 1,
        "seven members are to be named");
    lua_call(L, 2, 0);
    lua_settop(L, top);
}

/* Pushes the upvalues of the function: the parts are at 1, the validator at 2, the draft
 * at 3, the step at 4. */
static void push_upvalues(lua_State *L)
{
    static const char *const names[UPVALUES + 1] = {
        [MAP] = "map",   [PARAMS] = "params", [NOTES] = "notes",
        [NEXT] = "next", [MAPPED] = "mapped", [CLEAR] = "clear"};
    bool ordered;

    luaL_checkstack(L, UPVALUES + LUA_MINSTACK, NULL);
    lua_pushvalue(L, 4);
    for (int i = MAP; i <= NOTES; i++)
        lua_getfield(L, 1, names[i]);
    luaL_checktype(L, -1, LUA_TTABLE);
    lua_pushliteral(L, "any");
    lua_pushliteral(L, "built");
    lua_pushliteral(L, "lost");
    host_schema_push_tables(L, 2);
    host_json_draft(L, 3, &ordered);
    luaL_argcheck(L, ordered, 1, "the draft has no order of members");
    for (int i = NEXT; i <= CLEAR; i++) {
        lua_getfield(L, 1, names[i]);
        luaL_checktype(L, -1, LUA_TFUNCTION);
    }
}

/* new(parts) -> step, fn
 * fn() does a step: returns nothing after a plain user. */
static int step_new(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    if (!host_sandbox_of(L)) return luaL_error(L, "there is no recipe's state here");
    lua_getfield(L, 1, "validator");
    lua_getfield(L, 1, "draft");

    struct step *s = lua_newuserdatauv(L, sizeof *s, USER_VALUES);
    memset(s, 0, sizeof *s);
    luaL_setmetatable(L, TYPE); /* parts validator draft step */
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, 4, PARTS);
    s->validator = host_schema_check(L, 2);
    s->draft = host_json_draft(L, 3, NULL);
    s->affix = text_of(L, "affix", &s->affix_size);
    s->text_kind = text_of(L, "text_kind", NULL);
    s->table_kind = text_of(L, "table_kind", NULL);
    s->is_noted = true;
    note_members(L);
    push_upvalues(L);
    lua_pushcclosure(L, take_step, UPVALUES);
    return 2;
}

static struct step *check_step(lua_State *L)
{
    return luaL_checkudata(L, 1, TYPE);
}

/* step:read(reader, prefix, position) -> boolean
 * From here on the step reads. False for a reader that it cannot ask. */
static int step_read(lua_State *L)
{
    struct step *s = check_step(L);
    size_t size;
    const char *prefix = luaL_checklstring(L, 3, &size);
    lua_Integer position = luaL_checkinteger(L, 4);
    const struct host_records *records = host_records_of(L, 2);

    s->records = NULL;
    if (records) {
        s->place.size = 0;
        memcpy(host_json_space(L, &s->place, size + PLACE_ROOM), prefix, size);
        s->prefix = s->place.size = size;
        s->position = position;
        s->has_read = s->is_fresh = false;
        lua_pushvalue(L, 2);
        lua_setiuservalue(L, 1, READER);
        s->records = records;
    }
    lua_pushboolean(L, records != NULL);
    return 1;
}

/* step:stop()
 * From here on the function `next` reads. */
static int step_stop(lua_State *L)
{
    check_step(L)->records = NULL;
    return 0;
}

/* step:last() -> phase, position?, record, at, user, lost | nothing
 * What changed since it was asked last. */
static int step_last(lua_State *L)
{
    struct step *s = check_step(L);

    if (!s->is_fresh) return 0;
    s->is_fresh = false;
    lua_pushstring(L, phase_names[s->phase]);
    if (!s->has_read) return 1;
    lua_pushinteger(L, s->position);
    lua_getiuservalue(L, 1, RECORD);
    lua_pushlstring(L, s->place.data, s->place.size);
    lua_getiuservalue(L, 1, USER);
    lua_pushinteger(L, s->plain.lost);
    return 6;
}

/* step:close() */
static int step_close(lua_State *L)
{
    struct step *s = check_step(L);

    s->records = NULL;
    s->has_read = false;
    host_bytes_free(&s->place);
    return 0;
}

static const luaL_Reg functions[] = {
    {"new", step_new},
    {NULL,  NULL    }
};

static const luaL_Reg methods[] = {
    {"close", step_close},
    {"last",  step_last },
    {"read",  step_read },
    {"stop",  step_stop },
    {NULL,    NULL      }
};

static const luaL_Reg metamethods[] = {
    {"__close", step_close},
    {"__gc",    step_close},
    {NULL,      NULL      }
};

int luaopen_host_step(lua_State *L)
{
    host_newtype(L, TYPE, methods, metamethods);
    luaL_newlib(L, functions);
    return 1;
}
