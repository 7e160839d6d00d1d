/* host.yaml - YAML to Lua values, from libyaml's events: a whole text, also as nodes with
 * their lines, or the records of a file.
 *
 * value.c reads values, reader.c the records. */

#include "yaml/reader.h"
#include "yaml/value.h"

#include "common.h"
#include "host.h"

#include <lauxlib.h>
#include <stdint.h>
#include <string.h>

#define DECODER "host.yaml.decoder"

enum { COPIES_A_BYTE = 10, COPIES_FREE = 1000, COPIES_LIMIT = 1000000 };

static int decoder_close(lua_State *L)
{
    host_yaml_end(luaL_checkudata(L, 1, DECODER));
    return 0;
}

/* The only document of the stream. */
static bool document(lua_State *L, struct yaml_source *s)
{
    if (!host_yaml_advance(L, s) || !host_yaml_advance(L, s)) return false;
    if (s->event.type == YAML_STREAM_END_EVENT) {
        lua_pushlightuserdata(L, NULL);
        if (s->nodes) host_yaml_wrap(L, s);
        return true;
    }
    if (!host_yaml_advance(L, s) || !host_yaml_node(L, s, 1)) return false;
    if (!host_yaml_advance(L, s) || !host_yaml_advance(L, s)) return false;
    if (s->event.type != YAML_STREAM_END_EVENT)
        return host_yaml_fail(L, s, "more than one document");
    return true;
}

static int read_text(lua_State *L, bool nodes)
{
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size);

    lua_settop(L, 1);
    struct yaml_source *s = lua_newuserdatauv(L, sizeof *s, 0);
    memset(s, 0, sizeof *s);
    luaL_setmetatable(L, DECODER);
    lua_newtable(L); /* text decoder anchors */
    s->nodes = nodes;
    s->limit = COPIES_FREE + size * COPIES_A_BYTE;
    if (s->limit > COPIES_LIMIT) s->limit = COPIES_LIMIT;
    s->anchor_limit = SIZE_MAX;
    s->has_parser = yaml_parser_initialize(&s->parser);
    if (!s->has_parser) return luaL_error(L, "out of memory for YAML");
    yaml_parser_set_input_string(&s->parser, (const unsigned char *)text, size);

    bool done = document(L, s);
    host_yaml_end(s); /* frees its buffers now, not at the next collection */
    return done ? 1 : 3;
}

/* decode(text) -> value | nil, message, "parse" */
static int yaml_decode(lua_State *L)
{
    return read_text(L, false);
}

/* nodes(text) -> node | nil, message, "parse"
 * node: {line, value, text, plain}, {line, items} or {line, members, names, lines} */
static int yaml_nodes(lua_State *L)
{
    return read_text(L, true);
}

static const luaL_Reg functions[] = {
    {"decode", yaml_decode     },
    {"nodes",  yaml_nodes      },
    {"reader", host_yaml_reader},
    {NULL,     NULL            }
};

static const luaL_Reg decoder_metamethods[] = {
    {"__gc", decoder_close},
    {NULL,   NULL         }
};

int luaopen_host_yaml(lua_State *L)
{
    host_newtype(L, DECODER, NULL, decoder_metamethods);
    host_yaml_reader_type(L);
    luaL_newlib(L, functions);
    return 1;
}
