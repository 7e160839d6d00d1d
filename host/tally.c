/* host.tally - counts values by size, by kind and by what they lose, and keeps the places
 * of the first ones without a kind. */

#include "tally.h"

#include "common.h"
#include "host.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define TYPE "host.tally.tally"

enum { MOST_KINDS = 32, KIND_SIZE = 32, MOST_PLACES = 8, MOST_LOST = 1 << 20 };

struct kind {
    char name[KIND_SIZE];
    lua_Integer n;
};

struct host_tally {
    bool open;
    size_t step;               /* bytes */
    lua_Integer *sizes, *lost; /* numbers by size in steps, and by what is lost */
    size_t n_sizes, n_lost;
    struct kind kinds[MOST_KINDS];
    int n_kinds;
    char *places[MOST_PLACES];
    int n_places, most_places;
    lua_Integer users, without;
    size_t largest;
};

/* new(step, places) -> tally
 * step: bytes, the resolution of sizes; places: how many to keep, at most 8. */
static int tally_new(lua_State *L)
{
    lua_Integer step = luaL_checkinteger(L, 1), places = luaL_checkinteger(L, 2);
    luaL_argcheck(L, step > 0, 1, "a step of one byte or more");
    luaL_argcheck(L, places >= 0 && places <= MOST_PLACES, 2, "0 to 8 places");

    struct host_tally *t = lua_newuserdatauv(L, sizeof *t, 0);
    memset(t, 0, sizeof *t);
    luaL_setmetatable(L, TYPE);
    t->open = true;
    t->step = (size_t)step;
    t->most_places = (int)places;
    return 1;
}

struct host_tally *host_tally_check(lua_State *L, int index)
{
    struct host_tally *t = luaL_checkudata(L, index, TYPE);
    luaL_argcheck(L, t->open, index, "the tally is closed");
    return t;
}

/* Counts in one of `*n` numbers, which grow. */
static void count(lua_State *L, lua_Integer **numbers, size_t *n, size_t i)
{
    if (i >= *n) {
        size_t wanted = i + i / 2 + 64;
        lua_Integer *more = realloc(*numbers, wanted * sizeof *more);
        if (!more) luaL_error(L, "out of memory");
        memset(more + *n, 0, (wanted - *n) * sizeof *more);
        *numbers = more;
        *n = wanted;
    }
    (*numbers)[i]++;
}

static void add_kind(lua_State *L, struct host_tally *t, const char *name)
{
    int i = 0;

    while (i < t->n_kinds && strcmp(t->kinds[i].name, name) != 0)
        i++;
    if (i == t->n_kinds) {
        if (i == MOST_KINDS || strlen(name) >= KIND_SIZE) luaL_error(L, "too many kinds");
        strcpy(t->kinds[t->n_kinds++].name, name);
    }
    t->kinds[i].n++;
}

static void add_place(lua_State *L, struct host_tally *t, const char *at)
{
    t->without++;
    if (t->n_places == t->most_places) return;
    if (!(t->places[t->n_places] = strdup(at))) luaL_error(L, "out of memory");
    t->n_places++;
}

void host_tally_add(lua_State *L, struct host_tally *t, size_t bytes, const char *kind,
                    const char *at, lua_Integer lost)
{
    if (lost < 0 || lost >= MOST_LOST) luaL_error(L, "losses have a smaller number");
    count(L, &t->sizes, &t->n_sizes, bytes / t->step);
    if (lost > 0) count(L, &t->lost, &t->n_lost, (size_t)lost);
    if (kind)
        add_kind(L, t, kind);
    else
        add_place(L, t, at);
    if (bytes > t->largest) t->largest = bytes;
    t->users++;
}

/* tally:add(bytes, kind, at, lost?)
 * kind: a short name, or nil; at: the place; lost: a number, 0 for nothing. */
static int tally_add(lua_State *L)
{
    struct host_tally *t = host_tally_check(L, 1);
    lua_Integer bytes = luaL_checkinteger(L, 2);
    const char *kind = luaL_optstring(L, 3, NULL), *at = luaL_checkstring(L, 4);
    luaL_argcheck(L, bytes >= 0 && bytes <= INT32_MAX, 2, "a size");
    host_tally_add(L, t, (size_t)bytes, kind, at, luaL_optinteger(L, 5, 0));
    return 0;
}

static void push_counts(lua_State *L, const lua_Integer *numbers, size_t n)
{
    lua_newtable(L);
    for (size_t i = 0; i < n; i++) {
        if (!numbers[i]) continue;
        lua_pushinteger(L, numbers[i]);
        lua_seti(L, -2, (lua_Integer)i);
    }
}

/* tally:facts() -> {users, largest, without, sizes, kinds, places, lost}
 * sizes: numbers by size in steps; kinds: numbers by name; without: those that had none;
 * lost: numbers by what is lost, those that lose nothing left out. */
static int tally_facts(lua_State *L)
{
    const struct host_tally *t = host_tally_check(L, 1);

    lua_createtable(L, 0, 7);
    lua_pushinteger(L, t->users);
    lua_setfield(L, -2, "users");
    lua_pushinteger(L, (lua_Integer)t->largest);
    lua_setfield(L, -2, "largest");
    lua_pushinteger(L, t->without);
    lua_setfield(L, -2, "without");
    push_counts(L, t->sizes, t->n_sizes);
    lua_setfield(L, -2, "sizes");
    push_counts(L, t->lost, t->n_lost);
    lua_setfield(L, -2, "lost");
    lua_createtable(L, 0, t->n_kinds);
    for (int i = 0; i < t->n_kinds; i++) {
        lua_pushinteger(L, t->kinds[i].n);
        lua_setfield(L, -2, t->kinds[i].name);
    }
    lua_setfield(L, -2, "kinds");
    lua_createtable(L, t->n_places, 0);
    for (int i = 0; i < t->n_places; i++) {
        lua_pushstring(L, t->places[i]);
        lua_seti(L, -2, i + 1);
    }
    lua_setfield(L, -2, "places");
    return 1;
}

/* tally:close() */
static int tally_close(lua_State *L)
{
    struct host_tally *t = luaL_checkudata(L, 1, TYPE);

    for (int i = 0; i < t->n_places; i++)
        free(t->places[i]);
    free(t->sizes);
    free(t->lost);
    t->sizes = t->lost = NULL;
    t->n_sizes = t->n_lost = 0;
    t->n_places = 0;
    t->open = false;
    return 0;
}

static const luaL_Reg functions[] = {
    {"new", tally_new},
    {NULL,  NULL     }
};

static const luaL_Reg methods[] = {
    {"add",   tally_add  },
    {"close", tally_close},
    {"facts", tally_facts},
    {NULL,    NULL       }
};

static const luaL_Reg metamethods[] = {
    {"__close", tally_close},
    {"__gc",    tally_close},
    {NULL,      NULL       }
};

int luaopen_host_tally(lua_State *L)
{
    host_newtype(L, TYPE, methods, metamethods);
    luaL_newlib(L, functions);
    return 1;
}
