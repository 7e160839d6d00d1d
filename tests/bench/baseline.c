/* The lower bound of the benchmark: the mapping of users.lua in C. It splits,
 * maps and packs; nothing is validated, and chunks are dropped when they are full.
 *
 * baseline FILE: prints users, chunks and bytes. */

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LIMIT = 500000, COLUMNS = 20, WINDOW = 1 << 18, LONGEST = 1 << 16 };

struct field {
    char *text;
    size_t size;
};

struct chunk {
    char data[LIMIT + LONGEST];
    size_t size;
    long users, chunks, bytes;
};

static char window[WINDOW + LONGEST];
static struct chunk chunk;

static char *put(char *out, const char *text, size_t size)
{
    memcpy(out, text, size);
    return out + size;
}

#define PUT(out, text) put(out, text, sizeof(text) - 1)

/* Bytes of the UTF-8 sequence at p. */
static size_t sequence(const unsigned char *p, size_t left)
{
    size_t n = *p >= 0xF0 ? 4 : *p >= 0xE0 ? 3 : 2;
    if (*p < 0xC2 || *p > 0xF4 || left < n) exit(1);
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xC0) != 0x80) exit(1);
    return n;
}

static char *put_string(char *out, struct field f)
{
    static const char hex[] = "0123456789abcdef";
    const unsigned char *p = (const unsigned char *)f.text, *end = p + f.size;

    *out++ = '"';
    while (p < end) {
        if (*p >= 0x80) {
            size_t n = sequence(p, (size_t)(end - p));
            out = put(out, (const char *)p, n);
            p += n;
            continue;
        }
        if (*p == '"' || *p == '\\') {
            *out++ = '\\';
            *out++ = (char)*p;
        } else if (*p < 0x20) {
            out = PUT(out, "\\u00");
            *out++ = hex[*p >> 4];
            *out++ = hex[*p & 15];
        } else {
            *out++ = (char)*p;
        }
        p++;
    }
    *out++ = '"';
    return out;
}

static char *put_roles(char *out, struct field f)
{
    *out++ = '[';
    while (f.size > 0) {
        char *bar = memchr(f.text, '|', f.size);
        size_t size = bar ? (size_t)(bar - f.text) : f.size;
        out = put_string(out, (struct field){f.text, size});
        if (bar) *out++ = ',';
        f.text += size + (bar != NULL);
        f.size -= size + (bar != NULL);
    }
    *out++ = ']';
    return out;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Trimmed; empty for the values that mean null. */
static struct field clean(struct field f)
{
    while (f.size && is_blank(*f.text))
        f.text++, f.size--;
    while (f.size && is_blank(f.text[f.size - 1]))
        f.size--;
    if (f.size == 4 && memcmp(f.text, "NULL", 4) == 0) f.size = 0;
    if (f.size == 2 && memcmp(f.text, "\\N", 2) == 0) f.size = 0;
    return f;
}

static char *put_member(char *out, const char *name, struct field f)
{
    if (!f.size) return out;
    if (out[-1] != '{') *out++ = ',';
    out = put(out, name, strlen(name));
    return put_string(out, f);
}

static void map(struct field *row)
{
    struct field email = row[1];
    if (!email.size) return;
    for (size_t i = 0; i < email.size; i++)
        if (email.text[i] >= 'A' && email.text[i] <= 'Z') email.text[i] |= 0x20;

    size_t before = chunk.size;
    char *start = chunk.data + chunk.size, *out = start;
    *out++ = before ? ',' : '[';
    *out++ = '{';
    out = put_member(out, "\"email\":", email);
    out = PUT(out, ",\"email_verified\":");
    out = row[2].size == 1 && *row[2].text == 't' ? PUT(out, "true") : PUT(out, "false");
    out = put_member(out, "\"user_id\":", row[0]);
    out = put_member(out, "\"given_name\":", row[3]);
    out = put_member(out, "\"family_name\":", row[4]);
    out = PUT(out, ",\"custom_password_hash\":{\"algorithm\":\"bcrypt\",\"hash\":{");
    out = put_member(out, "\"value\":", row[5]);
    out = PUT(out, "}},\"user_metadata\":{\"address\":{");
    out = put_member(out, "\"city\":", row[10]);
    out = put_member(out, "\"country\":", row[11]);
    out = PUT(out, "}");
    out = put_member(out, "\"locale\":", row[9]);
    out = PUT(out, "},\"app_metadata\":{\"legacy\":{");
    out = put_member(out, "\"created_at\":", row[8]);
    out = put_member(out, "\"id\":", row[0]);
    out = PUT(out, "}");
    out = put_member(out, "\"plan\":", row[6]);
    out = PUT(out, ",\"roles\":");
    out = put_roles(out, row[7]);
    out = PUT(out, "}}");
    size_t size = (size_t)(out - start);
    if (before + size + 1 > LIMIT) {
        chunk.chunks++;
        chunk.bytes += (long)before + 1;
        memmove(chunk.data, start, size);
        chunk.data[0] = '[';
        before = 0;
    }
    chunk.size = before + size;
    chunk.users++;
}

/* Splits the row at p in place. Returns what follows it, or NULL if the row is
 * incomplete. */
static char *split(char *p, char *end, struct field *row)
{
    for (int n = 0;; n++) {
        char *start = p, *out = p;
        bool quoted = p < end && *p == '"';
        if (quoted) {
            for (start = out = ++p;; p++) {
                if (p + 1 >= end) return NULL;
                if (*p == '"' && *++p != '"') break;
                *out++ = *p;
            }
        } else {
            while (p < end && *p != ',' && *p != '\n')
                p++;
            out = p;
        }
        if (p == end) return NULL;
        if (n < COLUMNS) row[n] = clean((struct field){start, (size_t)(out - start)});
        if (*p++ == '\n') return p;
    }
}

int main(int argc, char **argv)
{
    struct field row[COLUMNS] = {{0}};
    int fd = argc > 1 ? open(argv[1], O_RDONLY) : 0;
    size_t size = 0;
    bool header = true;
    ssize_t n;

    while ((n = read(fd, window + size, WINDOW)) > 0) {
        char *p = window, *end = window + size + n, *next, *last = end;
        /* Whole rows only, since splitting changes them in place; no field holds a
         * newline. */
        while (last > p && last[-1] != '\n')
            last--;
        for (; p < last && (next = split(p, last, row)); p = next) {
            if (!header) map(row);
            header = false;
        }
        size = (size_t)(end - p);
        memmove(window, p, size);
    }
    if (chunk.size) chunk.chunks++, chunk.bytes += (long)chunk.size + 1;
    printf("%ld users, %ld chunks, %ld bytes\n", chunk.users, chunk.chunks, chunk.bytes);
    return 0;
}
