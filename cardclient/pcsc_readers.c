/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The PC/SC transport: which readers there are, and waiting until that changes; for pcscd itself, too, which
 * may not run yet.
 *
 * Invariant: waits holds the SCARDCONTEXT of each thread that is, or is about to be, inside
 * SCardGetStatusChange for long.
 */
#include "cardclient/pcsc.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PNP_READER "\\\\?PnP?\\Notification" /* pcsc-lite's pseudo reader: the list of readers changed */
#define WAITS_MAX  32u
/* A reader that comes between our look at the list and pcsc-lite's own goes unnoticed by versions before 2.0:
 * look again. */
#define WAIT_MS	   60000
#define REFUSAL_MS 20000 /* polkit may have to be started first */

struct pcsc_state {
	int wake; /* eventfd; readable once waits are called off, for good */
	pthread_mutex_t lock;
	SCARDCONTEXT waits[WAITS_MAX]; /* 0: free */
};

struct pcsc_list {
	char names[CC_READERS_MAX * CC_READER_NAME_MAX + 1];
	SCARD_READERSTATE states[CC_READERS_MAX + 1]; /* and the pseudo reader at the end */
	size_t count;
};

enum cs_err pcsc_open(const char *arg, void **out)
{
	if (arg[0] != '\0')
		return CS_ERR_NO_READER;
	struct pcsc_state *state = calloc(1, sizeof *state);
	if (state == NULL)
		return CS_ERR_MEMORY;
	state->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (state->wake < 0) {
		free(state);
		return CS_ERR_IO;
	}
	pthread_mutex_init(&state->lock, NULL);
	cc_forks_expect();
	*out = state;
	return CS_OK;
}

void pcsc_close(void *ctx)
{
	struct pcsc_state *state = ctx;
	pthread_mutex_destroy(&state->lock);
	pcsc_forget(state);
}

void pcsc_forget(void *ctx)
{
	struct pcsc_state *state = ctx;
	close(state->wake);
	free(state);
}

static LONG list_names(SCARDCONTEXT context, struct pcsc_list *list)
{
	DWORD len = sizeof list->names;
	LONG rv = SCardListReaders(context, NULL, list->names, &len);
	list->count = 0;
	if (rv == SCARD_E_NO_READERS_AVAILABLE)
		return SCARD_S_SUCCESS;
	if (rv != SCARD_S_SUCCESS)
		return rv;
	for (const char *name = list->names; *name != '\0' && list->count < CC_READERS_MAX;
	     name += strlen(name) + 1)
		list->states[list->count++].szReader = name;
	return rv;
}

/* The readers and their states as they are now. A reader that goes away meanwhile makes us begin again. */
static LONG list_now(SCARDCONTEXT context, struct pcsc_list *list)
{
	LONG rv;
	pcsc_gate_enter();
	do {
		memset(list, 0, sizeof *list);
		rv = list_names(context, list);
		if (rv == SCARD_S_SUCCESS && list->count > 0)
			rv = SCardGetStatusChange(context, 0, list->states, (DWORD)list->count);
	} while (rv == SCARD_E_UNKNOWN_READER);
	pcsc_gate_leave();
	return rv == SCARD_E_TIMEOUT ? SCARD_S_SUCCESS : rv;
}

static void reader_of(const SCARD_READERSTATE *from, struct cc_reader *out)
{
	memset(out, 0, sizeof *out);
	memcpy(out->name, from->szReader, strnlen(from->szReader, sizeof out->name - 1));
	out->present = (from->dwEventState & SCARD_STATE_PRESENT) && !(from->dwEventState & SCARD_STATE_MUTE);
	out->exclusive = (from->dwEventState & SCARD_STATE_EXCLUSIVE) != 0;
	out->events = (uint32_t)((from->dwEventState >> 16) & 0xFFFFu);
	if (out->present && from->cbAtr <= sizeof out->atr) {
		out->atr_len = from->cbAtr;
		memcpy(out->atr, from->rgbAtr, out->atr_len);
	}
}

/* A pcscd that is ending answers this and that before it is gone. */
static bool service_away(LONG rv)
{
	return rv == SCARD_E_NO_SERVICE || rv == SCARD_E_SERVICE_STOPPED || rv == SCARD_F_COMM_ERROR ||
	       rv == SCARD_E_INVALID_HANDLE || rv == SCARD_E_READER_UNAVAILABLE ||
	       rv == SCARD_F_INTERNAL_ERROR || rv == SCARD_F_UNKNOWN_ERROR;
}

enum cs_err pcsc_readers_served(struct cc_reader *out, size_t max, size_t *count, bool *served)
{
	struct pcsc_list list;
	SCARDCONTEXT context;

	*count = 0;
	LONG rv = pcsc_context_new(&context);
	*served = !service_away(rv);
	if (rv == SCARD_S_SUCCESS) {
		rv = list_now(context, &list);
		pcsc_context_free(context);
	}
	if (rv == SCARD_E_NO_MEMORY)
		return CS_ERR_MEMORY;
	/* Whatever else is the matter with pcscd: there are no readers. */
	if (rv != SCARD_S_SUCCESS)
		return CS_OK;
	for (size_t i = 0; i < list.count && i < max; i++)
		reader_of(&list.states[i], &out[(*count)++]);
	return list.count > max ? CS_ERR_NO_SPACE : CS_OK;
}

enum cs_err pcsc_readers(void *ctx, struct cc_reader *out, size_t max, size_t *count)
{
	bool served;

	(void)ctx;
	return pcsc_readers_served(out, max, count, &served);
}

static bool list_differs(const struct pcsc_list *list, const struct cc_reader *known, size_t count)
{
	struct cc_reader now;

	if (list->count != count)
		return true;
	for (size_t i = 0; i < count; i++) {
		reader_of(&list->states[i], &now);
		if (strcmp(now.name, known[i].name) != 0 || now.present != known[i].present ||
		    now.events != known[i].events)
			return true;
	}
	return false;
}

static struct sockaddr_un service_address(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/run/pcscd/pcscd.comm"};
	const char *named = secure_getenv(PCSC_SOCKET_VARIABLE);

	if (named != NULL && strlen(named) < sizeof address.sun_path)
		memcpy(address.sun_path, named, strlen(named) + 1);
	return address;
}

/* Where pcscd's socket is to appear: its directory, or the nearest one above that is there. */
int pcsc_service_watch(void)
{
	static const uint32_t mask = IN_CREATE | IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF;
	struct sockaddr_un address = service_address();
	char *dir = address.sun_path;
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	char *slash = strrchr(dir, '/');
	while (fd >= 0 && slash != NULL && slash != dir) {
		*slash = '\0';
		if (inotify_add_watch(fd, dir, mask) >= 0)
			return fd;
		slash = strrchr(dir, '/');
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

bool pcsc_answers(void)
{
	SCARDCONTEXT context;
	LONG rv = pcsc_context_new(&context);

	if (rv == SCARD_S_SUCCESS)
		pcsc_context_free(context);
	return rv == SCARD_S_SUCCESS;
}

/* pcscd says nothing before it is asked something: one that hangs up at once wants nothing to do with us. */
static bool hangs_up(int fd)
{
	struct pollfd end = {.fd = fd, .events = POLLIN};
	int ready;
	char byte;

	do {
		ready = poll(&end, 1, REFUSAL_MS);
	} while (ready < 0 && errno == EINTR);
	return ready > 0 && recv(fd, &byte, 1, MSG_DONTWAIT) <= 0;
}

bool pcsc_refusal(char *text, size_t size)
{
	const struct sockaddr_un address = service_address();
	int fd =
	    pcsc_service_of_the_user() ? -1 : socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool refused =
	    fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0 && hangs_up(fd);

	if (fd >= 0)
		close(fd);
	if (refused)
		(void)snprintf(
		    text, size,
		    "pcscd runs, but refuses this user: where it asks polkit, that lets in who sits at "
		    "the machine, and whom a rule names; Countersign's example "
		    "countersign-pcscd.rules lets in a group");
	return refused;
}

/* Blocks until pcscd may have come (or gone out of sight again: the caller tries). */
static enum cs_err service_await(const struct pcsc_state *state)
{
	int watch = pcsc_service_watch();
	struct pollfd fds[2] = {{.fd = state->wake, .events = POLLIN}, {.fd = watch, .events = POLLIN}};

	/* Tried after the watch began: one that came in between is not missed. */
	if (!pcsc_answers())
		while (poll(fds, 2, watch < 0 ? PCSC_NO_SERVICE_MS : WAIT_MS) < 0 && errno == EINTR)
			;
	if (watch >= 0)
		close(watch);
	return fds[0].revents ? CS_ERR_CANCELLED : CS_OK;
}

/* Enters a context into waits, or takes it out (to: 0). False where there is no room. */
static bool waits_replace(struct pcsc_state *state, SCARDCONTEXT from, SCARDCONTEXT to)
{
	bool done = false;
	pthread_mutex_lock(&state->lock);
	for (size_t i = 0; i < WAITS_MAX && !done; i++) {
		done = state->waits[i] == from;
		if (done)
			state->waits[i] = to;
	}
	pthread_mutex_unlock(&state->lock);
	return done;
}

static LONG wait_in_context(SCARDCONTEXT context, const struct cc_reader *known, size_t count, bool *differs)
{
	struct pcsc_list list;
	LONG rv = list_now(context, &list);

	while (rv == SCARD_S_SUCCESS && !(*differs = list_differs(&list, known, count))) {
		for (size_t i = 0; i < list.count; i++)
			list.states[i].dwCurrentState =
			    list.states[i].dwEventState & (DWORD)~SCARD_STATE_CHANGED;
		SCARD_READERSTATE *pnp = &list.states[list.count];
		memset(pnp, 0, sizeof *pnp);
		pnp->szReader = PNP_READER;
		struct pcsc_long call;
		pcsc_long_enter(&call);
		rv = SCardGetStatusChange(context, WAIT_MS, list.states, (DWORD)list.count + 1);
		pcsc_long_leave(&call);
		if (rv == SCARD_S_SUCCESS || rv == SCARD_E_TIMEOUT || rv == SCARD_E_UNKNOWN_READER)
			rv = list_now(context, &list);
	}
	return rv;
}

/* A wait ended with an error: all readers may have gone with a pcscd that is ending. */
static enum cs_err wait_error(void *ctx, LONG rv, size_t count)
{
	struct cc_reader now[CC_READERS_MAX];
	size_t left;

	if (rv != SCARD_S_SUCCESS && rv != SCARD_E_CANCELLED && count > 0 &&
	    pcsc_readers(ctx, now, CC_READERS_MAX, &left) == CS_OK && left == 0)
		return CS_OK;
	return pcsc_error(rv);
}

enum cs_err pcsc_wait_served(void *ctx, const struct cc_reader *known, size_t count)
{
	struct pcsc_state *state = ctx;
	enum cs_err err = CS_OK;
	bool differs = false;

	while (!err && !differs) {
		SCARDCONTEXT context;
		LONG rv = pcsc_context_new(&context);
		if (rv == SCARD_S_SUCCESS) {
			if (!waits_replace(state, 0, context)) {
				pcsc_context_free(context);
				return CS_ERR_BUSY;
			}
			rv = wait_in_context(context, known, count, &differs);
			waits_replace(state, context, 0);
			pcsc_context_free(context);
		}
		if (!service_away(rv)) {
			err = wait_error(ctx, rv, count);
			if (!err)
				return CS_OK;
		} else {
			/* All known readers went with pcscd. */
			return count > 0 ? CS_OK : CS_ERR_NO_READER;
		}
	}
	return err;
}

enum cs_err pcsc_wait(void *ctx, const struct cc_reader *known, size_t count)
{
	enum cs_err err = pcsc_wait_served(ctx, known, count);

	while (err == CS_ERR_NO_READER) {
		err = service_await(ctx);
		if (!err)
			err = pcsc_wait_served(ctx, known, count);
	}
	return err;
}

void pcsc_wake(void *ctx)
{
	struct pcsc_state *state = ctx;

	(void)!write(state->wake, &(uint64_t){1}, sizeof(uint64_t));
	pcsc_gate_enter();
	pthread_mutex_lock(&state->lock);
	for (size_t i = 0; i < WAITS_MAX; i++) {
		if (state->waits[i] != 0)
			SCardCancel(state->waits[i]);
	}
	pthread_mutex_unlock(&state->lock);
	pcsc_gate_leave();
}
