/* The nodes of a record, and the tables that they become.
 *
 * Filled by callbacks of expat, which may not raise; turned into Lua afterwards. */

#include "xml/tree.h"

#include "json/json.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 64 };

/* -- building -- */

void host_xml_tree_clear(struct xml_tree *t)
{
    t->count = 0;
    t->open = XML_NO_NODE;
    t->text.size = 0;
    t->in_cdata = false;
}

/* Adds a node below the open element; NULL if out of memory. */
static struct xml_node *add_node(struct xml_tree *t, enum xml_kind kind)
{
    if (t->count == t->room) {
        uint32_t room = t->room ? 2 * t->room : FIRST_ROOM;
        struct xml_node *nodes = realloc(t->nodes, room * sizeof *nodes);
        if (!nodes) return NULL;
        t->nodes = nodes;
        t->room = room;
    }
    struct xml_node *node = &t->nodes[t->count];
    *node = (struct xml_node){.kind = kind,
                              .name = XML_NO_NAME,
                              .parent = t->open,
                              .next = XML_NO_NODE,
                              .first = XML_NO_NODE,
                              .last = XML_NO_NODE,
                              .at = (uint32_t)t->text.size};
    if (t->open != XML_NO_NODE) {
        struct xml_node *parent = &t->nodes[t->open];
        if (parent->last == XML_NO_NODE)
            parent->first = t->count;
        else
            t->nodes[parent->last].next = t->count;
        parent->last = t->count;
    }
    t->count++;
    return node;
}

bool host_xml_tree_open(struct xml_tree *t, uint32_t name)
{
    struct xml_node *node = add_node(t, XML_ELEMENT);
    if (!node) return false;
    node->name = name;
    t->open = t->count - 1;
    return true;
}

bool host_xml_tree_attribute(struct xml_tree *t, uint32_t name, const char *value)
{
    size_t size = strlen(value);
    struct xml_node *node = add_node(t, XML_ATTRIBUTE);
    if (!node || !host_bytes_add(&t->text, value, size)) return false;
    node->name = name;
    node->size = (uint32_t)size;
    return true;
}

bool host_xml_tree_text(struct xml_tree *t, const char *text, size_t size)
{
    enum xml_kind kind = t->in_cdata ? XML_CDATA : XML_TEXT;
    uint32_t last = t->nodes[t->open].last;
    struct xml_node *node = last == XML_NO_NODE ? NULL : &t->nodes[last];

    if (!node || node->kind != kind) node = add_node(t, kind);
    if (!node || !host_bytes_add(&t->text, text, size)) return false;
    node->size += (uint32_t)size;
    return true;
}

void host_xml_tree_nil(struct xml_tree *t)
{
    t->nodes[t->open].is_nil = true;
}

void host_xml_tree_close(struct xml_tree *t)
{
    t->open = t->nodes[t->open].parent;
}

void host_xml_tree_free(struct xml_tree *t)
{
    free(t->nodes);
    host_bytes_free(&t->text);
    *t = (struct xml_tree){0};
}

/* -- Lua -- */

struct view {
    lua_State *L;
    const struct xml_tree *tree;
    const struct xml_names *names;
};

struct parts {
    int elements, attributes;
};

enum { MOST_EXPECTED = 64 }; /* names of a table: elements may be repeated */

static const char empty = 0; /* its address: an element without a value, while a table is
                                filled */

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static const struct xml_node *at(const struct view *v, uint32_t node)
{
    return node == XML_NO_NODE ? NULL : &v->tree->nodes[node];
}

static const char *text_of(const struct view *v, const struct xml_node *node)
{
    return v->tree->text.data + node->at;
}

static bool is_text(const struct xml_node *node)
{
    return node->kind == XML_TEXT || node->kind == XML_CDATA;
}

/* White space that was written to lay out the document. */
static bool is_layout(const struct view *v, const struct xml_node *node)
{
    if (node->kind != XML_TEXT) return false;
    const char *text = text_of(v, node);
    for (uint32_t i = 0; i < node->size; i++)
        if (!is_space(text[i])) return false;
    return true;
}

/* Adds a text; white space at its ends, if it is the first or the last one beside
 * elements, is layout. */
static void add_text(luaL_Buffer *b, const struct view *v, const struct xml_node *node,
                     bool is_first, bool is_last)
{
    const char *text = text_of(v, node), *end = text + node->size;

    if (node->kind == XML_TEXT) {
        while (is_first && text < end && is_space(*text))
            text++;
        while (is_last && end > text && is_space(end[-1]))
            end--;
    }
    luaL_addlstring(b, text, (size_t)(end - text));
}

/* Pushes the text of an element, without that of those inside it; false if there is
 * none. */
static bool push_text(const struct view *v, const struct xml_node *element,
                      bool has_elements)
{
    const struct xml_node *first = NULL, *last = NULL;

    for (const struct xml_node *n = at(v, element->first); n; n = at(v, n->next)) {
        if (!is_text(n) || is_layout(v, n)) continue;
        if (!first) first = n;
        last = n;
    }
    if (!first) return false;
    luaL_Buffer b;
    luaL_buffinit(v->L, &b);
    for (const struct xml_node *n = first;; n = at(v, n->next)) {
        if (is_text(n) && !(has_elements && is_layout(v, n)))
            add_text(&b, v, n, has_elements && n == first, has_elements && n == last);
        if (n == last) break;
    }
    luaL_pushresult(&b);
    return true;
}

/* Sets table[name] to the value on top, or adds it to the values there. Pops both.
 * Stack: table name value */
static void put(lua_State *L)
{
    lua_pushvalue(L, -2);
    int kind = lua_rawget(L, -4); /* table name value there */
    if (kind == LUA_TNIL) {
        lua_pop(L, 1);
        lua_rawset(L, -3);
        return;
    }
    if (kind != LUA_TTABLE || !host_json_is_marked(L, -1)) {
        lua_createtable(L, 2, 0);
        host_json_mark(L);
        lua_pushvalue(L, -4); /* table name value there list name */
        lua_pushvalue(L, -2);
        lua_rawset(L, -7);
        lua_insert(L, -2); /* table name value list there */
        if (lua_touserdata(L, -1) == &empty)
            lua_pop(L, 1);
        else
            lua_rawseti(L, -2, 1);
    }
    lua_insert(L, -2); /* table name list value */
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
    lua_pop(L, 2);
}

static void push_name(const struct view *v, const struct xml_node *node)
{
    size_t size;
    const char *text = host_xml_name_text(v->names, node->name, &size);
    lua_pushlstring(v->L, text, size);
}

/* Notes that table[name] occurs and is empty. Stack: table name. Pops the name. */
static void put_empty(lua_State *L)
{
    lua_pushvalue(L, -1);
    int kind = lua_rawget(L, -3); /* table name there */
    if (kind == LUA_TNIL) {
        lua_pop(L, 1);
        lua_pushlightuserdata(L, (void *)&empty);
        lua_rawset(L, -3);
    } else if (lua_touserdata(L, -1) != &empty && !host_json_is_marked(L, -1)) {
        lua_createtable(L, 1, 0);
        host_json_mark(L);
        lua_insert(L, -2);
        lua_rawseti(L, -2, 1);
        lua_rawset(L, -3);
    } else {
        lua_pop(L, 2);
    }
}

static bool push_element(const struct view *v, const struct xml_node *element);

/* Removes from the table on top what is empty. */
static void drop_empty(const struct view *v, const struct xml_node *element)
{
    lua_State *L = v->L;

    for (const struct xml_node *n = at(v, element->first); n; n = at(v, n->next)) {
        if (n->kind != XML_ELEMENT) continue;
        push_name(v, n);
        lua_pushvalue(L, -1);
        lua_rawget(L, -3);
        bool is_empty = lua_touserdata(L, -1) == &empty;
        lua_pop(L, 1);
        lua_pushnil(L);
        if (is_empty)
            lua_rawset(L, -3);
        else
            lua_pop(L, 2);
    }
}

static void push_table(const struct view *v, const struct xml_node *element,
                       struct parts parts)
{
    lua_State *L = v->L;
    bool has_empty = false;
    int names = parts.elements + parts.attributes;

    luaL_checkstack(L, LUA_MINSTACK, "XML");
    lua_createtable(L, 0, names < MOST_EXPECTED ? names : MOST_EXPECTED);
    for (const struct xml_node *n = at(v, element->first); n; n = at(v, n->next)) {
        if (is_text(n)) continue;
        push_name(v, n);
        if (n->kind == XML_ATTRIBUTE && n->size > 0) {
            lua_pushlstring(L, text_of(v, n), n->size);
            lua_rawset(L, -3);
        } else if (n->kind == XML_ATTRIBUTE) {
            lua_pop(L, 1);
        } else if (push_element(v, n)) {
            put(L);
        } else {
            put_empty(L);
            has_empty = true;
        }
    }
    if (has_empty) drop_empty(v, element);
    if (push_text(v, element, parts.elements > 0)) lua_rawseti(L, -2, 1);
}

static struct parts parts_of(const struct view *v, const struct xml_node *element)
{
    struct parts parts = {0};

    for (const struct xml_node *n = at(v, element->first); n; n = at(v, n->next)) {
        parts.elements += n->kind == XML_ELEMENT;
        parts.attributes += n->kind == XML_ATTRIBUTE;
    }
    return parts;
}

/* Pushes the value of an element inside the record; false if it has none. */
static bool push_element(const struct view *v, const struct xml_node *element)
{
    if (element->is_nil) return false;
    struct parts parts = parts_of(v, element);
    if (!parts.elements && !parts.attributes) return push_text(v, element, false);
    push_table(v, element, parts);
    return true;
}

void host_xml_tree_push(lua_State *L, const struct xml_tree *t,
                        const struct xml_names *names)
{
    const struct view v = {L, t, names};
    push_table(&v, t->nodes, parts_of(&v, t->nodes));
}
