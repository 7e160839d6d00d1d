/* measure NAME COMMAND...: runs a command and appends to the file in BENCH_RESULTS a line
 * "name<TAB>CPU seconds<TAB>wall seconds<TAB>peak KiB<TAB>status". */

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

int main(int argc, char **argv)
{
    const char *results = getenv("BENCH_RESULTS");
    struct timespec begun, ended;
    struct rusage usage;
    int status;

    if (argc < 3 || !results) return 2;
    clock_gettime(CLOCK_MONOTONIC, &begun);
    pid_t child = fork();
    if (child == 0) {
        execvp(argv[2], argv + 2);
        _exit(127);
    }
    if (child < 0 || wait4(child, &status, 0, &usage) < 0) return 2;
    clock_gettime(CLOCK_MONOTONIC, &ended);
    FILE *f = fopen(results, "a");
    if (!f) return 2;
    long peak = usage.ru_maxrss;
#ifdef __APPLE__
    peak /= 1024; /* bytes there */
#endif
    fprintf(f, "%s\t%.6f\t%.6f\t%ld\t%d\n", argv[1],
            seconds(usage.ru_utime) + seconds(usage.ru_stime),
            (double)(ended.tv_sec - begun.tv_sec) +
                (double)(ended.tv_nsec - begun.tv_nsec) / 1e9,
            peak, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    fclose(f);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
