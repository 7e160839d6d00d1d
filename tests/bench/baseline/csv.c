/* Splits CSV as RFC 4180 has it: a window that slides over the file, each row scanned
 * once. */

#include "baseline.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WINDOW = 256 * 1024 };

#define HIGHS UINT64_C(0x8080808080808080)

void csv_open(struct csv *c, const char *path)
{
    *c = (struct csv){.path = path, .next_line = 1};
    c->fd = open(path, O_RDONLY);
    if (c->fd < 0) die("cannot open", path);
    c->buffer = malloc(WINDOW);
    if (!c->buffer) die("out of memory for", path);
}

/* Moves the row to the front and reads more. */
static void refill(struct csv *c)
{
    memmove(c->buffer, c->buffer + c->row, c->filled - c->row);
    c->filled -= c->row;
    c->row = 0;
    if (c->filled == WINDOW) die("a row is too long in", c->path);
    ssize_t n = read(c->fd, c->buffer + c->filled, WINDOW - c->filled);
    if (n < 0) die("cannot read", c->path);
    c->at_end = n == 0;
    c->filled += (size_t)n;
}

/* The closing quote, searched from after the opening one; NULL: not in the window. */
static const char *closing(const struct csv *c, const char *p, const char *end,
                           struct csv_field *f)
{
    while ((p = memchr(p, '"', (size_t)(end - p)))) {
        if (p + 1 == end) return c->at_end ? p : NULL;
        if (p[1] != '"') return p;
        f->escaped = true;
        p += 2;
    }
    return NULL;
}

/* Returns where the field ends, or NULL. */
static const char *split_field(struct csv *c, const char *p, const char *end)
{
    if (c->count == MOST_COLUMNS) die("too many columns in", c->path);
    struct csv_field *f = &c->fields[c->count++];
    f->escaped = false;
    f->quoted = p < end && *p == '"';
    const char *start = f->quoted ? p + 1 : p;
    if (f->quoted) {
        const char *close = closing(c, start, end, f);
        if (!close) return NULL;
        f->text = (struct text){start, (size_t)(close - start)};
        p = close + 1;
    }
    while (p < end && *p != ',' && *p != '\n')
        p++;
    if (!f->quoted) f->text = (struct text){start, (size_t)(p - start)};
    return p;
}

static void end_row(struct csv *c, const char *p, const char *end)
{
    struct csv_field *last = &c->fields[c->count - 1];
    struct text *text = &last->text;
    if (!last->quoted && text->size && text->bytes[text->size - 1] == '\r') text->size--;
    c->next = (size_t)(p - c->buffer) + (p < end);
    c->next_line = c->line + 1;
    for (int i = 0; i < c->count; i++) {
        if (!c->fields[i].quoted) continue;
        const char *q = c->fields[i].text.bytes, *stop = q + c->fields[i].text.size;
        while ((q = memchr(q, '\n', (size_t)(stop - q)))) {
            c->next_line++;
            q++;
        }
    }
}

static bool split_row(struct csv *c)
{
    const char *p = c->buffer + c->row, *end = c->buffer + c->filled;
    for (c->count = 0;; p++) {
        p = split_field(c, p, end);
        if (!p || (p == end && !c->at_end)) return false;
        if (p == end || *p == '\n') break;
    }
    end_row(c, p, end);
    return true;
}

bool csv_next(struct csv *c)
{
    c->row = c->next;
    c->line = c->next_line;
    while (c->row == c->filled || !split_row(c)) {
        if (c->at_end && c->row == c->filled) return false;
        if (c->at_end) die("a quote is never closed in", c->path);
        refill(c);
    }
    return true;
}

/* Bytes of the character at p, which is not ASCII; 0 if it is invalid. */
static size_t character(const unsigned char *p, size_t left)
{
    size_t n = *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;
    if (*p < 0xc2 || *p > 0xf4 || left < n) return 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80) return 0;
    if ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] > 0x9f) ||
        (*p == 0xf0 && p[1] < 0x90) || (*p == 0xf4 && p[1] > 0x8f))
        return 0;
    return n;
}

bool csv_is_utf8(const struct csv *c)
{
    const char *p = c->buffer + c->row, *end = c->buffer + c->next;
    while (p < end) {
        uint64_t word;
        if (end - p >= 8 && (memcpy(&word, p, 8), !(word & HIGHS))) {
            p += 8;
            continue;
        }
        size_t n = 1;
        if (*p & 0x80) n = character((const unsigned char *)p, (size_t)(end - p));
        if (!n) return false;
        p += n;
    }
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static struct text trimmed(struct text t)
{
    while (t.size && is_blank(*t.bytes))
        t.bytes++, t.size--;
    while (t.size && is_blank(t.bytes[t.size - 1]))
        t.size--;
    return t;
}

static bool is_null(struct text t)
{
    return (t.size == 4 && memcmp(t.bytes, "NULL", 4) == 0) ||
           (t.size == 2 && memcmp(t.bytes, "\\N", 2) == 0);
}

char *csv_text(const struct csv *c, int i, char *scratch, struct text *text)
{
    const struct csv_field *f = &c->fields[i];
    *text = f->quoted ? f->text : trimmed(f->text);
    if (!text->size || (!f->quoted && is_null(*text))) {
        *text = (struct text){NULL, 0};
        return scratch;
    }
    if (!f->escaped) return scratch;
    char *out = scratch;
    for (size_t k = 0; k < text->size; k++) {
        *out++ = text->bytes[k];
        if (text->bytes[k] == '"') k++;
    }
    *text = (struct text){scratch, (size_t)(out - scratch)};
    return out;
}
