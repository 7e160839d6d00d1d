/* embed LIST OUT - writes files as C: arrays of their bytes, and the table of
 * host/host.h.
 *
 * Runs while the program is built. A line of LIST is "NAME KIND CHUNK PATH", and KIND
 * "text" or "compiled"; they are sorted by NAME. Compiled code keeps its debug
 * information, so that messages and tracebacks are those of the text. */

#include <lauxlib.h>
#include <lua.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PER_LINE = 32 }; /* bytes */

struct entry {
    char name[256], kind[16], chunk[256], path[4096];
};

struct array {
    FILE *out;
    size_t size;
};

static bool next_entry(FILE *list, struct entry *e)
{
    return fscanf(list, "%255s %15s %255s %4095[^\n]", e->name, e->kind, e->chunk,
                  e->path) == 4;
}

static bool is_compiled(const struct entry *e)
{
    return strcmp(e->kind, "compiled") == 0;
}

/* Appends bytes to a string literal; lua_dump calls it, too. An octal escape of three
 * digits takes no digit that follows, and "??" would begin a trigraph. */
static int write_bytes(lua_State *L, const void *bytes, size_t size, void *array)
{
    struct array *a = array;

    (void)L;
    for (const unsigned char *p = bytes, *end = p + size; p < end; p++) {
        if (a->size++ % PER_LINE == 0) fputs("\"\n\"", a->out);
        if (*p < ' ' || *p > '~')
            fprintf(a->out, "\\%03o", *p);
        else if (*p == '"' || *p == '\\' || *p == '?')
            fprintf(a->out, "\\%c", *p);
        else
            fputc(*p, a->out);
    }
    return 0;
}

static void begin_array(struct array *a, const char *name, int n)
{
    a->size = 0;
    fprintf(a->out, "static const char %s%d[] = \"", name, n);
}

static void end_array(const struct array *a)
{
    fputs("\";\n", a->out);
}

static void push_text(lua_State *L, const char *path)
{
    FILE *f = fopen(path, "rb");
    luaL_Buffer b;
    size_t n;

    if (!f) luaL_error(L, "cannot open %s", path);
    luaL_buffinit(L, &b);
    do {
        n = fread(luaL_prepbuffer(&b), 1, LUAL_BUFFERSIZE, f);
        luaL_addsize(&b, n);
    } while (n > 0);
    fclose(f);
    luaL_pushresult(&b);
}

static void write_entry(lua_State *L, const struct entry *e, int n, struct array *a)
{
    size_t size;

    push_text(L, e->path);
    const char *text = lua_tolstring(L, -1, &size);
    begin_array(a, "text", n);
    write_bytes(L, text, size, a);
    end_array(a);
    if (is_compiled(e)) {
        if (luaL_loadbufferx(L, text, size, e->chunk, "t") != LUA_OK) lua_error(L);
        begin_array(a, "code", n);
        lua_dump(L, write_bytes, a, false);
        end_array(a);
    }
    lua_settop(L, 2);
}

/* embed(list, out) */
static int embed(lua_State *L)
{
    FILE *list = lua_touserdata(L, 1);
    struct array a = {.out = lua_touserdata(L, 2)};
    struct entry e;
    int n = 0;

    fputs("#include \"embedded.h\"\n\n", a.out);
    while (next_entry(list, &e))
        write_entry(L, &e, n++, &a);
    fprintf(a.out,
            "\nconst size_t host_embedded_count = %d;\n"
            "const struct host_embedded host_embedded[] = {\n",
            n);
    rewind(list);
    for (n = 0; next_entry(list, &e); n++) {
        fprintf(a.out, "    {\"%s\", \"%s\", text%d, sizeof text%d - 1, ", e.name,
                e.chunk, n, n);
        if (is_compiled(&e))
            fprintf(a.out, "code%d, sizeof code%d - 1},\n", n, n);
        else
            fputs("NULL, 0},\n", a.out);
    }
    fputs("};\n", a.out);
    return 0;
}

int main(int argc, char **argv)
{
    FILE *list = argc == 3 ? fopen(argv[1], "r") : NULL;
    FILE *out = list ? fopen(argv[2], "w") : NULL;
    lua_State *L = out ? luaL_newstate() : NULL;

    if (!L) {
        fputs("embed: usage: embed LIST OUT\n", stderr);
        return EXIT_FAILURE;
    }
    lua_pushcfunction(L, embed);
    lua_pushlightuserdata(L, list);
    lua_pushlightuserdata(L, out);
    bool done = lua_pcall(L, 2, 0, 0) == LUA_OK;
    if (!done) fprintf(stderr, "embed: %s\n", lua_tostring(L, -1));
    lua_close(L);
    fclose(list);
    if (fclose(out) != 0) done = false;
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
