/* Joint rules of host.schema, each made once and found again by the rules it has. */

#include "schema/joint.h"

#include <string.h>

#define ALL_TYPES                                                                        \
    (HOST_TYPE_STRING | HOST_TYPE_BOOLEAN | HOST_TYPE_INTEGER | HOST_TYPE_NUMBER |       \
     HOST_TYPE_OBJECT | HOST_TYPE_ARRAY | HOST_TYPE_NULL)

/* Rules that are being collected; `odd` if the plain walk must be used. */
struct gathered {
    struct host_joint joint;
    bool counted[HOST_JOINT_RULES]; /* the rule's max_bytes counts */
    bool odd;
};

static void add(struct gathered *g, const struct host_rule *rule, bool counted)
{
    struct host_joint *j = &g->joint;

    if (!rule) return;
    for (int i = 0; i < j->count; i++)
        if (j->rules[i] == rule) return;
    if (j->count == HOST_JOINT_RULES) {
        g->odd = true;
        return;
    }
    g->counted[j->count] = counted;
    j->rules[j->count++] = rule;
}

/* Settles what follows from one of the rules alone. */
static void apply(struct gathered *g, int i)
{
    struct host_joint *j = &g->joint;
    const struct host_rule *rule = j->rules[i];

    if (rule->types) j->types &= rule->types;
    if (rule->check) j->has_checks = true;
    if (rule->for_strings || rule->check || rule->max_bytes >= 0) j->any_text = false;
    if (rule->omit_empty) {
        if (i > 0 || !j->has_own) g->odd = true;
        j->omits_empty = true;
    }
    if (rule->max_bytes >= 0) {
        if (!g->counted[i]) g->odd = true;
        if (j->max_bytes < 0 || rule->max_bytes < j->max_bytes)
            j->max_bytes = rule->max_bytes;
    }
    if (rule->switch_on.text && rule != j->settled) {
        if (j->choosing || j->settled) g->odd = true;
        j->choosing = rule;
    }
}

static bool is_same(const struct host_joint *a, const struct host_joint *b)
{
    return a->given == b->given && a->has_own == b->has_own && a->settled == b->settled &&
           a->chosen == b->chosen &&
           memcmp(a->rules, b->rules, (size_t)a->given * sizeof *a->rules) == 0;
}

/* The joint of the gathered rules. */
static struct host_joint *intern(lua_State *L, int refs, struct host_joints *joints,
                                 struct gathered *g)
{
    struct host_joint *j = &g->joint;

    j->given = j->count;
    for (int i = 0; i < joints->count; i++)
        if (!g->odd && is_same(joints->at[i], j)) return joints->at[i];
    j->types = ALL_TYPES;
    j->max_bytes = -1;
    j->any_text = true;
    j->credit = HOST_JOINT_CREDIT;
    for (int i = 0; i < j->count; i++)
        add(g, j->rules[i]->warn, g->counted[i]);
    for (int i = 0; i < j->count; i++)
        apply(g, i);
    if (!(j->types & HOST_TYPE_STRING)) j->any_text = false;
    if (g->odd || joints->count == HOST_JOINTS) return NULL;
    struct host_joint *made = host_rule_memory(L, refs, sizeof *made);
    *made = *j;
    joints->at[joints->count++] = made;
    return made;
}

struct host_joint *host_joint_root(lua_State *L, int refs, struct host_joints *joints,
                                   const struct host_rule *rule)
{
    struct gathered g = {.joint.has_own = true};

    add(&g, rule, true);
    return intern(L, refs, joints, &g);
}

static const struct host_rule *rule_of_member(const struct host_rule *object,
                                              const struct host_label *name)
{
    const struct host_property *property =
        host_property_find(&object->properties, name->text, name->size);
    return property ? property->rule : object->additional;
}

/* Collects the rules inside those of a table: of the member `name`, or NULL: of items. */
static struct host_joint *inner(lua_State *L, int refs, struct host_joints *joints,
                                const struct host_joint *table,
                                const struct host_label *name)
{
    struct gathered g = {0};

    for (int i = 0; i < table->count; i++) {
        const struct host_rule *rule = table->rules[i];
        rule = name ? rule_of_member(rule, name) : rule->items;
        bool own = i == 0 && table->has_own && rule;
        add(&g, rule, own);
        if (own) g.joint.has_own = true;
    }
    return intern(L, refs, joints, &g);
}

struct host_joint *host_joint_member(lua_State *L, int refs, struct host_joints *joints,
                                     const struct host_joint *object,
                                     const struct host_label *name)
{
    return inner(L, refs, joints, object, name);
}

struct host_joint *host_joint_items(lua_State *L, int refs, struct host_joints *joints,
                                    struct host_joint *list)
{
    if (!list->items) list->items = inner(L, refs, joints, list, NULL);
    return list->items;
}

/* The rule that a switch adds for the object at `index`, or NULL. */
static const struct host_rule *
choice(lua_State *L, int refs, const struct host_rule *rule, bool omits_empty, int index)
{
    const struct host_property *chosen = NULL;
    size_t size;

    lua_rawgeti(L, refs, rule->switch_on.ref);
    if (lua_rawget(L, index) == LUA_TSTRING) {
        const char *word = lua_tolstring(L, -1, &size);
        if (size > 0 || !omits_empty)
            chosen = host_property_find(&rule->cases, word, size);
    }
    lua_pop(L, 1);
    return chosen ? chosen->rule : rule->otherwise;
}

struct host_joint *host_joint_choose(lua_State *L, int refs, struct host_joints *joints,
                                     struct host_joint *object, int index)
{
    const struct host_rule *rule = object->choosing;
    if (!rule) return object;

    const struct host_rule *chosen = choice(L, refs, rule, object->omits_empty, index);
    for (struct host_joint *j = object->cases; j; j = j->next)
        if (j->chosen == chosen) return j;
    struct gathered g = {
        .joint = {.settled = rule, .chosen = chosen, .has_own = object->has_own}
    };
    for (int i = 0; i < object->given; i++)
        add(&g, object->rules[i], i == 0 && object->has_own);
    add(&g, chosen, false);
    struct host_joint *made = intern(L, refs, joints, &g);
    if (!made) return NULL;
    made->next = object->cases;
    object->cases = made;
    return made;
}
