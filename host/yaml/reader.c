/* Reads the records of a YAML file one by one: the items of a list, or the documents.
 * Only the current record is in memory, and what its anchors name. */

#include "yaml/reader.h"

#include "yaml/value.h"

#include "common.h"
#include "file/file.h"

#include <lauxlib.h>
#include <string.h>

#define READER "host.yaml.reader"

enum { INPUT = 1, STEPS, ANCHORS, MESSAGE, KIND, USER_VALUES = KIND };
enum { DEFAULT_LIMIT = 1024 * 1024, LONGEST_LIMIT = 1 << 30 };
enum { COPIES_A_RECORD = 100000, ANCHORS_A_DOCUMENT = 1000 };

enum phase { BETWEEN, /* documents */ INSIDE, /* a list */ OVER };

struct reader {
    struct yaml_source source;
    struct host_input *input; /* NULL: closed */
    enum phase phase;
    lua_Integer steps; /* of the path to the list; 0: the document itself */
    size_t limit;      /* bytes of a record */
    size_t taken;      /* bytes since the record began */
    lua_State *L;      /* during a call */
    bool failed;       /* to read: MESSAGE and KIND say why */
    unsigned char *to; /* where to read, and how much */
    size_t size, got;
};

/* -- the input -- */

/* Reads into `to`; called in protected mode. */
static int read_some(lua_State *L)
{
    struct reader *r = lua_touserdata(L, 1);
    ssize_t n = host_input_read(L, r->input, r->to, r->size);
    if (n < 0) return 3;
    r->got = (size_t)n;
    return 0;
}

/* Stores the message and kind on top, and pops them. */
static int refuse(lua_State *L, struct reader *r)
{
    lua_setiuservalue(L, 1, KIND);
    lua_setiuservalue(L, 1, MESSAGE);
    r->failed = true;
    return 0;
}

/* The read handler of libyaml. */
static int read_input(void *data, unsigned char *buffer, size_t size, size_t *got)
{
    struct reader *r = data;
    lua_State *L = r->L;
    int top = lua_gettop(L);
    if (!lua_checkstack(L, 20)) return 0;
    if (r->taken > r->limit) {
        lua_pushfstring(L, "the record is longer than %I bytes", (LUAI_UACINT)r->limit);
        lua_pushliteral(L, HOST_PARSE);
        return refuse(L, r);
    }
    r->to = buffer;
    r->size = size;
    lua_pushcfunction(L, read_some);
    lua_pushlightuserdata(L, r);
    int status = lua_pcall(L, 1, LUA_MULTRET, 0);
    if (status != LUA_OK) lua_pushliteral(L, HOST_IO);
    if (status != LUA_OK || lua_gettop(L) > top) {
        refuse(L, r);
        lua_settop(L, top);
        return 0;
    }
    *got = r->got;
    r->taken += r->got;
    return 1;
}

/* Replaces the failure on top with that of reading, if reading failed. Returns 3. */
static int failure(lua_State *L, struct reader *r)
{
    r->phase = OVER;
    if (!r->failed) return 3;
    lua_pushnil(L);
    lua_getiuservalue(L, 1, MESSAGE);
    lua_getiuservalue(L, 1, KIND);
    return 3;
}

/* -- the path to the records -- */

static const yaml_char_t *anchor_of(const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return event->data.scalar.anchor;
    case YAML_SEQUENCE_START_EVENT:
        return event->data.sequence_start.anchor;
    case YAML_MAPPING_START_EVENT:
        return event->data.mapping_start.anchor;
    default:
        return NULL;
    }
}

/* Passes events until no more than `depth` are open, reading what anchors name. */
static bool pass(lua_State *L, struct reader *r, int depth)
{
    struct yaml_source *s = &r->source;
    for (;;) {
        r->taken = 0;
        if (anchor_of(&s->event)) {
            if (!host_yaml_node(L, s, 1)) return false;
            lua_pop(L, 1);
        }
        if (s->depth <= depth) return true;
        if (!host_yaml_advance(L, s)) return false;
    }
}

static bool begins(const struct yaml_source *s)
{
    return s->event.type == YAML_SEQUENCE_START_EVENT ||
           s->event.type == YAML_MAPPING_START_EVENT;
}

/* Goes from the mapping that begins to its member; false: there is none, or a failure is
 * pushed, and `*failed`. */
static bool enter(lua_State *L, struct reader *r, const char *name, size_t size,
                  bool *failed)
{
    struct yaml_source *s = &r->source;
    if (s->event.type != YAML_MAPPING_START_EVENT) return false;
    *failed = true;
    for (;;) {
        if (!host_yaml_advance(L, s)) return false;
        if (s->event.type == YAML_MAPPING_END_EVENT) break;
        bool same = s->event.type == YAML_SCALAR_EVENT &&
                    s->event.data.scalar.length == size &&
                    memcmp(s->event.data.scalar.value, name, size) == 0;
        if (!pass(L, r, s->depth - begins(s)) || !host_yaml_advance(L, s)) return false;
        if (same) return true;
        if (!pass(L, r, s->depth - begins(s))) return false;
    }
    *failed = false;
    return false;
}

/* Goes to the list of records; returns 0, or the number of results with a failure pushed.
 */
static int descend(lua_State *L, struct reader *r)
{
    lua_getiuservalue(L, 1, STEPS);
    int steps = lua_gettop(L);
    bool found = true;
    for (lua_Integer i = 1; found && i <= r->steps; i++) {
        size_t size;
        bool failed = false;
        lua_rawgeti(L, steps, i);
        const char *name = lua_tolstring(L, -1, &size);
        found = enter(L, r, name, size, &failed);
        if (failed && !found) return failure(L, r);
    }
    if (found && r->source.event.type == YAML_SEQUENCE_START_EVENT) {
        r->phase = INSIDE;
        return 0;
    }
    if (r->steps == 0) return 0;
    r->phase = OVER;
    lua_rawgeti(L, steps, r->steps + 1); /* the path as it was given */
    return host_fail(L, HOST_MISSING, "no list at %s", lua_tostring(L, -1));
}

/* -- records -- */

/* Forgets the anchors of values that were not finished. */
static void drop_unfinished(lua_State *L)
{
    lua_pushnil(L);
    while (lua_next(L, YAML_ANCHORS)) {
        bool unfinished = lua_rawequal(L, -1, YAML_ANCHORS);
        lua_pop(L, 1);
        if (!unfinished) continue;
        lua_pushvalue(L, -1);
        lua_pushnil(L);
        lua_rawset(L, YAML_ANCHORS);
    }
}

/* Pushes the record that begins with the current event, and its line. A record that is
 * not in order, but ends, can be skipped. */
static int record(lua_State *L, struct reader *r)
{
    struct yaml_source *s = &r->source;
    lua_Integer line = (lua_Integer)s->event.start_mark.line + 1;
    int depth = s->depth - begins(s);
    s->copies = 0;
    r->taken = 0;
    if (host_yaml_node(L, s, 1)) {
        lua_pushinteger(L, line);
        return 2;
    }
    if (s->broken) return failure(L, r);
    lua_pop(L, 1);
    lua_insert(L, -2);
    lua_pop(L, 1); /* message */
    drop_unfinished(L);
    while (s->depth > depth) {
        r->taken = 0;
        if (!host_yaml_advance(L, s)) return failure(L, r);
    }
    lua_pushboolean(L, 0);
    lua_insert(L, -2);
    lua_pushinteger(L, line);
    lua_pushliteral(L, "");
    return 4;
}

/* Passes the rest of a document. */
static bool leave(lua_State *L, struct reader *r)
{
    struct yaml_source *s = &r->source;
    r->phase = BETWEEN;
    while (s->event.type != YAML_DOCUMENT_END_EVENT) {
        r->taken = 0;
        if (!host_yaml_advance(L, s)) return false;
    }
    return true;
}

static bool is_empty(const struct yaml_source *s)
{
    return s->event.type == YAML_SCALAR_EVENT && s->event.data.scalar.length == 0 &&
           s->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

/* Begins the next document. Returns the results for a document that is a record, 0 at the
 * end, -1 to go on. */
static int next_document(lua_State *L, struct reader *r)
{
    struct yaml_source *s = &r->source;
    r->taken = 0;
    if (!host_yaml_advance(L, s)) return failure(L, r);
    if (s->event.type == YAML_STREAM_END_EVENT) {
        r->phase = OVER;
        return 0;
    }
    if (s->event.type != YAML_DOCUMENT_START_EVENT) return -1;
    lua_newtable(L);
    lua_copy(L, -1, YAML_ANCHORS);
    lua_setiuservalue(L, 1, ANCHORS);
    s->anchors = 0;
    if (!host_yaml_advance(L, s)) return failure(L, r);
    int n = descend(L, r);
    if (n > 0) return n;
    return r->phase == INSIDE || is_empty(s) ? -1 : record(L, r);
}

/* reader:next() -> record, line | nil | false, message, line, "" | nil, message, kind */
static int reader_next(lua_State *L)
{
    struct reader *r = host_self(L, READER);
    struct yaml_source *s = &r->source;
    if (!r->input) return luaL_error(L, "the reader is closed");
    lua_settop(L, 2);
    lua_getiuservalue(L, 1, ANCHORS); /* reader nil anchors */
    r->L = L;
    for (int n = -1; r->phase != OVER; lua_settop(L, YAML_ANCHORS)) {
        if (r->phase == BETWEEN) {
            n = next_document(L, r);
        } else {
            r->taken = 0;
            if (!host_yaml_advance(L, s)) return failure(L, r);
            if (s->event.type != YAML_SEQUENCE_END_EVENT) return record(L, r);
            if (!leave(L, r)) return failure(L, r);
        }
        if (n >= 0) return n;
    }
    return 0;
}

/* -- options -- */

static size_t limit_option(lua_State *L)
{
    lua_getfield(L, 2, "limit");
    int whole = lua_isnil(L, -1);
    lua_Integer limit = whole ? DEFAULT_LIMIT : lua_tointegerx(L, -1, &whole);
    if (!whole || limit < 1 || limit > LONGEST_LIMIT)
        luaL_error(L, "limit must be 1 to %d bytes", LONGEST_LIMIT);
    lua_pop(L, 1);
    return (size_t)limit;
}

/* Pushes the list of steps and, after them, the path itself. Returns their number. */
static lua_Integer push_steps(lua_State *L, const char *pointer)
{
    lua_Integer n = 0;
    luaL_argcheck(L, *pointer == '/' || *pointer == '\0', 2,
                  "a pointer must begin with /");
    lua_newtable(L);
    for (const char *p = pointer; *p == '/';) {
        const char *end = strchr(++p, '/');
        size_t size = end ? (size_t)(end - p) : strlen(p);
        lua_pushlstring(L, p, size);
        luaL_gsub(L, lua_tostring(L, -1), "~1", "/");
        luaL_gsub(L, lua_tostring(L, -1), "~0", "~");
        lua_rawseti(L, -4, ++n);
        lua_pop(L, 2);
        p += size;
    }
    lua_pushstring(L, pointer);
    lua_rawseti(L, -2, n + 1);
    return n;
}

int host_yaml_reader(lua_State *L)
{
    struct host_input *input = luaL_checkudata(L, 1, HOST_FILE_INPUT);
    lua_settop(L, 2);
    if (lua_isnil(L, 2)) {
        lua_newtable(L);
        lua_replace(L, 2);
    }
    luaL_checktype(L, 2, LUA_TTABLE);
    size_t limit = limit_option(L);
    const char *pointer = host_field(L, 2, "pointer", NULL);
    lua_Integer steps = push_steps(L, pointer ? pointer : "");

    struct reader *r = lua_newuserdatauv(L, sizeof *r, USER_VALUES);
    memset(r, 0, sizeof *r);
    luaL_setmetatable(L, READER); /* input options steps reader */
    r->input = input;
    r->steps = steps;
    r->limit = limit;
    r->source.limit = COPIES_A_RECORD;
    r->source.anchor_limit = ANCHORS_A_DOCUMENT;
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, 4, INPUT);
    lua_pushvalue(L, 3);
    lua_setiuservalue(L, 4, STEPS);
    lua_newtable(L);
    lua_setiuservalue(L, 4, ANCHORS);
    r->source.has_parser = yaml_parser_initialize(&r->source.parser);
    if (!r->source.has_parser) return luaL_error(L, "out of memory for YAML");
    yaml_parser_set_input(&r->source.parser, read_input, r);
    return 1;
}

/* reader:close()
 * The input stays open; it belongs to the caller. */
static int reader_close(lua_State *L)
{
    struct reader *r = luaL_checkudata(L, 1, READER);
    host_yaml_end(&r->source);
    r->input = NULL;
    return 0;
}

static const luaL_Reg methods[] = {
    {"close", reader_close},
    {"next",  reader_next },
    {NULL,    NULL        }
};

static const luaL_Reg metamethods[] = {
    {"__close", reader_close},
    {"__gc",    reader_close},
    {NULL,      NULL        }
};

void host_yaml_reader_type(lua_State *L)
{
    host_newtype(L, READER, methods, metamethods);
}
