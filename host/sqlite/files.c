/* The files of a database, for SQLite: an input that was opened before, and what lies
 * next to it. Nothing is ever written, created or deleted.
 *
 * Locks are those of SQLite's own, at the same bytes, so that a program that writes and
 * this one see each other; they belong to the descriptor (OFD), where the system has
 * that, so that closing another descriptor of the file keeps them. Constants and order
 * are those of os_unix.c. */

#include "sqlite/parts.h"

#include "common.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Bytes that are locked, in the file and in the index of a log. */
enum {
    PENDING = 0x40000000,
    RESERVED = PENDING + 1,
    SHARED = PENDING + 2,
    SHARED_SIZE = 510,
    INDEX_LOCKS = 120,
    INDEX_LIVE = INDEX_LOCKS + SQLITE_SHM_NLOCK
};

#ifdef F_OFD_SETLK
enum { SET_LOCK = F_OFD_SETLK, GET_LOCK = F_OFD_GETLK };
#else
enum { SET_LOCK = F_SETLK, GET_LOCK = F_GETLK };
#endif

struct map {
    void *base, *page;
    size_t size;
};

struct node {
    sqlite3_file file;
    struct database *d;
    int fd; /* -1: a log that is not there, which reads as an empty one */
    bool is_main, locked;
};

/* -- what lies next to the database -- */

struct request {
    struct database *d;
    const char *ending;
    int fd;
};

/* Asks Lua for the file; what may raise is in this function. */
static int ask(lua_State *L)
{
    struct request *r = lua_touserdata(L, 1);
    struct database *d = r->d;
    const char *kind = NULL;

    lua_getiuservalue(L, 2, VALUE_BESIDE);
    lua_getiuservalue(L, 2, VALUE_INPUT);
    lua_pushstring(L, r->ending);
    lua_call(L, 2, 3);
    struct host_input *in = luaL_testudata(L, -3, HOST_FILE_INPUT);
    if (in)
        r->fd = fcntl(host_input_descriptor(in), F_DUPFD_CLOEXEC, 0);
    else
        kind = lua_tostring(L, -1);
    if (r->fd >= 0 || (kind && strcmp(kind, HOST_MISSING) == 0)) return 0;
    if (!kind)
        host_fail(L, HOST_IO, "a file next to %s was not opened", host_input_name(d->in));
    lua_setiuservalue(L, 2, VALUE_FAILURE_KIND);
    lua_setiuservalue(L, 2, VALUE_FAILURE);
    d->failed = true;
    return 0;
}

/* Opens the file with this ending. -1: there is none, or d->failed. */
static int open_beside(struct database *d, const char *ending)
{
    struct request r = {d, ending, -1};

    if (!lua_checkstack(d->L, 10)) {
        d->failed = true;
        return -1;
    }
    lua_pushcfunction(d->L, ask);
    lua_pushlightuserdata(d->L, &r);
    lua_pushvalue(d->L, d->at);
    if (!host_sqlite_call(d, 2, 0)) d->failed = true;
    return r.fd;
}

static const char *ending_of(const char *name)
{
    const char *ending = strrchr(name, '-');
    return ending ? ending : "";
}

/* -- locks -- */

/* SQLite's code. */
static int set_lock(int fd, short type, off_t start, off_t size)
{
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET};
    lock.l_start = start;
    lock.l_len = size;
    if (fcntl(fd, SET_LOCK, &lock) == 0) return SQLITE_OK;
    return errno == EACCES || errno == EAGAIN || errno == EINTR ? SQLITE_BUSY
                                                                : SQLITE_IOERR_LOCK;
}

/* The lock of another that keeps one from writing: F_RDLCK, F_WRLCK or F_UNLCK. */
static int get_lock(int fd, off_t start, short *type)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    lock.l_start = start;
    lock.l_len = 1;
    if (fcntl(fd, GET_LOCK, &lock) != 0) return SQLITE_IOERR_CHECKRESERVEDLOCK;
    *type = lock.l_type;
    return SQLITE_OK;
}

static int node_lock(sqlite3_file *file, int level)
{
    struct node *n = (struct node *)file;

    if (level > SQLITE_LOCK_SHARED) return SQLITE_IOERR_LOCK;
    if (n->locked || level == SQLITE_LOCK_NONE) return SQLITE_OK;
    int code = set_lock(n->fd, F_RDLCK, PENDING, 1);
    if (code != SQLITE_OK) return code;
    code = set_lock(n->fd, F_RDLCK, SHARED, SHARED_SIZE);
    set_lock(n->fd, F_UNLCK, PENDING, 1);
    n->locked = code == SQLITE_OK;
    return code;
}

static int node_unlock(sqlite3_file *file, int level)
{
    struct node *n = (struct node *)file;

    if (level > SQLITE_LOCK_NONE || !n->locked) return SQLITE_OK;
    n->locked = false;
    return set_lock(n->fd, F_UNLCK, PENDING, SHARED - PENDING + SHARED_SIZE);
}

static int node_is_reserved(sqlite3_file *file, int *reserved)
{
    short type = F_UNLCK;
    int code = get_lock(((struct node *)file)->fd, RESERVED, &type);
    *reserved = type != F_UNLCK;
    return code;
}

/* -- the index of a log -- */

/* Whether a process that writes uses the index: then it can be read. */
static int find_index(struct database *d)
{
    struct host_sqlite_index *x = &d->index;
    short type = F_UNLCK;

    if (!x->asked) {
        x->fd = open_beside(d, "-shm");
        if (d->failed) return SQLITE_IOERR_SHMOPEN;
        x->asked = true;
    }
    if (x->live) return SQLITE_OK;
    if (x->fd < 0) return SQLITE_READONLY_CANTINIT;
    int code = get_lock(x->fd, INDEX_LIVE, &type);
    if (code != SQLITE_OK) return code;
    if (type == F_UNLCK) return SQLITE_READONLY_CANTINIT;
    if (type == F_WRLCK) return SQLITE_BUSY;
    code = set_lock(x->fd, F_RDLCK, INDEX_LIVE, 1);
    x->live = code == SQLITE_OK;
    return code;
}

/* Maps a page of the index, at any size of the system's pages. */
static int map_page(struct host_sqlite_index *x, int page, size_t size)
{
    size_t unit = (size_t)sysconf(_SC_PAGESIZE), begin = (size_t)page * size;
    size_t down = begin / unit * unit;

    if ((size_t)page >= x->count) {
        size_t count = (size_t)page + 1;
        struct map *more = realloc(x->maps, count * sizeof *more);
        if (!more) return SQLITE_NOMEM;
        memset(more + x->count, 0, (count - x->count) * sizeof *more);
        x->maps = more;
        x->count = count;
    }
    struct map *m = &x->maps[page];
    if (m->base) return SQLITE_OK;
    void *base =
        mmap(NULL, begin - down + size, PROT_READ, MAP_SHARED, x->fd, (off_t)down);
    if (base == MAP_FAILED) return SQLITE_IOERR_SHMMAP;
    *m = (struct map){base, (char *)base + (begin - down), begin - down + size};
    return SQLITE_OK;
}

static int node_map(sqlite3_file *file, int page, int size, int extend,
                    void volatile **to)
{
    struct database *d = ((struct node *)file)->d;
    struct stat st;

    (void)extend;
    *to = NULL;
    int code = find_index(d);
    if (code != SQLITE_OK) return code;
    if (fstat(d->index.fd, &st) != 0) return SQLITE_IOERR_SHMSIZE;
    if (st.st_size < ((off_t)page + 1) * size) return SQLITE_READONLY;
    code = map_page(&d->index, page, (size_t)size);
    if (code != SQLITE_OK) return code;
    *to = d->index.maps[page].page;
    return SQLITE_READONLY;
}

static int node_index_lock(sqlite3_file *file, int offset, int count, int flags)
{
    const struct host_sqlite_index *x = &((struct node *)file)->d->index;
    bool locks = flags & SQLITE_SHM_LOCK;

    if (locks && (flags & SQLITE_SHM_EXCLUSIVE)) return SQLITE_BUSY;
    if (x->fd < 0) return SQLITE_OK;
    return set_lock(x->fd, locks ? F_RDLCK : F_UNLCK, INDEX_LOCKS + offset, count);
}

static void node_barrier(sqlite3_file *file)
{
    (void)file;
    __sync_synchronize();
}

static int node_unmap(sqlite3_file *file, int deletes)
{
    (void)file, (void)deletes; /* at the end: host_sqlite_release */
    return SQLITE_OK;
}

void host_sqlite_release(struct database *d)
{
    struct host_sqlite_index *x = &d->index;
    for (size_t i = 0; i < x->count; i++)
        if (x->maps[i].base) munmap(x->maps[i].base, x->maps[i].size);
    free(x->maps);
    if (x->fd >= 0) close(x->fd);
    *x = (struct host_sqlite_index){.fd = -1};
    if (d->fd >= 0) close(d->fd);
    d->fd = -1;
}

/* -- reading -- */

static int node_close(sqlite3_file *file)
{
    struct node *n = (struct node *)file;
    if (n->is_main)
        node_unlock(file, SQLITE_LOCK_NONE);
    else if (n->fd >= 0)
        close(n->fd);
    return SQLITE_OK;
}

static int node_read(sqlite3_file *file, void *to, int size, sqlite3_int64 from)
{
    struct node *n = (struct node *)file;
    char *bytes = to;
    size_t left = (size_t)size;

    while (left > 0 && n->fd >= 0) {
        ssize_t got = pread(n->fd, bytes, left, (off_t)from);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return SQLITE_IOERR_READ;
        if (got == 0) break;
        bytes += got;
        left -= (size_t)got;
        from += got;
    }
    if (n->is_main) n->d->bytes += size - (int)left;
    memset(bytes, 0, left);
    return left > 0 ? SQLITE_IOERR_SHORT_READ : SQLITE_OK;
}

static int node_size(sqlite3_file *file, sqlite3_int64 *size)
{
    struct node *n = (struct node *)file;
    struct stat st = {0};
    if (n->fd >= 0 && fstat(n->fd, &st) != 0) return SQLITE_IOERR_FSTAT;
    *size = st.st_size;
    return SQLITE_OK;
}

static int node_write(sqlite3_file *file, const void *from, int size, sqlite3_int64 to)
{
    (void)file, (void)from, (void)size, (void)to;
    return SQLITE_READONLY;
}

static int node_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    (void)file, (void)size;
    return SQLITE_READONLY;
}

static int node_sync(sqlite3_file *file, int flags)
{
    (void)file, (void)flags;
    return SQLITE_OK;
}

static int node_control(sqlite3_file *file, int what, void *argument)
{
    (void)file, (void)what, (void)argument;
    return SQLITE_NOTFOUND;
}

static int node_sector(sqlite3_file *file)
{
    (void)file;
    return 4096;
}

static int node_characteristics(sqlite3_file *file)
{
    (void)file;
    return 0;
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = node_close,
    .xRead = node_read,
    .xWrite = node_write,
    .xTruncate = node_truncate,
    .xSync = node_sync,
    .xFileSize = node_size,
    .xLock = node_lock,
    .xUnlock = node_unlock,
    .xCheckReservedLock = node_is_reserved,
    .xFileControl = node_control,
    .xSectorSize = node_sector,
    .xDeviceCharacteristics = node_characteristics,
    .xShmMap = node_map,
    .xShmLock = node_index_lock,
    .xShmBarrier = node_barrier,
    .xShmUnmap = node_unmap,
};

/* -- opening -- */

static int files_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                      int *given)
{
    struct database *d = vfs->pAppData;
    struct node *n = (struct node *)file;

    file->pMethods = NULL;
    if (!name)
        return d->system->xOpen(d->system, name, file, flags, given); /* temporary */
    *n = (struct node){.d = d, .fd = -1};
    if (flags & SQLITE_OPEN_MAIN_DB) {
        n->is_main = true;
        n->fd = d->fd;
    } else if (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) {
        n->fd = open_beside(d, ending_of(name));
        bool may_lack = flags & SQLITE_OPEN_WAL;
        if (n->fd < 0 && (d->failed || !may_lack)) return SQLITE_CANTOPEN;
    } else {
        return SQLITE_CANTOPEN;
    }
    file->pMethods = &methods;
    if (given)
        *given = (flags & ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)) |
                 SQLITE_OPEN_READONLY;
    return SQLITE_OK;
}

static int files_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    (void)vfs, (void)name, (void)sync;
    return SQLITE_READONLY;
}

/* An empty file counts as none, as in os_unix.c. */
static int files_access(sqlite3_vfs *vfs, const char *name, int flags, int *answer)
{
    struct database *d = vfs->pAppData;
    struct stat st;

    *answer = 0;
    if (flags != SQLITE_ACCESS_EXISTS) return SQLITE_OK;
    int fd = open_beside(d, ending_of(name));
    if (fd < 0) return d->failed ? SQLITE_IOERR_ACCESS : SQLITE_OK;
    *answer = fstat(fd, &st) == 0 && st.st_size > 0;
    close(fd);
    return SQLITE_OK;
}

static int files_name(sqlite3_vfs *vfs, const char *name, int size, char *to)
{
    (void)vfs;
    if (strlen(name) >= (size_t)size) return SQLITE_CANTOPEN;
    strcpy(to, name);
    return SQLITE_OK;
}

static int files_random(sqlite3_vfs *vfs, int size, char *to)
{
    struct database *d = vfs->pAppData;
    return d->system->xRandomness(d->system, size, to);
}

/* SQLite waits for another process to finish with an index; of a log that nobody uses, it
 * would wait in vain. */
static int files_sleep(sqlite3_vfs *vfs, int microseconds)
{
    struct database *d = vfs->pAppData;
    if (!d->index.live || host_sqlite_must_end(d)) return 0;
    return d->system->xSleep(d->system, microseconds);
}

static int files_time(sqlite3_vfs *vfs, double *days)
{
    struct database *d = vfs->pAppData;
    return d->system->xCurrentTime(d->system, days);
}

static int files_error(sqlite3_vfs *vfs, int size, char *to)
{
    (void)vfs, (void)size, (void)to;
    return errno;
}

void host_sqlite_files(struct database *d)
{
    d->system = sqlite3_vfs_find(NULL);
    d->index.fd = -1;
    int own = (int)sizeof(struct node), other = d->system->szOsFile;
    d->vfs = (sqlite3_vfs){
        .iVersion = 1,
        .szOsFile = own > other ? own : other,
        .mxPathname = 512,
        .zName = "host.sqlite",
        .pAppData = d,
        .xOpen = files_open,
        .xDelete = files_delete,
        .xAccess = files_access,
        .xFullPathname = files_name,
        .xRandomness = files_random,
        .xSleep = files_sleep,
        .xCurrentTime = files_time,
        .xGetLastError = files_error,
    };
}

static struct timespec modified(const struct stat *st)
{
#ifdef __APPLE__
    return st->st_mtimespec;
#else
    return st->st_mtim;
#endif
}

bool host_sqlite_was_changed(struct database *d)
{
    struct stat now;
    bool is_kept = !d->index.asked || d->index.fd >= 0;

    if (is_kept || fstat(d->fd, &now) != 0) return false;
    struct timespec then = modified(&d->before), last = modified(&now);
    return now.st_size != d->before.st_size || then.tv_sec != last.tv_sec ||
           then.tv_nsec != last.tv_nsec;
}
