/* Checks a value in its JSON text, without values of Lua. Accepts what plainly keeps the
 * rules; what the text alone does not settle (blanks, escapes and repeated names where
 * there are rules, numbers that are not short integers, functions, warnings) is left to
 * the walk of the value. */

#include "schema/walk.h"

#include "compact.h"

#include <stdlib.h>
#include <string.h>

enum {
    DEPTH = 64,
    DIGITS = 15,   /* of an integer that a double holds */
    BYTES_EACH = 8 /* at most so many bytes are counted for a byte of text */
};

struct reading {
    struct host_run *r;
    const char *p, *end;
    int depth;
    struct host_text_member *wanted; /* of the outermost object */
    size_t n_wanted;
};

static bool take_value(struct reading *t, const struct host_rule *rule);

static const struct host_property *find(struct reading *t,
                                        const struct host_properties *properties,
                                        const char *name, size_t size)
{
    if (properties->count == 0) return NULL;
    size_t slot = ((uintptr_t)properties >> 4) + size * 31;
    if (size) slot += (unsigned char)name[0] * 7u + (unsigned char)name[size - 1];
    struct host_recent *recent = &t->r->validator->recent[slot & (HOST_RECENT - 1)];

    if (recent->of == properties && recent->property->name.size == size &&
        memcmp(recent->property->name.text, name, size) == 0)
        return recent->property;
    for (size_t i = 0; i < properties->count; i++) {
        const struct host_property *property = &properties->at[i];
        if (property->name.size != size || memcmp(property->name.text, name, size) != 0)
            continue;
        *recent = (struct host_recent){properties, property};
        return property;
    }
    return NULL;
}

/* -- strings, numbers and words -- */

static bool take_string(struct reading *t, const struct host_rule *rule)
{
    const char *text = t->p + 1, *last = host_text_string(text, t->end);

    if (last == t->end) return false;
    t->p = last + 1;
    if (!rule) return true;
    if (rule->types && !(rule->types & HOST_TYPE_STRING)) return false;
    size_t size = (size_t)(last - text);
    return !rule->for_strings || (!memchr(text, '\\', size) &&
                                  host_schema_string(t->r, rule, 0, text, size, NULL));
}

static bool take_number(struct reading *t, const struct host_rule *rule)
{
    const char *begin = t->p, *p = begin + (*begin == '-');

    while (p < t->end && *p >= '0' && *p <= '9')
        p++;
    if (p < t->end && *p != ',' && *p != '}' && *p != ']') return false;
    if (p - begin > DIGITS) return false;
    t->p = p;
    if (!rule) return true;
    if (rule->types && !(rule->types & (HOST_TYPE_INTEGER | HOST_TYPE_NUMBER)))
        return false;
    lua_Number n = (lua_Number)strtoll(begin, NULL, 10);
    return !rule->enums.count && (!rule->has_minimum || n >= rule->minimum) &&
           (!rule->has_maximum || n <= rule->maximum);
}

static bool take_word(struct reading *t, const struct host_rule *rule)
{
    unsigned type = *t->p == 'n' ? HOST_TYPE_NULL : HOST_TYPE_BOOLEAN;

    t->p = host_text_word(t->p, t->end);
    return !rule || ((!rule->types || rule->types & type) && !rule->enums.count);
}

/* -- lists -- */

static bool take_list(struct reading *t, const struct host_rule *rule)
{
    lua_Integer count = 0;

    if (rule->types && !(rule->types & HOST_TYPE_ARRAY)) return false;
    t->p++;
    while (t->p < t->end && *t->p != ']') {
        if (count++ > 0 && *t->p++ != ',') return false;
        if (!take_value(t, rule->items)) return false;
    }
    if (t->p == t->end) return false;
    t->p++;
    return count >= rule->min_items && (rule->max_items < 0 || count <= rule->max_items);
}

/* -- objects -- */

/* What is known of an object's members so far. */
struct members {
    uint64_t seen; /* bits of properties */
    lua_Integer count;
    const char *word; /* the text that chooses a case, or NULL */
    size_t word_size;
};

static bool may_be_named(struct reading *t, const struct host_rule *rule,
                         const char *name, size_t size)
{
    for (size_t i = 0; i < rule->forbidden.count; i++) {
        const struct host_name *one = &rule->forbidden.at[i].name;
        if (one->size == size && memcmp(one->text, name, size) == 0) return false;
    }
    for (size_t i = 0; rule->key_without && i < size; i++)
        if (rule->key_without[(unsigned char)name[i]]) return false;
    return memchr(name, '\\', size) == NULL && t->depth <= DEPTH;
}

/* Notes a member that is wanted or chooses a case; false if there are two. */
static bool note(struct reading *t, const struct host_rule *rule, struct members *m,
                 const char *name, size_t size, const char *at)
{
    const struct host_name *on = &rule->switch_on;

    if (on->text && on->size == size && memcmp(on->text, name, size) == 0) {
        if (m->word || *at != '"') return false;
        m->word = at + 1;
        m->word_size = (size_t)(t->p - at) - 2;
        if (memchr(m->word, '\\', m->word_size)) return false;
    }
    for (size_t i = 0; t->depth == 1 && i < t->n_wanted; i++) {
        struct host_text_member *w = &t->wanted[i];
        if (w->name_size != size || memcmp(w->name, name, size) != 0) continue;
        if (w->at) return false;
        w->at = at;
        w->end = t->p;
    }
    return true;
}

/* Takes the member whose name begins at t->p. */
static bool take_member(struct reading *t, const struct host_rule *rule,
                        struct members *m)
{
    const char *name = t->p + 1, *last = host_text_string(name, t->end);
    size_t size = (size_t)(last - name);

    if (t->end - last < 3 || last[1] != ':') return false;
    const struct host_property *property = find(t, &rule->properties, name, size);
    if (!may_be_named(t, rule, name, size)) return false;
    if (property) {
        if (!property->bit || m->seen & property->bit) return false;
        m->seen |= property->bit;
    } else if (rule->closed) {
        return false;
    }
    t->p = last + 2;
    const char *at = t->p;
    m->count++;
    return take_value(t, property ? property->rule : rule->additional) &&
           note(t, rule, m, name, size, at);
}

static bool has_mask(const struct host_names *names)
{
    return names->count == 0 || names->mask;
}

static bool keeps_group_rules(const struct host_rule *rule, const struct members *m)
{
    uint64_t required = rule->required.mask, any = rule->any_required.mask,
             one = m->seen & rule->exclusive.mask;

    return has_mask(&rule->required) && has_mask(&rule->any_required) &&
           has_mask(&rule->exclusive) && (m->seen & required) == required &&
           (!any || m->seen & any) && !(one & (one - 1)) &&
           m->count >= rule->min_properties && rule->min_properties <= 1 &&
           (rule->max_properties < 0 || m->count <= rule->max_properties);
}

static bool take_object(struct reading *t, const struct host_rule *rule);

/* Checks the object that began at `begin` against the case that it chooses. */
static bool keeps_case(struct reading *t, const struct host_rule *rule,
                       const struct members *m, const char *begin)
{
    const struct host_rule *further = rule->otherwise;

    if (!rule->switch_on.text) return true;
    const struct host_property *chosen =
        m->word ? find(t, &rule->cases, m->word, m->word_size) : NULL;
    if (chosen) further = chosen->rule;
    if (!further) return true;
    struct reading again = {t->r, begin, t->p, t->depth + 1, NULL, 0};
    return take_value(&again, further);
}

static bool take_object(struct reading *t, const struct host_rule *rule)
{
    struct members m = {0};
    const char *begin = t->p++;

    if (rule->types && !(rule->types & HOST_TYPE_OBJECT)) return false;
    while (t->p < t->end && *t->p != '}') {
        if (m.count > 0 && *t->p++ != ',') return false;
        if (t->p == t->end || *t->p != '"' || !take_member(t, rule, &m)) return false;
    }
    if (t->p == t->end) return false;
    t->p++;
    return keeps_group_rules(rule, &m) && keeps_case(t, rule, &m, begin);
}

/* -- */

static bool is_settled(const struct host_rule *rule)
{
    return !rule->check && !rule->warn && !rule->omit_empty;
}

static bool take_table(struct reading *t, const struct host_rule *rule)
{
    const char *begin = t->p;

    if (!rule) {
        t->p = host_text_table(t->p, t->end);
        return true;
    }
    if (t->depth == DEPTH) return false;
    t->depth++;
    bool kept = *t->p == '{' ? take_object(t, rule) : take_list(t, rule);
    t->depth--;
    return kept &&
           (rule->max_bytes < 0 || (t->p - begin) * BYTES_EACH <= rule->max_bytes);
}

static bool take_value(struct reading *t, const struct host_rule *rule)
{
    if (t->p == t->end || (rule && !is_settled(rule))) return false;
    switch (*t->p) {
    case '{':
    case '[':
        return take_table(t, rule);
    }
    if (rule && rule->max_bytes >= 0) return false;
    switch (*t->p) {
    case '"':
        return take_string(t, rule);
    case 't':
    case 'f':
    case 'n':
        return take_word(t, rule);
    }
    return (*t->p == '-' || (*t->p >= '0' && *t->p <= '9')) && take_number(t, rule);
}

bool host_schema_accepts_text(struct host_run *r, const char *text, size_t size,
                              struct host_text_member *wanted, size_t n_wanted)
{
    struct reading t = {r, text, text + size, 0, wanted, n_wanted};

    return take_value(&t, r->validator->rule) && t.p == t.end;
}
