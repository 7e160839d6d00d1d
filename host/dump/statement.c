/* The statements of a dump: which table they are about. */

#include "dump/reader.h"

#include "common.h"

#include <lauxlib.h>
#include <string.h>

enum { MOST_TABLES = 1000 };

/* -- failures -- */

int host_dump_fail(lua_State *L, struct dump_reader *r, const char *kind,
                   const char *message)
{
    r->phase = DUMP_FINISHED;
    return host_fail(L, kind, "%s:%I: %s", host_input_name(r->scan.input),
                     (LUAI_UACINT)r->line, message);
}

int host_dump_cut(lua_State *L, struct dump_reader *r)
{
    const struct dump_scan *s = &r->scan;
    r->phase = DUMP_FINISHED;
    if (s->failed) {
        lua_pushnil(L);
        lua_getiuservalue(L, 1, DUMP_MESSAGE);
        lua_getiuservalue(L, 1, DUMP_KIND);
        return 3;
    }
    if (!s->unclosed)
        return host_dump_fail(L, r, HOST_PARSE,
                              "the file ends inside this statement: it was cut off");
    r->line = s->open_line;
    const char *advice = s->backslash >= 0 || s->dialect != DUMP_UNKNOWN
                             ? ""
                             : ", or a backslash escapes (backslash_escapes = true)";
    return host_dump_fail(
        L, r, HOST_PARSE,
        lua_pushfstring(L,
                        "the %s that begins here is never closed: the file was cut "
                        "off%s",
                        s->unclosed, advice));
}

int host_dump_cut_rows(lua_State *L, struct dump_reader *r)
{
    if (r->scan.failed) return host_dump_cut(L, r);
    return host_dump_fail(
        L, r, HOST_PARSE,
        "the rows of this COPY do not end with \\.: the file was cut off");
}

/* -- tables -- */

/* Reads the name of a table. */
static bool read_table(lua_State *L, struct dump_scan *s, struct dump_table *t)
{
    t->schema.size = 0;
    if (!host_dump_read_part(L, s, &t->name)) return false;
    while (host_dump_is_mark(s, '.')) {
        t->schema = t->name;
        host_dump_advance(L, s);
        if (!host_dump_read_part(L, s, &t->name)) return false;
    }
    return true;
}

/* Remembers the name of a table for the message that the wanted one is missing. */
static void note_table(lua_State *L, const struct dump_table *t)
{
    lua_getiuservalue(L, 1, DUMP_TABLES);
    if (t->schema.size > 0) {
        host_dump_push_name(L, &t->schema);
        lua_pushliteral(L, ".");
        host_dump_push_name(L, &t->name);
        lua_concat(L, 3);
    } else {
        host_dump_push_name(L, &t->name);
    }
    lua_Integer n = (lua_Integer)lua_rawlen(L, -2);
    lua_pushvalue(L, -1); /* tables name name */
    if (lua_rawget(L, -3) == LUA_TNIL && n < MOST_TABLES) {
        lua_pushvalue(L, -2);
        lua_pushboolean(L, 1);
        lua_rawset(L, -5);
        lua_pushvalue(L, -2);
        lua_rawseti(L, -4, n + 1);
    }
    lua_pop(L, 3);
}

/* -- the wanted table -- */

static bool is_wanted(const struct dump_reader *r, const struct dump_table *t)
{
    if (!host_dump_is_name(&t->name, r->table, r->table_size)) return false;
    const struct dump_name *schema = t->schema.size > 0 ? &t->schema : &r->now;
    return !r->schema || schema->size == 0 ||
           host_dump_is_name(schema, r->schema, r->schema_size);
}

/* The table was found; fails if another one of its name was found before. */
static int find(lua_State *L, struct dump_reader *r, const struct dump_table *t)
{
    const struct dump_name *schema = t->schema.size > 0 ? &t->schema : &r->now;
    r->found = true;
    if (r->of.size == 0) r->of = *schema;
    if (schema->size == 0 || host_dump_is_name(&r->of, schema->text, schema->size))
        return DUMP_GO_ON;
    host_dump_push_name(L, &r->of);
    host_dump_push_name(L, schema);
    const char *one = lua_tostring(L, -2), *other = lua_tostring(L, -1);
    return host_dump_fail(
        L, r, HOST_PARSE,
        lua_pushfstring(L,
                        "there are two tables \"%s\": %s.%s and %s.%s; choose one, such "
                        "as table = \"%s.%s\"",
                        r->table, one, r->table, other, r->table, other, r->table));
}

static bool is_readable(const struct dump_name *coding)
{
    static const char *const known[] = {"utf8",  "utf8mb3",   "utf8mb4", "utf-8",
                                        "ascii", "sql_ascii", "binary",  "us-ascii"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        size_t n = 0;
        while (n < coding->size && known[i][n] == host_lower(coding->text[n]))
            n++;
        if (n == coding->size && !known[i][n]) return true;
    }
    return coding->size == 0;
}

/* Begins to read rows of the table. */
static int begin_rows(lua_State *L, struct dump_reader *r, const struct dump_table *t)
{
    int n = find(L, r, t);
    if (n != DUMP_GO_ON || is_readable(&r->coding)) return n;
    host_dump_push_name(L, &r->coding);
    return host_dump_fail(
        L, r, HOST_PARSE,
        lua_pushfstring(L, "the dump is in the encoding %s: write it in UTF-8",
                        lua_tostring(L, -1)));
}

static int pass(lua_State *L, struct dump_reader *r, bool has_body)
{
    bool ends = host_dump_pass_statement(L, &r->scan, has_body);
    return ends || host_dump_may_end(&r->scan) ? DUMP_GO_ON : host_dump_cut(L, r);
}

/* Passes a statement that SQL Server may have ended with nothing but an INSERT. */
static int pass_to_insert(lua_State *L, struct dump_reader *r)
{
    struct dump_scan *s = &r->scan;
    for (int depth = 0; s->kind != DUMP_OVER && s->kind != DUMP_SEMICOLON;
         host_dump_advance(L, s)) {
        if (host_dump_is_mark(s, '(')) depth++;
        if (host_dump_is_mark(s, ')')) depth--;
        r->ahead = depth == 0 && s->dialect == DUMP_UNKNOWN && host_dump_is(s, "INSERT");
        if (r->ahead) return DUMP_GO_ON;
    }
    return pass(L, r, false);
}

static int create(lua_State *L, struct dump_reader *r)
{
    static const char *const before[] = {"TEMPORARY", "TEMP",    "UNLOGGED",
                                         "GLOBAL",    "LOCAL",   "FOREIGN",
                                         "OR",        "REPLACE", NULL};
    static const char *const exists[] = {"IF", "NOT", "EXISTS", NULL};
    struct dump_scan *s = &r->scan;
    struct dump_table t;
    do
        host_dump_advance(L, s);
    while (host_dump_is_one_of(s, before));
    if (!host_dump_is(s, "TABLE")) return pass(L, r, host_dump_is(s, "TRIGGER"));
    do
        host_dump_advance(L, s);
    while (host_dump_is_one_of(s, exists));
    if (read_table(L, s, &t)) {
        note_table(L, &t);
        if (is_wanted(r, &t)) {
            int n = find(L, r, &t);
            if (n != DUMP_GO_ON) return n;
            if (host_dump_is_mark(s, '(')) host_dump_define(L, r);
        }
    }
    return pass(L, r, false);
}

/* -- INSERT and COPY -- */

static int unknown_columns(lua_State *L, struct dump_reader *r)
{
    return host_dump_fail(L, r, HOST_PARSE,
                          "the names of the columns are not known: no CREATE TABLE is "
                          "before the rows; dump with it, or with the names "
                          "(--complete-insert, --column-inserts)");
}

static int insert(lua_State *L, struct dump_reader *r)
{
    static const char *const before[] = {
        "LOW_PRIORITY", "DELAYED", "HIGH_PRIORITY", "IGNORE", "INTO", "OR",
        "REPLACE",      "ABORT",   "ROLLBACK",      "FAIL",   NULL};
    static const char *const after[] = {"OVERRIDING", "SYSTEM", "USER", "VALUE", NULL};
    struct dump_scan *s = &r->scan;
    struct dump_table t;
    do
        host_dump_advance(L, s);
    while (host_dump_is_one_of(s, before));
    if (!read_table(L, s, &t)) return pass(L, r, false);
    note_table(L, &t);
    if (!is_wanted(r, &t)) return pass_to_insert(L, r);
    int n = begin_rows(L, r, &t);
    if (n != DUMP_GO_ON) return n;
    r->has_list = host_dump_is_mark(s, '(');
    bool read = !r->has_list || host_dump_read_list(L, r);
    while (read && host_dump_is_one_of(s, after) && !host_dump_is_mark(s, '('))
        host_dump_advance(L, s);
    if (read && host_dump_is(s, "VALUES")) host_dump_advance(L, s);
    if (s->kind == DUMP_OVER) return host_dump_cut(L, r);
    if (!read || !host_dump_is_mark(s, '('))
        return host_dump_fail(L, r, HOST_PARSE,
                              "an INSERT without a list of VALUES cannot be read");
    if (!r->has_list && r->defined == 0) return unknown_columns(L, r);
    if (r->has_list) host_dump_use_list(L, r);
    r->phase = DUMP_TUPLES;
    r->begun = true;
    return DUMP_GO_ON;
}

/* Passes the lines of a COPY. */
static int pass_rows(lua_State *L, struct dump_reader *r)
{
    struct dump_scan *s = &r->scan;
    for (;;) {
        if (host_dump_peek(L, s) == '\\' && host_dump_sees(L, s, "\\.", 2)) {
            s->at += 2;
            int c = host_dump_peek(L, s);
            if (c == '\n' || c == '\r' || c == DUMP_END) return DUMP_GO_ON;
        }
        if (!host_dump_pass_line(L, s)) return host_dump_cut_rows(L, r);
    }
}

static int copy(lua_State *L, struct dump_reader *r)
{
    struct dump_scan *s = &r->scan;
    struct dump_table t;
    host_dump_advance(L, s);
    if (!read_table(L, s, &t)) return pass(L, r, false);
    bool has_list = host_dump_is_mark(s, '(');
    bool readable = !has_list || host_dump_read_list(L, r);
    readable = readable && host_dump_is(s, "FROM");
    host_dump_advance(L, s);
    bool rows = host_dump_is(s, "STDIN"); /* follow; else they are in another file */
    host_dump_advance(L, s);
    readable = readable && rows && s->kind == DUMP_SEMICOLON; /* no options */
    int n = pass(L, r, false);
    if (n != DUMP_GO_ON) return n;
    host_dump_mean(s, DUMP_POSTGRESQL);
    note_table(L, &t);
    if (rows && !host_dump_pass_line(L, s)) return host_dump_cut_rows(L, r);
    if (!is_wanted(r, &t)) return rows ? pass_rows(L, r) : DUMP_GO_ON;
    n = begin_rows(L, r, &t);
    if (n != DUMP_GO_ON) return n;
    if (!readable)
        return host_dump_fail(L, r, HOST_PARSE,
                              "only COPY ... FROM stdin without options can be read");
    if (!has_list && r->defined == 0) return unknown_columns(L, r);
    if (has_list)
        host_dump_use_list(L, r);
    else
        host_dump_use_defined(L, r, r->defined - r->generated);
    r->phase = DUMP_ROWS;
    return DUMP_GO_ON;
}

/* -- other statements -- */

static int set(lua_State *L, struct dump_reader *r)
{
    host_dump_set(L, r);
    return pass_to_insert(L, r);
}

static int use(lua_State *L, struct dump_reader *r)
{
    struct dump_name name;
    host_dump_advance(L, &r->scan);
    if (host_dump_read_part(L, &r->scan, &name)) r->now = name;
    return pass(L, r, false);
}

/* Reads the rest of a line "DELIMITER ;;". */
static int delimiter(lua_State *L, struct dump_reader *r)
{
    struct dump_scan *s = &r->scan;
    int c;
    host_dump_mean(s, DUMP_MYSQL);
    s->delimiter_size = 0;
    while ((c = host_dump_peek(L, s)) == ' ' || c == '\t')
        s->at++;
    while (!host_dump_is_blank(c = host_dump_peek(L, s)) && c != DUMP_END) {
        if (s->delimiter_size < DUMP_DELIMITER)
            s->delimiter[s->delimiter_size++] = (char)c;
        s->at++;
    }
    if (s->delimiter_size == 1 && s->delimiter[0] == ';') s->delimiter_size = 0;
    host_dump_pass_line(L, s);
    return DUMP_GO_ON;
}

/* The end of the dump. */
static int finish(lua_State *L, struct dump_reader *r)
{
    r->phase = DUMP_FINISHED;
    if (r->scan.failed || r->scan.unclosed) return host_dump_cut(L, r);
    if (r->found) return 0;
    return host_fail(L, HOST_MISSING, "no table \"%s\"", r->table);
}

static int other(lua_State *L, struct dump_reader *r)
{
    struct dump_scan *s = &r->scan;
    if (host_dump_is(s, "PRAGMA")) host_dump_mean(s, DUMP_SQLITE);
    if (host_dump_is(s, "LOCK")) host_dump_mean(s, DUMP_MYSQL);
    return pass(L, r, false);
}

int host_dump_statement(lua_State *L, struct dump_reader *r)
{
    static const struct {
        const char *word;
        int (*read)(lua_State *L, struct dump_reader *r);
    } statements[] = {
        {"INSERT",    insert   },
        {"REPLACE",   insert   },
        {"COPY",      copy     },
        {"CREATE",    create   },
        {"SET",       set      },
        {"USE",       use      },
        {"DELIMITER", delimiter}
    };
    struct dump_scan *s = &r->scan;
    if (!r->ahead) host_dump_advance(L, s);
    r->ahead = false;
    if (s->kind == DUMP_OVER) return finish(L, r);
    if (host_dump_is_mark(s, '\\')) { /* a command of psql */
        host_dump_pass_line(L, s);
        return DUMP_GO_ON;
    }
    r->line = host_dump_token_line(s);
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++)
        if (host_dump_is(s, statements[i].word)) return statements[i].read(L, r);
    return other(L, r);
}
