/* host.gate - files for code that is not trusted: only what was granted is opened.
 *
 * Grants are folders and what a person named; denials win. This file has what Lua calls,
 * rules.c the rules, find.c their application, beneath.c resolves links, glob.c searches.
 * The gate is upvalue 1 of each function. */

#include "gate/parts.h"

#include "common.h"
#include "file/file.h"
#include "host.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct gate *gate_of(lua_State *L)
{
    return lua_touserdata(L, lua_upvalueindex(1));
}

/* The path at stack index 1; NULL with nil, message, kind pushed if it cannot be one. */
static const char *check_path(lua_State *L)
{
    size_t size;
    const char *path = luaL_checklstring(L, 1, &size);
    if (size > 0 && strlen(path) == size) return path;
    if (size == 0)
        host_fail(L, HOST_MISSING, "cannot read a file without a name");
    else
        host_fail(L, HOST_REFUSED, "cannot read %s: its name has a zero byte", path);
    return NULL;
}

/* open(path, name?) -> input | nil, message, kind */
static int files_open(lua_State *L)
{
    const char *name = luaL_optstring(L, 2, NULL), *path = check_path(L);
    if (!path) return 3;
    if (strcmp(path, "-") == 0) return host_input_open(L, path, name);

    struct held *held = host_gate_hold(L);
    struct host_input *in = host_input_new(L, path, name);
    enum outcome outcome = host_gate_find(L, gate_of(L), path, GATE_READ, held);
    if (outcome != GATE_OPENED)
        return host_gate_fail(L, gate_of(L), outcome, "opening", path);
    int fd = held->fd;
    held->fd = -1;
    return host_input_attach(L, in, fd);
}

/* beside(input, ending) -> input | nil, message, kind
 * Whoever may read a file may read those that belong to it, but no link and nothing that
 * is denied. */
static int files_beside(lua_State *L)
{
    struct host_input *beside = luaL_checkudata(L, 1, HOST_FILE_INPUT);
    const char *ending = host_file_check_ending(L, 2);
    char path[PATH_MAX];

    struct held *held = host_gate_hold(L);
    struct host_input *in = host_input_new(L, host_input_name(beside), NULL);
    held->fd = host_file_beside(beside, ending, path);
    if (held->fd < 0) return host_file_fail_beside(L, errno, path);
    enum outcome outcome = host_gate_judge(gate_of(L), path, held->fd);
    if (outcome != GATE_OPENED)
        return host_gate_fail(L, gate_of(L), outcome, "opening", path);
    int fd = held->fd;
    held->fd = -1;
    return host_input_attach(L, in, fd);
}

static int stream_close(lua_State *L)
{
    luaL_Stream *stream = luaL_checkudata(L, 1, LUA_FILEHANDLE);
    return luaL_fileresult(L, fclose(stream->f) == 0, NULL);
}

/* stream(path) -> file handle | nil, message, kind
 * As io.open returns it, for reading; the io library must be open. */
static int files_stream(lua_State *L)
{
    const char *path = check_path(L);
    if (!path) return 3;

    if (luaL_getmetatable(L, LUA_FILEHANDLE) != LUA_TTABLE)
        return luaL_error(L, "the io library is not open");
    struct held *held = host_gate_hold(L);
    luaL_Stream *stream = lua_newuserdatauv(L, sizeof *stream, 0);
    stream->closef = NULL; /* closed */
    stream->f = NULL;
    luaL_setmetatable(L, LUA_FILEHANDLE);
    enum outcome outcome = host_gate_find(L, gate_of(L), path, GATE_READ, held);
    if (outcome == GATE_OPENED) {
        stream->f = fdopen(held->fd, "r");
        if (!stream->f) outcome = GATE_FAILED;
    }
    if (outcome != GATE_OPENED)
        return host_gate_fail(L, gate_of(L), outcome, "opening", path);
    held->fd = -1;
    stream->closef = stream_close;
    return 1;
}

/* stat(path) -> stat | nil, message, kind */
static int files_stat(lua_State *L)
{
    struct stat st;
    const char *path = check_path(L);
    if (!path) return 3;

    struct held *held = host_gate_hold(L);
    enum outcome outcome = host_gate_find(L, gate_of(L), path, GATE_STAT, held);
    if (outcome == GATE_OPENED && fstat(held->fd, &st) != 0) outcome = GATE_FAILED;
    if (outcome != GATE_OPENED)
        return host_gate_fail(L, gate_of(L), outcome, "checking", path);
    host_gate_release(held);
    host_file_push_stat(L, &st);
    return 1;
}

/* list(path) -> names | nil, message, kind
 * Without those that begin with ".". */
static int files_list(lua_State *L)
{
    const char *path = check_path(L);
    if (!path) return 3;

    struct held *held = host_gate_hold(L);
    enum outcome outcome = host_gate_find(L, gate_of(L), path, GATE_LIST, held);
    if (outcome != GATE_OPENED)
        return host_gate_fail(L, gate_of(L), outcome, "listing", path);
    return host_file_list(L, &held->fd, path, false);
}

/* glob(pattern) -> paths | nil, message, kind */
static int files_glob(lua_State *L)
{
    return check_path(L) ? host_gate_glob(L) : 3;
}

static const luaL_Reg files[] = {
    {"beside",            files_beside               },
    {"feed",              host_file_feed             },
    {"glob",              files_glob                 },
    {"list",              files_list                 },
    {"open",              files_open                 },
    {"stat",              files_stat                 },
    {"stream",            files_stream               },
    {"working_directory", host_file_working_directory},
    {NULL,                NULL                       }
};

/* new(rules) -> files
 * rules: folders, named, denied (lists of paths), hint, by_component. */
static int gate_new(lua_State *L)
{
    host_gate_new(L); /* gate */
    luaL_newlibtable(L, files);
    lua_insert(L, -2);
    luaL_setfuncs(L, files, 1);
    return 1;
}

static int held_close(lua_State *L)
{
    host_gate_release(luaL_checkudata(L, 1, HOST_GATE_HELD));
    return 0;
}

static const luaL_Reg functions[] = {
    {"new", gate_new},
    {NULL,  NULL    }
};

static const luaL_Reg held_metamethods[] = {
    {"__gc", held_close},
    {NULL,   NULL      }
};

int luaopen_host_gate(lua_State *L)
{
    host_input_type(L);
    host_file_folder_type(L);
    host_newtype(L, HOST_GATE_HELD, NULL, held_metamethods);
    luaL_newlib(L, functions);
    return 1;
}
