/* expat's events, up to the end of the next record. Nothing here uses Lua. */
#ifndef HOST_XML_PARSE_H
#define HOST_XML_PARSE_H

#include "xml/names.h"
#include "xml/outline.h"
#include "xml/tree.h"

#include <expat.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { XML_RECORD_DEPTH = 100, XML_DOCUMENT_DEPTH = 10000 };
enum { XML_MOST_TYPE_BYTES = 1024 * 1024 };                      /* of a document type */
enum { XML_SHOWN = 64, XML_RAW_SHOWN = 1024, XML_MOST_NIL = 4 }; /* bytes, bytes, names */

/* Why the reading ends, other than by an error of expat. */
enum xml_stop {
    XML_GOES_ON,
    XML_NO_MEMORY,
    XML_ENTITY_DECLARED, /* `shown`: its name */
    XML_LONG_TYPE,
    XML_TOO_DEEP,
    XML_TOO_MANY_NAMES
};

/* Why a record cannot be used. */
enum xml_fault { XML_GOOD, XML_LONG_RECORD, XML_DEEP_RECORD, XML_UNKNOWN_ENTITY };

struct xml_parse {
    XML_Parser parser;
    struct xml_names names;
    struct xml_outline outline;

    uint32_t *path;  /* names of the elements from the root to a record */
    int n_path;      /* 0: nothing is a record */
    int matched;     /* open elements that are on the path */
    bool is_other;   /* an element was found where records are, but is not one */
    bool has_around; /* what is around records was found */

    uint32_t *open; /* names of the open elements */
    int depth, room;
    XML_Index at; /* the last event, in bytes from the beginning */

    struct xml_tree tree;
    bool in_record;
    size_t limit;
    XML_Index begin; /* of the record */
    XML_Size line;
    char raw[XML_RAW_SHOWN]; /* how it begins */
    size_t raw_size;
    enum xml_fault fault;

    uint32_t nil[XML_MOST_NIL]; /* "@xsi:nil" and the same with other prefixes */
    int n_nil;

    bool in_type;         /* the document type */
    XML_Index type_begin; /* where it begins */

    bool looks; /* for entities in the text that expat passes on */
    bool in_entity;
    char entity[XML_SHOWN];
    size_t entity_size;

    bool has_encoding; /* declared or given, other than UTF-8 */
    enum xml_stop stop;
    char shown[XML_SHOWN]; /* a name, for the message */
};

/* Any element's name on a path. */
#define XML_ANY_NAME (XML_NO_NAME - 1)

/* Creates the parser; `encoding` overrides that of the document if it is not NULL. False
 * if out of memory. Freed by host_xml_parse_free, also then. */
bool host_xml_parse_begin(struct xml_parse *p, const char *encoding);

/* `text` is about to be given to expat. */
void host_xml_parse_more(struct xml_parse *p, const char *text, size_t size);

/* Adds an element to the path; "*": any. False if out of memory. */
bool host_xml_parse_step(struct xml_parse *p, const char *name);

void host_xml_parse_free(struct xml_parse *p);

#endif
