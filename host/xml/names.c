/* A hash table of names that only grows, up to a bound. */

#include "xml/names.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 64 };
enum { MOST_PROBES = 1000 }; /* reached only by names that were made to collide */

static uint32_t hash_of(char mark, const char *text, size_t size)
{
    uint32_t hash = UINT32_C(2166136261) ^ (unsigned char)mark; /* FNV-1a */
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (unsigned char)text[i]) * UINT32_C(16777619);
    return hash ^ hash >> 15;
}

static bool is_name(const struct xml_names *names, uint32_t name, char mark,
                    const char *text, size_t size)
{
    const char *known = names->text.data + names->list[name].at;
    size_t marked = mark != 0;

    return names->list[name].size == marked + size && (!mark || *known == mark) &&
           memcmp(known + marked, text, size) == 0;
}

static uint32_t free_slot(const struct xml_names *names, uint32_t hash)
{
    uint32_t mask = 2 * names->room - 1, slot = hash & mask;
    while (names->slots[slot])
        slot = (slot + 1) & mask;
    return slot;
}

static bool grow(struct xml_names *names)
{
    uint32_t room = names->room ? 2 * names->room : FIRST_ROOM;
    struct xml_name *list = realloc(names->list, room * sizeof *list);
    if (!list) return false;
    names->list = list;
    uint32_t *slots = calloc(2 * (size_t)room, sizeof *slots);
    if (!slots) return false;
    free(names->slots);
    names->slots = slots;
    names->room = room;
    for (uint32_t name = 0; name < names->count; name++)
        slots[free_slot(names, list[name].hash)] = name + 1;
    return true;
}

static uint32_t too_many(struct xml_names *names)
{
    names->is_full = true;
    return XML_NO_NAME;
}

static uint32_t add(struct xml_names *names, uint32_t hash, char mark, const char *text,
                    size_t size)
{
    size_t at = names->text.size, marked = mark != 0;

    if (names->count == XML_MOST_NAMES || size > XML_MOST_NAME_BYTES - marked ||
        at > XML_MOST_NAME_BYTES - marked - size)
        return too_many(names);
    if (names->count == names->room && !grow(names)) return XML_NO_NAME;
    if (!host_bytes_room(&names->text, marked + size)) return XML_NO_NAME;
    host_bytes_add(&names->text, &mark, marked);
    host_bytes_add(&names->text, text, size);
    names->list[names->count] =
        (struct xml_name){(uint32_t)at, (uint32_t)(marked + size), hash};
    names->slots[free_slot(names, hash)] = names->count + 1;
    return names->count++;
}

uint32_t host_xml_name(struct xml_names *names, char mark, const char *text)
{
    size_t size = strlen(text);
    uint32_t hash = hash_of(mark, text, size), mask = 2 * names->room - 1;

    for (uint32_t i = 0; names->room; i++) {
        uint32_t known = names->slots[(hash + i) & mask];
        if (!known) break;
        if (i == MOST_PROBES) return too_many(names);
        if (names->list[known - 1].hash == hash &&
            is_name(names, known - 1, mark, text, size))
            return known - 1;
    }
    return add(names, hash, mark, text, size);
}

const char *host_xml_name_text(const struct xml_names *names, uint32_t name, size_t *size)
{
    *size = names->list[name].size;
    return names->text.data + names->list[name].at;
}

void host_xml_names_free(struct xml_names *names)
{
    host_bytes_free(&names->text);
    free(names->list);
    free(names->slots);
    *names = (struct xml_names){0};
}
