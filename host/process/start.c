/* Starts a program: fork, the child's descriptors and environment, exec.
 *
 * posix_spawn does not offer a child that dies with its parent. Between fork and exec,
 * only functions that are safe after forking a process with threads are called: libcurl
 * has some. A pipe that exec closes reports whether and where the start failed. */

#include "process/start.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

enum {
    EXTRA = 3, /* the child's descriptor */
    STATUS_NOT_STARTED = 127,
    MARK = 4,     /* close_range(2): close on exec, not now */
    OTHERS = 1024 /* descriptors marked one by one */
};

extern char **environ;

struct failure {
    int error;
    enum process_step step;
};

/* Descriptors of a start: the child's ends by stream, what it reads from EXTRA, and the
 * pipe for errors. */
struct ends {
    int child[3], ours[3];
    int extra;
    int errors[2];
};

static void close_fd(int *fd)
{
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

static void close_ends(struct ends *e, bool ours)
{
    for (int i = 0; i < 3; i++) {
        close_fd(&e->child[i]);
        if (ours) close_fd(&e->ours[i]);
    }
    close_fd(&e->extra);
    close_fd(&e->errors[1]);
    if (ours) close_fd(&e->errors[0]);
}

/* Moves a descriptor above those of the child, out of the way of dup2, and sets
 * close-on-exec. Returns -1 with errno set on failure. */
static int lift(int fd)
{
    if (fd < 0) return -1;
    int lifted = fcntl(fd, F_DUPFD_CLOEXEC, EXTRA + 1), error = errno;
    close(fd);
    errno = error;
    return lifted;
}

static bool make_pipe(int *reading, int *writing)
{
    int both[2];
    if (pipe(both) != 0) return false;
    *reading = lift(both[0]);
    *writing = lift(both[1]);
    return *reading >= 0 && *writing >= 0;
}

/* A pipe that holds the whole text: nobody has to write while the child reads, and no
 * file has a name that could remain. */
static bool make_extra(struct ends *e, const struct process_plan *plan)
{
    int writing = -1;
    if (!plan->extra) return true;
    bool made =
        make_pipe(&e->extra, &writing) &&
        write(writing, plan->extra, plan->extra_size) == (ssize_t)plan->extra_size;
    int error = errno;
    close_fd(&writing);
    errno = error;
    return made;
}

static bool make_ends(struct ends *e, const struct process_plan *plan)
{
    for (int i = 0; i < 3; i++)
        e->child[i] = e->ours[i] = -1;
    e->extra = e->errors[0] = e->errors[1] = -1;
    for (int i = 0; i < 3; i++) {
        int *reading = i == 0 ? &e->child[i] : &e->ours[i];
        int *writing = i == 0 ? &e->ours[i] : &e->child[i];
        if (plan->streams[i] == PROCESS_NULL &&
            (e->child[i] = lift(open("/dev/null", O_RDWR))) < 0)
            return false;
        if (plan->streams[i] != PROCESS_PIPE) continue;
        if (!make_pipe(reading, writing)) return false;
        fcntl(e->ours[i], F_SETFL, fcntl(e->ours[i], F_GETFL) | O_NONBLOCK);
    }
    return make_extra(e, plan) && make_pipe(&e->errors[0], &e->errors[1]);
}

static void report(const struct ends *e, enum process_step step)
{
    struct failure c = {errno, step};
    while (write(e->errors[1], &c, sizeof c) < 0 && errno == EINTR)
        ;
    _exit(STATUS_NOT_STARTED);
}

/* In the child: sets close-on-exec for all but the standard three. Ours have it already,
 * but libcurl's sockets do not. */
static void mark_others(void)
{
#ifdef SYS_close_range
    if (syscall(SYS_close_range, 3, ~0u, MARK) == 0) return;
#endif
    for (int fd = 3; fd < OTHERS; fd++)
        fcntl(fd, F_SETFD, FD_CLOEXEC);
}

/* In the child: runs the program, or reports the error. */
static void become(const struct process_plan *plan, const struct ends *e, pid_t parent)
{
#ifdef __linux__
    if (plan->follow) {
        if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0) report(e, PROCESS_SETUP);
        if (getppid() != parent) _exit(STATUS_NOT_STARTED); /* died before prctl */
    }
#endif
    (void)parent;
    if (plan->group && setpgid(0, 0) != 0) report(e, PROCESS_SETUP);
    for (int i = 0; i < 3; i++)
        if (e->child[i] >= 0 && dup2(e->child[i], i) < 0) report(e, PROCESS_SETUP);
    if (plan->directory && chdir(plan->directory) != 0) report(e, PROCESS_DIRECTORY);
    mark_others();
    if (e->extra >= 0 && dup2(e->extra, EXTRA) < 0) report(e, PROCESS_SETUP);
    signal(SIGPIPE, SIG_DFL); /* ignored signals stay ignored across exec */
    signal(SIGXFSZ, SIG_DFL);
    if (plan->env) environ = (char **)plan->env;
    execvp(plan->argv[0], plan->argv);
    report(e, PROCESS_EXEC);
}

/* Waits until exec closes the pipe or the child reports an error. */
static bool read_failure(int fd, struct failure *c)
{
    ssize_t n;
    do
        n = read(fd, c, sizeof *c);
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof *c;
}

bool host_process_start(const struct process_plan *plan, struct process_started *started)
{
    struct ends e;
    struct failure c = {0, PROCESS_SETUP};
    pid_t parent = getpid();

    started->pid = -1;
    if (make_ends(&e, plan) && (started->pid = fork()) == 0) become(plan, &e, parent);
    if (started->pid < 0)
        c.error = errno;
    else
        close_ends(&e, false);
    if (started->pid > 0 && read_failure(e.errors[0], &c))
        while (waitpid(started->pid, NULL, 0) < 0 && errno == EINTR)
            ;
    started->error = c.error;
    started->step = c.step;
    if (c.error) {
        close_ends(&e, true);
        return false;
    }
    close_fd(&e.errors[0]);
    memcpy(started->ends, e.ours, sizeof e.ours);
    return true;
}
