/* Splits a multipart/form-data body into its parts (RFC 2046 and 7578), in one pass over
 * the whole body.
 *
 * Does not use libmicrohttpd's post processor: it calls back several times per part,
 * cannot distinguish an empty part from the start of the next one with the same name, and
 * ignores malformed input. */

#include "server/form.h"

#include "common.h"

#include <string.h>
#include <strings.h>

#define FORM "multipart/form-data"

struct slice {
    const char *data; /* NULL: absent */
    size_t size;
};

struct part {
    struct slice name, filename, type;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static struct slice trim(struct slice s)
{
    while (s.size && is_blank(*s.data))
        s.data++, s.size--;
    while (s.size && is_blank(s.data[s.size - 1]))
        s.size--;
    return s;
}

static bool same_word(struct slice s, const char *word)
{
    return s.size == strlen(word) && strncasecmp(s.data, word, s.size) == 0;
}

/* Removes and returns what is before `separator` in `rest`; skips over quoted strings. */
static struct slice take_until(struct slice *rest, char separator)
{
    struct slice taken = {rest->data, 0};
    bool quoted = false;
    while (taken.size < rest->size) {
        char c = rest->data[taken.size];
        if (c == separator && !quoted) break;
        if (c == '"') quoted = !quoted;
        if (c == '\\' && quoted && taken.size + 1 < rest->size) taken.size++;
        taken.size++;
    }
    size_t passed = taken.size + (taken.size < rest->size);
    rest->data += passed;
    rest->size -= passed;
    return trim(taken);
}

/* A parameter's value, without quotes; push_unescaped resolves escapes. */
static struct slice parameter(struct slice header, const char *name)
{
    take_until(&header, ';');
    while (header.size) {
        struct slice value = take_until(&header, ';');
        struct slice key = take_until(&value, '=');
        value = trim(value);
        if (!same_word(key, name)) continue;
        if (value.size >= 2 && value.data[0] == '"' && value.data[value.size - 1] == '"')
            return (struct slice){value.data + 1, value.size - 2};
        return value;
    }
    return (struct slice){NULL, 0};
}

bool host_form_is(const char *content_type)
{
    struct slice rest = {content_type, strlen(content_type)};
    return same_word(take_until(&rest, ';'), FORM);
}

/* Reads one header line of a part. */
static void part_header(struct part *part, struct slice line)
{
    struct slice key = take_until(&line, ':');
    struct slice value = trim(line);
    if (same_word(key, "content-type")) part->type = value;
    if (!same_word(key, "content-disposition")) return;
    part->name = parameter(value, "name");
    part->filename = parameter(value, "filename");
}

/* Reads the header lines at *p and sets *p after the empty line that ends them. */
static bool part_headers(struct part *part, const char **p, const char *end)
{
    for (;;) {
        const char *line_end = memmem(*p, (size_t)(end - *p), "\r\n", 2);
        if (!line_end) return false;
        struct slice line = {*p, (size_t)(line_end - *p)};
        *p = line_end + 2;
        if (line.size == 0) return part->name.data != NULL;
        part_header(part, line);
    }
}

/* Pushes quoted text: \" and \\ stand for " and \; other backslashes are literal, as in
 * Windows paths. */
static void push_unescaped(lua_State *L, struct slice s)
{
    luaL_Buffer b;
    luaL_buffinitsize(L, &b, s.size);
    for (size_t i = 0; i < s.size; i++) {
        bool escape = s.data[i] == '\\' && i + 1 < s.size &&
                      (s.data[i + 1] == '"' || s.data[i + 1] == '\\');
        if (escape) i++;
        luaL_addchar(&b, s.data[i]);
    }
    luaL_pushresult(&b);
}

/* Appends a part to the list on top of the stack. */
static void add_part(lua_State *L, const struct part *part, struct slice data)
{
    lua_createtable(L, 0, 4);
    push_unescaped(L, part->name);
    lua_setfield(L, -2, "name");
    if (part->filename.data) {
        push_unescaped(L, part->filename);
        lua_setfield(L, -2, "filename");
    }
    if (part->type.data) {
        lua_pushlstring(L, part->type.data, part->type.size);
        lua_setfield(L, -2, "type");
    }
    lua_pushlstring(L, data.data, data.size);
    lua_setfield(L, -2, "data");
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
}

enum delimiter { NONE, NEXT, LAST };

/* Finds the next "\r\n--boundary" that is alone in its line. Sets *data to what is before
 * it and *p after it. `mark` is the whole delimiter, including its line break. */
static enum delimiter find_delimiter(struct slice mark, const char **p, const char *end,
                                     struct slice *data)
{
    const char *from = *p;
    data->data = *p;
    while (from < end &&
           (from = memmem(from, (size_t)(end - from), mark.data, mark.size))) {
        const char *after = from + mark.size;
        bool last = end - after >= 2 && memcmp(after, "--", 2) == 0;
        if (last) after += 2;
        while (after < end && is_blank(*after))
            after++;
        bool line_ends = end - after >= 2 && memcmp(after, "\r\n", 2) == 0;
        if (line_ends || (last && after == end)) {
            data->size = (size_t)(from - *p);
            *p = line_ends ? after + 2 : after;
            return last ? LAST : NEXT;
        }
        from += 2;
    }
    return NONE;
}

/* Skips what is before the first part. The first delimiter may lack its line break. */
static enum delimiter find_first(struct slice mark, const char **p, const char *end)
{
    struct slice ignored, bare = {mark.data + 2, mark.size - 2};
    const char *start = *p;
    bool at_start =
        (size_t)(end - start) >= bare.size && memcmp(start, bare.data, bare.size) == 0;
    return find_delimiter(at_start ? bare : mark, p, end, &ignored);
}

bool host_form_push(lua_State *L, const char *content_type, const char *body, size_t size)
{
    int top = lua_gettop(L);
    struct slice boundary =
        parameter((struct slice){content_type, strlen(content_type)}, "boundary");
    if (!boundary.data || boundary.size == 0) return false;
    lua_pushliteral(L, "\r\n--");
    lua_pushlstring(L, boundary.data, boundary.size);
    lua_concat(L, 2);
    struct slice mark;
    mark.data = lua_tolstring(L, -1, &mark.size);

    lua_newtable(L); /* mark parts */
    const char *p = body, *end = body + size;
    enum delimiter met = find_first(mark, &p, end);
    while (met == NEXT) {
        struct part part = {
            {NULL, 0},
            {NULL, 0},
            {NULL, 0}
        };
        struct slice data;
        if (!part_headers(&part, &p, end)) break;
        p -= 2; /* an empty part shares its line break with the delimiter */
        met = find_delimiter(mark, &p, end, &data);
        if (met == NONE) break;
        if (data.size >= 2) {
            data.data += 2;
            data.size -= 2;
        }
        add_part(L, &part, data);
    }
    if (met != LAST || lua_rawlen(L, -1) == 0) {
        lua_settop(L, top);
        return false;
    }
    lua_remove(L, -2);
    return true;
}
