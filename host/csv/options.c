/* The options of host.csv's readers. */

#include "csv/reader.h"

#include "common.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_LIMIT = 16 * 1024 * 1024, LONGEST_LIMIT = 1 << 30 };

static int byte_option(lua_State *L, const char *name, int standard, bool may_be_empty)
{
    size_t size;
    const char *text = host_field(L, 2, name, &size);
    if (!text) return standard;
    if (size == 0 && may_be_empty) return -1;
    if (size != 1 || (unsigned char)*text >= 0x80 || *text == '\n' || *text == '\r')
        luaL_error(L, "%s must be a single byte other than a line end", name);
    return *text;
}

static bool choice_option(lua_State *L, const char *name, const char *standard,
                          const char *other)
{
    const char *text = host_field(L, 2, name, NULL);
    bool is_other = text && strcmp(text, other) == 0;
    if (text && !is_other && strcmp(text, standard) != 0)
        luaL_error(L, "%s must be \"%s\" or \"%s\", not \"%s\"", name, standard, other,
                   text);
    return is_other;
}

static void encoding_option(lua_State *L, struct csv_scan *s)
{
    const char *name = host_field(L, 2, "encoding", NULL);
    s->encoding = host_encoding_find(name ? name : "utf-8");
    if (!s->encoding) luaL_error(L, "unknown encoding \"%s\"", name);
}

/* After all other options, none of which is the world's fault. */
static int open_decoder(lua_State *L, struct csv_scan *s)
{
    if (s->encoding->kind < HOST_ONE_BYTE) return 0;
    s->decoder = host_decoder_new(s->encoding);
    if (s->decoder) return 0;
    if (errno == ENOMEM) return luaL_error(L, "out of memory for reading rows");
    return host_fail(L, HOST_UNUSABLE,
                     "%s: the C library of this system cannot read %s: %s",
                     host_input_name(s->input), s->encoding->name, strerror(errno));
}

static void null_option(lua_State *L, struct csv_reader *r)
{
    lua_getfield(L, 2, "null");
    if (!lua_isnil(L, -1)) {
        if (!lua_istable(L, -1)) luaL_error(L, "null must be a list of strings");
        size_t n = lua_rawlen(L, -1);
        r->nulls = calloc(n + 1, sizeof *r->nulls);
        if (!r->nulls) luaL_error(L, "out of memory for null words");
        for (size_t i = 0; i < n; i++) {
            lua_rawgeti(L, -1, (lua_Integer)i + 1);
            size_t size;
            if (lua_type(L, -1) != LUA_TSTRING)
                luaL_error(L, "null must be a list of strings");
            const char *text = lua_tolstring(L, -1, &size);
            char *copy = malloc(size + 1);
            if (!copy) luaL_error(L, "out of memory for null words");
            r->nulls[r->null_count++] =
                (struct csv_word){memcpy(copy, text, size + 1), size};
            lua_pop(L, 1);
        }
    }
    lua_pop(L, 1);
}

int host_csv_options(lua_State *L, struct csv_reader *r)
{
    struct csv_scan *s = &r->scan;
    s->delimiter = byte_option(L, "delimiter", ',', false);
    s->is_told = host_field(L, 2, "delimiter", NULL) != NULL;
    s->quote = byte_option(L, "quote", '"', true);
    s->escape = byte_option(L, "escape", -1, true);
    if (s->delimiter == s->quote || s->delimiter == s->escape)
        luaL_error(L, "the delimiter must differ from the quote and the escape");
    if (s->escape == s->quote) s->escape = -1; /* quotes double anyway */
    s->trim = host_flag(L, 2, "trim", false);
    s->exact = host_flag(L, 2, "exact", false);
    lua_getfield(L, 2, "limit");
    int whole = lua_isnil(L, -1);
    lua_Integer limit = whole ? DEFAULT_LIMIT : lua_tointegerx(L, -1, &whole);
    if (!whole || limit < 1 || limit > LONGEST_LIMIT)
        luaL_error(L, "limit must be 1 to %d bytes", LONGEST_LIMIT);
    s->limit = (size_t)limit;
    lua_pop(L, 1);
    r->keep_empty = choice_option(L, "empty", "nil", "keep");
    r->keep_guard = choice_option(L, "guard", "strip", "keep");
    r->pad = choice_option(L, "ragged", "reject", "pad");
    encoding_option(L, s);
    r->place = host_field(L, 2, "place", &r->place_size);
    lua_getfield(L, 2, "place");
    lua_setiuservalue(L, -2, CSV_PLACE);
    null_option(L, r);
    return open_decoder(L, s);
}
