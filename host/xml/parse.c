/* What expat finds: where on the path, inside which record.
 *
 * expat is suspended at the end of each record. What it would keep without bound is
 * bounded here: names, depth, the document type; the reader bounds what is between two
 * events. */

#include "xml/parse.h"

#include "encoding.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define XSI "http://www.w3.org/2001/XMLSchema-instance"

enum { FIRST_DEPTH = 32 };

static void stop(struct xml_parse *p, enum xml_stop why)
{
    if (p->stop == XML_GOES_ON) p->stop = why;
    XML_StopParser(p->parser, XML_FALSE);
}

/* Keeps a name for the message, or its first characters. */
static void show(struct xml_parse *p, const char *name, size_t size)
{
    if (size >= sizeof p->shown) {
        size = sizeof p->shown - 1;
        while (size > 0 && ((unsigned char)name[size] & 0xc0) == 0x80)
            size--;
    }
    memcpy(p->shown, name, size);
    p->shown[size] = 0;
}

/* The number of a name; stops if there is none. */
static uint32_t number(struct xml_parse *p, char mark, const char *name)
{
    uint32_t found = host_xml_name(&p->names, mark, name);
    if (found == XML_NO_NAME)
        stop(p, p->names.is_full ? XML_TOO_MANY_NAMES : XML_NO_MEMORY);
    return found;
}

/* -- entities -- */

static void unknown_entity(struct xml_parse *p, const char *name, size_t size)
{
    if (!p->in_record || p->fault) return;
    p->fault = XML_UNKNOWN_ENTITY;
    show(p, name, size);
}

/* `text` is all of an entity between & and ;. */
static bool is_predefined(const char *text, size_t size)
{
    static const char *const names[] = {"amp", "lt", "gt", "quot", "apos"};

    if (size > 0 && *text == '#') return true;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i]) == size && memcmp(names[i], text, size) == 0) return true;
    return false;
}

/* Anything else. The text of a start tag, as UTF-8, perhaps in pieces: expat drops
 * unknown entities from the values of attributes without a word. */
static void on_other(void *user, const XML_Char *text, int size)
{
    struct xml_parse *p = user;

    p->at = XML_GetCurrentByteIndex(p->parser);
    if (p->in_type && p->at - p->type_begin > XML_MOST_TYPE_BYTES) stop(p, XML_LONG_TYPE);
    if (!p->looks) return;
    for (const char *c = text, *end = text + size; c < end; c++) {
        if (!p->in_entity) {
            c = memchr(c, '&', (size_t)(end - c));
            if (!c) return;
            p->in_entity = true;
            p->entity_size = 0;
        } else if (*c == ';') {
            p->in_entity = false;
            if (!is_predefined(p->entity, p->entity_size))
                unknown_entity(p, p->entity, p->entity_size);
        } else if (p->entity_size < sizeof p->entity) {
            p->entity[p->entity_size++] = *c;
        }
    }
}

static void on_skipped(void *user, const XML_Char *name, int is_parameter)
{
    if (!is_parameter) unknown_entity(user, name, strlen(name));
}

static void on_entity_declared(void *user, const XML_Char *name, int is_parameter,
                               const XML_Char *value, int size, const XML_Char *base,
                               const XML_Char *system, const XML_Char *public,
                               const XML_Char *notation)
{
    struct xml_parse *p = user;

    (void)is_parameter, (void)value, (void)size, (void)base, (void)system, (void)public,
        (void)notation;
    show(p, name, strlen(name));
    stop(p, XML_ENTITY_DECLARED);
}

static void on_type(void *user, const XML_Char *name, const XML_Char *system,
                    const XML_Char *public, int has_subset)
{
    struct xml_parse *p = user;

    (void)name, (void)system, (void)public, (void)has_subset;
    p->in_type = true;
    p->type_begin = XML_GetCurrentByteIndex(p->parser);
}

static void on_type_end(void *user)
{
    struct xml_parse *p = user;
    p->in_type = false;
}

/* -- elements -- */

static bool is_declaration(const char *attribute)
{
    return strncmp(attribute, "xmlns", 5) == 0 &&
           (attribute[5] == 0 || attribute[5] == ':');
}

/* Notes that a prefix is that of xsi:nil. */
static void add_nil(struct xml_parse *p, const char *prefix)
{
    char name[XML_SHOWN];
    size_t size = strlen(prefix);

    if (p->n_nil == XML_MOST_NIL || size + sizeof ":nil" > sizeof name) return;
    memcpy(name, prefix, size);
    memcpy(name + size, ":nil", sizeof ":nil");
    uint32_t nil = number(p, '@', name);
    for (int i = 0; i < p->n_nil; i++)
        if (p->nil[i] == nil) return;
    if (nil != XML_NO_NAME) p->nil[p->n_nil++] = nil;
}

static void find_declarations(struct xml_parse *p, const XML_Char **attributes)
{
    for (; *attributes; attributes += 2)
        if (strncmp(attributes[0], "xmlns:", 6) == 0 && strcmp(attributes[1], XSI) == 0)
            add_nil(p, attributes[0] + 6);
}

static bool is_nil(const struct xml_parse *p, uint32_t name)
{
    for (int i = 0; i < p->n_nil; i++)
        if (p->nil[i] == name) return true;
    return false;
}

static bool is_true(const char *value)
{
    return strcmp(value, "true") == 0 || strcmp(value, "1") == 0;
}

/* Takes the attributes that the element has, not those that a document type adds. Returns
 * whether there are any but declarations. */
static bool take_attributes(struct xml_parse *p, const XML_Char **attributes)
{
    const XML_Char **end = attributes + XML_GetSpecifiedAttributeCount(p->parser);
    bool found = false;

    find_declarations(p, attributes);
    for (; attributes < end && !p->stop; attributes += 2) {
        uint32_t name = number(p, '@', attributes[0]);
        if (name == XML_NO_NAME || is_declaration(attributes[0])) continue;
        found = true;
        if (!p->in_record || p->fault) continue;
        if (is_nil(p, name)) {
            if (is_true(attributes[1])) host_xml_tree_nil(&p->tree);
        } else if (!host_xml_tree_attribute(&p->tree, name, attributes[1])) {
            stop(p, XML_NO_MEMORY);
        }
    }
    return found;
}

/* Keeps the beginning of the record as it is written. */
static void add_raw(struct xml_parse *p, const char *text, size_t size)
{
    size_t room = sizeof p->raw - p->raw_size;
    if (size > room) size = room;
    memcpy(p->raw + p->raw_size, text, size);
    p->raw_size += size;
}

void host_xml_parse_more(struct xml_parse *p, const char *text, size_t size)
{
    if (p->in_record) add_raw(p, text, size);
}

static void begin_record(struct xml_parse *p)
{
    int offset = 0, size = 0;
    const char *text = XML_GetInputContext(p->parser, &offset, &size);

    p->in_record = true;
    p->fault = XML_GOOD;
    p->begin = p->at;
    p->line = XML_GetCurrentLineNumber(p->parser);
    host_xml_tree_clear(&p->tree);
    p->raw_size = 0;
    if (text) add_raw(p, text + offset, (size_t)(size - offset));
}

/* Counts what the record has, `more` bytes after the beginning of the event included. */
static void check_length(struct xml_parse *p, size_t more)
{
    if (!p->fault && (size_t)(p->at - p->begin) + more > p->limit)
        p->fault = XML_LONG_RECORD;
}

/* Finds out whether the element that begins is on the path. */
static void match(struct xml_parse *p, uint32_t name)
{
    if (p->matched < p->depth - 1 || p->matched == p->n_path) return;
    uint32_t wanted = p->path[p->matched];
    if (wanted == name || wanted == XML_ANY_NAME)
        p->matched++;
    else if (p->depth == p->n_path)
        p->is_other = true;
    if (p->matched == p->n_path - 1) p->has_around = true;
    if (p->matched == p->n_path) begin_record(p);
}

static bool push_open(struct xml_parse *p, uint32_t name)
{
    if (p->depth == p->room) {
        int room = p->room ? 2 * p->room : FIRST_DEPTH;
        uint32_t *open = realloc(p->open, (size_t)room * sizeof *open);
        if (!open) return false;
        p->open = open;
        p->room = room;
    }
    p->open[p->depth++] = name;
    return true;
}

static void look_for_entities(struct xml_parse *p)
{
    p->looks = true;
    p->in_entity = false;
    XML_DefaultCurrent(p->parser);
    p->looks = false;
}

static void on_start(void *user, const XML_Char *name, const XML_Char **attributes)
{
    struct xml_parse *p = user;

    p->at = XML_GetCurrentByteIndex(p->parser);
    uint32_t found = number(p, 0, name);
    if (p->stop) return;
    if (p->depth == XML_DOCUMENT_DEPTH) {
        stop(p, XML_TOO_DEEP);
        return;
    }
    if (!push_open(p, found)) {
        stop(p, XML_NO_MEMORY);
        return;
    }
    if (!p->in_record) match(p, found);
    if (p->in_record) {
        check_length(p, (size_t)XML_GetCurrentByteCount(p->parser));
        if (!p->fault && p->depth - p->n_path >= XML_RECORD_DEPTH)
            p->fault = XML_DEEP_RECORD;
        if (!p->fault && !host_xml_tree_open(&p->tree, found)) stop(p, XML_NO_MEMORY);
        if (*attributes) look_for_entities(p);
    }
    if (p->stop) return;
    bool has_attributes = take_attributes(p, attributes);
    if (!p->in_record)
        host_xml_outline_add(&p->outline, found, p->depth - 1, has_attributes);
}

static void on_end(void *user, const XML_Char *name)
{
    struct xml_parse *p = user;

    (void)name;
    p->at = XML_GetCurrentByteIndex(p->parser);
    if (p->stop) return; /* expat still ends an element whose tag is empty */
    p->depth--;
    if (p->in_record) {
        check_length(p, (size_t)XML_GetCurrentByteCount(p->parser));
        if (!p->fault) host_xml_tree_close(&p->tree);
    }
    if (p->depth >= p->matched) return;
    p->matched = p->depth;
    if (!p->in_record) return;
    p->in_record = false;
    size_t size = (size_t)(p->at - p->begin) + (size_t)XML_GetCurrentByteCount(p->parser);
    if (size < p->raw_size) p->raw_size = size;
    XML_StopParser(p->parser, XML_TRUE);
}

/* -- text -- */

static void on_text(void *user, const XML_Char *text, int size)
{
    struct xml_parse *p = user;

    p->at = XML_GetCurrentByteIndex(p->parser);
    if (!p->in_record) return;
    check_length(p, (size_t)XML_GetCurrentByteCount(p->parser));
    if (!p->fault && !host_xml_tree_text(&p->tree, text, (size_t)size))
        stop(p, XML_NO_MEMORY);
}

static void on_cdata(void *user)
{
    struct xml_parse *p = user;
    p->tree.in_cdata = true;
}

static void on_cdata_end(void *user)
{
    struct xml_parse *p = user;
    p->tree.in_cdata = false;
}

/* An encoding that expat does not know. */
static int on_encoding(void *user, const XML_Char *name, XML_Encoding *encoding)
{
    struct xml_parse *p = user;

    show(p, name, strlen(name));
    const struct host_encoding *e = host_encoding_find(name);
    uint32_t points[HOST_BYTES];
    if (!e || e->kind != HOST_ONE_BYTE || !host_encoding_points(e, points))
        return XML_STATUS_ERROR;
    for (int i = 0; i < HOST_BYTES; i++)
        encoding->map[i] = points[i] == HOST_NO_POINT ? -1 : (int)points[i];
    encoding->data = NULL;
    encoding->convert = NULL;
    encoding->release = NULL;
    return XML_STATUS_OK;
}

static bool is_utf8(const char *encoding)
{
    return !encoding || strcasecmp(encoding, "utf-8") == 0;
}

static void on_declaration(void *user, const XML_Char *version, const XML_Char *encoding,
                           int standalone)
{
    struct xml_parse *p = user;

    (void)version, (void)standalone;
    p->at = XML_GetCurrentByteIndex(p->parser);
    p->has_encoding = p->has_encoding || !is_utf8(encoding);
}

bool host_xml_parse_begin(struct xml_parse *p, const char *encoding)
{
    p->has_encoding = !is_utf8(encoding);
    p->parser = XML_ParserCreate(encoding);
    if (!p->parser) return false;
    XML_SetUserData(p->parser, p);
    XML_SetElementHandler(p->parser, on_start, on_end);
    XML_SetCharacterDataHandler(p->parser, on_text);
    XML_SetCdataSectionHandler(p->parser, on_cdata, on_cdata_end);
    XML_SetXmlDeclHandler(p->parser, on_declaration);
    XML_SetDefaultHandlerExpand(p->parser, on_other);
    XML_SetSkippedEntityHandler(p->parser, on_skipped);
    XML_SetEntityDeclHandler(p->parser, on_entity_declared);
    XML_SetDoctypeDeclHandler(p->parser, on_type, on_type_end);
    XML_SetUnknownEncodingHandler(p->parser, on_encoding, p);
    /* An entity that is not declared is then skipped: it costs its record only. */
    XML_UseForeignDTD(p->parser, XML_TRUE);
    add_nil(p, "xsi");
    host_xml_tree_clear(&p->tree);
    return p->n_nil == 1;
}

bool host_xml_parse_step(struct xml_parse *p, const char *name)
{
    uint32_t *path = realloc(p->path, (size_t)(p->n_path + 1) * sizeof *path);
    if (!path) return false;
    p->path = path;
    uint32_t step =
        strcmp(name, "*") == 0 ? XML_ANY_NAME : host_xml_name(&p->names, 0, name);
    path[p->n_path++] = step;
    p->has_around = p->n_path == 1;
    return step != XML_NO_NAME;
}

void host_xml_parse_free(struct xml_parse *p)
{
    if (p->parser) XML_ParserFree(p->parser);
    p->parser = NULL;
    host_xml_names_free(&p->names);
    host_xml_tree_free(&p->tree);
    free(p->path);
    free(p->open);
    p->path = p->open = NULL;
}
