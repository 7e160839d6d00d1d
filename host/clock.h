/* The clock for the other modules (clock.c). */
#ifndef HOST_CLOCK_H
#define HOST_CLOCK_H

/* Seconds of a clock that never goes backwards. */
double host_monotonic(void);

#endif
