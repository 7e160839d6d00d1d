/* table.sort of host.bounded: a merge sort of positions.
 *
 * The elements are read once and written once. No order of the elements makes it slow,
 * and what the order function says cannot lead it out of the list. */

#include "sandbox/library.h"
#include "sandbox/steps.h"

#include <lauxlib.h>
#include <stdbool.h>
#include <string.h>

#define SHORT_LIST 32
#define RUN        5      /* elements that insertion sorts faster than merging */
#define MOST       900000 /* elements; Lua's stack has a million slots */

enum { LIST = 1, LESS, ORDER }; /* on the stack; the elements follow */

struct sort {
    struct host_steps steps;
    bool has_less;
    int *order, *spare; /* places of elements on the stack */
    int few[2 * SHORT_LIST];
};

/* Is the element at place `i` of the stack less than the one at `j`? */
static bool less(struct sort *s, int i, int j)
{
    lua_State *L = s->steps.L;
    host_steps_add(&s->steps);
    if (!s->has_less) return lua_compare(L, i, j, LUA_OPLT);
    lua_pushvalue(L, LESS);
    lua_pushvalue(L, i);
    lua_pushvalue(L, j);
    lua_call(L, 2, 1);
    bool is = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return is;
}

/* Merges order[from, middle) and order[middle, to); equal elements keep their order. */
static void merge(struct sort *s, int from, int middle, int to)
{
    if (!less(s, s->order[middle], s->order[middle - 1])) return;
    int n = middle - from, left = 0, right = middle, at = from;
    memcpy(s->spare, s->order + from, (size_t)n * sizeof *s->spare);
    while (left < n && right < to) {
        bool takes_right = less(s, s->order[right], s->spare[left]);
        s->order[at++] = takes_right ? s->order[right++] : s->spare[left++];
    }
    memcpy(s->order + at, s->spare + left, (size_t)(n - left) * sizeof *s->spare);
}

static void insert_each(struct sort *s, int from, int to)
{
    for (int i = from + 1; i < to; i++) {
        int j = i, place = s->order[i];
        for (; j > from && less(s, place, s->order[j - 1]); j--)
            s->order[j] = s->order[j - 1];
        s->order[j] = place;
    }
}

/* Sorts order[from, to). */
static void sort(struct sort *s, int from, int to)
{
    if (to - from <= RUN) {
        insert_each(s, from, to);
        return;
    }
    int middle = from + (to - from) / 2;
    sort(s, from, middle);
    sort(s, middle, to);
    merge(s, from, middle, to);
}

/* Pushes the n elements, after the memory for their order. */
static void read_elements(struct sort *s, int n)
{
    lua_State *L = s->steps.L;
    s->order = s->few;
    if (n > SHORT_LIST)
        s->order = lua_newuserdatauv(L, 2 * (size_t)n * sizeof *s->order, 0);
    else
        lua_pushnil(L);
    s->spare = s->order + n;
    for (int i = 0; i < n; i++) {
        host_steps_add(&s->steps);
        lua_geti(L, LIST, i + 1);
        s->order[i] = ORDER + 1 + i;
    }
}

static void write_elements(struct sort *s, int n)
{
    lua_State *L = s->steps.L;
    for (int i = 0; i < n; i++) {
        host_steps_add(&s->steps);
        lua_pushvalue(L, s->order[i]);
        lua_seti(L, LIST, i + 1);
    }
}

/* sort(list, less?) */
static int table_sort(lua_State *L)
{
    host_tables_check(L, LIST, TABLE_READ | TABLE_WRITE | TABLE_LENGTH);
    lua_Integer n = luaL_len(L, LIST);
    if (n < 2) return 0;
    luaL_argcheck(L, n <= MOST && lua_checkstack(L, (int)n + LUA_MINSTACK), LIST,
                  "array too big");
    if (!lua_isnoneornil(L, LESS)) luaL_checktype(L, LESS, LUA_TFUNCTION);
    lua_settop(L, LESS);

    struct sort s;
    s.steps = (struct host_steps){L, 0};
    s.has_less = !lua_isnil(L, LESS);
    read_elements(&s, (int)n);
    if (s.has_less && less(&s, ORDER + 1, ORDER + 1))
        return luaL_error(L, "invalid order function for sorting");
    sort(&s, 0, (int)n);
    write_elements(&s, (int)n);
    host_steps_end(&s.steps);
    return 0;
}

void host_sort_open(lua_State *L)
{
    lua_pushcfunction(L, table_sort);
    lua_setfield(L, -2, "sort");
}
