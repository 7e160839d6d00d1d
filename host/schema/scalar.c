/* Scalar rules of host.schema: strings and numbers. */

#include "schema/walk.h"

#include "common.h"
#include "utf8.h"

#include <string.h>

#define SHOWN_MAX 24 /* bytes of a value shown in a message */

static bool check_length(struct host_run *r, const struct host_rule *rule,
                         const char *text, size_t size, const struct host_place *place)
{
    lua_Integer bytes = (lua_Integer)size;

    /* a character has one to four bytes: mostly the size suffices */
    if (bytes >= 4 * rule->min_length &&
        (rule->max_length < 0 || bytes <= rule->max_length))
        return true;
    lua_Integer n = (lua_Integer)host_utf8_count(text, size);
    if (n < rule->min_length &&
        !host_schema_report(r, HOST_KEY_MIN_LENGTH, place, "",
                            "String is too short (%I chars), minimum %I", n,
                            rule->min_length))
        return false;
    if (rule->max_length >= 0 && n > rule->max_length &&
        !host_schema_report(r, HOST_KEY_MAX_LENGTH, place, "",
                            "String is too long (%I chars), maximum %I", n,
                            rule->max_length))
        return false;
    return true;
}

static bool matches(struct host_run *r, const struct host_pattern *pattern, int index,
                    const char *text, size_t size)
{
    lua_State *L = r->L;

    if (pattern->steps) return host_pattern_match(pattern, text, size);
    if (!index) return false;
    lua_rawgeti(L, r->refs, HOST_REFS_FIND);
    lua_pushvalue(L, index);
    lua_rawgeti(L, r->refs, pattern->text.ref);
    lua_call(L, 2, 1);
    bool found = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return found;
}

static bool check_pattern(struct host_run *r, const struct host_rule *rule, int index,
                          const char *text, size_t size, const struct host_place *place)
{
    for (size_t i = 0; i < rule->pattern_count; i++)
        if (matches(r, &rule->patterns[i], index, text, size)) return true;
    return host_schema_report(r, HOST_KEY_PATTERN, place, "",
                              "String does not match pattern %s",
                              rule->pattern_name.text);
}

static bool check_enum(struct host_run *r, const struct host_rule *rule, const char *text,
                       size_t size, const struct host_place *place)
{
    for (size_t i = 0; i < rule->enums.count; i++) {
        const struct host_name *name = &rule->enums.at[i];
        if (name->text == text ||
            (name->size == size && memcmp(name->text, text, size) == 0))
            return true;
    }
    /* a long one may be a secret in the wrong field */
    return host_schema_report(r, HOST_KEY_ENUM, place, "", "No enum match for: %s",
                              size <= SHOWN_MAX ? text : "a long string");
}

bool host_schema_string(struct host_run *r, const struct host_rule *rule, int index,
                        const char *text, size_t size, const struct host_place *place)
{
    if ((rule->min_length > 0 || rule->max_length >= 0) &&
        !check_length(r, rule, text, size, place))
        return false;
    if (rule->format != HOST_FORMAT_NONE) {
        const char *fault = host_format_fault(rule->format, text, size);
        if (fault &&
            !host_schema_report(r, HOST_KEY_FORMAT, place, "",
                                "Object didn't pass validation for format %s: %s",
                                host_format_names[rule->format], fault))
            return false;
    }
    if (rule->pattern_count && !check_pattern(r, rule, index, text, size, place))
        return false;
    return rule->enums.count == 0 || check_enum(r, rule, text, size, place);
}

bool host_schema_number(struct host_run *r, const struct host_rule *rule, int index,
                        const struct host_place *place)
{
    lua_Number n = lua_tonumber(r->L, index);

    if (rule->has_minimum && n < rule->minimum &&
        !host_schema_report(r, HOST_KEY_MINIMUM, place, "",
                            "Value %f is less than minimum %f", n, rule->minimum))
        return false;
    if (rule->has_maximum && n > rule->maximum)
        return host_schema_report(r, HOST_KEY_MAXIMUM, place, "",
                                  "Value %f is greater than maximum %f", n,
                                  rule->maximum);
    return true;
}
