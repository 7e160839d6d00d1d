/* The user that users.lua makes: its columns, Auth0's rules, and its JSON. Names of
 * metadata and kinds of values are fixed here, so their rules need no check. */

#include "baseline.h"

#include <stdlib.h>
#include <string.h>

enum { NAME_MOST = 150, ID_MOST = 255 }; /* characters */

static const char *const names[USER_COLUMNS] = {
    "id",   "email", "confirmed",  "first_name", "last_name", "password_digest",
    "plan", "roles", "created_at", "locale",     "city",      "country",
};

void user_find_columns(const struct csv *header, int *columns)
{
    for (int i = 0; i < USER_COLUMNS; i++) {
        columns[i] = -1;
        for (int k = 0; k < header->count; k++) {
            struct text name = header->fields[k].text;
            if (name.size == strlen(names[i]) && !memcmp(name.bytes, names[i], name.size))
                columns[i] = k;
        }
        if (columns[i] < 0) die("there is no column", names[i]);
    }
}

/* -- reading -- */

static struct text without_prefix(struct text id)
{
    static const char prefix[] = "auth0|";
    size_t n = sizeof prefix - 1;
    if (id.size < n || memcmp(id.bytes, prefix, n) != 0) return id;
    return (struct text){id.bytes + n, id.size - n};
}

void user_read(struct user *u, const struct csv *row, const int *columns, char *scratch)
{
    for (int i = 0; i < USER_COLUMNS; i++)
        scratch = csv_text(row, columns[i], scratch, &u->columns[i]);
    struct text *email = &u->columns[USER_EMAIL];
    for (size_t i = 0; i < email->size; i++) {
        char c = email->bytes[i];
        scratch[i] = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
    }
    if (email->bytes) email->bytes = scratch;
    u->user_id = without_prefix(u->columns[USER_ID]);
}

/* -- rules -- */

enum { LETTER = 1, DIGIT = 2, LOCAL = 4, HASH = 8, SPACE = 16 };

/* What each byte may be part of. */
static unsigned char classes[256];

__attribute__((constructor)) static void fill_classes(void)
{
    for (int c = 0; c < 256; c++) {
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool digit = c >= '0' && c <= '9', wide = c >= 0x80;
        if (letter || wide) classes[c] |= LETTER;
        if (digit) classes[c] |= DIGIT;
        if (letter || digit || wide || (c && strchr("!#$%&'*+/=?^_`{|}~-.", c)))
            classes[c] |= LOCAL;
        if (letter || digit || c == '.' || c == '/') classes[c] |= HASH;
        if (c == ' ' || (c >= '\t' && c <= '\r')) classes[c] |= SPACE;
    }
}

static bool is_all(const char *p, const char *end, unsigned wanted)
{
    while (p < end && classes[(unsigned char)*p] & wanted)
        p++;
    return p == end;
}

static bool is_local_part(const char *p, const char *end)
{
    if (p == end || end - p > 64 || *p == '.' || end[-1] == '.') return false;
    for (const char *q = p; q + 1 < end; q++)
        if (q[0] == '.' && q[1] == '.') return false;
    return is_all(p, end, LOCAL);
}

static bool is_label(const char *p, const char *end)
{
    if (p == end || end - p > 63 || *p == '-' || end[-1] == '-') return false;
    for (; p < end; p++)
        if (!(classes[(unsigned char)*p] & (LETTER | DIGIT)) && *p != '-') return false;
    return true;
}

static bool is_domain(const char *p, const char *end)
{
    const char *dot;
    int labels = 1;
    for (; (dot = memchr(p, '.', (size_t)(end - p))); p = dot + 1, labels++)
        if (!is_label(p, dot)) return false;
    if (labels < 2 || end - p < 2 || !is_label(p, end)) return false;
    return is_all(p, end, LETTER) ||
           (end - p > 4 && (*p | 32) == 'x' && (p[1] | 32) == 'n');
}

static bool is_email(struct text t)
{
    const char *end = t.bytes + t.size, *at = memchr(t.bytes, '@', t.size);
    return at && t.size <= 254 && is_local_part(t.bytes, at) && is_domain(at + 1, end);
}

/* Whether a text that may be absent has at most so many characters. */
static bool is_short(struct text t, size_t most)
{
    if (t.size <= most) return true;
    size_t n = 0;
    for (size_t i = 0; i < t.size; i++)
        n += (t.bytes[i] & 0xc0) != 0x80;
    return n <= most;
}

static bool is_id(struct text t)
{
    if (!t.bytes) return true;
    for (size_t i = 0; i < t.size; i++)
        if (classes[(unsigned char)t.bytes[i]] & SPACE) return false;
    return t.size && is_short(t, ID_MOST);
}

/* $2a$, $2b$ or $2y$, a cost of 4 to 31, and 53 characters. */
static bool is_bcrypt(struct text t)
{
    if (t.size != 60 || memcmp(t.bytes, "$2", 2) != 0 || t.bytes[3] != '$') return false;
    if (t.bytes[2] != 'a' && t.bytes[2] != 'b' && t.bytes[2] != 'y') return false;
    if (!is_all(t.bytes + 4, t.bytes + 6, DIGIT) || t.bytes[6] != '$') return false;
    int cost = (t.bytes[4] - '0') * 10 + t.bytes[5] - '0';
    return cost >= 4 && cost <= 31 && is_all(t.bytes + 7, t.bytes + 60, HASH);
}

const char *user_fault(const struct user *u)
{
    if (!is_email(u->columns[USER_EMAIL])) return "email";
    if (!is_id(u->user_id)) return "user_id";
    if (!is_short(u->columns[USER_FIRST_NAME], NAME_MOST)) return "given_name";
    if (!is_short(u->columns[USER_LAST_NAME], NAME_MOST)) return "family_name";
    if (!is_bcrypt(u->columns[USER_PASSWORD])) return "custom_password_hash.hash.value";
    return NULL;
}

/* -- JSON -- */

#define ONES  UINT64_C(0x0101010101010101)
#define HIGHS UINT64_C(0x8080808080808080)

static char *put(char *out, const char *text, size_t size)
{
    memcpy(out, text, size);
    return out + size;
}

#define PUT(out, text) put(out, text, sizeof(text) - 1)

/* Whether none of eight bytes needs an escape. */
static bool is_plain8(uint64_t word)
{
    uint64_t quote = word ^ ONES * '"', backslash = word ^ ONES * '\\';
    uint64_t zero = ((quote - ONES) & ~quote) | ((backslash - ONES) & ~backslash);
    return !((zero | ((word - ONES * 0x20) & ~word)) & HIGHS);
}

static char *put_escaped(char *out, unsigned char c)
{
    static const char letters[] = "btn\0fr", hex[] = "0123456789abcdef";
    *out++ = '\\';
    if (c == '"' || c == '\\') {
        *out++ = (char)c;
    } else if (c >= '\b' && c <= '\r' && letters[c - '\b']) {
        *out++ = letters[c - '\b'];
    } else {
        out = PUT(out, "u00");
        *out++ = hex[c >> 4];
        *out++ = hex[c & 15];
    }
    return out;
}

static char *put_string(char *out, struct text t)
{
    const char *p = t.bytes, *end = p + t.size;
    uint64_t word;

    *out++ = '"';
    while (p < end) {
        if (end - p >= 8 && (memcpy(&word, p, 8), is_plain8(word))) {
            memcpy(out, p, 8);
            out += 8;
            p += 8;
            continue;
        }
        unsigned char c = (unsigned char)*p++;
        if (c < 0x20 || c == '"' || c == '\\')
            out = put_escaped(out, c);
        else
            *out++ = (char)c;
    }
    *out++ = '"';
    return out;
}

/* `name` has its quotes and colon. */
static char *put_member(char *out, const char *name, struct text value)
{
    if (!value.bytes) return out;
    if (out[-1] != '{') *out++ = ',';
    return put_string(put(out, name, strlen(name)), value);
}

static bool is_space(char c)
{
    return classes[(unsigned char)c] & SPACE;
}

/* The parts between bars, trimmed; empty ones are left out. */
static char *put_roles(char *out, struct text roles)
{
    const char *p = roles.bytes, *end = p + roles.size;
    *out++ = '[';
    while (p < end) {
        const char *bar = memchr(p, '|', (size_t)(end - p));
        const char *next = bar ? bar + 1 : end, *stop = bar ? bar : end;
        while (p < stop && is_space(*p))
            p++;
        while (p < stop && is_space(stop[-1]))
            stop--;
        if (p < stop && out[-1] != '[') *out++ = ',';
        if (p < stop) out = put_string(out, (struct text){p, (size_t)(stop - p)});
        p = next;
    }
    *out++ = ']';
    return out;
}

char *user_write(const struct user *u, char *out)
{
    const struct text *of = u->columns;
    struct text confirmed = of[USER_CONFIRMED];
    bool verified = confirmed.size == 1 && *confirmed.bytes == 't';

    *out++ = '{';
    out = put_member(out, "\"email\":", of[USER_EMAIL]);
    out = verified ? PUT(out, ",\"email_verified\":true")
                   : PUT(out, ",\"email_verified\":false");
    out = put_member(out, "\"user_id\":", u->user_id);
    out = put_member(out, "\"given_name\":", of[USER_FIRST_NAME]);
    out = put_member(out, "\"family_name\":", of[USER_LAST_NAME]);
    out = PUT(out, ",\"custom_password_hash\":{\"algorithm\":\"bcrypt\",\"hash\":{");
    out = put_member(out, "\"value\":", of[USER_PASSWORD]);
    out = PUT(out, "}},\"user_metadata\":{\"address\":{");
    out = put_member(out, "\"city\":", of[USER_CITY]);
    out = put_member(out, "\"country\":", of[USER_COUNTRY]);
    out = PUT(out, "}");
    out = put_member(out, "\"locale\":", of[USER_LOCALE]);
    out = PUT(out, "},\"app_metadata\":{\"legacy\":{");
    out = put_member(out, "\"created_at\":", of[USER_CREATED_AT]);
    out = put_member(out, "\"id\":", of[USER_ID]);
    out = PUT(out, "}");
    out = put_member(out, "\"plan\":", of[USER_PLAN]);
    out = PUT(out, ",\"roles\":");
    out = put_roles(out, of[USER_ROLES]);
    return PUT(out, "}}");
}
