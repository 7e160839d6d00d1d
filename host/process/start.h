/* Starts a program in a process of its own; for process.c. */
#ifndef HOST_PROCESS_START_H
#define HOST_PROCESS_START_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum process_stream { PROCESS_INHERIT, PROCESS_NULL, PROCESS_PIPE };

enum process_step { PROCESS_SETUP, PROCESS_DIRECTORY, PROCESS_EXEC };

struct process_plan {
    char *const *argv;     /* all borrowed */
    char *const *env;      /* complete, or NULL for ours */
    const char *directory; /* or NULL */
    const char *extra;     /* what the program reads from descriptor 3, or NULL */
    size_t extra_size;     /* at most PIPE_BUF */
    enum process_stream streams[3];
    bool follow, group;
};

struct process_started {
    pid_t pid;
    int ends[3]; /* ours of each pipe, non-blocking; -1 where there is none */
    int error;   /* errno of the step that failed, or 0 */
    enum process_step step;
};

/* Returns whether the program runs; if not, nothing is left behind. */
bool host_process_start(const struct process_plan *plan, struct process_started *started);

#endif
