/* host.xml - records from XML of any size, one at a time, over expat.
 *
 * parse.c takes expat's events, tree.c makes tables of a record, names.c holds the names
 * of elements and attributes, outline.c what a document has. No entity is ever expanded
 * but those that XML predefines, and nothing outside of the document is opened. */

#include "common.h"
#include "file/file.h"
#include "host.h"
#include "utf8.h"
#include "xml/parse.h"

#include <string.h>

#define READER "host.xml.reader"

enum { CHUNK = 64 * 1024, LONGEST_TAG = 8 * 1024 * 1024 };
enum { FIRST = 4 }; /* bytes in which expat sees the encoding */
enum { DEFAULT_LIMIT = 1024 * 1024, MOST_LIMIT = 1 << 30 };

struct xml_reader {
    struct host_input *in; /* user value 1 keeps it; NULL: there is none */
    struct xml_parse parse;
    XML_Index fed;
    bool open, suspended, ended, failed;
    bool found;   /* a record */
    bool current; /* the tree is that of the last record */
};

static struct xml_reader *check_reader(lua_State *L)
{
    struct xml_reader *r = host_self(L, READER);
    luaL_argcheck(L, r->open, 1, "the reader is closed");
    return r;
}

/* -- failures -- */

/* Pushes nil, "line 3, column 7: why", "parse". */
static int fail_at(lua_State *L, const struct xml_parse *p, const char *why)
{
    return host_fail(L, HOST_PARSE, "line %I, column %I: %s",
                     (LUAI_UACINT)XML_GetCurrentLineNumber(p->parser),
                     (LUAI_UACINT)XML_GetCurrentColumnNumber(p->parser) + 1, why);
}

static const char *push_open_name(lua_State *L, const struct xml_parse *p)
{
    size_t size;
    const char *text = host_xml_name_text(&p->names, p->open[p->depth - 1], &size);
    return lua_pushlstring(L, text, size);
}

/* Pushes why the parser was stopped. */
static const char *push_stop(lua_State *L, const struct xml_parse *p)
{
    switch (p->stop) {
    case XML_ENTITY_DECLARED:
        return lua_pushfstring(
            L,
            "the document declares the entity \"%s\"; such documents are not read: write "
            "the text in place of the entities and remove their declarations",
            p->shown);
    case XML_LONG_TYPE:
        return lua_pushfstring(L, "the document type is longer than %d bytes",
                               XML_MOST_TYPE_BYTES);
    case XML_TOO_DEEP:
        return lua_pushfstring(L, "elements are nested more than %d deep",
                               XML_DOCUMENT_DEPTH);
    default:
        return lua_pushliteral(L, "too many different names of elements and attributes");
    }
}

/* Whether what expat cannot read is a byte that UTF-8 cannot have there. */
static bool is_no_utf8(const struct xml_parse *p)
{
    int offset = 0, size = 0;
    const char *text = XML_GetInputContext(p->parser, &offset, &size);
    return text && offset < size && (text[offset] & 0x80) && !p->has_encoding &&
           host_utf8_size(text + offset, text + size) == 0;
}

/* Pushes what expat cannot read. */
static const char *push_error(lua_State *L, const struct xml_parse *p, bool ended)
{
    enum XML_Error error = XML_GetErrorCode(p->parser);

    switch (error) {
    case XML_ERROR_NO_ELEMENTS:
    case XML_ERROR_UNCLOSED_TOKEN:
    case XML_ERROR_UNCLOSED_CDATA_SECTION:
    case XML_ERROR_PARTIAL_CHAR:
        if (!ended || (p->depth == 0 && error == XML_ERROR_NO_ELEMENTS)) break;
        if (p->depth == 0) return lua_pushliteral(L, "the document is cut off");
        push_open_name(L, p);
        return lua_pushfstring(L, "the document is cut off inside <%s>",
                               lua_tostring(L, -1));
    case XML_ERROR_TAG_MISMATCH:
        push_open_name(L, p);
        return lua_pushfstring(L, "the end tag is not that of <%s>", lua_tostring(L, -1));
    case XML_ERROR_UNKNOWN_ENCODING:
        return lua_pushfstring(
            L,
            "the encoding \"%s\" is not known; give the option encoding, or convert the "
            "document to UTF-8",
            p->shown);
    case XML_ERROR_INCORRECT_ENCODING:
        return lua_pushliteral(L, "the document is not in the encoding that it declares; "
                                  "give the option encoding");
    case XML_ERROR_INVALID_TOKEN:
        if (is_no_utf8(p))
            return lua_pushliteral(L, "not UTF-8; is its encoding windows-1252?");
        break;
    default:
        break;
    }
    return XML_ErrorString(error);
}

static int fail(lua_State *L, struct xml_reader *r)
{
    const struct xml_parse *p = &r->parse;

    r->failed = true;
    if (p->stop == XML_NO_MEMORY || XML_GetErrorCode(p->parser) == XML_ERROR_NO_MEMORY)
        return luaL_error(L, "out of memory for XML");
    return fail_at(L, p, p->stop ? push_stop(L, p) : push_error(L, p, r->ended));
}

/* -- reading -- */

/* How much to read: more while a tag is not whole, for expat then begins it again. */
static int next_size(const struct xml_reader *r)
{
    XML_Index pending = r->fed - r->parse.at, most = LONGEST_TAG + 1 - pending;
    if (pending > most) pending = most;
    return pending > CHUNK ? (int)pending : CHUNK;
}

/* Reads more and parses it. Returns expat's status, or -1 with a failure pushed. */
static int feed(lua_State *L, struct xml_reader *r)
{
    XML_Parser parser = r->parse.parser;
    int size = next_size(r);
    char *room = XML_GetBuffer(parser, size);

    if (!room) return luaL_error(L, "out of memory for XML");
    int least = r->fed == 0 ? FIRST : 1, n = 0;
    while (n < least && !r->ended) {
        ssize_t got = host_input_read(L, r->in, room + n, (size_t)(size - n));
        if (got < 0) {
            r->failed = n > 0; /* these bytes are lost */
            return -1;
        }
        n += (int)got;
        r->ended = got == 0;
    }
    r->fed += n;
    host_xml_parse_more(&r->parse, room, (size_t)n);
    return (int)XML_ParseBuffer(parser, n, r->ended);
}

/* The next record. Returns 1 if there is one, 0 at the end, -1 with a failure pushed. */
static int advance(lua_State *L, struct xml_reader *r)
{
    while (r->suspended || !r->ended) {
        int status = r->suspended ? (int)XML_ResumeParser(r->parse.parser) : feed(L, r);
        if (status < 0) return -1;
        r->suspended = status == XML_STATUS_SUSPENDED;
        if (r->suspended) return 1;
        if (status == XML_STATUS_ERROR) {
            fail(L, r);
            return -1;
        }
        if (r->fed - r->parse.at > LONGEST_TAG && !r->ended) {
            r->failed = true;
            host_fail(L, HOST_PARSE, "line %I: a tag or comment of more than %d bytes",
                      (LUAI_UACINT)XML_GetCurrentLineNumber(r->parse.parser),
                      LONGEST_TAG);
            return -1;
        }
    }
    return 0;
}

/* Pushes "users/user", the path of the records. */
static void push_path(lua_State *L, const struct xml_parse *p)
{
    luaL_Buffer b;

    luaL_buffinit(L, &b);
    for (int i = 0; i < p->n_path; i++) {
        size_t size = 1;
        const char *name = p->path[i] == XML_ANY_NAME
                               ? "*"
                               : host_xml_name_text(&p->names, p->path[i], &size);
        if (i > 0) luaL_addchar(&b, '/');
        luaL_addlstring(&b, name, size);
    }
    luaL_pushresult(&b);
}

/* Nothing, or a failure if there was nothing where the records would be. */
static int push_end(lua_State *L, struct xml_reader *r)
{
    const struct xml_parse *p = &r->parse;
    if (r->found || (p->has_around && !p->is_other)) return 0;
    push_path(L, p);
    return host_fail(L, HOST_MISSING, "no element at %s", lua_tostring(L, -1));
}

/* Pushes the beginning of the record for display: invalid UTF-8 is replaced, two bytes a
 * character are not shown. */
static void push_raw(lua_State *L, const struct xml_parse *p)
{
    size_t size = memchr(p->raw, 0, p->raw_size) ? 0 : p->raw_size;
    host_push_shown(L, p->raw, size, size);
}

/* Pushes false, message, line, raw. */
static int push_bad(lua_State *L, const struct xml_parse *p)
{
    lua_pushboolean(L, 0);
    if (p->fault == XML_LONG_RECORD)
        lua_pushfstring(L, "the record is longer than %I bytes", (LUAI_UACINT)p->limit);
    else if (p->fault == XML_DEEP_RECORD)
        lua_pushfstring(L, "the record is nested more than %d elements deep",
                        XML_RECORD_DEPTH);
    else
        lua_pushfstring(L, "the entity &%s; is not defined", p->shown);
    lua_pushinteger(L, (lua_Integer)p->line);
    push_raw(L, p);
    return 4;
}

/* reader:next() -> record, line | nil at the end | false, message, line, raw
 *   | nil, message, kind */
static int reader_next(lua_State *L)
{
    struct xml_reader *r = check_reader(L);
    const struct xml_parse *p = &r->parse;

    if (r->failed) return host_fail(L, HOST_PARSE, "the reader has already failed");
    r->current = false;
    int got = advance(L, r);
    if (got < 0) return 3;
    if (got == 0) return push_end(L, r);
    r->found = true;
    if (p->fault) return push_bad(L, p);
    r->current = true;
    host_xml_tree_push(L, &p->tree, &p->names);
    lua_pushinteger(L, (lua_Integer)p->line);
    return 2;
}

/* reader:record() -> table | nil
 * The last record once more, as the document has it. */
static int reader_record(lua_State *L)
{
    const struct xml_reader *r = host_self(L, READER);
    if (!r->open || !r->current) return 0;
    host_xml_tree_push(L, &r->parse.tree, &r->parse.names);
    return 1;
}

/* reader:outline() -> list
 * Of the elements outside records. */
static int reader_outline(lua_State *L)
{
    const struct xml_reader *r = check_reader(L);
    host_xml_outline_push(L, &r->parse.outline, &r->parse.names);
    return 1;
}

/* reader:close()
 * The input stays open; it belongs to the caller. */
static int reader_close(lua_State *L)
{
    struct xml_reader *r = luaL_checkudata(L, 1, READER);
    r->open = false;
    host_xml_parse_free(&r->parse);
    return 0;
}

static struct xml_reader *push_reader(lua_State *L, const char *encoding)
{
    struct xml_reader *r = lua_newuserdatauv(L, sizeof *r, 1);
    memset(r, 0, sizeof *r);
    luaL_setmetatable(L, READER);
    r->open = true;
    r->parse.limit = DEFAULT_LIMIT;
    if (!host_xml_parse_begin(&r->parse, encoding))
        luaL_error(L, "out of memory for XML");
    return r;
}

/* Pops the list of names on top, which is that of argument 2: the path. */
static void take_path(lua_State *L, struct xml_reader *r)
{
    luaL_argcheck(L, lua_istable(L, -1) && lua_rawlen(L, -1) > 0, 2,
                  "path must be a list of names");
    for (lua_Integer i = 1; lua_rawgeti(L, -1, i) != LUA_TNIL; i++) {
        luaL_argcheck(L, lua_type(L, -1) == LUA_TSTRING, 2,
                      "path must be a list of names");
        if (!host_xml_parse_step(&r->parse, lua_tostring(L, -1)))
            luaL_error(L, "out of memory for XML");
        lua_pop(L, 1);
    }
    lua_pop(L, 2);
}

/* reader(input, options) -> reader */
static int xml_reader(lua_State *L)
{
    struct host_input *in = luaL_checkudata(L, 1, HOST_FILE_INPUT);
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    lua_getfield(L, 2, "limit");
    lua_Integer limit = luaL_optinteger(L, 3, DEFAULT_LIMIT);
    luaL_argcheck(L, limit > 0 && limit <= MOST_LIMIT, 2,
                  "the limit must be positive and at most 1 GiB");

    struct xml_reader *r = push_reader(L, host_field(L, 2, "encoding", NULL));
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, 1);
    r->in = in;
    r->parse.limit = (size_t)limit;
    lua_getfield(L, 2, "path");
    take_path(L, r);
    return 1;
}

/* outline(text, encoding?) -> list | list, message
 * Of all elements in the beginning of a document, as far as it can be read. */
static int xml_outline(lua_State *L)
{
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size);
    luaL_argcheck(L, size <= LONGEST_TAG, 1, "too long");

    struct xml_reader *r = push_reader(L, luaL_optstring(L, 2, NULL));
    bool ok = XML_Parse(r->parse.parser, text, (int)size, 0) == XML_STATUS_OK;
    host_xml_outline_push(L, &r->parse.outline, &r->parse.names);
    if (ok) return 1;
    int list = lua_gettop(L);
    fail(L, r); /* nil message kind */
    lua_pushvalue(L, list);
    lua_pushvalue(L, -3); /* list message */
    return 2;
}

static const luaL_Reg functions[] = {
    {"outline", xml_outline},
    {"reader",  xml_reader },
    {NULL,      NULL       }
};

static const luaL_Reg methods[] = {
    {"close",   reader_close  },
    {"next",    reader_next   },
    {"outline", reader_outline},
    {"record",  reader_record },
    {NULL,      NULL          }
};

static const luaL_Reg metamethods[] = {
    {"__close", reader_close},
    {"__gc",    reader_close},
    {NULL,      NULL        }
};

int luaopen_host_xml(lua_State *L)
{
    host_newtype(L, READER, methods, metamethods);
    luaL_newlib(L, functions);
    return 1;
}
