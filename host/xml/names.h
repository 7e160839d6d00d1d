/* The names of a document's elements and attributes, each once: a number stands for it.
 */
#ifndef HOST_XML_NAMES_H
#define HOST_XML_NAMES_H

#include "bytes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* expat keeps every name until the end of the document, and so do these. */
enum { XML_MOST_NAMES = 1 << 16, XML_MOST_NAME_BYTES = 4 << 20 };

#define XML_NO_NAME UINT32_MAX

struct xml_name {
    uint32_t at, size, hash; /* `at`: in the text */
};

/* Zeroed: none. */
struct xml_names {
    struct host_bytes text;
    struct xml_name *list;
    uint32_t count, room;
    uint32_t *slots; /* 2 * room of them, hashed: number + 1, or 0 */
    bool is_full;
};

/* The number of the name `text`, from 0; with `mark`, a byte put ahead of it, if that is
 * not 0. XML_NO_NAME if there are too many, or if out of memory (*full tells). */
uint32_t host_xml_name(struct xml_names *names, char mark, const char *text);

/* The text of a name; borrowed until the next one is added. */
const char *host_xml_name_text(const struct xml_names *names, uint32_t name,
                               size_t *size);

void host_xml_names_free(struct xml_names *names);

#endif
