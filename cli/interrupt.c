/* The signals that ask a process to end. */
#include "interrupt.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t came;

static void take_note(int signal_number) {
  (void)signal_number;
  came = 1;
}

/* A signal that whoever started the process wants ignored (nohup, a shell's background) stays so. */
static void listen_to(int signal_number) {
  struct sigaction action = {.sa_handler = take_note, .sa_flags = (int)SA_RESETHAND | SA_RESTART}, before;
  sigemptyset(&action.sa_mask);
  if (sigaction(signal_number, NULL, &before) || before.sa_handler == SIG_IGN) return;
  sigaction(signal_number, &action, NULL);
}

void interrupt_listen(void) {
  listen_to(SIGINT);
  listen_to(SIGTERM);
  listen_to(SIGUSR1);
}

bool interrupt_came(void) { return came != 0; }
