/* host.file, folders - created, listed, searched, removed with their contents. */

#include "file/parts.h"

#include "common.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <glob.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SCRATCH "host.file.scratch"

/* What is open or allocated while names are collected and pushed. */
struct scratch {
    DIR *folder;
    char **names;
    size_t count, room; /* count <= room */
    bool globbed;
    glob_t glob;
};

static struct scratch *new_scratch(lua_State *L)
{
    struct scratch *s = lua_newuserdatauv(L, sizeof *s, 0);
    memset(s, 0, sizeof *s);
    luaL_setmetatable(L, SCRATCH);
    return s;
}

static int scratch_close(lua_State *L)
{
    struct scratch *s = luaL_checkudata(L, 1, SCRATCH);
    if (s->folder) closedir(s->folder);
    s->folder = NULL;
    for (size_t i = 0; i < s->count; i++)
        free(s->names[i]);
    free(s->names);
    s->names = NULL;
    s->count = s->room = 0;
    if (s->globbed) globfree(&s->glob);
    s->globbed = false;
    return 0;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_name(lua_State *L, struct scratch *s, const char *name)
{
    if (s->count == s->room) {
        size_t room = s->room ? s->room * 2 : 64;
        char **names = realloc(s->names, room * sizeof *names);
        if (!names) luaL_error(L, "out of memory for the names in a folder");
        s->names = names;
        s->room = room;
    }
    s->names[s->count] = strdup(name);
    if (!s->names[s->count]) luaL_error(L, "out of memory for the names in a folder");
    s->count++;
}

static void push_names(lua_State *L, char **names, size_t count)
{
    if (count) qsort(names, count, sizeof *names, by_bytes);
    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        lua_pushstring(L, names[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
}

/* The names in the folder of `s`; returns as host_file_list. */
static int list_folder(lua_State *L, struct scratch *s, const char *path, bool hidden)
{
    errno = 0;
    for (struct dirent *entry; (entry = readdir(s->folder)) != NULL; errno = 0) {
        const char *name = entry->d_name;
        bool is_dots = strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
        if (!is_dots && (hidden || *name != '.')) add_name(L, s, name);
    }
    if (errno) return host_fail_errno(L, errno, "listing", path);
    push_names(L, s->names, s->count);
    return 1;
}

int host_file_list(lua_State *L, int *fd, const char *path, bool hidden)
{
    struct scratch *s = new_scratch(L);
    s->folder = fdopendir(*fd);
    if (!s->folder) return host_fail_errno(L, errno, "listing", path);
    *fd = -1;
    return list_folder(L, s, path, hidden);
}

/* list(path) -> names | nil, message, kind */
static int file_list(lua_State *L)
{
    const char *path = host_file_check_path(L, 1);
    struct scratch *s = new_scratch(L);
    s->folder = opendir(path);
    if (!s->folder) return host_fail_errno(L, errno, "listing", path);
    return list_folder(L, s, path, true);
}

/* glob(pattern) -> paths | nil, message, kind */
static int file_glob(lua_State *L)
{
    const char *pattern = host_file_check_path(L, 1);
    struct scratch *s = new_scratch(L);
    int code = glob(pattern, GLOB_NOSORT, NULL, &s->glob);
    s->globbed = true;
    if (code == GLOB_NOSPACE) return luaL_error(L, "out of memory for %s", pattern);
    if (code == GLOB_ABORTED) return host_fail_errno(L, errno, "searching", pattern);
    size_t n = code == 0 ? s->glob.gl_pathc : 0;
    push_names(L, s->glob.gl_pathv, n);
    return 1;
}

/* Creates one folder; 0 if it exists afterwards, else errno. */
static int make_folder(lua_State *L, const char *path)
{
    if (mkdir(path, 0700) == 0) return host_file_sync_folder(L, path);
    int error = errno;
    struct stat st;
    if (stat(path, &st) != 0) return error;
    return S_ISDIR(st.st_mode) ? 0 : ENOTDIR;
}

/* mkdir(path) -> true | nil, message, kind */
static int file_mkdir(lua_State *L)
{
    const char *path = host_file_check_path(L, 1);
    for (const char *end = strchr(path + 1, '/'); end; end = strchr(end + 1, '/')) {
        const char *parent = lua_pushlstring(L, path, (size_t)(end - path));
        int error = make_folder(L, parent);
        if (error) return host_fail_errno(L, error, "creating the folder", parent);
        lua_settop(L, 1);
    }
    return host_file_done(L, make_folder(L, path), "creating the folder", path);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st, (void)type, (void)at;
    return remove(path) == 0 || errno == ENOENT ? 0 : errno;
}

/* remove_tree(path) -> true | nil, message, kind */
static int file_remove_tree(lua_State *L)
{
    const char *path = host_file_check_path(L, 1);
    int error = nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    return host_file_done(L, error < 0 ? errno : error, "removing", path);
}

/* temporary() -> path | nil, message, kind */
static int file_temporary(lua_State *L)
{
    const char *parent = getenv("TMPDIR");
    if (!parent || !*parent) parent = "/tmp";
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/auth0-migrate.XXXXXX", parent);
    if (n < 0 || n >= (int)sizeof path || !mkdtemp(path))
        return host_fail_errno(L, n >= (int)sizeof path ? ENAMETOOLONG : errno,
                               "creating a folder in", parent);
    lua_pushstring(L, path);
    return 1;
}

static const luaL_Reg functions[] = {
    {"glob",        file_glob       },
    {"list",        file_list       },
    {"mkdir",       file_mkdir      },
    {"remove_tree", file_remove_tree},
    {"temporary",   file_temporary  },
    {NULL,          NULL            }
};

static const luaL_Reg scratch_metamethods[] = {
    {"__gc", scratch_close},
    {NULL,   NULL         }
};

void host_file_folder_type(lua_State *L)
{
    host_newtype(L, SCRATCH, NULL, scratch_metamethods);
}

void host_file_folder_open(lua_State *L)
{
    luaL_setfuncs(L, functions, 0);
}
