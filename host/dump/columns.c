/* The names in a dump, and the columns of its table: those that INSERT or COPY list, or
 * those of CREATE TABLE. */

#include "dump/reader.h"

#include "common.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

/* -- names -- */

void host_dump_set_name(struct dump_name *to, const char *text, size_t size)
{
    memcpy(to->text, text, size < DUMP_TEXT ? size : DUMP_TEXT);
    to->size = size;
}

bool host_dump_is_name(const struct dump_name *a, const char *text, size_t size)
{
    return a->size == size && size <= DUMP_TEXT && memcmp(a->text, text, size) == 0;
}

void host_dump_push_name(lua_State *L, const struct dump_name *name)
{
    lua_pushlstring(L, name->text, name->size < DUMP_TEXT ? name->size : DUMP_TEXT);
}

/* Reads one part of a name, which is the current token. False: it is not one. */
bool host_dump_read_part(lua_State *L, struct dump_scan *s, struct dump_name *name)
{
    if (host_dump_is_mark(s, '[')) host_dump_bracket(L, s);
    if (s->kind != DUMP_WORD && s->kind != DUMP_NAME) return false;
    host_dump_set_name(name, s->text, s->size);
    host_dump_advance(L, s);
    return true;
}

/* -- columns -- */

static void set_uservalue(lua_State *L, int number)
{
    lua_setiuservalue(L, 1, number);
}

/* Makes the list on top the columns of the rows that follow. */
static void use_columns(lua_State *L, struct dump_reader *r, enum dump_columns which)
{
    r->columns = (int)lua_rawlen(L, -1);
    unsigned char *flags = realloc(r->flags, (size_t)r->columns + 1);
    if (!flags) luaL_error(L, "out of memory for %d columns", r->columns);
    r->flags = flags;
    lua_getiuservalue(L, 1, DUMP_FLAGS); /* list flags */
    for (int i = 0; i < r->columns; i++) {
        lua_rawgeti(L, -2, i + 1);
        lua_rawget(L, -2);
        flags[i] = (unsigned char)lua_tointeger(L, -1);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    set_uservalue(L, DUMP_COLUMNS);
    r->which = which;
}

void host_dump_use_defined(lua_State *L, struct dump_reader *r, int count)
{
    bool stored = r->generated > 0 && count == r->defined - r->generated;
    enum dump_columns which = stored ? DUMP_STORED : DUMP_ALL;
    if (r->which == which) return;
    lua_newtable(L);
    lua_getiuservalue(L, 1, DUMP_DEFINED);
    lua_getiuservalue(L, 1, DUMP_FLAGS); /* list defined flags */
    lua_Integer n = 0;
    for (int i = 1; i <= r->defined; i++) {
        lua_rawgeti(L, -2, i);
        lua_pushvalue(L, -1);
        lua_rawget(L, -3);
        lua_Integer flags = lua_tointeger(L, -1);
        lua_pop(L, 1);
        if (stored && (flags & DUMP_GENERATED))
            lua_pop(L, 1);
        else
            lua_rawseti(L, -4, ++n);
    }
    lua_pop(L, 2);
    use_columns(L, r, which);
}

/* Appends a name to the new list. */
static void add_name(lua_State *L, struct dump_reader *r, const struct dump_name *name)
{
    uint32_t size = (uint32_t)(name->size < DUMP_TEXT ? name->size : DUMP_TEXT);
    if (!host_bytes_add(&r->list, (const char *)&size, sizeof size) ||
        !host_bytes_add(&r->list, name->text, size))
        luaL_error(L, "out of memory for the names of columns");
}

/* Uses the columns of the new list. A dump may repeat the same list for each row. */
void host_dump_use_list(lua_State *L, struct dump_reader *r)
{
    const struct host_bytes *list = &r->list;
    if (r->which == DUMP_LISTED && r->listed.size == list->size &&
        memcmp(r->listed.data, list->data, list->size) == 0)
        return;
    lua_newtable(L);
    lua_Integer n = 0;
    for (size_t at = 0; at < list->size;) {
        uint32_t size;
        memcpy(&size, list->data + at, sizeof size);
        lua_pushlstring(L, list->data + at + sizeof size, size);
        lua_rawseti(L, -2, ++n);
        at += sizeof size + size;
    }
    use_columns(L, r, DUMP_LISTED);
    struct host_bytes old = r->listed;
    r->listed = r->list;
    r->list = old;
}

/* Reads the names between parentheses, the first of which is the current token. False:
 * the list has something else. */
bool host_dump_read_list(lua_State *L, struct dump_reader *r)
{
    struct dump_scan *s = &r->scan;
    struct dump_name name;
    r->list.size = 0;
    do {
        host_dump_advance(L, s);
        if (!host_dump_read_part(L, s, &name) || r->list.size > s->limit) return false;
        add_name(L, r, &name);
    } while (host_dump_is_mark(s, ','));
    if (!host_dump_is_mark(s, ')')) return false;
    host_dump_advance(L, s);
    return true;
}

/* -- CREATE TABLE -- */

bool host_dump_is_one_of(const struct dump_scan *s, const char *const *words)
{
    for (; *words; words++)
        if (host_dump_is(s, *words)) return true;
    return false;
}

/* Whether the item of CREATE TABLE is not a column. PostgreSQL writes a column called
 * "key" without quotes, MySQL quotes all of them. */
static bool is_constraint(const struct dump_scan *s)
{
    static const char *const words[] = {"PRIMARY", "UNIQUE", "CONSTRAINT", "FOREIGN",
                                        "CHECK",   "LIKE",   NULL};
    static const char *const mysql[] = {"KEY",    "INDEX",  "FULLTEXT", "SPATIAL",
                                        "PERIOD", "VECTOR", NULL};
    return host_dump_is_one_of(s, words) ||
           (s->dialect == DUMP_MYSQL && host_dump_is_one_of(s, mysql));
}

static int flags_of_type(const struct dump_scan *s)
{
    static const char *const binary[] = {
        "BLOB",  "TINYBLOB",  "MEDIUMBLOB", "LONGBLOB", "BINARY", "GEOMETRY",
        "POINT", "VARBINARY", "LINESTRING", "POLYGON",  NULL};
    if (host_dump_is(s, "BYTEA")) return DUMP_BYTEA;
    if (host_dump_is(s, "BIT") && s->dialect == DUMP_MYSQL) return DUMP_BINARY;
    return host_dump_is_one_of(s, binary) ? DUMP_BINARY : 0;
}

/* Passes the rest of an item up to its comma or to the closing parenthesis; returns
 * whether it is generated: "AS (". */
static bool pass_item(lua_State *L, struct dump_scan *s)
{
    bool generated = false, after_as = false;
    for (int depth = 0; s->kind != DUMP_OVER && s->kind != DUMP_SEMICOLON;) {
        if (depth == 0 && (host_dump_is_mark(s, ',') || host_dump_is_mark(s, ')'))) break;
        if (host_dump_is_mark(s, '(')) {
            if (depth++ == 0 && after_as) generated = true;
        } else if (host_dump_is_mark(s, ')')) {
            depth--;
        }
        after_as = host_dump_is(s, "AS");
        host_dump_advance(L, s);
    }
    return generated;
}

/* Reads a column, or what else is in the list. Stack: defined flags. */
static void read_item(lua_State *L, struct dump_reader *r)
{
    struct dump_scan *s = &r->scan;
    struct dump_name name;
    if (is_constraint(s) || !host_dump_read_part(L, s, &name)) {
        pass_item(L, s);
        return;
    }
    int flags = s->kind == DUMP_WORD ? flags_of_type(s) : 0;
    if (pass_item(L, s)) {
        flags |= DUMP_GENERATED;
        r->generated++;
    }
    host_dump_push_name(L, &name);
    lua_pushvalue(L, -1);
    lua_rawseti(L, -4, ++r->defined);
    lua_pushinteger(L, flags);
    lua_rawset(L, -3);
}

/* Reads the definition of the table; "(" is the current token. */
void host_dump_define(lua_State *L, struct dump_reader *r)
{
    struct dump_scan *s = &r->scan;
    r->defined = r->generated = 0;
    r->which = DUMP_NONE;
    lua_newtable(L);
    lua_newtable(L);
    do {
        host_dump_advance(L, s);
        read_item(L, r);
    } while (host_dump_is_mark(s, ','));
    set_uservalue(L, DUMP_FLAGS);
    set_uservalue(L, DUMP_DEFINED);
}
