/* host.http, what is sent - a body, or the parts of a form, from memory or files.
 *
 * With `fresh` it comes from a callback that cannot rewind. Otherwise libcurl would
 * resend the body by itself if a reused connection closes without a response. */

#include "http/transfer.h"

#include "common.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static size_t on_send(char *buffer, size_t one, size_t n, void *arg)
{
    struct source *s = arg;
    ssize_t got;

    n *= one;
    if ((curl_off_t)n > s->size - s->position) n = (size_t)(s->size - s->position);
    if (s->fd < 0) {
        memcpy(buffer, s->data + s->position, n);
        got = (ssize_t)n;
    } else {
        do
            got = pread(s->fd, buffer, n, s->position);
        while (got < 0 && errno == EINTR);
    }
    if (got < 0 || (got == 0 && n > 0)) { /* the length was announced */
        s->transfer->verdict = got < 0 ? SOURCE_FAILED : SOURCE_CHANGED;
        s->transfer->error = errno;
        return CURL_READFUNC_ABORT;
    }
    s->position += got;
    return (size_t)got;
}

static int on_seek(void *arg, curl_off_t offset, int origin)
{
    struct source *s = arg;
    if (origin != SEEK_SET || offset < 0 || offset > s->size) return CURL_SEEKFUNC_FAIL;
    s->position = offset;
    return CURL_SEEKFUNC_OK;
}

/* Allocates `n` closed sources. */
static void new_sources(lua_State *L, struct transfer *t, int n)
{
    t->sources = lua_newuserdatauv(L, (size_t)n * sizeof *t->sources, 0);
    for (int i = 0; i < n; i++)
        t->sources[i] = (struct source){.fd = -1, .transfer = t};
    t->n_sources = n;
    host_http_keep(L);
}

void host_http_set_body(lua_State *L, struct transfer *t, bool fresh)
{
    size_t size;
    const char *body = host_http_kept_field(L, REQUEST, "body", &size);
    if (!body) return;
    curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)size);
    if (!fresh) {
        curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, body);
        return;
    }
    new_sources(L, t, 1);
    t->sources[0].data = body;
    t->sources[0].size = (curl_off_t)size;
    curl_easy_setopt(t->easy, CURLOPT_POST, 1L);
    curl_easy_setopt(t->easy, CURLOPT_READFUNCTION, on_send);
    curl_easy_setopt(t->easy, CURLOPT_READDATA, &t->sources[0]);
}

/* Opens the content of the part at `index`. False: the transfer failed. */
static bool open_source(lua_State *L, struct transfer *t, int index, struct source *s)
{
    size_t size = 0;
    const char *path = host_http_kept_field(L, index, "file", NULL);
    s->data = host_http_kept_field(L, index, "data", &size);
    s->size = (curl_off_t)size;
    if (!path == !s->data) luaL_error(L, "a part needs either data or file");
    if (!path) return true;

    struct stat st;
    s->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (s->fd >= 0 && fstat(s->fd, &st) == 0 && S_ISREG(st.st_mode)) {
        s->size = st.st_size;
        return true;
    }
    lua_pushfstring(L, "cannot read %s: %s", path,
                    s->fd < 0 ? strerror(errno) : "not a regular file");
    host_http_fail(L, THIS, t, s->fd < 0 && errno == ENOENT ? HOST_MISSING : HOST_IO);
    return false;
}

bool host_http_set_parts(lua_State *L, struct transfer *t, bool fresh)
{
    int parts = lua_gettop(L), n = (int)lua_rawlen(L, parts);
    if (n == 0) luaL_error(L, "no parts");
    new_sources(L, t, n);
    host_http_check(L, (t->mime = curl_mime_init(t->easy)));
    for (int i = 0; i < n; i++, lua_pop(L, 1)) {
        struct source *s = &t->sources[i];
        if (lua_rawgeti(L, parts, i + 1) != LUA_TTABLE)
            luaL_error(L, "part %d is not a table", i + 1);
        int index = lua_gettop(L);
        const char *name = host_field(L, index, "name", NULL);
        const char *filename = host_field(L, index, "filename", NULL);
        const char *type = host_field(L, index, "type", NULL);
        if (!name) luaL_error(L, "part %d has no name", i + 1);
        if (!open_source(L, t, index, s)) return false;
        curl_mimepart *part = curl_mime_addpart(t->mime);
        host_http_check(L, part);
        bool fine = curl_mime_name(part, name) == CURLE_OK;
        fine = fine && (!filename || curl_mime_filename(part, filename) == CURLE_OK);
        fine = fine && (!type || curl_mime_type(part, type) == CURLE_OK);
        host_http_check(L, fine);
        curl_mime_data_cb(part, s->size, on_send, fresh ? NULL : on_seek, NULL, s);
    }
    host_http_check(L, curl_easy_setopt(t->easy, CURLOPT_MIMEPOST, t->mime) == CURLE_OK);
    return true;
}
