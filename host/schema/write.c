/* The quick walk of host.schema combined with writing JSON: json/write.c walks the value
 * and calls these functions for each node. A broken rule just ends it. */

#include "schema/walk.h"

struct quick {
    struct host_json_rules rules; /* first, since json/write.c passes it back */
    struct host_run run;
};

static struct host_run *run_of(struct host_json_rules *rules)
{
    return &((struct quick *)rules)->run;
}

static enum host_json_verdict member(struct host_json_rules *rules, const void **rule,
                                     struct host_json_members *members, const char *name,
                                     size_t size, int index)
{
    struct host_run *r = run_of(rules);
    const struct host_rule *object = *rule;

    if (object->omit_empty && host_schema_is_empty(r->L, index)) return HOST_JSON_OMITTED;
    members->count++;
    if ((object->forbidden.count || object->key_without) &&
        !host_schema_name(r, object, name, size, NULL))
        return HOST_JSON_REJECTED;
    const struct host_property *property =
        host_property_find(&object->properties, name, size);
    if (property) {
        members->seen |= property->bit;
        *rule = property->rule;
        return HOST_JSON_TAKEN;
    }
    *rule = object->additional;
    return object->closed ? HOST_JSON_REJECTED : HOST_JSON_TAKEN;
}

static const void *item(const void *rule)
{
    return ((const struct host_rule *)rule)->items;
}

static bool scalar(struct host_json_rules *rules, const void *rule, int index, int kind,
                   const char *text, size_t size)
{
    struct host_value value = {index, kind, text, size};
    return host_schema_walk(run_of(rules), rule, &value, NULL);
}

static bool opens(const void *rule, bool list)
{
    unsigned types = ((const struct host_rule *)rule)->types;
    return !types || types & (list ? HOST_TYPE_ARRAY : HOST_TYPE_OBJECT);
}

static bool closes(struct host_json_rules *rules, const void *node, int index, bool list,
                   const struct host_json_members *members, size_t bytes)
{
    struct host_run *r = run_of(rules);
    const struct host_rule *rule = node;

    if (list ? !host_schema_length(r, rule, members->count, NULL)
             : !host_schema_whole(r, rule, index, NULL, members))
        return false;
    return !host_rule_has_node(rule) ||
           host_schema_node(r, rule, index, NULL, bytes, r->errors);
}

bool host_schema_write_plainly(struct host_run *r, const struct host_rule *rule,
                               int index, int order, int depth, struct host_bytes *b)
{
    struct quick quick = {
        {member, item, scalar, opens, closes},
        *r
    };

    return host_json_write_checked(r->L, index, order, depth, b, &quick.rules, rule);
}
