/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the files of the PC/SC transport share.
 */
#ifndef COUNTERSIGN_CARDCLIENT_PCSC_H
#define COUNTERSIGN_CARDCLIENT_PCSC_H

#include <time.h>
#include <winscard.h>

#include "cardclient/backend.h"

#define PCSC_SOCKET_VARIABLE "PCSCLITE_CSOCK_NAME" /* where libpcsclite takes the service's socket from */

/* As struct cc_backend asks of its functions. */
enum cs_err pcsc_open(const char *arg, void **state);
void pcsc_close(void *state);
void pcsc_forget(void *state);
enum cs_err pcsc_readers(void *state, struct cc_reader *out, size_t max, size_t *count);
enum cs_err pcsc_wait(void *state, const struct cc_reader *known, size_t count);
void pcsc_wake(void *state);

/* pcscd answers. */
bool pcsc_answers(void);
/* pcscd, which does not answer, runs, but refuses this user, as polkit may tell it to: a sentence on that, with its NUL in text. */
bool pcsc_refusal(char *text, size_t size);
/* As readers; *served: pcscd answered. */
enum cs_err pcsc_readers_served(struct cc_reader *out, size_t max, size_t *count, bool *served);
/* As wait, but CS_ERR_NO_READER where no reader was known and pcscd does not answer (any more). */
enum cs_err pcsc_wait_served(void *state, const struct cc_reader *known, size_t count);
/* A descriptor that becomes readable when something happens where pcscd's socket is to appear; -1: nothing can be watched. */
int pcsc_service_watch(void);
#define PCSC_NO_SERVICE_MS 5000 /* then one looks again */

/* What a pcsc-lite result means on a card that is connected: CS_ERR_STATE is a reset by someone else. */
enum cs_err pcsc_error(LONG rv);

/* ---- pcsc_gate.c: what fork waits for, after cc_forks_expect ---- */

/* Around short calls of libpcsclite; not within one another. */
void pcsc_gate_enter(void);
void pcsc_gate_leave(void);
/* Around calls that may take long; the gate is not held. */
struct pcsc_long {
	struct timespec began;
	struct pcsc_long *next;
};
void pcsc_long_enter(struct pcsc_long *call);
void pcsc_long_leave(const struct pcsc_long *call);
/* A program with more rights than its user, who names the socket: there is no service. */
bool pcsc_service_of_the_user(void);
/* A context, with the gate held. SCARD_E_NO_SERVICE also for pcsc_service_of_the_user. */
LONG pcsc_context_new(SCARDCONTEXT *out);
void pcsc_context_free(SCARDCONTEXT context);

#endif
