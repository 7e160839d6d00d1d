/* What SET says about strings, text and names in a dump. */

#include "dump/reader.h"

#include <string.h>

static bool has_word(const struct dump_scan *s, const char *word)
{
    size_t n = strlen(word), size = s->size < DUMP_TEXT ? s->size : DUMP_TEXT;
    for (size_t i = 0; i + n <= size; i++)
        if (memcmp(s->text + i, word, n) == 0) return true;
    return false;
}

/* What is assigned to by SET. */
enum setting { OTHER, MODE, STRINGS, CODING, PATH };

static enum setting setting_of(const struct dump_scan *s)
{
    if (host_dump_is(s, "SQL_MODE")) return MODE;
    if (host_dump_is(s, "STANDARD_CONFORMING_STRINGS")) return STRINGS;
    if (host_dump_is(s, "NAMES") || host_dump_is(s, "CLIENT_ENCODING")) return CODING;
    return host_dump_is(s, "SEARCH_PATH") ? PATH : OTHER;
}

static void set_mode(struct dump_scan *s, bool from_variable)
{
    if (from_variable) { /* such as @OLD_SQL_MODE: what it was before */
        s->plain = s->plain_before;
        return;
    }
    s->plain_before = s->plain;
    s->plain = has_word(s, "NO_BACKSLASH_ESCAPES");
}

static void set_value(struct dump_reader *r, enum setting setting, bool from_variable)
{
    struct dump_scan *s = &r->scan;
    if (setting == MODE) {
        set_mode(s, from_variable);
    } else if (setting == STRINGS) {
        s->nonstandard = has_word(s, "off");
        host_dump_mean(s, DUMP_POSTGRESQL);
    } else if (setting == CODING && !from_variable) {
        host_dump_set_name(&r->coding, s->text, s->size);
    } else if (setting == PATH) {
        host_dump_set_name(&r->now, s->text, s->size);
    }
}

/* Reads "SET a = 1, NAMES 'utf8'"; "@a" is a variable, "@@a" a setting. An INSERT that
 * follows without a semicolon, as SQL Server has it, ends it, too. */
void host_dump_set(lua_State *L, struct dump_reader *r)
{
    struct dump_scan *s = &r->scan;
    enum setting setting = OTHER;
    bool assigned = false;
    int ats = 0;
    s->capture = true;
    while (host_dump_advance(L, s) != DUMP_OVER && s->kind != DUMP_SEMICOLON &&
           !host_dump_is(s, "INSERT")) {
        if (host_dump_is_mark(s, ',')) {
            setting = OTHER;
            assigned = false;
            ats = 0;
        } else if (host_dump_is_mark(s, '@')) {
            ats++;
        } else if (s->kind == DUMP_MARK || host_dump_is(s, "TO")) {
            assigned = assigned || s->mark != '.';
            ats = 0;
        } else if (assigned || setting == CODING) {
            set_value(r, setting, ats > 0);
            setting = OTHER;
        } else if (ats != 1) {
            setting = setting_of(s);
        }
    }
    s->capture = false;
}
