/* Preloaded by tests/bench/instructions: fixes the seeds of hashes and stops the
 * watchdog, a thread that wakes every 50 ms. Otherwise the number of instructions differs
 * from run to run. */

#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The seed of host.index. */
int getentropy(void *out, size_t size)
{
    memset(out, 0x5a, size);
    return 0;
}

/* Part of Lua's seed; clock_gettime still tells the time. */
time_t time(time_t *out)
{
    const time_t now = 1700000000;
    if (out) *out = now;
    return now;
}

/* How the watchdog waits. */
int pthread_cond_timedwait(pthread_cond_t *wake, pthread_mutex_t *lock,
                           const struct timespec *until)
{
    (void)until;
    return pthread_cond_wait(wake, lock);
}
