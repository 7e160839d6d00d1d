/* The tokens of a dump: words, names, strings and comments of three dialects.
 *
 * Which dialect it is shows in what only one of them writes; it decides whether a
 * backslash escapes, and what # and $ mean. */

#include "dump/scan.h"

#include "common.h"

#include <lauxlib.h>
#include <string.h>

enum { WINDOW = 128 * 1024, HEADLINE = 80 };

/* -- the window -- */

lua_Integer host_dump_line(struct dump_scan *s, size_t offset)
{
    const char *data = s->window.data;
    while (s->counted < offset) {
        const char *p = memchr(data + s->counted, '\n', offset - s->counted);
        if (!p) break;
        s->counted = (size_t)(p - data) + 1;
        s->line++;
        s->line_begin = s->passed + (lua_Integer)s->counted;
    }
    if (s->counted < offset) s->counted = offset;
    return s->line;
}

/* Drops what is neither kept nor ahead. */
static void slide(struct dump_scan *s)
{
    size_t from = s->kept < s->at ? s->kept : s->at;
    if (from == 0) return;
    host_dump_line(s, from);
    memmove(s->window.data, s->window.data + from, s->window.size - from);
    s->window.size -= from;
    s->passed += (lua_Integer)from;
    s->at -= from;
    s->counted -= from;
    s->begin = s->begin > from ? s->begin - from : 0;
    if (s->kept != DUMP_NOWHERE) s->kept -= from;
}

bool host_dump_fill(lua_State *L, struct dump_scan *s)
{
    if (s->ended || s->failed) return false;
    if (s->kept != DUMP_NOWHERE && s->at - s->kept > s->limit) {
        s->kept = DUMP_NOWHERE;
        s->over = true;
    }
    slide(s);
    struct host_bytes *b = &s->window;
    size_t room = b->capacity - b->size;
    if (room == 0) room = b->capacity ? b->capacity : WINDOW;
    char *to = host_bytes_room(b, room);
    if (!to) luaL_error(L, "out of memory for %I bytes of a dump", (LUAI_UACINT)room);
    ssize_t n = host_input_read(L, s->input, to, room);
    if (n < 0) { /* nil message kind */
        lua_setiuservalue(L, 1, DUMP_KIND);
        lua_setiuservalue(L, 1, DUMP_MESSAGE);
        lua_pop(L, 1);
        s->failed = true;
    }
    if (n <= 0) s->ended = true;
    if (n > 0) b->size += (size_t)n;
    return n > 0;
}

void host_dump_keep(struct dump_scan *s)
{
    s->kept = s->at;
    s->over = false;
}

/* Reads until `n` bytes are ahead; false if there are fewer. */
static bool ahead(lua_State *L, struct dump_scan *s, size_t n)
{
    while (s->window.size - s->at < n)
        if (!host_dump_fill(L, s)) return false;
    return true;
}

bool host_dump_sees(lua_State *L, struct dump_scan *s, const char *text, size_t size)
{
    return ahead(L, s, size) && memcmp(s->window.data + s->at, text, size) == 0;
}

bool host_dump_pass_line(lua_State *L, struct dump_scan *s)
{
    for (;;) {
        const char *from = s->window.data + s->at;
        const char *end =
            s->at < s->window.size ? memchr(from, '\n', s->window.size - s->at) : NULL;
        if (end) {
            s->at += (size_t)(end - from) + 1;
            return true;
        }
        s->at = s->window.size;
        if (!host_dump_fill(L, s)) return false;
    }
}

/* -- what is cut by the end of the input -- */

/* Something begins that must be closed; cut() says that it was not. */
static void open(struct dump_scan *s, size_t offset)
{
    s->open_line = host_dump_line(s, offset);
}

static enum dump_kind cut(struct dump_scan *s, const char *what)
{
    s->unclosed = what;
    return DUMP_OVER;
}

/* -- comments -- */

void host_dump_mean(struct dump_scan *s, enum dump_dialect dialect)
{
    if (s->dialect == DUMP_UNKNOWN) s->dialect = dialect;
}

/* What the comments at the beginning and the end of a dump say. */
static void headline(struct dump_scan *s, const char *text, size_t size)
{
    static const struct {
        const char *text;
        enum dump_dialect dialect;
        bool has_end, is_complete;
    } lines[] = {
        {"-- MySQL dump",                        DUMP_MYSQL,      true,  false},
        {"-- MariaDB dump",                      DUMP_MYSQL,      true,  false},
        {"-- phpMyAdmin",                        DUMP_MYSQL,      false, false},
        {"-- Dump completed",                    DUMP_MYSQL,      false, true },
        {"-- PostgreSQL database dump complete", DUMP_POSTGRESQL, false, true },
        {"-- PostgreSQL database dump",          DUMP_POSTGRESQL, true,  false},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        size_t n = strlen(lines[i].text);
        if (size < n || memcmp(text, lines[i].text, n) != 0) continue;
        host_dump_mean(s, lines[i].dialect);
        if (lines[i].has_end) {
            s->has_end = true;
            s->is_complete = false;
        }
        if (lines[i].is_complete) s->is_complete = true;
        return;
    }
}

static void pass_line_comment(lua_State *L, struct dump_scan *s)
{
    ahead(L, s, HEADLINE);
    size_t size = s->window.size - s->at;
    const char *text = s->window.data + s->at;
    const char *end = memchr(text, '\n', size);
    headline(s, text, end ? (size_t)(end - text) : size);
    host_dump_pass_line(L, s);
}

/* Passes the rest of a comment up to its end; false if that is missing. */
static bool pass_comment(lua_State *L, struct dump_scan *s)
{
    for (;;) {
        if (host_dump_peek(L, s) == DUMP_END) return false;
        const char *from = s->window.data + s->at;
        const char *star = memchr(from, '*', s->window.size - s->at);
        s->at = star ? (size_t)(star - s->window.data) + 1 : s->window.size;
        if (star && host_dump_peek(L, s) == '/') {
            s->at++;
            return true;
        }
    }
}

/* A comment whose text MySQL runs, such as one from version 4.01.01 on, loses its marks:
 * what is inside is read as SQL. Returns false for one that no server runs. */
static bool enter_conditional(lua_State *L, struct dump_scan *s)
{
    ahead(L, s, 10);
    const char *p = s->window.data + s->at, *end = s->window.data + s->window.size;
    if (p < end && *p == 'M') p++; /* of MariaDB alone */
    if (p == end || *p != '!') return false;
    host_dump_mean(s, DUMP_MYSQL);
    const char *version = ++p;
    while (p < end && *p >= '0' && *p <= '9' && p - version < 6)
        p++;
    if (p - version == 6 && memcmp(version, "999999", 6) == 0) return false;
    s->at = (size_t)(p - s->window.data);
    s->conditional++;
    return true;
}

static bool is_line_comment(lua_State *L, struct dump_scan *s, int c)
{
    if (c == '#') return s->dialect == DUMP_MYSQL;
    if (c != '-' || !host_dump_sees(L, s, "--", 2)) return false;
    if (s->dialect != DUMP_MYSQL) return true;
    return !ahead(L, s, 3) || (unsigned char)s->window.data[s->at + 2] <= ' ';
}

/* Passes blanks and comments. Returns false if the input ends inside a comment. */
static bool pass_blanks(lua_State *L, struct dump_scan *s)
{
    for (;;) {
        int c = host_dump_peek(L, s);
        if (host_dump_is_blank(c)) {
            s->at++;
        } else if (is_line_comment(L, s, c)) {
            pass_line_comment(L, s);
        } else if (c == '/' && host_dump_sees(L, s, "/*", 2)) {
            open(s, s->at);
            s->at += 2;
            if (!enter_conditional(L, s) && !pass_comment(L, s)) return false;
        } else if (c == '*' && s->conditional && host_dump_sees(L, s, "*/", 2)) {
            s->at += 2;
            s->conditional--;
        } else {
            return true;
        }
    }
}

/* -- tokens -- */

bool host_dump_escapes(const struct dump_scan *s)
{
    if (s->backslash >= 0) return s->backslash;
    if (s->dialect == DUMP_MYSQL) return !s->plain;
    return s->dialect == DUMP_POSTGRESQL && s->nonstandard;
}

/* Appends to the token's text, as far as there is room. */
static void add(struct dump_scan *s, const char *text, size_t size)
{
    if (s->size < DUMP_TEXT) {
        size_t room = DUMP_TEXT - s->size;
        memcpy(s->text + s->size, text, size < room ? size : room);
    }
    s->size += size;
}

/* The first quote, or backslash if it escapes; `end` if there is none. */
static const char *find(const char *p, const char *end, char quote, bool escapes)
{
    if (!escapes) {
        p = memchr(p, quote, (size_t)(end - p));
        return p ? p : end;
    }
    while (p < end && *p != quote && *p != '\\')
        p++;
    return p;
}

/* Reads what is between quotes, of which the opening one is next. */
static enum dump_kind quoted(lua_State *L, struct dump_scan *s, char quote, bool escapes,
                             enum dump_kind kind)
{
    open(s, s->at);
    s->at++;
    for (;;) {
        if (host_dump_peek(L, s) == DUMP_END)
            return cut(s, kind == DUMP_NAME ? "name" : "string");
        const char *from = s->window.data + s->at;
        const char *p = find(from, s->window.data + s->window.size, quote, escapes);
        if (kind == DUMP_NAME || s->capture) add(s, from, (size_t)(p - from));
        s->at += (size_t)(p - from);
        if (s->at == s->window.size) continue;
        char c = *p;
        s->at++;
        int next = host_dump_peek(L, s);
        if (c == quote && next != (unsigned char)quote) return kind;
        if (next == DUMP_END) continue;
        char second = (char)next;
        if (kind == DUMP_NAME || s->capture) add(s, &second, 1);
        s->at++;
    }
}

static bool at_delimiter(lua_State *L, struct dump_scan *s, int c)
{
    if (s->delimiter_size == 0) return c == ';';
    return c == (unsigned char)s->delimiter[0] &&
           host_dump_sees(L, s, s->delimiter, s->delimiter_size);
}

static enum dump_kind word(lua_State *L, struct dump_scan *s)
{
    int c;
    while (host_dump_is_word(c = host_dump_peek(L, s))) {
        if (s->delimiter_size > 0 && at_delimiter(L, s, c)) break;
        const char *from = s->window.data + s->at, *p = from + 1;
        const char *end = s->window.data + s->window.size;
        while (p < end && s->delimiter_size == 0 && host_dump_is_word((unsigned char)*p))
            p++;
        add(s, from, (size_t)(p - from));
        s->at += (size_t)(p - from);
    }
    if (c != '\'' || s->size != 1 || (s->text[0] | 0x20) != 'e' ||
        s->dialect == DUMP_MYSQL)
        return DUMP_WORD;
    host_dump_mean(s, DUMP_POSTGRESQL); /* E'...' */
    s->size = 0;
    return quoted(L, s, '\'', true, DUMP_STRING);
}

/* The $tag$ at `at`, its size; 0 if there is none. */
static size_t dollar_tag(lua_State *L, struct dump_scan *s)
{
    for (size_t n = 1; n < DUMP_TEXT && ahead(L, s, n + 1); n++) {
        int c = (unsigned char)s->window.data[s->at + n];
        if (c == '$') return n + 1;
        if (!host_dump_is_word(c) || (n == 1 && c >= '0' && c <= '9')) return 0;
    }
    return 0;
}

/* Reads $tag$ ... $tag$. */
static enum dump_kind dollars(lua_State *L, struct dump_scan *s, size_t size)
{
    char tag[DUMP_TEXT];
    open(s, s->at);
    memcpy(tag, s->window.data + s->at, size);
    s->at += size;
    while (!host_dump_sees(L, s, tag, size)) {
        if (host_dump_peek(L, s) == DUMP_END) return cut(s, "string");
        const char *from = s->window.data + s->at + 1;
        const char *p = memchr(from, '$', s->window.size - s->at - 1);
        s->at = p ? (size_t)(p - s->window.data) : s->window.size;
    }
    s->at += size;
    return DUMP_STRING;
}

/* Whether the next byte begins its line. */
static bool begins_line(struct dump_scan *s)
{
    host_dump_line(s, s->at);
    return s->passed + (lua_Integer)s->at == s->line_begin;
}

/* Reads a word; a line that begins with GO ends a batch of SQL Server. */
static enum dump_kind word_or_batch(lua_State *L, struct dump_scan *s)
{
    bool may_end =
        (s->mark | 0x20) == 'g' && s->dialect == DUMP_UNKNOWN && begins_line(s);
    enum dump_kind kind = word(L, s);
    if (!may_end || s->size != 2 || (s->text[1] | 0x20) != 'o') return kind;
    int c = host_dump_peek(L, s);
    if (c != DUMP_END && !host_dump_is_blank(c)) return kind;
    s->has_batches = true;
    host_dump_pass_line(L, s);
    return DUMP_SEMICOLON;
}

static enum dump_kind read_token(lua_State *L, struct dump_scan *s)
{
    if (!pass_blanks(L, s)) return cut(s, "comment");
    int c = host_dump_peek(L, s);
    s->begin = s->at;
    s->size = 0;
    s->mark = (char)c;
    if (c == DUMP_END) return DUMP_OVER;
    if (at_delimiter(L, s, c)) {
        s->at += s->delimiter_size ? s->delimiter_size : 1;
        return DUMP_SEMICOLON;
    }
    if (c == '\'') return quoted(L, s, '\'', host_dump_escapes(s), DUMP_STRING);
    if (c == '"')
        return quoted(L, s, '"', s->dialect == DUMP_MYSQL && host_dump_escapes(s),
                      DUMP_NAME);
    if (c == '`') {
        host_dump_mean(s, DUMP_MYSQL);
        return quoted(L, s, '`', false, DUMP_NAME);
    }
    size_t tag = c == '$' && s->dialect != DUMP_MYSQL ? dollar_tag(L, s) : 0;
    if (tag) return dollars(L, s, tag);
    if (host_dump_is_word(c)) return word_or_batch(L, s);
    s->at++;
    return DUMP_MARK;
}

enum dump_kind host_dump_advance(lua_State *L, struct dump_scan *s)
{
    return s->kind = read_token(L, s);
}

bool host_dump_is(const struct dump_scan *s, const char *wanted)
{
    size_t n = strlen(wanted);
    if (s->kind != DUMP_WORD || s->size != n) return false;
    for (size_t i = 0; i < n; i++) {
        char c = s->text[i];
        if ((c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c) != wanted[i]) return false;
    }
    return true;
}

enum dump_kind host_dump_bracket(lua_State *L, struct dump_scan *s)
{
    int c;
    s->size = 0;
    while ((c = host_dump_peek(L, s)) != DUMP_END) {
        char byte = (char)c;
        s->at++;
        if (byte == ']') return s->kind = DUMP_NAME;
        add(s, &byte, 1);
    }
    return s->kind = cut(s, "name");
}

bool host_dump_pass_statement(lua_State *L, struct dump_scan *s, bool has_body)
{
    int depth = 0;
    bool after_begin = false;
    while (s->kind != DUMP_OVER && (s->kind != DUMP_SEMICOLON || depth > 0)) {
        bool is_begin = host_dump_is(s, "BEGIN");
        if ((is_begin && has_body) || (host_dump_is(s, "ATOMIC") && after_begin))
            depth++;
        else if (depth > 0 && host_dump_is(s, "CASE"))
            depth++;
        else if (depth > 0 && host_dump_is(s, "END"))
            depth--;
        after_begin = is_begin && !has_body;
        host_dump_advance(L, s);
    }
    return s->kind == DUMP_SEMICOLON;
}
