/* host.ldif - the entries of LDIF (RFC 2849), and of what ldapsearch prints around them.
 *
 * A window slides over the input and holds one entry at most: the lines up to a blank
 * one. So an entry that is broken ends where the next one begins. */

#include "bytes.h"
#include "common.h"
#include "file/file.h"
#include "host.h"
#include "utf8.h"

#include <stdarg.h>
#include <string.h>
#include <strings.h>

#define READER "host.ldif.reader"

enum { INPUT = 1, NAMES, RANGES, RESULT, CUT, USER_VALUES = CUT }; /* user values */
enum { PIECE = 64 * 1024, LIMIT = 16 * 1024 * 1024 };              /* bytes */
enum { RAW_SHOWN = 4096, LONGEST_NAME = 200 };                     /* bytes */
enum { MOST_NAMES = 1000 };
enum outcome { FAILURE = -1, NOTHING, FOUND };

struct reader {
    struct host_input *in; /* user value INPUT keeps it */
    struct host_bytes window, folded;
    size_t begin, end; /* of the current entry; `end` is where the search goes on */
    size_t limit;
    lua_Integer line, next_line; /* where the entry begins, and what follows it */
    lua_Integer references;      /* to other servers */
    lua_Integer cut_line;        /* of the first entry with an incomplete range */
    int names;                   /* kept in NAMES */
    bool open, started, ended, failed;
    bool running; /* in next; after an error there, the window is not reliable */
    bool begun;   /* something of LDIF was found */
    bool current; /* the window has the last entry */
    bool whole;   /* and all of it */
    bool ranged;  /* the entry has a range */
    bool shown;   /* the entry is read to be shown: bytes that are not text stay base64 */
};

struct line {
    const char *text;
    size_t size;
    lua_Integer number;
};

/* The position in an entry's lines. */
struct walk {
    const char *p, *end;
    lua_Integer next; /* number of the line at p */
};

/* "name: text", "name:: base64", "name:< address" */
struct attribute {
    const char *name, *value;
    size_t name_size, size;
    char form; /* of the value: ' ', ':' or '<' */
};

/* -- the window -- */

/* Moves the window's start to `from` and reads more. 1; 0 at the end; -1 with a failure
 * pushed. */
static int slide(lua_State *L, struct reader *r, size_t from)
{
    struct host_bytes *w = &r->window;

    memmove(w->data, w->data + from, w->size - from);
    w->size -= from;
    if (r->ended) return 0;
    char *room = host_bytes_room(w, PIECE);
    if (!room) return luaL_error(L, "out of memory for reading entries");
    ssize_t n = host_input_read(L, r->in, room, PIECE);
    if (n < 0) return -1;
    if (n == 0) r->ended = true;
    w->size += (size_t)n;
    return n > 0;
}

/* Skips a byte order mark. */
static enum outcome start(lua_State *L, struct reader *r)
{
    if (!host_bytes_room(&r->window, PIECE))
        return (enum outcome)luaL_error(L, "out of memory for reading entries");
    while (r->window.size < 3) {
        int got = slide(L, r, 0);
        if (got < 0) return FAILURE;
        if (got == 0) break;
    }
    r->started = true;
    if (r->window.size >= 3 && memcmp(r->window.data, "\xef\xbb\xbf", 3) == 0) r->end = 3;
    return NOTHING;
}

/* Whether the line [p, newline) is blank. */
static bool is_blank(const char *p, const char *newline)
{
    while (p < newline && (*p == ' ' || *p == '\t' || *p == '\r'))
        p++;
    return p == newline;
}

/* Moves to the first line that is not blank. */
static enum outcome skip_blank(lua_State *L, struct reader *r)
{
    r->line = r->next_line;
    for (;;) {
        const char *p = r->window.data + r->end, *end = r->window.data + r->window.size;
        const char *newline;
        while ((newline = memchr(p, '\n', (size_t)(end - p))) && is_blank(p, newline)) {
            p = newline + 1;
            r->line++;
        }
        r->begin = r->end = (size_t)(p - r->window.data);
        if (newline || !is_blank(p, end)) return FOUND;
        bool is_endless = (size_t)(end - p) > r->limit;
        int got = slide(L, r, is_endless ? r->window.size - 1 : r->begin);
        r->begin = r->end = 0;
        if (got < 0) return FAILURE;
        if (got == 0) return NOTHING;
    }
}

/* Whether an empty line begins at `p`. */
static bool is_empty(const char *p, const char *end)
{
    return p < end && (*p == '\n' || (*p == '\r' && (p + 1 == end || p[1] == '\n')));
}

/* Drops what is before `at` but for the beginning of the entry, which is shown. */
static size_t drop(struct reader *r, size_t at)
{
    char *data = r->window.data;
    size_t kept = r->limit < RAW_SHOWN ? r->limit : RAW_SHOWN, rest = r->window.size - at;

    memmove(data, data + r->begin, kept);
    memmove(data + kept, data + at, rest);
    r->window.size = kept + rest;
    r->begin = 0;
    return kept;
}

/* Finds the empty line after the entry at `begin`. */
static enum outcome find_end(lua_State *L, struct reader *r)
{
    size_t at = r->begin;

    r->whole = true;
    r->next_line = r->line;
    for (;;) {
        const char *data = r->window.data, *end = data + r->window.size, *newline;
        bool found = false;
        while (
            !found && (newline = memchr(data + at, '\n', r->window.size - at)) &&
            (end - newline > 2 || r->ended)) { /* two bytes tell whether one is empty */
            at = (size_t)(newline - data) + 1;
            r->next_line++;
            found = is_empty(newline + 1, end);
        }
        if (!found) at = newline ? (size_t)(newline - data) : r->window.size;
        if (at - r->begin > r->limit) r->whole = false;
        r->end = at;
        if (found || r->ended) return FOUND;
        if (!r->whole) at = drop(r, at);
        size_t from = r->begin;
        r->begin = 0;
        at -= from;
        if (slide(L, r, from) < 0) return FAILURE;
    }
}

/* -- lines -- */

/* The physical line at w->p, without its end. */
static void take(struct walk *w, const char **text, size_t *size)
{
    const char *newline = memchr(w->p, '\n', (size_t)(w->end - w->p));
    const char *end = newline ? newline : w->end;

    *text = w->p;
    *size = (size_t)(end - w->p);
    if (*size > 0 && end[-1] == '\r') --*size;
    w->p = newline ? newline + 1 : w->end;
    w->next++;
}

static bool continues(const struct walk *w)
{
    return w->p < w->end && *w->p == ' ';
}

/* The next line that is not a comment, unfolded; borrowed until the next one. */
static bool next_line(lua_State *L, struct reader *r, struct walk *w, struct line *line)
{
    const char *text;
    size_t size;

    do {
        if (w->p == w->end) return false;
        line->number = w->next;
        take(w, &line->text, &line->size);
        bool is_comment = line->size > 0 && *line->text == '#';
        if (!continues(w) && !is_comment) return true;
        r->folded.size = 0;
        bool added = is_comment || host_bytes_add(&r->folded, line->text, line->size);
        while (continues(w) && added) {
            take(w, &text, &size);
            added = is_comment || host_bytes_add(&r->folded, text + 1, size - 1);
        }
        if (!added) return luaL_error(L, "out of memory for a line");
        if (is_comment) continue;
        line->text = r->folded.data;
        line->size = r->folded.size;
        return true;
    } while (true);
}

static bool is_name(const char *name, size_t size)
{
    if (size == 0 || size > LONGEST_NAME) return false;
    for (size_t i = 0; i < size; i++) {
        char c = host_lower(name[i]);
        if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && !strchr(".-_;=*", c))
            return false;
    }
    return *name != ';';
}

/* NULL, or what is wrong with the line. */
static const char *split(const struct line *line, struct attribute *a)
{
    const char *end = line->text + line->size;
    const char *colon = line->size ? memchr(line->text, ':', line->size) : NULL;

    if (!colon) return "has no colon";
    a->name = line->text;
    a->name_size = (size_t)(colon - line->text);
    if (!is_name(a->name, a->name_size)) return "does not begin with a name";
    a->value = colon + 1;
    a->form = ' ';
    if (a->value < end && (*a->value == ':' || *a->value == '<')) a->form = *a->value++;
    while (a->value < end && *a->value == ' ')
        a->value++;
    a->size = (size_t)(end - a->value);
    return NULL;
}

static bool is_called(const struct attribute *a, const char *name)
{
    return a->name_size == strlen(name) && strncasecmp(a->name, name, a->name_size) == 0;
}

/* -- values -- */

static int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Decodes into `to`, which has room; false for what is not base64. */
static bool decode(const char *text, size_t size, char *to, size_t *decoded)
{
    uint32_t bits = 0;
    int count = 0;

    *decoded = 0;
    if (size % 4 != 0) return false;
    size_t padding = 0;
    while (padding < 2 && padding < size && text[size - 1 - padding] == '=')
        padding++;
    for (size_t i = 0; i < size - padding; i++) {
        int value = base64_value(text[i]);
        if (value < 0) return false;
        bits = (bits << 6 | (uint32_t)value) & 0xffffff;
        count += 6;
        if (count < 8) continue;
        count -= 8;
        to[(*decoded)++] = (char)(bits >> count);
    }
    return (bits & ((1u << count) - 1)) == 0; /* what is left over */
}

/* Pushes the value; or returns what is wrong with it, with nothing pushed. */
static const char *push_value(lua_State *L, const struct reader *r,
                              const struct attribute *a)
{
    if (a->form == '<') return "is an address (\":<\"), which is not read";
    if (a->form == ' ') {
        if (memchr(a->value, 0, a->size)) return "has a zero byte";
        if (host_utf8_check(a->value, a->size) < a->size) return "is not UTF-8";
        lua_pushlstring(L, a->value, a->size);
        return NULL;
    }
    size_t size = a->size, decoded;
    while (size > 0 && a->value[size - 1] == ' ')
        size--;
    luaL_Buffer b;
    char *to = luaL_buffinitsize(L, &b, size + 1);
    bool valid = decode(a->value, size, to, &decoded);
    bool kept = valid && r->shown && host_utf8_check(to, decoded) < decoded;
    luaL_pushresultsize(&b, valid ? decoded : 0);
    if (valid && !kept) return NULL;
    lua_pop(L, 1);
    if (!valid) return "is not base64";
    lua_pushlstring(L, a->value, size);
    return NULL;
}

/* -- names -- */

/* Takes ";range=0-1499" out of a name. Returns whether it was there; `*last`: with the
 * end of the values. */
static bool take_range(char *name, size_t *size, bool *last)
{
    static const char word[] = ";range=";
    char *end = name + *size, *option = name, *next;

    while ((option = memchr(option, ';', (size_t)(end - option)))) {
        next = memchr(option + 1, ';', (size_t)(end - option - 1));
        if (!next) next = end;
        if ((size_t)(next - option) >= sizeof word &&
            memcmp(option, word, sizeof word - 1) == 0) {
            *last = next[-1] == '*';
            memmove(option, next, (size_t)(end - next));
            *size -= (size_t)(next - option);
            return true;
        }
        option = next;
    }
    return false;
}

/* Notes in RANGES whether the values of the name on top end here. */
static void note_range(lua_State *L, struct reader *r, bool last)
{
    if (!r->ranged) {
        lua_newtable(L);
        lua_setiuservalue(L, 1, RANGES);
    }
    r->ranged = true;
    lua_getiuservalue(L, 1, RANGES);
    lua_pushvalue(L, -2); /* name ranges name */
    lua_pushvalue(L, -1);
    lua_rawget(L, -3);
    last = last || lua_toboolean(L, -1);
    lua_pop(L, 1);
    lua_pushboolean(L, last);
    lua_rawset(L, -3);
    lua_pop(L, 1);
}

/* Keeps the value on top for the key below it in the names at `names`, if there is room.
 * Pops both. */
static void keep_name(lua_State *L, struct reader *r, int names)
{
    lua_pushvalue(L, -2);
    bool is_new = lua_rawget(L, names) == LUA_TNIL && r->names < MOST_NAMES;
    lua_pop(L, 1);
    r->names += is_new;
    if (is_new)
        lua_rawset(L, names);
    else
        lua_pop(L, 2);
}

/* Pushes the name in lower case, without a range. */
static void push_name(lua_State *L, struct reader *r, const struct attribute *a)
{
    char name[LONGEST_NAME];
    size_t size = a->name_size;
    bool last = false;

    lua_getiuservalue(L, 1, NAMES);
    int names = lua_gettop(L);
    lua_pushlstring(L, a->name, size);
    lua_pushvalue(L, -1);
    if (lua_rawget(L, names) == LUA_TNIL) {
        for (size_t i = 0; i < size; i++)
            name[i] = host_lower(a->name[i]);
        bool is_ranged = take_range(name, &size, &last);
        lua_pushlstring(L, name, size);
        lua_replace(L, -2); /* names name lower */
        lua_pushvalue(L, is_ranged ? -1 : -2);
        lua_pushvalue(L, -2);
        keep_name(L, r, names);
        if (is_ranged) note_range(L, r, last);
    }
    lua_replace(L, names);
    lua_settop(L, names);
}

/* Counts the entry if the values of one of its names do not end. */
static void settle_ranges(lua_State *L, struct reader *r)
{
    int top = lua_gettop(L);
    bool is_cut = false;

    lua_getiuservalue(L, 1, RANGES);
    for (lua_pushnil(L); !is_cut && lua_next(L, top + 1); lua_settop(L, top + 2)) {
        is_cut = !lua_toboolean(L, -1);
        if (!is_cut || r->cut_line) continue;
        r->cut_line = r->line;
        lua_pushvalue(L, -2);
        lua_setiuservalue(L, 1, CUT);
    }
    lua_settop(L, top);
}

/* -- entries -- */

/* Pushes false, message, line, raw: the entry cannot be read. */
static enum outcome bad(lua_State *L, const struct reader *r, const char *fmt, ...)
{
    size_t size = r->end - r->begin;
    va_list args;

    lua_pushboolean(L, 0);
    va_start(args, fmt);
    lua_pushvfstring(L, fmt, args);
    va_end(args);
    lua_pushinteger(L, r->line);
    if (!r->whole && size > r->limit) size = r->limit;
    while (size > 0 && strchr("\r\n", r->window.data[r->begin + size - 1]))
        size--;
    host_push_shown(L, r->window.data + r->begin, size, RAW_SHOWN);
    return FOUND;
}

/* Adds the value to the list of its name in the record at `record`. NULL, or what is
 * wrong with it. */
static const char *add_value(lua_State *L, struct reader *r, int record,
                             const struct attribute *a)
{
    const char *wrong = push_value(L, r, a);

    if (wrong) return wrong;
    push_name(L, r, a);
    lua_pushvalue(L, -1); /* value name name */
    if (lua_rawget(L, record) != LUA_TTABLE) {
        lua_pop(L, 1);
        lua_createtable(L, 1, 0);
        lua_pushvalue(L, -2);
        lua_pushvalue(L, -2);
        lua_rawset(L, record);
    }
    lua_pushvalue(L, -3); /* value name list value */
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
    lua_settop(L, record);
    return NULL;
}

static bool is_value(const struct attribute *a, const char *word)
{
    return a->form == ' ' && a->size == strlen(word) &&
           strncasecmp(a->value, word, a->size) == 0;
}

/* A record of a change other than the adding of an entry. */
static enum outcome change(lua_State *L, const struct reader *r,
                           const struct attribute *a)
{
    static const char *const words[] = {"delete", "modify", "modrdn", "moddn"};
    const char *word = "of another kind";

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (is_value(a, words[i])) word = words[i];
    return bad(L, r,
               "a change (changetype: %s), not an entry: export the entries themselves, "
               "with ldapsearch or slapcat",
               word);
}

/* The lines of an entry after its dn; the record is on top. */
static enum outcome read_attributes(lua_State *L, struct reader *r, struct walk *w)
{
    int record = lua_gettop(L);
    struct attribute a;
    struct line line;

    while (next_line(L, r, w, &line)) {
        const char *wrong = split(&line, &a);
        if (wrong) return bad(L, r, "line %I %s", (LUAI_UACINT)line.number, wrong);
        if (is_called(&a, "dn"))
            return bad(L, r,
                       "a second dn in line %I: is the blank line before it missing?",
                       (LUAI_UACINT)line.number);
        if (is_called(&a, "changetype")) {
            if (!is_value(&a, "add")) return change(L, r, &a);
            lua_pushnil(L); /* of the change */
            lua_setfield(L, record, "control");
            continue;
        }
        wrong = add_value(L, r, record, &a);
        if (!wrong) continue;
        lua_pushlstring(L, a.name, a.name_size);
        return bad(L, r, "the value of %s in line %I %s", lua_tostring(L, -1),
                   (LUAI_UACINT)line.number, wrong);
    }
    lua_pushinteger(L, r->line);
    return FOUND;
}

/* A file that begins otherwise is not one. */
static enum outcome not_ldif(lua_State *L, const struct reader *r,
                             const struct line *line)
{
    if (r->begun)
        return bad(L, r, "line %I does not begin with \"dn:\"",
                   (LUAI_UACINT)line->number);
    host_fail(L, HOST_PARSE,
              "it is not LDIF: line %I is the first one and does not begin with \"dn:\"",
              (LUAI_UACINT)line->number);
    return FAILURE;
}

/* "search: 2", "result: 0 Success", "ref: ldap://…": what ldapsearch prints between and
 * after the entries without -LLL. */
static enum outcome read_trailer(lua_State *L, struct reader *r, struct walk *w,
                                 struct attribute *a)
{
    struct line line = {0};

    do {
        if (line.text && split(&line, a)) continue;
        if (is_called(a, "ref")) r->references++;
        if (is_called(a, "result") && !(a->size > 0 && *a->value == '0')) {
            host_push_shown(L, a->value, a->size, LONGEST_NAME);
            lua_setiuservalue(L, 1, RESULT);
        }
    } while (next_line(L, r, w, &line));
    return NOTHING;
}

static bool is_trailer(const struct attribute *a)
{
    return is_called(a, "search") || is_called(a, "result") || is_called(a, "ref");
}

/* Reads what is from `begin` to `end`: pushes record and line, or what `bad` pushes;
 * NOTHING for what is not an entry. */
static enum outcome read_entry(lua_State *L, struct reader *r)
{
    struct walk w = {r->window.data + r->begin, r->window.data + r->end, r->line};
    struct attribute a;
    struct line line;

    r->ranged = false;
    for (;;) {
        if (!next_line(L, r, &w, &line)) return NOTHING; /* comments */
        r->line = line.number;
        if (split(&line, &a)) return not_ldif(L, r, &line);
        if (!is_called(&a, "version")) break;
        if (!is_value(&a, "1")) {
            host_fail(L, HOST_PARSE, "it is LDIF of another version than 1");
            return FAILURE;
        }
        r->begun = true;
        r->begin = (size_t)(w.p - r->window.data);
    }
    bool is_entry = is_called(&a, "dn");
    if (!is_entry && !is_trailer(&a)) return not_ldif(L, r, &line);
    r->begun = true;
    if (!is_entry) return read_trailer(L, r, &w, &a);
    lua_createtable(L, 0, 16);
    const char *wrong = push_value(L, r, &a);
    if (!wrong) {
        size_t size;
        const char *dn = lua_tolstring(L, -1, &size);
        if (host_utf8_check(dn, size) < size) wrong = "is not UTF-8";
    }
    if (wrong)
        return bad(L, r, "the value of dn in line %I %s", (LUAI_UACINT)line.number,
                   wrong);
    lua_setfield(L, -2, "dn");
    return read_attributes(L, r, &w);
}

/* The next entry, and its results pushed. */
static enum outcome next_entry(lua_State *L, struct reader *r)
{
    enum outcome found = r->started ? NOTHING : start(L, r);

    while (found == NOTHING) {
        found = skip_blank(L, r);
        if (found == FOUND) found = find_end(L, r);
        if (found != FOUND) return found;
        if (!r->whole)
            return bad(L, r, "an entry longer than %I bytes", (LUAI_UACINT)r->limit);
        found = read_entry(L, r);
        if (found == NOTHING) lua_settop(L, 1);
    }
    return found;
}

/* -- the reader -- */

/* reader:next() -> record, line | nil at the end | false, message, line, raw
 *   | nil, message, kind */
static int reader_next(lua_State *L)
{
    struct reader *r = host_self(L, READER);
    luaL_argcheck(L, r->open, 1, "the reader is closed");
    if (r->failed || r->running)
        return host_fail(L, HOST_PARSE, "the reader has already failed");
    lua_settop(L, 1);

    r->current = false;
    r->running = true;
    enum outcome found = next_entry(L, r);
    r->running = false;
    if (found == NOTHING) return 0;
    r->failed = found == FAILURE;
    if (r->failed) return 3;
    bool is_bad = lua_type(L, -1) == LUA_TSTRING;
    r->current = !is_bad;
    if (!is_bad && r->ranged) settle_ranges(L, r);
    return is_bad ? 4 : 2;
}

/* reader:record() -> record | nil
 * The last entry as its text has it. */
static int reader_record(lua_State *L)
{
    struct reader *r = host_self(L, READER);
    lua_settop(L, 1);
    if (!r->open || !r->current || r->running) return 0;

    r->shown = true;
    enum outcome found = read_entry(L, r);
    r->shown = false;
    if (found != FOUND) return 0;
    lua_pop(L, 1);
    return 1;
}

/* reader:names() -> names, at most 1000 */
static int reader_names(lua_State *L)
{
    host_self(L, READER);
    lua_settop(L, 1);
    lua_getiuservalue(L, 1, NAMES);
    lua_newtable(L);
    lua_Integer n = 0;
    for (lua_pushnil(L); lua_next(L, 2);) /* names list name lower */
        lua_rawseti(L, 3, ++n);
    return 1;
}

/* reader:export() -> {references, result, cut, cut_line}
 * What is known of the export as a whole. */
static int reader_export(lua_State *L)
{
    const struct reader *r = host_self(L, READER);
    lua_settop(L, 1);
    lua_createtable(L, 0, 4);
    lua_pushinteger(L, r->references);
    lua_setfield(L, 2, "references");
    lua_getiuservalue(L, 1, RESULT);
    lua_setfield(L, 2, "result");
    lua_getiuservalue(L, 1, CUT);
    lua_setfield(L, 2, "cut");
    lua_pushinteger(L, r->cut_line);
    lua_setfield(L, 2, "cut_line");
    return 1;
}

/* reader:close()
 * The input stays open; it belongs to the caller. */
static int reader_close(lua_State *L)
{
    struct reader *r = luaL_checkudata(L, 1, READER);
    r->open = r->current = false;
    host_bytes_free(&r->window);
    host_bytes_free(&r->folded);
    return 0;
}

/* reader(input, options?) -> reader
 * limit: bytes of the longest entry, default 16 MiB. */
static int ldif_reader(lua_State *L)
{
    struct host_input *in = luaL_checkudata(L, 1, HOST_FILE_INPUT);
    lua_Integer limit = LIMIT;
    lua_settop(L, 2);
    if (!lua_isnil(L, 2)) {
        luaL_checktype(L, 2, LUA_TTABLE);
        lua_getfield(L, 2, "limit");
        limit = luaL_optinteger(L, -1, LIMIT);
        luaL_argcheck(L, limit > 0, 2, "the limit must be positive");
    }

    struct reader *r = lua_newuserdatauv(L, sizeof *r, USER_VALUES);
    memset(r, 0, sizeof *r);
    luaL_setmetatable(L, READER);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, INPUT);
    lua_newtable(L);
    lua_setiuservalue(L, -2, NAMES);
    host_input_as_text(L, in);
    r->in = in;
    r->limit = (size_t)limit;
    r->next_line = 1;
    r->open = true;
    return 1;
}

static const luaL_Reg functions[] = {
    {"reader", ldif_reader},
    {NULL,     NULL       }
};

static const luaL_Reg methods[] = {
    {"close",  reader_close },
    {"export", reader_export},
    {"names",  reader_names },
    {"next",   reader_next  },
    {"record", reader_record},
    {NULL,     NULL         }
};

static const luaL_Reg metamethods[] = {
    {"__close", reader_close},
    {"__gc",    reader_close},
    {NULL,      NULL        }
};

int luaopen_host_ldif(lua_State *L)
{
    host_newtype(L, READER, methods, metamethods);
    luaL_newlib(L, functions);
    return 1;
}
