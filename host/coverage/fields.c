/* Walks the JSON of users, which the writer made, and counts their members. Members
 * mostly come in the same order, so the field that followed last time is tried first. */

#include "coverage/fields.h"
#include "compact.h"

#include <stdlib.h>
#include <string.h>

struct walk {
    struct fields *f;
    const char *end;
    int whole; /* of the fields that all users before have had: how many this one has */
    bool full; /* out of memory */
};

static char *copy(const char *text, size_t size)
{
    char *made = malloc(size + 1);
    if (!made) return NULL;
    memcpy(made, text, size);
    made[size] = 0;
    return made;
}

/* Sets the names of a field, in one block of memory. */
static bool name_field(struct field *field, const struct field *above, const char *name,
                       size_t size)
{
    size_t prefix = above ? above->name_size + 1 : 0, whole = prefix + size;
    char *text = malloc(whole + 1 + size + 3), *quoted = text + whole + 1;

    if (!text) return false;
    if (above) {
        memcpy(text, above->name, above->name_size);
        text[above->name_size] = '.';
    }
    memcpy(text + prefix, name, size);
    text[whole] = 0;
    quoted[0] = '"';
    memcpy(quoted + 1, name, size);
    memcpy(quoted + 1 + size, "\":", 2);
    field->name = text;
    field->name_size = whole;
    field->own = prefix;
    field->quoted = quoted;
    field->quoted_size = size + 3;
    return true;
}

/* Adds a field below `parent`, or the user itself. NULL: there are too many, or out of
 * memory (sets *full). */
static struct field *new_field(struct fields *f, struct field *parent, const char *name,
                               size_t size, bool *full)
{
    if (f->count == MOST_FIELDS) return NULL;
    const struct field *above = parent != f->list ? parent : NULL;
    struct field *field = &f->list[f->count];
    *field = (struct field){.table = FIELD_TABLE_UNKNOWN};
    if (f->first) field->without = copy(f->first, strlen(f->first));
    if ((f->first && !field->without) || !name_field(field, above, name, size)) {
        free(field->without);
        *full = true;
        return NULL;
    }
    f->count++;
    if (above && above->kind == FIELD_OPEN) field->kind = FIELD_OPEN;
    if (parent) {
        struct field **link = &parent->child;
        while (*link)
            link = &(*link)->sibling;
        *link = field;
    }
    if (!field->without) f->whole[f->n_whole++] = field;
    return field;
}

bool host_fields_name(struct fields *f, const char *name, size_t size,
                      enum field_kind kind)
{
    bool full = false;
    if (!f->list && !(f->list = calloc(MOST_FIELDS, sizeof *f->list))) return false;
    struct field *field = new_field(f, size ? f->list : NULL, name, size, &full);
    if (field && size) field->kind = kind;
    return field;
}

static bool same8(const char *a, const char *b)
{
    return memcmp(a, b, 8) == 0; /* two loads */
}

/* Whether the member at p is of the field `guess`, as it most often is. */
static bool is_guessed(const struct field *guess, const char *p, const char *end)
{
    if (!guess || (size_t)(end - p) <= guess->quoted_size) return false;
    const char *name = guess->quoted;
    size_t size = guess->quoted_size, i = 0;
    if (size < 8) return memcmp(p, name, size) == 0;
    for (; i < size - 8; i += 8)
        if (!same8(p + i, name + i)) return false;
    return same8(p + size - 8, name + size - 8); /* may overlap */
}

/* The field of the member below `parent` whose quoted name is at p, made if it is new;
 * NULL if there are too many. */
static struct field *find(struct walk *w, struct field *parent, const char *p,
                          size_t size)
{
    struct field *field = parent->child;
    while (field && (field->quoted_size != size || memcmp(field->quoted, p, size) != 0))
        field = field->sibling;
    return field ? field : new_field(w->f, parent, p + 1, size - 3, &w->full);
}

/* Counts a look that the field has had; false if it is new. */
static bool is_known(struct field *field, uint64_t digest)
{
    for (size_t i = 0, at = field->last_look; i < field->n_looks; i++, at++) {
        if (at == field->n_looks) at = 0;
        if (field->looks[at].look.digest != digest) continue;
        field->looks[at].count++;
        field->last_look = at;
        return true;
    }
    return field->n_looks == MOST_LOOKS;
}

/* The table of a member of the table `above`, or FIELD_TABLE_NONE. `field`: its own, or
 * NULL; `p`: its quoted name. */
static int table_of(struct walk *w, struct field *field, int above, const char *p,
                    size_t size)
{
    if (above < 0) return FIELD_TABLE_NONE;
    if (field && field->table != FIELD_TABLE_UNKNOWN) return field->table;
    int table = host_tables_find(w->f->tables, above, p + 1, size - 3, &w->full);
    if (field) field->table = table;
    return table;
}

/* What a list or an object looks like: whether it is empty. */
static void look_at_table(struct look *look, const char *p, const char *end)
{
    bool list = *p == '[', empty = p + 1 < end && (p[1] == ']' || p[1] == '}');
    host_look_sign(look,
                   list    ? (empty ? "[]" : "[...]")
                   : empty ? "{}"
                           : "{...}",
                   empty ? 2 : 5);
}

static void look_at_number(struct look *look, const char *p, const char *end)
{
    bool whole = true, negative = *p == '-';
    for (; p < end; p++)
        whole = whole && *p != '.' && *p != 'e' && *p != 'E';
    if (negative) host_look_sign(look, "-", 1);
    host_look_sign(look, whole ? "9" : "9.9", whole ? 1 : 3);
}

/* Looks at a value that is neither a list nor an object; returns its end. `closed`: text
 * is not looked at. */
static const char *look_at_scalar(struct look *look, bool closed, const char *p,
                                  const char *end)
{
    const char *last;

    if (*p == '"') {
        last = closed ? host_text_string(p + 1, end) : host_look_string(look, p + 1, end);
        if (closed) host_look_sign(look, "text", 4);
        return last < end ? last + 1 : end;
    }
    last = host_text_word(p, end);
    if (*p == 't' || *p == 'f')
        host_look_sign(look, p, (size_t)(last - p));
    else
        look_at_number(look, p, last);
    return last;
}

/* Adds the look of the value at p, which is new. */
static void add_look(struct walk *w, struct field *field, const char *p)
{
    if (field->n_looks == field->most_looks) {
        size_t most = field->most_looks ? field->most_looks * 2 : 4;
        struct field_look *looks = realloc(field->looks, most * sizeof *looks);
        if (!looks) {
            w->full = true;
            return;
        }
        field->looks = looks;
        field->most_looks = most;
    }
    struct field_look *one = &field->looks[field->n_looks];
    one->count = 1;
    host_look_begin(&one->look, true);
    if (*p == '{' || *p == '[')
        look_at_table(&one->look, p, w->end);
    else
        look_at_scalar(&one->look, field->kind == FIELD_CLOSED, p, w->end);
    field->last_look = field->n_looks++;
}

/* Counts the value at p of a field, which a user has; `digest`: of its look. */
static void count(struct walk *w, struct field *field, uint64_t digest, const char *p)
{
    field->users++;
    field->stamp = w->f->users;
    w->whole += !field->without;
    if (!is_known(field, digest)) add_look(w, field, p);
}

static const char *take_object(struct walk *w, struct field *parent, int table, int depth,
                               const char *p);

/* The functions that take a value at p return its end. `field`: its own, or NULL. */

static const char *take_scalar(struct walk *w, struct field *field, const char *p)
{
    struct look look;

    host_look_begin(&look, false);
    const char *end =
        look_at_scalar(&look, !field || field->kind == FIELD_CLOSED, p, w->end);
    bool is_empty = *p == 'n' || (*p == '"' && end - p == 2);
    if (field && !is_empty) count(w, field, look.digest, p);
    return end;
}

/* A list or an object. */
static const char *take_table(struct walk *w, struct field *field, int table, int depth,
                              const char *p)
{
    const char *end = w->end;
    struct look look;

    if (field) {
        host_look_begin(&look, false);
        look_at_table(&look, p, end);
        count(w, field, look.digest, p);
    }
    if (field && field->kind == FIELD_OPEN && *p == '{' && depth < DEPTH) {
        if (table >= 0 && end - p > 1 && p[1] == '}') w->f->tables->list[table].empty++;
        return take_object(w, field, table, depth + 1, p);
    }
    if (table < 0) return host_text_table(p, end);
    return host_tables_take(w->f->tables, table, p, end, &w->full);
}

static const char *take_object(struct walk *w, struct field *parent, int table, int depth,
                               const char *p)
{
    struct field *before = NULL, *guess = parent->child, *field;
    const char *end = w->end;

    p++;
    while (p < end && *p == '"' && !w->full) {
        const char *name = p;
        if (is_guessed(guess, p, end)) {
            field = guess;
            p += guess->quoted_size;
        } else {
            p = host_text_string(p + 1, end) + 2;
            if (end <= p) break; /* a value follows */
            field = find(w, parent, name, (size_t)(p - name));
        }
        if (field) {
            if (before) before->after = field;
            before = field;
            guess = field->after;
        } else {
            w->f->others++;
        }
        p = *p == '{' || *p == '['
                ? take_table(w, field,
                             table_of(w, field, table, name, (size_t)(p - name)), depth,
                             p)
                : take_scalar(w, field, p);
        if (p < end && *p == ',') p++;
    }
    return p < end ? p + 1 : end;
}

/* Notes the place of a user for the fields that it is the first without. */
static bool note_missing(struct fields *f, const char *at, size_t size)
{
    for (int i = 0; i < f->n_whole;) {
        struct field *field = f->whole[i];
        if (field->stamp == f->users || field == f->list) {
            i++;
            continue;
        }
        field->without = copy(at, size);
        if (!field->without) return false;
        f->whole[i] = f->whole[--f->n_whole];
    }
    return true;
}

/* Other tables than those of the last user have other indices. */
static void use_tables(struct fields *f, struct tables *t)
{
    if (t == f->tables) return;
    f->tables = t;
    for (int i = 0; i < f->count; i++)
        f->list[i].table = FIELD_TABLE_UNKNOWN;
}

bool host_fields_add(struct fields *f, struct tables *t, const char *text, size_t size,
                     const char *at)
{
    struct walk w = {.f = f, .end = text + size};
    f->users++;
    if (t) use_tables(f, t);
    if (size > 1 && *text == '{')
        take_object(&w, f->list, t ? 0 : FIELD_TABLE_NONE, 0, text);
    if (w.full) return false;
    bool is_whole = w.whole == f->n_whole - 1; /* the first is the user itself */
    if (!is_whole && !note_missing(f, at, strlen(at))) return false;
    if (!f->first) f->first = copy(at, strlen(at));
    return f->first != NULL;
}

void host_fields_free(struct fields *f)
{
    for (int i = 0; i < f->count; i++) {
        free(f->list[i].name);
        free(f->list[i].without);
        free(f->list[i].looks);
    }
    free(f->list);
    free(f->first);
    memset(f, 0, sizeof *f);
}
