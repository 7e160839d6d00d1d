/* Which elements a document has, as far as it was looked at: for messages, and to find
 * the records. */
#ifndef HOST_XML_OUTLINE_H
#define HOST_XML_OUTLINE_H

#include "xml/names.h"

#include <lua.h>

#include <stdbool.h>
#include <stdint.h>

enum { XML_OUTLINE_MOST = 100, XML_OUTLINE_LEVELS = 6 };

struct xml_outlined {
    uint32_t name;
    int above; /* the element around it, or -1 */
    lua_Integer count;
    bool has_parts; /* elements or attributes */
};

/* Zeroed: empty. */
struct xml_outline {
    struct xml_outlined elements[XML_OUTLINE_MOST];
    int count;
    int open[XML_OUTLINE_LEVELS]; /* by level; -1: not noted */
};

/* An element begins, `level` (from 0) elements deep. */
void host_xml_outline_add(struct xml_outline *o, uint32_t name, int level,
                          bool has_attributes);

/* Pushes a list of {path, count, has_parts, above}. */
void host_xml_outline_push(lua_State *L, const struct xml_outline *o,
                           const struct xml_names *names);

#endif
