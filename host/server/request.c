/* The request in Lua: a userdata with the fields of a complete exchange, and its
 * response. */

#include "server/exchange.h"

#include "common.h"
#include "server/form.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

static void lower_name(lua_State *L, const char *name)
{
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    for (; *name; name++)
        luaL_addchar(&b, host_lower(*name));
    luaL_pushresult(&b);
}

/* Sets the field `name` of the table on top to the pairs. Header names are in lower case,
 * and repeated headers are joined as HTTP defines; of repeated query parameters the last
 * one wins. */
static void set_pairs(lua_State *L, const char *name, const struct host_bytes *pairs,
                      bool headers)
{
    lua_newtable(L);
    for (size_t at = 0; at < pairs->size;) {
        const char *pair_name = pairs->data + at;
        const char *value = pair_name + strlen(pair_name) + 1;
        at += strlen(pair_name) + strlen(value) + 2;
        if (headers)
            lower_name(L, pair_name);
        else
            lua_pushstring(L, pair_name);
        lua_pushvalue(L, -1); /* table name name */
        if (headers && lua_rawget(L, -3) != LUA_TNIL) {
            lua_pushfstring(L, "%s, %s", lua_tostring(L, -1), value);
            lua_remove(L, -2);
        } else {
            lua_pop(L, 1); /* nil, or the second name */
            lua_pushstring(L, value);
        }
        lua_rawset(L, -3);
    }
    lua_setfield(L, -2, name);
}

/* Sets body, parts and malformed in the table on top. */
static void set_body(lua_State *L, const struct exchange *x)
{
    lua_getfield(L, -1, "headers");
    lua_getfield(L, -1, "content-type");
    const char *type = lua_tostring(L, -1);
    bool form = type && host_form_is(type);
    lua_pushvalue(L, -3); /* request headers type request */

    lua_pushlstring(L, form || !x->body.data ? "" : x->body.data,
                    form ? 0 : x->body.size);
    lua_setfield(L, -2, "body");
    if (form && x->too_large) {
        lua_newtable(L);
        lua_setfield(L, -2, "parts");
    } else if (form &&
               host_form_push(L, type, x->body.data ? x->body.data : "", x->body.size)) {
        lua_setfield(L, -2, "parts");
    } else if (form) {
        lua_pushboolean(L, 1);
        lua_setfield(L, -2, "malformed");
    }
    lua_pop(L, 3);
}

static void push_fields(lua_State *L, const struct exchange *x)
{
    lua_createtable(L, 0, 11);
    lua_pushstring(L, x->method.data);
    lua_setfield(L, -2, "method");
    lua_pushstring(L, x->path.data);
    lua_setfield(L, -2, "path");
    lua_pushlstring(L, x->target.data, strcspn(x->target.data, "?"));
    lua_setfield(L, -2, "raw_path");
    const char *query = strchr(x->target.data, '?');
    lua_pushstring(L, query ? query + 1 : "");
    lua_setfield(L, -2, "raw_query");
    lua_pushinteger(L, x->received);
    lua_setfield(L, -2, "size");
    lua_pushboolean(L, x->too_large);
    lua_setfield(L, -2, "too_large");
    set_pairs(L, "query", &x->query, false);
    set_pairs(L, "headers", &x->headers, true);
    set_body(L, x);
}

void host_server_push_request(lua_State *L, struct exchanges *among)
{
    struct exchange **request = lua_newuserdatauv(L, sizeof *request, 1);
    *request = NULL;
    luaL_setmetatable(L, HOST_SERVER_REQUEST);

    struct exchange *x = *request = host_server_take(among);
    push_fields(L, x);
    lua_setiuservalue(L, -2, 1);
    host_bytes_free(&x->body);
}

static struct exchange *check_request(lua_State *L)
{
    struct exchange **x = luaL_checkudata(L, 1, HOST_SERVER_REQUEST);
    luaL_argcheck(L, *x, 1, "already answered or dropped");
    return *x;
}

/* request.name -> field or method; upvalue 1 is the table of methods. */
static int request_index(lua_State *L)
{
    luaL_checkudata(L, 1, HOST_SERVER_REQUEST);
    lua_settop(L, 2);
    if (lua_getiuservalue(L, 1, 1) == LUA_TTABLE) {
        lua_pushvalue(L, 2);
        if (lua_rawget(L, -2) != LUA_TNIL) return 1;
    }
    lua_pushvalue(L, 2);
    lua_rawget(L, lua_upvalueindex(1));
    return 1;
}

static void release(struct exchange **request, enum state state)
{
    struct exchange *x = *request;
    *request = NULL;
    host_server_release(x, state);
}

/* Fills the response with the headers at stack index 3; false if one is rejected. */
static bool add_headers(lua_State *L, struct MHD_Response *response)
{
    if (lua_isnoneornil(L, 3)) return true;
    lua_pushnil(L);
    while (lua_next(L, 3)) {
        bool added = MHD_add_response_header(response, lua_tostring(L, -2),
                                             lua_tostring(L, -1)) == MHD_YES;
        lua_pop(L, 1);
        if (added) continue;
        lua_pop(L, 1);
        return false;
    }
    return true;
}

static void check_headers(lua_State *L)
{
    if (lua_isnoneornil(L, 3)) return;
    luaL_checktype(L, 3, LUA_TTABLE);
    lua_pushnil(L);
    while (lua_next(L, 3)) {
        luaL_argcheck(L, lua_type(L, -2) == LUA_TSTRING && lua_type(L, -1) == LUA_TSTRING,
                      3, "names and values must be strings");
        lua_pop(L, 1);
    }
}

/* The part of a body that is sent before the connection is closed. */
struct part {
    size_t size;
    char bytes[];
};

static ssize_t read_part(void *cls, uint64_t at, char *buffer, size_t room)
{
    const struct part *part = cls;
    if (at >= part->size) return MHD_CONTENT_READER_END_WITH_ERROR;
    size_t left = part->size - (size_t)at;
    size_t n = left < room ? left : room;
    memcpy(buffer, part->bytes + at, n);
    return (ssize_t)n;
}

/* A response whose Content-Length is larger than the body: closes the connection after
 * it. */
static struct MHD_Response *broken_response(const char *body, size_t size,
                                            size_t promised)
{
    struct part *part = malloc(sizeof *part + size);
    if (!part) return NULL;
    part->size = size;
    memcpy(part->bytes, body, size);
    struct MHD_Response *made =
        MHD_create_response_from_callback(promised, 4096, read_part, part, free);
    if (!made) free(part);
    return made;
}

/* request:respond(status, headers?, body?, promised?) -> boolean
 * False if the client has disconnected. */
static int request_respond(lua_State *L)
{
    struct exchange *x = check_request(L);
    lua_Integer status = luaL_checkinteger(L, 2);
    luaL_argcheck(L, status >= 200 && status <= 999, 2, "not a final status");
    check_headers(L);
    size_t size;
    const char *body = luaL_optlstring(L, 4, "", &size);
    lua_Integer promised = luaL_optinteger(L, 5, (lua_Integer)size);
    luaL_argcheck(L, promised >= (lua_Integer)size, 5, "shorter than the body");

    bool there = host_server_client_is_there(x);
    if (there) {
        x->response = promised > (lua_Integer)size
                          ? broken_response(body, size, (size_t)promised)
                          : MHD_create_response_from_buffer(size, (void *)(uintptr_t)body,
                                                            MHD_RESPMEM_MUST_COPY);
        if (!x->response) return luaL_error(L, "out of memory for a response");
        x->status = (unsigned)status;
        if (!add_headers(L, x->response)) {
            MHD_destroy_response(x->response);
            x->response = NULL;
            return luaL_argerror(L, 3, "a header that cannot be sent");
        }
    }
    release(lua_touserdata(L, 1), there ? ANSWERED : DROPPED);
    lua_pushboolean(L, there);
    return 1;
}

/* request:drop()
 * Also happens to a request that is collected. */
static int request_drop(lua_State *L)
{
    struct exchange **request = luaL_checkudata(L, 1, HOST_SERVER_REQUEST);
    if (*request) release(request, DROPPED);
    return 0;
}

static const luaL_Reg methods[] = {
    {"respond", request_respond},
    {"drop",    request_drop   },
    {NULL,      NULL           }
};

static const luaL_Reg metamethods[] = {
    {"__gc",    request_drop},
    {"__close", request_drop},
    {NULL,      NULL        }
};

void host_server_request_type(lua_State *L)
{
    host_newtype(L, HOST_SERVER_REQUEST, methods, metamethods);
    luaL_getmetatable(L, HOST_SERVER_REQUEST);
    lua_getfield(L, -1, "__index");
    lua_pushcclosure(L, request_index, 1);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
}
