/* host.terminal - terminal detection, its size, complete writes, prompts. */

#include "common.h"
#include "host.h"
#include "loop/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define PROMPT "host.terminal.prompt"

struct prompt {
    struct host_watch watch; /* fd is -1 while a line is pending, and after the end */
    int fd;                  /* -1 when closed */
    bool owned;              /* fd is ours to close */
    bool hidden;             /* `before` is to be restored */
    bool whole;              /* text is a complete line */
    bool ended;
    struct termios before;
    char *text; /* may be a secret: wiped before it is freed */
    size_t size, capacity;
};

static const char *const streams[] = {"stdin", "stdout", "stderr", NULL};

/* is_tty(stream) -> boolean */
static int terminal_is_tty(lua_State *L)
{
    int fd = luaL_checkoption(L, 1, NULL, streams);
    lua_pushboolean(L, isatty(fd));
    return 1;
}

/* width() -> columns of the terminal on stderr, else 80 */
static int terminal_width(lua_State *L)
{
    struct winsize size = {0};
    bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    lua_pushinteger(L, known ? size.ws_col : 80);
    return 1;
}

/* write(stream, text) -> true | nil, message, kind
 * Writes everything, unless a watched signal arrives while the reader blocks. */
static int terminal_write(lua_State *L)
{
    size_t size;
    int fd = luaL_checkoption(L, 1, NULL, streams);
    const char *text = luaL_checklstring(L, 2, &size);
    luaL_argcheck(L, fd != STDIN_FILENO, 1, "stdin is read only");

    fflush(fd == STDOUT_FILENO ? stdout : stderr); /* output of print() goes first */
    while (size > 0) {
        ssize_t n = write(fd, text, size);
        int error = n < 0 ? errno : 0;
        if (n >= 0) {
            text += n;
            size -= (size_t)n;
            if (size > 0) error = EINTR; /* a signal cut the write short */
        }
        if (error == EAGAIN || error == EWOULDBLOCK) {
            struct pollfd p = {.fd = fd, .events = POLLOUT};
            error = poll(&p, 1, -1) < 0 ? errno : 0;
        }
        if (error == EPIPE)
            return host_fail(L, HOST_CLOSED, "writing %s: closed", streams[fd]);
        if (error && (error != EINTR || host_loop_signalled(L)))
            return host_fail_errno(L, error, "writing", streams[fd]);
    }
    lua_pushboolean(L, true);
    return 1;
}

static void wipe(char *text, size_t size)
{
    for (volatile char *p = text; size > 0; size--)
        *p++ = 0;
}

static bool add_byte(struct prompt *p, char c)
{
    if (p->size == p->capacity) {
        size_t capacity = p->capacity ? p->capacity * 2 : 256;
        char *larger = malloc(capacity);
        if (!larger) return false;
        if (p->text) {
            memcpy(larger, p->text, p->size);
            wipe(p->text, p->size);
            free(p->text);
        }
        p->text = larger;
        p->capacity = capacity;
    }
    p->text[p->size++] = c;
    return true;
}

/* Reads byte by byte: what follows the line belongs to the next prompt or to a child
 * process. The descriptor is shared and stays blocking. */
static void prompt_ready(lua_State *L, struct host_watch *w, short revents)
{
    struct prompt *p = (struct prompt *)((char *)w - offsetof(struct prompt, watch));
    struct pollfd more = {.fd = p->fd, .events = POLLIN};
    char c;

    (void)revents;
    do {
        ssize_t n = read(p->fd, &c, 1);
        if (n < 0 && (errno == EINTR || errno == EAGAIN)) return;
        p->ended = n <= 0; /* a terminal that disappeared is an end, too */
        p->whole = p->ended ? p->size > 0 : c == '\n';
        if (!p->ended && !p->whole && !add_byte(p, c))
            luaL_error(L, "out of memory for a typed line");
    } while (!p->whole && !p->ended && poll(&more, 1, 0) > 0);
    if (!p->whole && !p->ended) return;

    p->watch.fd = -1;
    host_loop_notify(L, p);
}

/* Prefers a terminal on stdin to /dev/tty, which not every poll(2) supports; without
 * either, reads stdin as it is. */
static void open_input(struct prompt *p)
{
    p->fd = STDIN_FILENO;
    if (isatty(STDIN_FILENO)) return;
    int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (tty < 0) return;
    p->fd = tty;
    p->owned = true;
}

/* prompt(hidden?) -> prompt | nil, message, kind
 * hidden: no echo except for the line end. */
static int terminal_prompt(lua_State *L)
{
    bool hidden = lua_toboolean(L, 1);
    struct prompt *p = lua_newuserdatauv(L, sizeof *p, 0);
    memset(p, 0, sizeof *p);
    p->fd = -1;
    luaL_setmetatable(L, PROMPT);

    open_input(p);
    int mode = fcntl(p->fd, F_GETFL); /* a replacement of a closed stdin only writes */
    if (mode < 0 || (mode & O_ACCMODE) == O_WRONLY) {
        p->fd = -1;
        return host_fail(L, HOST_CLOSED,
                         "no terminal and no stdin to read the answer from");
    }
    if (hidden && tcgetattr(p->fd, &p->before) == 0) {
        struct termios quiet = p->before;
        quiet.c_lflag &= ~(tcflag_t)ECHO;
        quiet.c_lflag |= ECHONL;
        if (tcsetattr(p->fd, TCSANOW, &quiet) != 0)
            return host_fail_errno(L, errno, "turning off", "echo");
        p->hidden = true;
    }
    host_loop_own(L, p);
    p->watch = (struct host_watch){
        .fd = p->fd, .events = POLLIN, .deadline = HUGE_VAL, .ready = prompt_ready};
    host_loop_add(L, &p->watch);
    return 1;
}

/* prompt:line() -> line without its end | nil if none yet | false at the end of input
 * Reads the next line only after this one was taken. */
static int prompt_line(lua_State *L)
{
    struct prompt *p = luaL_checkudata(L, 1, PROMPT);
    luaL_argcheck(L, p->fd >= 0, 1, "closed");

    if (p->whole) {
        size_t size = p->size;
        if (size > 0 && p->text[size - 1] == '\r') size--;
        lua_pushlstring(L, size ? p->text : "", size);
        wipe(p->text, p->size);
        p->size = 0;
        p->whole = false;
        if (!p->ended) p->watch.fd = p->fd;
    } else if (p->ended) {
        lua_pushboolean(L, false);
    } else {
        lua_pushnil(L);
    }
    return 1;
}

/* prompt:close()
 * Turns echo back on. */
static int prompt_close(lua_State *L)
{
    struct prompt *p = luaL_checkudata(L, 1, PROMPT);
    host_loop_remove(&p->watch);
    if (p->hidden) tcsetattr(p->fd, TCSANOW, &p->before);
    p->hidden = false;
    if (p->owned) close(p->fd);
    p->owned = false;
    p->fd = -1;
    if (p->text) wipe(p->text, p->capacity);
    free(p->text);
    p->text = NULL;
    p->size = p->capacity = 0;
    return 0;
}

static const luaL_Reg functions[] = {
    {"is_tty", terminal_is_tty},
    {"width",  terminal_width },
    {"write",  terminal_write },
    {"prompt", terminal_prompt},
    {NULL,     NULL           }
};

static const luaL_Reg methods[] = {
    {"line",  prompt_line },
    {"close", prompt_close},
    {NULL,    NULL        }
};

static const luaL_Reg metamethods[] = {
    {"__gc",    prompt_close},
    {"__close", prompt_close},
    {NULL,      NULL        }
};

int luaopen_host_terminal(lua_State *L)
{
    host_newtype(L, PROMPT, methods, metamethods);
    luaL_newlib(L, functions);
    return 1;
}
