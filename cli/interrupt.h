/* Ctrl-C: the first asks, the second ends the process at once. */
#ifndef INTERRUPT_H
#define INTERRUPT_H

#include <stdbool.h>

/* From now on the first SIGINT, SIGTERM or SIGUSR1 is noted, and the next one does what it does by default. */
void interrupt_listen(void);

/* Whether there was one. */
bool interrupt_came(void);

#endif
