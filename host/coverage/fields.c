/* Walks the JSON of users, which the writer made, and counts their members. Members
 * mostly come in the same order, so the field that followed last time is tried first. */

#include "coverage/fields.h"
#include "compact.h"

#include <stdlib.h>
#include <string.h>

struct walk {
    struct fields *f;
    const char *p, *end;
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

/* Adds a field below `parent`. -1: there are too many, or out of memory (sets *full). */
static int new_field(struct fields *f, int parent, const char *name, size_t size,
                     bool *full)
{
    if (f->count == MOST_FIELDS) return -1;
    struct field *list = realloc(f->list, (size_t)(f->count + 1) * sizeof *list);
    if (list) f->list = list;
    const struct field *above = list && parent > 0 ? &list[parent] : NULL;
    size_t prefix = above ? above->name_size + 1 : 0;
    char *text = list ? malloc(prefix + size + 1) : NULL;
    char *without = text && f->first ? copy(f->first, strlen(f->first)) : NULL;
    if (!text || (f->first && !without)) {
        free(text);
        *full = true;
        return -1;
    }
    if (above) {
        memcpy(text, above->name, above->name_size);
        text[above->name_size] = '.';
    }
    memcpy(text + prefix, name, size);
    text[prefix + size] = 0;

    int index = f->count++;
    struct field *field = &f->list[index];
    *field = (struct field){
        .name = text,
        .name_size = prefix + size,
        .own = prefix,
        .parent = parent,
        .child = -1,
        .sibling = -1,
        .after = -1,
        .table = FIELD_TABLE_UNKNOWN,
        .without = without,
    };
    if (parent >= 0) {
        if (above && above->kind == FIELD_OPEN) field->kind = FIELD_OPEN;
        int *link = &f->list[parent].child;
        while (*link >= 0)
            link = &f->list[*link].sibling;
        *link = index;
    }
    if (!without) f->whole[f->n_whole++] = index;
    return index;
}

bool host_fields_name(struct fields *f, const char *name, size_t size,
                      enum field_kind kind)
{
    bool full = false;
    if (f->count == 0 && new_field(f, -1, "", 0, &full) < 0) return false;
    if (size == 0) return true;
    int index = new_field(f, 0, name, size, &full);
    if (index > 0) f->list[index].kind = kind;
    return index > 0;
}

static bool is_named(const struct field *field, const char *name, size_t size)
{
    return field->name_size - field->own == size &&
           memcmp(field->name + field->own, name, size) == 0;
}

/* Whether the name of a member is that of the field `guess`, as it most often is; then
 * *last is its closing quote. */
static bool is_guessed(const struct walk *w, int guess, const char *name,
                       const char **last)
{
    if (guess < 0) return false;
    const struct field *field = &w->f->list[guess];
    size_t size = field->name_size - field->own;
    *last = name + size;
    return (size_t)(w->end - name) > size && name[size] == '"' &&
           memcmp(field->name + field->own, name, size) == 0;
}

/* The field of a member below `parent`, made if it is new; -1 if there are too many. */
static int find(struct walk *w, int parent, const char *name, size_t size)
{
    struct fields *f = w->f;
    for (int i = f->list[parent].child; i >= 0; i = f->list[i].sibling)
        if (is_named(&f->list[i], name, size)) return i;
    return new_field(f, parent, name, size, &w->full);
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

/* False if out of memory. */
static bool add_look(struct field *field, const struct look *look)
{
    if (field->n_looks == field->most_looks) {
        size_t most = field->most_looks ? field->most_looks * 2 : 4;
        struct field_look *looks = realloc(field->looks, most * sizeof *looks);
        if (!looks) return false;
        field->looks = looks;
        field->most_looks = most;
    }
    field->looks[field->n_looks] = (struct field_look){.look = *look, .count = 1};
    field->last_look = field->n_looks++;
    return true;
}

static void take_object(struct walk *w, int parent, int table, int depth);

/* The table of a member of the table `above`, or FIELD_TABLE_NONE; `index`: of its field,
 * or -1. */
static int table_of(struct walk *w, int index, int above, const char *name, size_t size)
{
    struct fields *f = w->f;
    if (above < 0) return FIELD_TABLE_NONE;
    if (index >= 0 && f->list[index].table != FIELD_TABLE_UNKNOWN)
        return f->list[index].table;
    int table = host_tables_find(f->tables, above, name, size, &w->full);
    if (index >= 0) f->list[index].table = table;
    return table;
}

/* Passes a list or an object whose members are not fields. */
static void pass_table(struct walk *w, int table)
{
    w->p = table < 0 ? host_text_table(w->p, w->end)
                     : host_tables_take(w->f->tables, table, w->p, w->end, &w->full);
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

/* The look of a value, which is neither empty text nor null. */
static void look_at(struct look *look, bool shown, bool closed, const char *p,
                    const char *end)
{
    host_look_begin(look, shown);
    if (*p == '{' || *p == '[')
        look_at_table(look, p, end);
    else if (*p == '"' && closed)
        host_look_sign(look, "text", 4);
    else if (*p == '"')
        host_look_string(look, p + 1, (size_t)(end - p - 2));
    else if (*p == 't' || *p == 'f')
        host_look_sign(look, p, (size_t)(end - p));
    else
        look_at_number(look, p, end);
}

/* Counts the value of a field that a user has. */
static void take(struct walk *w, int index, const char *p, const char *end)
{
    struct field *field = &w->f->list[index];
    bool closed = field->kind == FIELD_CLOSED;
    struct look look;

    field->users++;
    field->stamp = w->f->users;
    look_at(&look, false, closed, p, end);
    if (is_known(field, look.digest)) return;
    look_at(&look, true, closed, p, end);
    if (!add_look(field, &look)) w->full = true;
}

/* Takes the list or object at w->p. */
static void take_table(struct walk *w, int index, int table, int depth)
{
    const char *p = w->p;

    if (index < 0 || w->f->list[index].kind != FIELD_OPEN || *p != '{' ||
        depth == DEPTH) {
        pass_table(w, table);
        return;
    }
    if (table >= 0 && w->end - p > 1 && p[1] == '}') w->f->tables->list[table].empty++;
    take_object(w, index, table, depth + 1);
}

/* Counts the value at w->p of a field; index -1: of none. `table`: its own, if the value
 * is one. */
static void take_value(struct walk *w, int index, int table, int depth)
{
    const char *begin = w->p, *end = w->end;
    bool empty = *begin == 'n';

    if (*begin == '"') {
        const char *last = host_text_string(begin + 1, end);
        empty = last == begin + 1 || last == end;
        w->p = last < end ? last + 1 : end;
    } else if (*begin == '{' || *begin == '[') {
        take_table(w, index, table, depth);
    } else {
        w->p = host_text_word(begin, end);
    }
    if (index >= 0 && !empty) take(w, index, begin, w->p);
}

/* Counts the members of the object at w->p. */
static void take_object(struct walk *w, int parent, int table, int depth)
{
    int before = -1, guess = w->f->list[parent].child;
    w->p++;
    while (!w->full && w->p < w->end && *w->p == '"') {
        const char *name = w->p + 1, *last;
        bool guessed = is_guessed(w, guess, name, &last);
        if (!guessed) last = host_text_string(name, w->end);
        if (w->end - last < 3) break; /* quote, colon and a value follow */
        size_t size = (size_t)(last - name);
        int index = guessed ? guess : find(w, parent, name, size);
        if (index < 0) {
            w->f->others++;
        } else if (before >= 0) {
            w->f->list[before].after = index;
        }
        w->p = last + 2;
        bool is_table = *w->p == '{' || *w->p == '[';
        take_value(w, index, is_table ? table_of(w, index, table, name, size) : -1,
                   depth);
        if (index >= 0) {
            before = index;
            guess = w->f->list[index].after;
        }
        if (w->p < w->end && *w->p == ',') w->p++;
    }
    if (w->p < w->end) w->p++;
}

/* Notes the place of a user for the fields that it is the first without. */
static bool note_missing(struct fields *f, const char *at, size_t size)
{
    for (int i = 0; i < f->n_whole;) {
        struct field *field = &f->list[f->whole[i]];
        if (field->stamp == f->users || f->whole[i] == 0) {
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
    struct walk w = {.f = f, .p = text, .end = text + size};
    f->users++;
    if (t) use_tables(f, t);
    if (size > 1 && *text == '{') take_object(&w, 0, t ? 0 : FIELD_TABLE_NONE, 0);
    if (w.full || !note_missing(f, at, strlen(at))) return false;
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
