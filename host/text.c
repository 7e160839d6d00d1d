/* host.text - what mappings do to every row: blanks, case, addresses, numbers, words.
 *
 * Every function gives nil for nil, and takes JSON's null for nil. A value that needs no
 * change is returned as it is: no string is made. */

#include "text.h"

#include "host.h"
#include "json.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { SHORTEST_PHONE = 7, LONGEST_PHONE = 15 };

#define HIGHS UINT64_C(0x8080808080808080)

/* Bytes of the character at `p`, 0 when it is none. The tables are those of RFC 3629. */
static size_t character_size(const unsigned char *p, size_t left)
{
    unsigned char c = *p;
    size_t n = c < 0x80   ? 1
               : c < 0xc2 ? 0
               : c < 0xe0 ? 2
               : c < 0xf0 ? 3
               : c < 0xf5 ? 4
                          : 0;
    if (n == 0 || n > left) return 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80) return 0;
    if (c == 0xe0 && p[1] < 0xa0) return 0; /* overlong */
    if (c == 0xed && p[1] > 0x9f) return 0; /* surrogates */
    if (c == 0xf0 && p[1] < 0x90) return 0; /* overlong */
    if (c == 0xf4 && p[1] > 0x8f) return 0; /* above U+10FFFF */
    return n;
}

size_t host_utf8_check(const char *text, size_t size)
{
    const unsigned char *p = (const unsigned char *)text;
    size_t i = 0;
    while (i < size) {
        uint64_t word;
        while (size - i >= sizeof word) {
            memcpy(&word, p + i, sizeof word);
            if (word & HIGHS) break;
            i += sizeof word;
        }
        if (i == size) break;
        size_t n = character_size(p + i, size - i);
        if (n == 0) return i;
        i += n;
    }
    return size;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Bytes of the blank at `p`, 0 when there is none: ASCII white space, NUL, U+00A0,
 * U+FEFF. */
static size_t blank_size(const char *p, size_t left)
{
    if (*p == ' ' || (*p >= '\t' && *p <= '\r') || *p == '\0') return 1;
    if (left >= 2 && memcmp(p, "\xc2\xa0", 2) == 0) return 2;
    if (left >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) return 3;
    return 0;
}

static void trim(const char **text, size_t *size)
{
    size_t n;
    while (*size > 0 && (n = blank_size(*text, *size)) > 0) {
        *text += n;
        *size -= n;
    }
    while (*size > 0) {
        const char *end = *text + *size;
        if (blank_size(end - 1, 1) == 1)
            *size -= 1;
        else if (*size >= 2 && blank_size(end - 2, 2) == 2)
            *size -= 2;
        else if (*size >= 3 && blank_size(end - 3, 3) == 3)
            *size -= 3;
        else
            break;
    }
}

/* The text at `arg`; NULL for nil and JSON's null (a light userdata). Numbers are texts
 * too. */
static const char *check_text(lua_State *L, int arg, size_t *size)
{
    int type = lua_type(L, arg);
    if (type == LUA_TNIL || type == LUA_TNONE || type == LUA_TLIGHTUSERDATA) return NULL;
    return luaL_checklstring(L, arg, size);
}

/* trim(value) -> string | nil */
static int text_trim(lua_State *L)
{
    size_t size;
    const char *text = check_text(L, 1, &size);
    if (!text) return 0;
    size_t whole = size;
    trim(&text, &size);
    if (size == 0) return 0;
    if (size == whole)
        lua_pushvalue(L, 1);
    else
        lua_pushlstring(L, text, size);
    return 1;
}

/* Pushes text[0..size) in lower case; the value at 1 itself when it is just that. */
static void push_lower(lua_State *L, const char *text, size_t size)
{
    size_t i = 0;
    while (i < size && lower(text[i]) == text[i])
        i++;
    if (i == size) {
        if (lua_rawlen(L, 1) == size)
            lua_pushvalue(L, 1);
        else
            lua_pushlstring(L, text, size);
        return;
    }
    luaL_Buffer b;
    char *to = luaL_buffinitsize(L, &b, size);
    memcpy(to, text, i);
    for (; i < size; i++)
        to[i] = lower(text[i]);
    luaL_pushresultsize(&b, size);
}

/* lower(value) -> string | nil */
static int text_lower(lua_State *L)
{
    size_t size;
    const char *text = check_text(L, 1, &size);
    if (!text) return 0;
    push_lower(L, text, size);
    return 1;
}

static bool is_local_part(const char *p, const char *end)
{
    if (p == end) return false;
    for (; p < end; p++)
        if ((unsigned char)*p <= ' ' || *p == 0x7f || strchr("@<>(),;:\"[]\\", *p))
            return false;
    return true;
}

/* Labels of letters, digits, hyphens and what is beyond ASCII; at least two. */
static bool is_dotted_domain(const char *p, const char *end)
{
    int labels = 0;
    while (p < end) {
        const char *label = p;
        for (; p < end && *p != '.'; p++)
            if (!is_digit(*p) && *p != '-' && (unsigned char)*p < 0x80 &&
                (lower(*p) < 'a' || lower(*p) > 'z'))
                return false;
        if (p == label || *label == '-' || p[-1] == '-') return false;
        labels++;
        if (p < end && ++p == end) return false; /* a dot at the end */
    }
    return labels >= 2;
}

/* email(value) -> string | nil */
static int text_email(lua_State *L)
{
    size_t size;
    const char *text = check_text(L, 1, &size);
    if (!text) return 0;
    trim(&text, &size);
    const char *at = memchr(text, '@', size);
    if (!at || !is_local_part(text, at) || !is_dotted_domain(at + 1, text + size))
        return 0;
    push_lower(L, text, size);
    return 1;
}

/* The country's digits, without its plus. */
static const char *check_country(lua_State *L, int arg)
{
    const char *country = luaL_optstring(L, arg, NULL);
    if (!country) return NULL;
    if (*country == '+') country++;
    size_t n = strspn(country, "0123456789");
    luaL_argcheck(L, n >= 1 && n <= 3 && !country[n] && *country != '0', arg,
                  "must be a calling code such as \"44\"");
    return country;
}

/* Collects the digits of a written number; false when something else is in it. A zero in
 * parentheses behind the country is the one people dial at home. */
static bool collect_digits(const char *p, const char *end, bool abroad, char *to,
                           size_t *n)
{
    *n = 0;
    for (; p < end; p++) {
        if (abroad && *n > 0 && end - p >= 3 && memcmp(p, "(0)", 3) == 0) {
            p += 2;
        } else if (is_digit(*p)) {
            if (*n == LONGEST_PHONE + 5) return false; /* room for zeros that go */
            to[(*n)++] = *p;
        } else if (end - p >= 2 && memcmp(p, "\xc2\xa0", 2) == 0) {
            p++;
        } else if (!*p || !strchr(" \t-.()/", *p)) {
            return false;
        }
    }
    return true;
}

/* phone(value, country?) -> "+digits" | nil */
static int text_phone(lua_State *L)
{
    size_t size;
    const char *text = check_text(L, 1, &size);
    const char *country = check_country(L, 2);
    if (!text) return 0;
    trim(&text, &size);
    const char *end = text + size;
    if (size > 1 && *text == '\'') text++; /* a spreadsheet's guard against formulas */
    bool abroad = text < end && *text == '+';
    if (abroad) text++;
    if (!abroad && end - text > 2 && text[0] == '0' && text[1] == '0') {
        abroad = true;
        text += 2;
    }
    if (!abroad && (!country || (end - text > 2 && memcmp(end - 2, ".0", 2) == 0)))
        return 0; /* no country, or a number that went through a float */

    char digits[LONGEST_PHONE + 5];
    size_t n;
    if (!collect_digits(text, end, abroad, digits, &n)) return 0;
    const char *from = digits;
    while (!abroad && n > 0 && *from == '0')
        from++, n--;
    if (!abroad && n == 11 && *from == '1' && strcmp(country, "1") == 0) from++, n--;
    size_t total = n + (abroad ? 0 : strlen(country));
    if (n == 0 || *from == '0' || total < SHORTEST_PHONE || total > LONGEST_PHONE)
        return 0;

    char number[1 + LONGEST_PHONE];
    size_t length = 0;
    number[length++] = '+';
    for (const char *c = country; !abroad && *c; c++)
        number[length++] = *c;
    memcpy(number + length, from, n);
    lua_pushlstring(L, number, length + n);
    return 1;
}

static bool same_word(const char *a, size_t size, const char *b)
{
    for (size_t i = 0; i < size; i++)
        if (!b[i] || lower(a[i]) != lower(b[i])) return false;
    return !b[size];
}

/* Whether the list at `arg` holds the word, in any case. */
static bool in_list(lua_State *L, int arg, const char *text, size_t size)
{
    if (lua_isnoneornil(L, arg)) return false;
    luaL_checktype(L, arg, LUA_TTABLE);
    bool found = false;
    for (lua_Integer i = 1; !found && lua_rawgeti(L, arg, i) != LUA_TNIL; i++) {
        found = same_word(text, size, luaL_tolstring(L, -1, NULL));
        lua_pop(L, 2);
    }
    return found;
}

static int push_boolean(lua_State *L, bool value)
{
    lua_pushboolean(L, value);
    return 1;
}

/* boolean(value, truthy?, falsy?) -> boolean | nil */
static int text_boolean(lua_State *L)
{
    static const struct {
        const char *word;
        bool value;
    } words[] = {
        {"true",  true },
        {"t",     true },
        {"yes",   true },
        {"y",     true },
        {"on",    true },
        {"1",     true },
        {"x",     true },
        {"false", false},
        {"f",     false},
        {"no",    false},
        {"n",     false},
        {"off",   false},
        {"0",     false}
    };
    lua_settop(L, 3);
    if (lua_isboolean(L, 1)) {
        lua_pushvalue(L, 1);
        return 1;
    }
    int whole = 0;
    lua_Integer number = lua_type(L, 1) == LUA_TNUMBER ? lua_tointegerx(L, 1, &whole) : 0;
    if (whole)
        lua_pushfstring(L, "%I", (LUAI_UACINT)number); /* 1.0 is 1 too */
    else
        lua_pushvalue(L, 1);
    lua_replace(L, 1);
    size_t size;
    const char *text = check_text(L, 1, &size);
    if (!text) return 0;
    trim(&text, &size);
    if (!lua_isnil(L, 2) || !lua_isnil(L, 3)) {
        if (in_list(L, 2, text, size)) return push_boolean(L, true);
        return in_list(L, 3, text, size) ? push_boolean(L, false) : 0;
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (same_word(text, size, words[i].word)) return push_boolean(L, words[i].value);
    return 0;
}

static const char *find(const char *p, const char *end, const char *what, size_t size)
{
    while ((size_t)(end - p) >= size && (p = memchr(p, *what, (size_t)(end - p)))) {
        if ((size_t)(end - p) < size) break;
        if (memcmp(p, what, size) == 0) return p;
        p++;
    }
    return end;
}

/* At most how many parts there are: a list of the right size is not made thrice over. */
static int count_parts(const char *p, const char *end, const char *separator, size_t step)
{
    enum { ENOUGH = 64 };
    int n = 1;
    for (; n < ENOUGH && (p = find(p, end, separator, step)) < end; p += step)
        n++;
    return n;
}

/* split(value, separator) -> list | nil */
static int text_split(lua_State *L)
{
    size_t size, step;
    const char *text = check_text(L, 1, &size);
    const char *separator = luaL_checklstring(L, 2, &step);
    luaL_argcheck(L, step > 0, 2, "an empty separator");
    if (!text) return 0;

    const char *end = text + size;
    lua_createtable(L, count_parts(text, end, separator, step), 0);
    lua_Integer n = 0;
    for (;;) {
        const char *stop = find(text, end, separator, step);
        const char *part = text;
        size_t length = (size_t)(stop - text);
        trim(&part, &length);
        if (length > 0) {
            lua_pushlstring(L, part, length);
            lua_rawseti(L, -2, ++n);
        }
        if (stop == end) break;
        text = stop + step;
    }
    host_json_mark(L);
    return 1;
}

/* is_utf8(value) -> boolean */
static int text_is_utf8(lua_State *L)
{
    size_t size;
    const char *text = check_text(L, 1, &size);
    if (!text) return 0;
    return push_boolean(L, host_utf8_check(text, size) == size);
}

/* length(value) -> characters | nil */
static int text_length(lua_State *L)
{
    size_t size;
    const char *text = check_text(L, 1, &size);
    if (!text || host_utf8_check(text, size) < size) return 0;
    lua_Integer n = 0;
    for (size_t i = 0; i < size; i++)
        if ((text[i] & 0xc0) != 0x80) n++;
    lua_pushinteger(L, n);
    return 1;
}

static int least(int a, int b, int c)
{
    int d = a < b ? a : b;
    return d < c ? d : c;
}

/* distance(a, b) -> integer
 * Optimal string alignment over bytes; three rows of the table are enough. */
static int text_distance(lua_State *L)
{
    size_t an, bn;
    const char *a = luaL_checklstring(L, 1, &an), *b = luaL_checklstring(L, 2, &bn);
    luaL_argcheck(L, an < 10000 && bn < 10000, 1, "too long for a word");
    int *table = lua_newuserdatauv(L, 3 * (bn + 1) * sizeof *table, 0);
    int *before = table, *last = before + bn + 1, *now = last + bn + 1;
    for (size_t j = 0; j <= bn; j++)
        now[j] = (int)j;
    for (size_t i = 1; i <= an; i++) {
        int *free_row = before;
        before = last;
        last = now;
        now = free_row;
        now[0] = (int)i;
        for (size_t j = 1; j <= bn; j++) {
            int differ = a[i - 1] != b[j - 1];
            now[j] = least(now[j - 1] + 1, last[j] + 1, last[j - 1] + differ);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = least(now[j], before[j - 2] + 1, now[j]);
        }
    }
    lua_pushinteger(L, now[bn]);
    return 1;
}

static const luaL_Reg functions[] = {
    {"boolean",  text_boolean },
    {"distance", text_distance},
    {"email",    text_email   },
    {"is_utf8",  text_is_utf8 },
    {"length",   text_length  },
    {"lower",    text_lower   },
    {"phone",    text_phone   },
    {"split",    text_split   },
    {"trim",     text_trim    },
    {NULL,       NULL         }
};

int luaopen_host_text(lua_State *L)
{
    lua_getglobal(L, "require");
    lua_pushliteral(L, "host.json"); /* makes the mark of lists */
    lua_call(L, 1, 0);
    luaL_newlib(L, functions);
    return 1;
}
