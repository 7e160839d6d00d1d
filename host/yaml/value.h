/* Values from the events of libyaml, for yaml.c and reader.c. */
#ifndef HOST_YAML_VALUE_H
#define HOST_YAML_VALUE_H

#include <lua.h>

#include <stdbool.h>
#include <stddef.h>
#include <yaml.h>

/* The stack index of the table of anchors: name -> value, or the table itself while the
 * value is being read. */
enum { YAML_ANCHORS = 3 };

struct yaml_source {
    yaml_parser_t parser;
    yaml_event_t event; /* the current one */
    bool has_parser, has_event;
    bool broken;          /* the text: no event follows */
    bool nodes;           /* values become nodes, which have their lines */
    int depth;            /* of open sequences and mappings */
    size_t copies, limit; /* values that aliases have added, and may add */
    size_t anchors, anchor_limit;
};

/* Reads the next event. These push nothing, or nil, message, kind and return false. */
bool host_yaml_advance(lua_State *L, struct yaml_source *s);

/* Pushes the node that begins with the current event, and returns true. Then its last
 * event is the current one. `depth`: 1 for one that is in no other. */
bool host_yaml_node(lua_State *L, struct yaml_source *s, int depth);

/* Replaces the scalar on top, that of the current event, with its node. */
void host_yaml_wrap(lua_State *L, const struct yaml_source *s);

/* Pushes nil, message with the place of the current event, kind; returns false. */
bool host_yaml_fail(lua_State *L, struct yaml_source *s, const char *problem);

/* Frees what libyaml holds; may be called again. */
void host_yaml_end(struct yaml_source *s);

#endif
