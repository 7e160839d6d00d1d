/* Functions of SQL whose time is the product of the lengths of two values in SQLite, here
 * in linear time: one call of a function cannot be interrupted. */

#include "sqlite/parts.h"

#include "utf8.h"

#include <string.h>

enum { LEFT = 1, RIGHT = 2, MOST_TRIMMED = 256 }; /* characters that trim is given */

struct text {
    const char *p;
    size_t size;
};

static struct text text_of(sqlite3_value *value)
{
    const char *p = (const char *)sqlite3_value_text(value); /* before the size */
    return (struct text){p ? p : "", p ? (size_t)sqlite3_value_bytes(value) : 0};
}

static struct text bytes_of(sqlite3_value *value)
{
    const char *p = sqlite3_value_blob(value);
    return (struct text){p ? p : "", p ? (size_t)sqlite3_value_bytes(value) : 0};
}

/* Whether an argument is NULL, and so is the result. */
static bool is_null(int count, sqlite3_value **arguments)
{
    for (int i = 0; i < count; i++)
        if (sqlite3_value_type(arguments[i]) == SQLITE_NULL) return true;
    return false;
}

/* The first place of `part` in `in` from `from` on; NULL if there is none. */
static const char *find(struct text in, const char *from, struct text part)
{
    size_t left = (size_t)(in.p + in.size - from);
    return part.size > left ? NULL : memmem(from, left, part.p, part.size);
}

/* instr(in, part): the number of the first character, or byte of a blob, from 1; or 0 */
static void sql_instr(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    if (is_null(count, arguments)) return;
    bool is_blob = sqlite3_value_type(arguments[0]) == SQLITE_BLOB &&
                   sqlite3_value_type(arguments[1]) == SQLITE_BLOB;
    struct text in = is_blob ? bytes_of(arguments[0]) : text_of(arguments[0]);
    struct text part = is_blob ? bytes_of(arguments[1]) : text_of(arguments[1]);
    const char *found = find(in, in.p, part);
    size_t before = found ? (size_t)(found - in.p) : 0;

    if (!found)
        sqlite3_result_int64(context, 0);
    else
        sqlite3_result_int64(
            context,
            (sqlite3_int64)(is_blob ? before : host_utf8_count(in.p, before)) + 1);
}

/* replace(in, part, with) */
static void sql_replace(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    if (is_null(2, arguments)) return;
    struct text in = text_of(arguments[0]), part = text_of(arguments[1]);
    if (part.size == 0 || *part.p == '\0') { /* as SQLite does, also if `with` is NULL */
        sqlite3_result_value(context, arguments[0]);
        return;
    }
    if (is_null(count, arguments)) return;
    struct text with = text_of(arguments[2]);
    const char *from = in.p, *found;
    size_t times = 0, limit = (size_t)sqlite3_limit(sqlite3_context_db_handle(context),
                                                    SQLITE_LIMIT_LENGTH, -1);

    while ((found = find(in, from, part))) {
        times++;
        from = found + part.size;
    }
    if (times == 0) {
        sqlite3_result_text64(context, in.p, in.size, SQLITE_TRANSIENT, SQLITE_UTF8);
        return;
    }
    if (with.size > part.size && times > (limit - in.size) / (with.size - part.size)) {
        sqlite3_result_error_toobig(context);
        return;
    }
    size_t size = in.size - times * part.size + times * with.size;
    char *made = sqlite3_malloc64(size + 1), *to = made;
    if (!made) {
        sqlite3_result_error_nomem(context);
        return;
    }
    for (from = in.p; (found = find(in, from, part)); from = found + part.size) {
        memcpy(to, from, (size_t)(found - from));
        to += found - from;
        memcpy(to, with.p, with.size);
        to += with.size;
    }
    memcpy(to, from, (size_t)(in.p + in.size - from));
    sqlite3_result_text64(context, made, size, sqlite3_free, SQLITE_UTF8);
}

/* The size of one of the characters at one end of `in`; 0 if none is there. */
static size_t at_end(struct text in, const struct text *characters, int n, bool right)
{
    for (int i = 0; i < n; i++) {
        size_t size = characters[i].size;
        const char *p = right ? in.p + in.size - size : in.p;
        if (size <= in.size && memcmp(p, characters[i].p, size) == 0) return size;
    }
    return 0;
}

/* trim(in, characters), ltrim and rtrim; with one argument, they are SQLite's */
static void sql_trim(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    struct text characters[MOST_TRIMMED], in, all;
    int n = 0, sides = *(const int *)sqlite3_user_data(context);
    size_t size;

    if (is_null(count, arguments)) return;
    in = text_of(arguments[0]);
    all = text_of(arguments[1]);
    for (; all.size > 0 && *all.p; all.p += size, all.size -= size) {
        size = 1;
        while (size < all.size && (all.p[size] & 0xc0) == 0x80)
            size++;
        if (n == MOST_TRIMMED) {
            sqlite3_result_error(context, "trim: too many characters", -1);
            return;
        }
        characters[n++] = (struct text){all.p, size};
    }
    while ((sides & LEFT) && (size = at_end(in, characters, n, false)) > 0)
        in = (struct text){in.p + size, in.size - size};
    while ((sides & RIGHT) && (size = at_end(in, characters, n, true)) > 0)
        in.size -= size;
    sqlite3_result_text64(context, in.p, in.size, SQLITE_TRANSIENT, SQLITE_UTF8);
}

int host_sqlite_functions(sqlite3 *db)
{
    static const int left = LEFT, right = RIGHT, both = LEFT | RIGHT;
    static const struct {
        const char *name;
        int count;
        const int *sides;
        void (*fn)(sqlite3_context *, int, sqlite3_value **);
    } functions[] = {
        {"instr",   2, NULL,   sql_instr  },
        {"replace", 3, NULL,   sql_replace},
        {"trim",    2, &both,  sql_trim   },
        {"ltrim",   2, &left,  sql_trim   },
        {"rtrim",   2, &right, sql_trim   },
    };
    int code = SQLITE_OK;

    for (size_t i = 0; i < sizeof functions / sizeof *functions && code == SQLITE_OK; i++)
        code = sqlite3_create_function_v2(
            db, functions[i].name, functions[i].count,
            SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS,
            (void *)functions[i].sides, functions[i].fn, NULL, NULL, NULL);
    return code;
}
