/* The values of a row, from the text of a tuple or of a line of COPY. Each is text as the
 * server would write it for COPY, so that both forms of a table give the same records;
 * bytes where the dump says that they are bytes. */

#include "dump/reader.h"

#include "common.h"
#include "utf8.h"

#include <lauxlib.h>
#include <string.h>

enum { DEPTH = 40 }; /* of calls such as replace(replace(...)) */

enum escapes { NONE, MYSQL, POSTGRESQL };

/* A tuple that is being read. */
struct tuple {
    const char *p, *end;
    const struct dump_scan *scan;
    bool binary; /* the last value is not text */
    int depth;
};

/* -- text -- */

static bool push_problem(lua_State *L, const char *problem)
{
    lua_pushstring(L, problem);
    return false;
}

/* Reads up to `most` digits of a base up to 16; returns the end. */
static const char *digits(const char *p, const char *end, int base, int most,
                          uint32_t *value)
{
    *value = 0;
    for (int i = 0; i < most && p < end; i++, p++) {
        int digit = host_hex_digit(*p);
        if (digit < 0 || digit >= base) break;
        *value = *value * (uint32_t)base + (uint32_t)digit;
    }
    return p;
}

/* Writes what a letter after a backslash means; false if it means nothing special. */
static bool put_letter(char **to, char c, enum escapes escapes)
{
    static const char letters[][3] = {
        {'n', '\n', 0         },
        {'t', '\t', 0         },
        {'r', '\r', 0         },
        {'b', '\b', 0         },
        {'0', '\0', MYSQL     },
        {'Z', 0x1a, MYSQL     },
        {'f', '\f', POSTGRESQL},
        {'v', '\v', POSTGRESQL}
    };
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++) {
        if (letters[i][0] != c) continue;
        if (letters[i][2] && letters[i][2] != (char)escapes) continue;
        *(*to)++ = letters[i][1];
        return true;
    }
    return false;
}

/* Decodes the escape whose backslash is before `p`; returns its end. */
static const char *unescape(char **to, const char *p, const char *end,
                            enum escapes escapes)
{
    uint32_t code;
    if (put_letter(to, *p, escapes)) return p + 1;
    if (escapes == POSTGRESQL) {
        const char *stop = digits(p, end, 8, 3, &code);
        if (stop == p && *p == 'x') {
            stop = digits(p + 1, end, 16, 2, &code);
            if (stop == p + 1) stop = p;
        }
        if (stop > p) {
            *(*to)++ = (char)code;
            return stop;
        }
        int size = *p == 'u' ? 4 : *p == 'U' ? 8 : 0;
        if (size && digits(p + 1, end, 16, size, &code) == p + 1 + size &&
            code <= 0x10ffff) {
            *to = host_utf8_put(*to, code);
            return p + 1 + size;
        }
    } else if (*p == '%' || *p == '_') {
        *(*to)++ = '\\'; /* kept: it is for patterns */
    }
    *(*to)++ = *p;
    return p + 1;
}

/* Pushes text with its escapes resolved; `quote`: two of them are one. */
static void push_text(lua_State *L, const char *p, const char *end, char quote,
                      enum escapes escapes)
{
    size_t size = (size_t)(end - p);
    if (!(escapes != NONE && memchr(p, '\\', size)) &&
        !(quote && memchr(p, quote, size))) {
        lua_pushlstring(L, p, size);
        return;
    }
    luaL_Buffer b;
    char *first = luaL_buffinitsize(L, &b, size), *to = first;
    while (p < end) {
        char c = *p++;
        if (c == '\\' && escapes != NONE && p < end) {
            p = unescape(&to, p, end, escapes);
        } else {
            if (quote && c == quote) p++;
            *to++ = c;
        }
    }
    luaL_pushresultsize(&b, (size_t)(to - first));
}

/* Pushes the bytes that are written in hexadecimal, or returns false. */
static bool push_hex_bytes(lua_State *L, const char *p, const char *end)
{
    size_t size = (size_t)(end - p);
    luaL_Buffer b;
    if (size % 2 != 0) return false;
    for (const char *q = p; q < end; q++)
        if (host_hex_digit(*q) < 0) return false;
    char *to = luaL_buffinitsize(L, &b, size / 2);
    for (size_t i = 0; i < size / 2; i++)
        to[i] = (char)(host_hex_digit(p[2 * i]) << 4 | host_hex_digit(p[2 * i + 1]));
    luaL_pushresultsize(&b, size / 2);
    return true;
}

/* Replaces text such as \x00ff on top with its bytes. */
static void decode_bytea(lua_State *L)
{
    size_t size;
    const char *text = lua_tolstring(L, -1, &size);
    if (size < 2 || text[0] != '\\' || text[1] != 'x') return;
    if (push_hex_bytes(L, text + 2, text + size)) lua_remove(L, -2);
}

/* -- literals -- */

/* The end of the comment at p; p if there is none, or if it is not whole. */
static const char *after_comment(const struct tuple *t, const char *p)
{
    bool is_mysql = t->scan->dialect == DUMP_MYSQL;
    size_t left = (size_t)(t->end - p);
    const char *end = NULL;
    if (left >= 2 && p[0] == '/' && p[1] == '*' && (left < 3 || p[2] != '!')) {
        end = memmem(p + 2, left - 2, "*/", 2);
        return end ? end + 2 : p;
    }
    bool dashes = left >= 2 && p[0] == '-' && p[1] == '-' &&
                  (!is_mysql || left == 2 || (unsigned char)p[2] <= ' ');
    if (!dashes && !(is_mysql && left > 0 && *p == '#')) return p;
    end = memchr(p, '\n', left);
    return end ? end + 1 : t->end;
}

/* Passes blanks and comments. */
static void skip_blanks(struct tuple *t)
{
    const char *before;
    do {
        while (t->p < t->end && host_dump_is_blank((unsigned char)*t->p))
            t->p++;
        before = t->p;
        t->p = after_comment(t, before);
    } while (t->p > before);
}

static int next_byte(const struct tuple *t)
{
    return t->p < t->end ? (unsigned char)*t->p : DUMP_END;
}

/* Finds the closing quote of the string whose opening one is at p, and passes it. Returns
 * the end of the text; NULL if there is none. */
static const char *pass_quoted(struct tuple *t, bool escapes)
{
    char quote = *t->p++;
    while (t->p < t->end) {
        if (*t->p == '\\' && escapes) {
            t->p++;
        } else if (*t->p == quote) {
            if (t->p + 1 == t->end || t->p[1] != quote) return t->p++;
            t->p++;
        }
        if (t->p < t->end) t->p++;
    }
    return NULL;
}

static bool push_string(lua_State *L, struct tuple *t, enum escapes escapes)
{
    char quote = *t->p;
    const char *from = t->p + 1, *end = pass_quoted(t, escapes != NONE);
    if (!end) return push_problem(L, "a string is not closed");
    push_text(L, from, end, quote, escapes);
    return true;
}

static enum escapes plain_escapes(const struct dump_scan *s)
{
    if (!host_dump_escapes(s)) return NONE;
    return s->dialect == DUMP_POSTGRESQL ? POSTGRESQL : MYSQL;
}

/* Pushes the bytes of b'0101'. */
static void push_bits(lua_State *L, const char *p, const char *end)
{
    size_t bits = (size_t)(end - p), size = (bits + 7) / 8;
    luaL_Buffer b;
    char *to = luaL_buffinitsize(L, &b, size);
    memset(to, 0, size);
    for (size_t i = 0; i < bits; i++) {
        size_t at = size * 8 - bits + i;
        if (p[i] == '1') to[at / 8] = (char)(to[at / 8] | 0x80 >> at % 8);
    }
    luaL_pushresultsize(&b, size);
}

/* A string with a letter before it; p is at the quote. */
static bool push_prefixed(lua_State *L, struct tuple *t, char letter)
{
    if (letter == 'e' || letter == 'E') return push_string(L, t, POSTGRESQL);
    if (letter == 'n' || letter == 'N') return push_string(L, t, plain_escapes(t->scan));
    const char *from = t->p + 1, *end = pass_quoted(t, false);
    if (!end) return push_problem(L, "a string is not closed");
    if (letter == 'x' || letter == 'X') {
        t->binary = true;
        if (push_hex_bytes(L, from, end)) return true;
        return push_problem(L, "a hexadecimal string is broken");
    }
    for (const char *p = from; p < end; p++)
        if (*p != '0' && *p != '1') return push_problem(L, "a bit string is broken");
    t->binary = true;
    if (letter == 'b' || t->scan->dialect == DUMP_MYSQL)
        push_bits(L, from, end);
    else
        lua_pushlstring(L, from, (size_t)(end - from));
    return true;
}

static void skip_digits(struct tuple *t)
{
    while (t->p < t->end && *t->p >= '0' && *t->p <= '9')
        t->p++;
}

/* Pushes a number as it is written. */
static bool push_number(lua_State *L, struct tuple *t)
{
    const char *from = t->p;
    if (t->end - t->p >= 2 && from[0] == '0' && (from[1] | 0x20) == 'x') {
        t->p += 2;
        while (t->p < t->end && host_hex_digit(*t->p) >= 0)
            t->p++;
        t->binary = true;
        if (push_hex_bytes(L, from + 2, t->p)) return true;
        return push_problem(L, "a hexadecimal number is broken");
    }
    if (*t->p == '-' || *t->p == '+') t->p++;
    skip_blanks(t);
    const char *first = t->p;
    skip_digits(t);
    if (next_byte(t) == '.') {
        t->p++;
        skip_digits(t);
    }
    if (t->p == first || (t->p == first + 1 && *first == '.'))
        return push_problem(L, "it is not a literal");
    if (next_byte(t) == 'e' || next_byte(t) == 'E') {
        t->p++;
        if (next_byte(t) == '-' || next_byte(t) == '+') t->p++;
        const char *exponent = t->p;
        skip_digits(t);
        if (t->p == exponent) return push_problem(L, "it is not a literal");
    }
    lua_pushstring(L, *from == '-' ? "-" : "");
    lua_pushlstring(L, first, (size_t)(t->p - first));
    lua_concat(L, 2);
    return true;
}

static bool push_value(lua_State *L, struct tuple *t);

/* -- the functions that sqlite3 writes for line ends -- */

static bool is_word(const char *word, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (host_lower(text[i]) != word[i]) return false;
    return word[size] == '\0';
}

/* Replaces text, what to search, what to write, on top with the result. */
static void replace(lua_State *L)
{
    size_t size, from_size, to_size;
    const char *text = lua_tolstring(L, -3, &size);
    const char *from = lua_tolstring(L, -2, &from_size);
    const char *to = lua_tolstring(L, -1, &to_size);
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    const char *end = text + size;
    while (text < end) {
        if (from_size > 0 && (size_t)(end - text) >= from_size &&
            memcmp(text, from, from_size) == 0) {
            luaL_addlstring(&b, to, to_size);
            text += from_size;
        } else {
            luaL_addchar(&b, *text++);
        }
    }
    luaL_pushresult(&b);
    lua_insert(L, -4);
    lua_pop(L, 3);
}

/* Replaces the number on top with its character. */
static bool character(lua_State *L)
{
    char bytes[UTF8_LONGEST];
    int whole;
    lua_Integer point = lua_tointegerx(L, -1, &whole);
    lua_pop(L, 1);
    if (!whole || point < 0 || point > 0x10ffff)
        return push_problem(L, "char() is broken");
    char *end = host_utf8_put(bytes, (uint32_t)point);
    lua_pushlstring(L, bytes, (size_t)(end - bytes));
    return true;
}

/* Replaces the text on top: \u00e4 and \U0001f600 are characters. */
static void unistr(lua_State *L)
{
    size_t size;
    const char *p = lua_tolstring(L, -1, &size), *end = p + size;
    luaL_Buffer b;
    char *first = luaL_buffinitsize(L, &b, size), *to = first;
    while (p < end) {
        uint32_t code;
        int most = end - p > 1 && p[0] == '\\' ? p[1] == 'u'   ? 4
                                                 : p[1] == 'U' ? 8
                                                               : 0
                                               : 0;
        if (most && digits(p + 2, end, 16, most, &code) == p + 2 + most &&
            code <= 0x10ffff) {
            to = host_utf8_put(to, code);
            p += 2 + most;
        } else {
            if (*p == '\\' && p + 1 < end && p[1] == '\\') p++;
            *to++ = *p++;
        }
    }
    luaL_pushresultsize(&b, (size_t)(to - first));
    lua_remove(L, -2);
}

/* Passes the type of a cast up to its closing parenthesis. */
static bool pass_type(struct tuple *t)
{
    for (int depth = 0; t->p < t->end; t->p++) {
        if (*t->p == ')' && depth-- == 0) break;
        if (*t->p == '(') depth++;
    }
    return t->p < t->end && *t->p++ == ')';
}

/* Pushes the value in CAST(N'2026-01-02' AS DateTime2), as SQL Server writes it. Digits
 * of base 16 are not bytes there: they stay as they are written. */
static bool push_cast(lua_State *L, struct tuple *t)
{
    skip_blanks(t);
    const char *from = t->p;
    if (t->depth++ > 0 || !push_value(L, t))
        return push_problem(L, "it is not a literal");
    t->depth--;
    if (t->binary) {
        lua_pop(L, 1);
        lua_pushlstring(L, from, (size_t)(t->p - from));
        t->binary = false;
    }
    skip_blanks(t);
    bool has_type = t->end - t->p > 3 && is_word("as", t->p, 2) &&
                    host_dump_is_blank((unsigned char)t->p[2]);
    return (has_type && pass_type(t)) || push_problem(L, "it is not a literal");
}

/* Pushes the result of a call; p is after its opening parenthesis. */
static bool push_call(lua_State *L, struct tuple *t, const char *name, size_t size)
{
    static const struct {
        const char *name;
        int arguments;
    } functions[] = {
        {"replace", 3},
        {"char",    1},
        {"unistr",  1}
    };
    int known = 0;
    while (known < 3 && !is_word(functions[known].name, name, size))
        known++;
    if (known == 3 || t->depth >= DEPTH) return push_problem(L, "it is not a literal");
    luaL_checkstack(L, 10, "calls in a dump");
    t->depth++;
    for (int i = 0; i < functions[known].arguments; i++) {
        if (!push_value(L, t)) return false;
        if (!lua_isstring(L, -1)) return push_problem(L, "it is not a literal");
        skip_blanks(t);
        if (next_byte(t) != (i + 1 < functions[known].arguments ? ',' : ')'))
            return push_problem(L, "it is not a literal");
        t->p++;
    }
    t->depth--;
    if (known == 0) replace(L);
    if (known == 2) unistr(L);
    return known != 1 || character(L);
}

/* -- values -- */

/* A value that begins with a word: NULL, true, b'1', _binary 'x', replace(...). */
static bool push_word(lua_State *L, struct tuple *t)
{
    const char *from = t->p;
    while (t->p < t->end && host_dump_is_word((unsigned char)*t->p))
        t->p++;
    size_t size = (size_t)(t->p - from);
    if (next_byte(t) == '\'' && size == 1 && strchr("eEnNxXbB", *from))
        return push_prefixed(L, t, *from);
    skip_blanks(t);
    if (*from == '_') { /* the character set of what follows */
        bool binary = is_word("_binary", from, size);
        if (t->depth++ > 0 || !push_value(L, t))
            return push_problem(L, "it is not a literal");
        t->depth--;
        t->binary = t->binary || binary;
        return true;
    }
    if (next_byte(t) == '(') {
        t->p++;
        return is_word("cast", from, size) ? push_cast(L, t)
                                           : push_call(L, t, from, size);
    }
    bool is_true = is_word("true", from, size);
    if (is_word("null", from, size) || is_word("default", from, size))
        lua_pushnil(L);
    else if (is_true || is_word("false", from, size))
        lua_pushstring(L, is_true ? "t" : "f");
    else
        return push_problem(L, "it is not a literal");
    return true;
}

static bool push_value(lua_State *L, struct tuple *t)
{
    skip_blanks(t);
    int c = next_byte(t);
    if (c == '\'' || (c == '"' && t->scan->dialect != DUMP_POSTGRESQL))
        return push_string(L, t, plain_escapes(t->scan));
    if (c == '-' || c == '+' || c == '.' || (c >= '0' && c <= '9'))
        return push_number(L, t);
    if (host_dump_is_word(c)) return push_word(L, t);
    return push_problem(L, "it is not a literal");
}

/* Passes a cast, such as ::character varying(20)[]. The value is on top. */
static void pass_cast(lua_State *L, struct tuple *t)
{
    skip_blanks(t);
    if (t->end - t->p < 2 || t->p[0] != ':' || t->p[1] != ':') return;
    t->p += 2;
    const char *type = t->p;
    for (int depth = 0; t->p < t->end && (*t->p != ',' || depth > 0); t->p++) {
        if (*t->p == '(') depth++;
        if (*t->p == ')') depth--;
    }
    if (t->p - type >= 5 && is_word("bytea", type, 5) && lua_isstring(L, -1)) {
        decode_bytea(L);
        t->binary = true;
    }
}

/* Makes the value on top that of a column; false: pushes what is wrong with it. Stack:
 * columns record value. */
static bool assign(lua_State *L, const struct dump_reader *r, int column, bool binary)
{
    int flags = r->flags[column];
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        return true;
    }
    if (flags & DUMP_BYTEA) decode_bytea(L);
    size_t size;
    const char *text = lua_tolstring(L, -1, &size);
    lua_rawgeti(L, -3, column + 1);
    if (!binary && !(flags & (DUMP_BYTEA | DUMP_BINARY)) &&
        host_utf8_check(text, size) < size) {
        lua_pushfstring(
            L, "invalid UTF-8 in column \"%s\"%s", lua_tostring(L, -1),
            r->scan.dialect != DUMP_MYSQL
                ? ""
                : "; if it holds bytes, dump it with CREATE TABLE or --hex-blob");
        return false;
    }
    lua_insert(L, -2);
    lua_rawset(L, -3);
    return true;
}

bool host_dump_push_tuple(lua_State *L, const struct dump_reader *r, const char *text,
                          size_t size)
{
    struct tuple t = {.p = text, .end = text + size, .scan = &r->scan};
    int top = lua_gettop(L);
    lua_getiuservalue(L, 1, DUMP_COLUMNS);
    lua_createtable(L, 0, r->columns);
    for (int i = 0; i < r->columns; i++) {
        t.binary = false;
        t.depth = 0;
        bool read = push_value(L, &t);
        if (read) {
            pass_cast(L, &t);
            skip_blanks(&t);
            read = next_byte(&t) == (i + 1 < r->columns ? ',' : DUMP_END) ||
                   push_problem(L, "it is not a literal");
        }
        if (!read) {
            lua_rawgeti(L, top + 1, i + 1);
            lua_pushfstring(L, "the value of column \"%s\" cannot be read: %s",
                            lua_tostring(L, -1), lua_tostring(L, -2));
            return false;
        }
        t.p++;
        if (!assign(L, r, i, t.binary)) return false;
    }
    return true;
}

bool host_dump_push_row(lua_State *L, const struct dump_reader *r, const char *text,
                        size_t size)
{
    const char *p = text, *end = text + size;
    lua_getiuservalue(L, 1, DUMP_COLUMNS);
    lua_createtable(L, 0, r->columns);
    for (int i = 0; i < r->columns; i++) {
        const char *tab = memchr(p, '\t', (size_t)(end - p));
        const char *stop = tab ? tab : end;
        if (stop - p == 2 && p[0] == '\\' && p[1] == 'N')
            lua_pushnil(L);
        else
            push_text(L, p, stop, '\0', POSTGRESQL);
        if (!assign(L, r, i, false)) return false;
        p = tab ? tab + 1 : end;
    }
    return true;
}
