/* The scanner behind host.csv: a sliding buffer, encodings, rows and fields.
 *
 * Each row is scanned once: bytes between delimiters are skipped a word at a time and
 * only offsets are kept. Fields are decoded when they are read. */

#include "csv/scan.h"

#include "common.h"
#include "utf8.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { FIRST_CAPACITY = 256 * 1024, RAW_SIZE = 64 * 1024, LONGEST_CHARACTER = 4 };

#define ONES  UINT64_C(0x0101010101010101)
#define HIGHS UINT64_C(0x8080808080808080)

static uint32_t unit16(const struct csv_scan *s, size_t at)
{
    const unsigned char *p = s->raw + at;
    return s->encoding->kind == HOST_UTF16LE ? (uint32_t)(p[0] | p[1] << 8)
                                             : (uint32_t)(p[0] << 8 | p[1]);
}

/* One character of UTF-16 from `raw`, 0 bytes if it is incomplete. A lone surrogate is
 * encoded as it is: the row then fails the UTF-8 check. */
static size_t take_utf16(const struct csv_scan *s, uint32_t *c)
{
    size_t left = s->raw_end - s->raw_begin;
    if (left < 2) return 0;
    *c = unit16(s, s->raw_begin);
    if ((*c & 0xfc00) != 0xd800) return 2;
    if (left < 4) return s->drained ? 2 : 0;
    uint32_t low = unit16(s, s->raw_begin + 2);
    if ((low & 0xfc00) != 0xdc00) return 2;
    *c = 0x10000 + ((*c & 0x3ff) << 10) + (low & 0x3ff);
    return 4;
}

static void convert_utf16(struct csv_scan *s)
{
    char *to = s->buffer + s->filled;
    char *end = s->buffer + s->capacity - LONGEST_CHARACTER;
    while (to <= end) {
        uint32_t c = 0;
        size_t n = take_utf16(s, &c);
        if (n == 0) break;
        s->raw_begin += n;
        to = host_utf8_put(to, c);
    }
    if (to <= end && s->drained && s->raw_begin < s->raw_end) {
        *to++ = (char)0xff; /* half a character makes the row invalid UTF-8 */
        s->raw_begin = s->raw_end;
    }
    s->filled = (size_t)(to - s->buffer);
}

static void decode(struct csv_scan *s)
{
    const unsigned char *from = s->raw + s->raw_begin;
    char *to = host_decoder_put(s->decoder, &from, s->raw + s->raw_end, s->drained,
                                s->buffer + s->filled, s->buffer + s->capacity);
    s->raw_begin = (size_t)(from - s->raw);
    s->filled = (size_t)(to - s->buffer);
}

/* Converts as much of `raw` into the buffer as fits. */
static void convert(struct csv_scan *s)
{
    if (s->encoding->kind == HOST_UTF8) {
        size_t n = s->raw_end - s->raw_begin; /* the first bytes only */
        memcpy(s->buffer + s->filled, s->raw + s->raw_begin, n);
        s->raw_begin = s->raw_end;
        s->filled += n;
    } else if (s->decoder) {
        decode(s);
    } else {
        convert_utf16(s);
    }
    s->at_end = s->drained && s->raw_begin == s->raw_end;
}

/* Reads more after what is left in `raw`. */
static bool fill_raw(lua_State *L, struct csv_scan *s)
{
    size_t left = s->raw_end - s->raw_begin;
    memmove(s->raw, s->raw + s->raw_begin, left);
    s->raw_begin = 0;
    s->raw_end = left;
    if (left == RAW_SIZE) return true;
    ssize_t n = host_input_read(L, s->input, s->raw + left, RAW_SIZE - left);
    if (n < 0) return false;
    if (n == 0) s->drained = true;
    s->raw_end += (size_t)n;
    return true;
}

/* Old spreadsheets end lines with a carriage return alone: so does this input if no other
 * line end is in what was read, outside of quotes. */
static void find_line_end(struct csv_scan *s)
{
    bool quoted = false, found = false;
    for (size_t i = s->row; i < s->filled; i++) {
        int c = (unsigned char)s->buffer[i];
        if (c == s->escape)
            i++;
        else if (c == s->quote)
            quoted = !quoted;
        else if (!quoted && c == '\n')
            return;
        else if (!quoted && c == '\r' && (i + 1 < s->filled || s->at_end))
            found = true;
    }
    if (found) s->line_end = '\r';
}

/* Skips "sep=;", a line for spreadsheets; its delimiter counts if none was given. */
static void skip_sep_line(struct csv_scan *s)
{
    const char *p = s->buffer + s->row, *end = s->buffer + s->filled;
    bool quoted = p < end && *p == '"';
    if (quoted) p++;
    if (end - p < 5 || strncasecmp(p, "sep=", 4) != 0) return;
    int delimiter = (unsigned char)p[4];
    p += 5;
    if (quoted && (p == end || *p++ != '"')) return;
    if (p < end && *p == '\r' && s->line_end == '\n') p++;
    if (p < end && *p++ != (char)s->line_end) return;
    if (delimiter < 0x80 && delimiter != s->quote && delimiter != s->escape &&
        !s->is_told)
        s->delimiter = delimiter;
    s->row = s->next = (size_t)(p - s->buffer);
    s->line = ++s->next_line;
}

/* Looks for a byte order mark, which overrides the option. */
static void find_mark(struct csv_scan *s)
{
    static const struct {
        const char *mark;
        size_t size;
        const char *encoding;
    } marks[] = {
        {"\xef\xbb\xbf", 3, "utf-8"   },
        {"\xff\xfe",     2, "utf-16le"},
        {"\xfe\xff",     2, "utf-16be"}
    };
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (s->raw_end >= marks[i].size &&
            memcmp(s->raw, marks[i].mark, marks[i].size) == 0) {
            s->raw_begin = marks[i].size;
            s->encoding = host_encoding_find(marks[i].encoding);
            host_decoder_free(s->decoder);
            s->decoder = NULL;
            return;
        }
}

/* Looks for a byte order mark and for the line end. */
static bool begin(lua_State *L, struct csv_scan *s)
{
    if (!s->raw) s->raw = malloc(RAW_SIZE);
    if (!s->buffer) s->buffer = malloc(FIRST_CAPACITY);
    if (!s->raw || !s->buffer) luaL_error(L, "out of memory for reading rows");
    s->capacity = FIRST_CAPACITY;
    while (!s->drained && s->raw_end < RAW_SIZE &&
           (s->raw_end < 3 || !memchr(s->raw, '\n', s->raw_end)))
        if (!fill_raw(L, s)) return false;
    if (!s->exact) find_mark(s);
    s->begun = true;
    convert(s);
    s->line_end = '\n';
    if (s->exact) return true;
    if (s->decoder && s->filled >= 3 && memcmp(s->buffer, "\xef\xbb\xbf", 3) == 0)
        s->row = s->next = 3; /* the mark in the other encoding */
    find_line_end(s);
    skip_sep_line(s);
    return true;
}

static lua_Integer count_lines(const struct csv_scan *s, const char *p, const char *end)
{
    lua_Integer n = 0;
    while ((p = memchr(p, s->line_end, (size_t)(end - p)))) {
        n++;
        p++;
    }
    return n;
}

/* Whether the current field begins with a quote. */
static bool in_quotes(const struct csv_scan *s)
{
    size_t at = s->cursor + s->row;
    while (s->trim && at < s->filled && host_csv_is_blank(s->buffer[at]))
        at++;
    return s->quote >= 0 && at < s->filled && s->buffer[at] == (char)s->quote;
}

static lua_Integer field_line(const struct csv_scan *s)
{
    const char *row = host_csv_row(s);
    return s->line + count_lines(s, row, row + s->cursor);
}

static enum csv_outcome too_long(lua_State *L, struct csv_scan *s, bool is_open)
{
    const char *name = host_input_name(s->input);
    if (is_open)
        host_fail(L, HOST_PARSE,
                  "%s:%I: the quote that opens here is not closed within %I bytes", name,
                  (LUAI_UACINT)field_line(s), (LUAI_UACINT)s->limit);
    else
        host_fail(L, HOST_PARSE, "%s:%I: a row longer than %I bytes", name,
                  (LUAI_UACINT)s->line, (LUAI_UACINT)s->limit);
    return CSV_FAILED;
}

/* Moves the row to the front of the buffer and reads more. CSV_ROW: continue. */
static enum csv_outcome refill(lua_State *L, struct csv_scan *s)
{
    if (s->begun && s->filled - s->row > s->limit) return too_long(L, s, in_quotes(s));
    if (s->row > 0) {
        memmove(s->buffer, s->buffer + s->row, s->filled - s->row);
        s->filled -= s->row;
        s->row = s->next = 0;
    }
    if (!s->begun) return begin(L, s) ? CSV_ROW : CSV_FAILED;
    if (s->capacity - s->filled < 2 * LONGEST_CHARACTER) {
        char *more = realloc(s->buffer, s->capacity * 2);
        if (!more)
            luaL_error(L, "out of memory for a row of %I bytes", (LUAI_UACINT)s->filled);
        s->buffer = more;
        s->capacity *= 2;
    }
    if (s->encoding->kind != HOST_UTF8) {
        if (!s->drained && !fill_raw(L, s)) return CSV_FAILED;
        convert(s);
        return CSV_ROW;
    }
    ssize_t n =
        host_input_read(L, s->input, s->buffer + s->filled, s->capacity - s->filled);
    if (n < 0) return CSV_FAILED;
    if (n == 0) s->at_end = true;
    s->filled += (size_t)n;
    return CSV_ROW;
}

/* The first of two bytes, eight at a time; `end` if there is none. */
static const char *find2(const char *p, const char *end, int a, int b)
{
#if defined __BYTE_ORDER__ && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    const uint64_t as = ONES * (uint64_t)(unsigned char)a;
    const uint64_t bs = ONES * (uint64_t)(unsigned char)b;
    for (; end - p >= 8; p += 8) {
        uint64_t word;
        memcpy(&word, p, sizeof word);
        uint64_t x = word ^ as, y = word ^ bs;
        uint64_t hit = (((x - ONES) & ~x) | ((y - ONES) & ~y)) & HIGHS;
        if (hit) return p + (__builtin_ctzll(hit) >> 3);
    }
#endif
    while (p < end && *p != (char)a && *p != (char)b)
        p++;
    return p;
}

/* The end of an unquoted field: at a delimiter, a line end or `end`. */
static const char *skip_plain(const struct csv_scan *s, const char *p, const char *end,
                              struct csv_field *f)
{
    if (s->escape < 0) return find2(p, end, s->delimiter, s->line_end);
    while (p < end && *p != (char)s->delimiter && *p != (char)s->line_end) {
        if (*p == (char)s->escape) {
            f->escaped = true;
            if (++p == end) break;
        }
        p++;
    }
    return p;
}

/* The closing quote, searched from after the opening one; NULL if there is none before
 * `end`. */
static const char *skip_quoted(const struct csv_scan *s, const char *p, const char *end,
                               struct csv_field *f)
{
    for (;;) {
        if (s->escape < 0)
            p = memchr(p, s->quote, (size_t)(end - p));
        else
            p = find2(p, end, s->quote, s->escape);
        if (!p || p == end) return NULL;
        if (*p == (char)s->quote) {
            if (p + 1 == end) return s->at_end ? p : NULL;
            if (p[1] != (char)s->quote) return p;
        }
        f->escaped = true;
        if (end - p < 2) return NULL;
        p += 2;
    }
}

static struct csv_field *add_field(lua_State *L, struct csv_scan *s)
{
    if (s->count == s->room) {
        int room = s->room ? s->room * 2 : 64;
        struct csv_field *more = realloc(s->fields, (size_t)room * sizeof *more);
        if (!more) luaL_error(L, "out of memory for a row of %d fields", room);
        s->fields = more;
        s->room = room;
    }
    return &s->fields[s->count];
}

/* Splits one field that begins at `p`; returns where it ends (delimiter, line end,
 * `end`), or NULL if its closing quote is not in the buffer yet. */
static const char *split_field(lua_State *L, struct csv_scan *s, const char *p,
                               const char *end)
{
    const char *row = host_csv_row(s);
    struct csv_field *f = add_field(L, s);
    f->quoted = f->escaped = false;
    const char *text = p;
    while (s->trim && text < end && host_csv_is_blank(*text))
        text++;
    if (s->quote < 0 || text == end || *text != (char)s->quote) {
        f->begin = (uint32_t)(p - row);
        p = skip_plain(s, p, end, f);
        f->end = (uint32_t)(p - row);
        return p;
    }
    const char *close = skip_quoted(s, text + 1, end, f);
    if (!close) return NULL;
    f->quoted = true;
    f->begin = (uint32_t)(text + 1 - row);
    f->end = (uint32_t)(close - row);
    p = find2(close + 1, end, s->delimiter, s->line_end);
    for (const char *rest = close + 1; rest < p && !s->stray; rest++)
        if (!host_csv_is_blank(*rest) && *rest != '\r') s->stray = s->count + 1;
    s->folded = true;
    return p;
}

/* The row ends at `p`; `end_of_line`: at a line end rather than at the end of the
 * input. */
static void end_row(struct csv_scan *s, const char *p, bool end_of_line)
{
    const char *row = host_csv_row(s);
    struct csv_field *last = &s->fields[s->count - 1];
    s->size = (size_t)(p - row);
    if (s->size > 0 && p[-1] == '\r') {
        s->size--;
        if (!last->quoted && last->end > last->begin) last->end--;
    }
    s->next = s->row + (size_t)(p - row) + (end_of_line ? 1 : 0);
    s->next_line = s->line + 1;
    if (s->folded || s->escape >= 0) s->next_line += count_lines(s, row, p);
}

/* Splits the row as far as the buffer goes. False: more input is needed. */
static bool split_row(lua_State *L, struct csv_scan *s)
{
    const char *row = host_csv_row(s), *end = s->buffer + s->filled;
    const char *p = row + s->cursor;
    for (;;) {
        s->cursor = (size_t)(p - row);
        p = split_field(L, s, p, end);
        if (!p || (p == end && !s->at_end)) return false;
        s->count++;
        if (p == end || *p == (char)s->line_end) break;
        p++;
    }
    end_row(s, p, p < end);
    return true;
}

enum csv_outcome host_csv_next(lua_State *L, struct csv_scan *s)
{
    s->row = s->next;
    s->line = s->next_line;
    s->count = 0;
    s->cursor = s->size = 0;
    s->folded = false;
    s->stray = 0;
    for (;;) {
        if (s->row == s->filled && s->at_end) return CSV_END;
        if (s->row < s->filled && split_row(L, s)) break;
        if (s->at_end) {
            host_fail(L, HOST_PARSE, "%s:%I: the quote that opens here is never closed",
                      host_input_name(s->input), (LUAI_UACINT)field_line(s));
            return CSV_FAILED;
        }
        enum csv_outcome outcome = refill(L, s);
        if (outcome != CSV_ROW) return outcome;
    }
    return s->size > s->limit ? too_long(L, s, false) : CSV_ROW;
}

void host_csv_release(struct csv_scan *s)
{
    free(s->buffer);
    free(s->raw);
    free(s->fields);
    host_decoder_free(s->decoder);
    s->decoder = NULL;
    s->buffer = NULL;
    s->raw = NULL;
    s->fields = NULL;
    s->count = s->room = 0;
    s->input = NULL;
}
