/* The first elements by their path, with how often they occur. */

#include "xml/outline.h"

#include <lauxlib.h>

/* The element of this name below `above`; added if there is room, else -1. */
static int find(struct xml_outline *o, uint32_t name, int above)
{
    for (int i = 0; i < o->count; i++)
        if (o->elements[i].name == name && o->elements[i].above == above) return i;
    if (o->count == XML_OUTLINE_MOST) return -1;
    o->elements[o->count] = (struct xml_outlined){.name = name, .above = above};
    return o->count++;
}

void host_xml_outline_add(struct xml_outline *o, uint32_t name, int level,
                          bool has_attributes)
{
    if (level >= XML_OUTLINE_LEVELS) return;
    int above = level > 0 ? o->open[level - 1] : -1;
    bool is_known = level == 0 || above >= 0;

    if (above >= 0) o->elements[above].has_parts = true;
    o->open[level] = is_known ? find(o, name, above) : -1;
    if (o->open[level] < 0) return;
    struct xml_outlined *element = &o->elements[o->open[level]];
    element->count++;
    element->has_parts = element->has_parts || has_attributes;
}

/* Pushes "users/user". */
static void push_path(lua_State *L, const struct xml_outline *o, int element,
                      const struct xml_names *names)
{
    int path[XML_OUTLINE_LEVELS], n = 0;
    luaL_Buffer b;

    for (int i = element; i >= 0; i = o->elements[i].above)
        path[n++] = i;
    luaL_buffinit(L, &b);
    while (n-- > 0) {
        size_t size;
        const char *text = host_xml_name_text(names, o->elements[path[n]].name, &size);
        luaL_addlstring(&b, text, size);
        if (n > 0) luaL_addchar(&b, '/');
    }
    luaL_pushresult(&b);
}

void host_xml_outline_push(lua_State *L, const struct xml_outline *o,
                           const struct xml_names *names)
{
    lua_createtable(L, o->count, 0);
    for (int i = 0; i < o->count; i++) {
        lua_createtable(L, 0, 4);
        push_path(L, o, i, names);
        lua_setfield(L, -2, "path");
        lua_pushinteger(L, o->elements[i].count);
        lua_setfield(L, -2, "count");
        lua_pushboolean(L, o->elements[i].has_parts);
        lua_setfield(L, -2, "has_parts");
        lua_pushinteger(L, o->elements[i].above + 1);
        lua_setfield(L, -2, "above");
        lua_rawseti(L, -2, i + 1);
    }
}
