/* Notes the tables in JSON texts by their path. */

#include "coverage/tables.h"
#include "compact.h"

#include <stdlib.h>

struct walk {
    struct tables *t;
    const char *p, *end;
    bool full; /* out of memory */
};

/* The slot of a name below `parent`: that of its table, or an empty one. */
static short *slot_of(struct tables *t, int parent, const char *name, size_t size)
{
    uint32_t hash = (uint32_t)parent + 1;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (unsigned char)name[i]) * 16777619u;
    for (size_t i = hash ^ hash >> 16;; i++) {
        short *slot = &t->slots[i % TABLE_SLOTS];
        const struct table *table = &t->list[*slot];
        if (!*slot || (table->parent == parent && table->name_size == size &&
                       memcmp(table->name, name, size) == 0))
            return slot;
    }
}

/* Adds a table below `parent`. -1: there are too many, or out of memory (sets *full). */
static int new_table(struct tables *t, int parent, const char *name, size_t size,
                     bool *full)
{
    if (t->count == MOST_TABLES) return -1;
    struct table *list = realloc(t->list, (size_t)(t->count + 1) * sizeof *list);
    if (list) t->list = list;
    char *text = list ? malloc(size + 1) : NULL;
    if (!text) {
        *full = true;
        return -1;
    }
    memcpy(text, name, size);
    text[size] = 0;
    t->list[t->count] = (struct table){.name = text, .name_size = size, .parent = parent};
    return t->count++;
}

bool host_tables_name(struct tables *t, const char *name, size_t size)
{
    bool full = false;

    if (t->count == 0 && new_table(t, -1, "", 0, &full) < 0) return false;
    if (size == 0) return true;
    short *slot = slot_of(t, 0, name, size);
    if (!*slot) *slot = (short)new_table(t, 0, name, size, &full);
    return !full;
}

int host_tables_find(struct tables *t, int parent, const char *name, size_t size,
                     bool *full)
{
    short *slot = slot_of(t, parent, name, size);

    if (*slot) return *slot;
    int index = parent > 0 ? new_table(t, parent, name, size, full) : -1;
    if (index > 0) *slot = (short)index;
    return index;
}

static void take_table(struct walk *w, int index);

/* Takes the value at w->p of a member or item. */
static void take_value(struct walk *w, int parent, const char *name, size_t size)
{
    const char *begin = w->p;

    if (*begin == '"') {
        const char *last = host_text_string(begin + 1, w->end);
        w->p = last < w->end ? last + 1 : w->end;
    } else if (*begin == '{' || *begin == '[') {
        int index = host_tables_find(w->t, parent, name, size, &w->full);
        if (index >= 0)
            take_table(w, index);
        else
            w->p = host_text_table(begin, w->end);
    } else {
        w->p = host_text_word(begin, w->end);
    }
}

/* Takes the list or object at w->p. */
static void take_table(struct walk *w, int index)
{
    bool list = *w->p == '[';
    const char *end = w->end;

    w->p++;
    if (list)
        w->t->list[index].list = true;
    else if (w->p < end && *w->p == '}')
        w->t->list[index].empty++;
    while (!w->full && w->p < end && *w->p != ']' && *w->p != '}') {
        const char *name = "[]";
        size_t size = 2;
        if (!list) {
            name = w->p + 1;
            const char *last = host_text_string(name, end);
            if (end - last < 3) break; /* quote, colon and a value follow */
            size = (size_t)(last - name);
            w->p = last + 2;
        }
        take_value(w, index, name, size);
        if (w->p < end && *w->p == ',') w->p++;
    }
    if (w->p < end) w->p++;
}

const char *host_tables_take(struct tables *t, int index, const char *p, const char *end,
                             bool *full)
{
    struct walk w = {.t = t, .p = p, .end = end};

    take_table(&w, index);
    *full = *full || w.full;
    return w.p;
}

bool host_tables_add(struct tables *t, const char *text, size_t size)
{
    struct walk w = {.t = t, .p = text, .end = text + size};

    if (size > 1 && *text == '{') take_table(&w, 0);
    return !w.full;
}

void host_tables_free(struct tables *t)
{
    for (int i = 0; i < t->count; i++)
        free(t->list[i].name);
    free(t->list);
    memset(t, 0, sizeof *t);
}
