/* Notices that an entry is late: a thread looks every 50 ms and signals the recipe's
 * thread once the same entry was seen for 100 ms. */

#include "sandbox/sandbox.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

enum { LOOK_MS = 50, LOOKS = 2 };

struct host_watchdog {
    pthread_t thread, watched;
    atomic_ulong entry; /* changes with each entry; 0: none runs */
    unsigned long last;
    atomic_bool ended;
    pthread_mutex_t lock;
    pthread_cond_t wake;
};

/* The only mutable variables of the file: a signal handler gets nothing but a number. The
 * sandbox that runs on the thread that gets the signal, one at a time, and what to call.
 */
static struct host_sandbox *volatile current;
static void (*volatile late)(struct host_sandbox *);

static int the_signal(void)
{
    return SIGRTMIN;
}

static void on_late(int number)
{
    int saved = errno;
    (void)number;
    if (current) late(current);
    errno = saved;
}

static void pause_a_look(struct host_watchdog *w)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += LOOK_MS * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000L;
    }
    pthread_mutex_lock(&w->lock);
    if (!atomic_load(&w->ended)) pthread_cond_timedwait(&w->wake, &w->lock, &until);
    pthread_mutex_unlock(&w->lock);
}

static void *watch(void *data)
{
    struct host_watchdog *w = data;
    unsigned long seen = 0;
    int looks = 0;

    while (!atomic_load(&w->ended)) {
        pause_a_look(w);
        unsigned long now = atomic_load(&w->entry);
        looks = now && now == seen ? looks + 1 : 0;
        seen = now;
        if (looks >= LOOKS && !atomic_load(&w->ended))
            pthread_kill(w->watched, the_signal());
    }
    return NULL;
}

/* Other signals are for the program's thread. */
static int start(struct host_watchdog *w)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&w->thread, NULL, watch, w);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

struct host_watchdog *host_watchdog_new(void (*on_late_entry)(struct host_sandbox *))
{
    struct host_watchdog *w = calloc(1, sizeof *w);
    struct sigaction action = {.sa_handler = on_late, .sa_flags = SA_RESTART};

    if (!w) return NULL;
    late = on_late_entry;
    sigemptyset(&action.sa_mask);
    sigaction(the_signal(), &action, NULL);
    w->watched = pthread_self();
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->wake, NULL);
    int error = start(w);
    if (!error) return w;
    pthread_cond_destroy(&w->wake);
    pthread_mutex_destroy(&w->lock);
    free(w);
    errno = error;
    return NULL;
}

void host_watchdog_free(struct host_watchdog *w)
{
    if (!w) return;
    atomic_store(&w->ended, true);
    pthread_mutex_lock(&w->lock);
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    pthread_cond_destroy(&w->wake);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

void host_watchdog_watch(struct host_watchdog *w, struct host_sandbox *s)
{
    current = s;
    if (s && ++w->last == 0) w->last = 1;
    atomic_store_explicit(&w->entry, s ? w->last : 0, memory_order_relaxed);
}
