/* A record while it is read, and what it becomes in Lua. */
#ifndef HOST_XML_TREE_H
#define HOST_XML_TREE_H

#include "bytes.h"
#include "xml/names.h"

#include <lua.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum xml_kind { XML_ELEMENT, XML_ATTRIBUTE, XML_TEXT, XML_CDATA };

#define XML_NO_NODE UINT32_MAX

struct xml_node {
    uint32_t name;                      /* of an element or attribute */
    uint32_t parent, next, first, last; /* nodes, or XML_NO_NODE */
    uint32_t at, size;                  /* of a text or an attribute's value */
    enum xml_kind kind;
    bool is_nil; /* an element with xsi:nil="true" */
};

/* Zeroed: empty. */
struct xml_tree {
    struct xml_node *nodes; /* the first one is the record */
    uint32_t count, room;
    uint32_t open; /* the element that is read */
    bool in_cdata;
    struct host_bytes text;
};

void host_xml_tree_clear(struct xml_tree *t);

/* These return false if out of memory. */
bool host_xml_tree_open(struct xml_tree *t, uint32_t name);
bool host_xml_tree_attribute(struct xml_tree *t, uint32_t name, const char *value);
bool host_xml_tree_text(struct xml_tree *t, const char *text, size_t size);

/* The open element has xsi:nil="true". */
void host_xml_tree_nil(struct xml_tree *t);

void host_xml_tree_close(struct xml_tree *t);

/* Pushes the record, always a table. */
void host_xml_tree_push(lua_State *L, const struct xml_tree *t,
                        const struct xml_names *names);

void host_xml_tree_free(struct xml_tree *t);

#endif
