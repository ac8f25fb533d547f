/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The vault's warden.
 */
#include "daemon/vault_warden.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/secret.h"
#include "daemon/log.h"

#define WARDEN_PAUSE_MS	    100u
#define WARDEN_PAUSE_MAX_MS 30000u
#define WARDEN_STEADY_MS    10000u /* who worked so long did not die of his start */

struct warden {
	const char *uri;
	pid_t pid;		  /* 0: there is no worker */
	int fd;			  /* to it; -1 */
	bool heard;		  /* its first word */
	bool began;		  /* one has started well, ever */
	bool asked;		  /* a request of keeper's has no answer yet */
	bool refused;		  /* the token refused the PIN, or would block it */
	volatile bool *pin_tried; /* the worker's memory, too: the PIN is being tried, or was refused */
	uint64_t due;		  /* no worker: when to start one */
	uint64_t since;		  /* a worker: when it was started */
	uint64_t deadline;	  /* of its answer, or first word */
	unsigned pause;
};

static uint64_t warden_now(void)
{
	struct timespec now;

	if (clock_gettime(CLOCK_MONOTONIC, &now) != 0)
		return 0;
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void warden_start(struct warden *w)
{
	const uint64_t now = warden_now();
	const pid_t parent = getpid();
	int pair[2];

	w->due = now + WARDEN_PAUSE_MAX_MS;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return;
	const pid_t pid = fork();
	if (pid == 0) {
		if (!vault_process("countersignd vault", pair[1], parent))
			_exit(1);
		vault_work_for(w->uri, w->pin_tried);
	}
	(void)close(pair[1]);
	if (pid < 0) {
		(void)close(pair[0]);
		return;
	}
	w->pid = pid;
	w->fd = pair[0];
	w->heard = false;
	w->since = now;
	w->deadline = now + VAULT_WAIT_MS;
}

/* What keeper waits for will not come. */
static void warden_answer(struct warden *w, enum cs_err err)
{
	if (w->asked)
		(void)vault_reply(VAULT_FD, err, CS_VIEW_EMPTY);
	w->asked = false;
}

static void warden_ended(struct warden *w)
{
	const uint64_t now = warden_now();
	int how = 0;

	(void)close(w->fd);
	(void)kill(w->pid, SIGKILL);
	(void)waitpid(w->pid, &how, 0);
	w->fd = -1;
	w->pid = 0;
	if (!w->began)
		_exit(1);
	if (now - w->since >= WARDEN_STEADY_MS)
		w->pause = WARDEN_PAUSE_MS;
	w->due = now + w->pause;
	/* Whoever crashed or hung there may have spent a try. */
	w->refused = w->refused || *w->pin_tried;
	log_event(LOG_LEVEL_ERROR, "vault_ended", "the process that holds a key's token %s %d%s",
		  WIFSIGNALED(how) ? "was ended by signal" : "ended with status",
		  WIFSIGNALED(how) ? WTERMSIG(how) : WEXITSTATUS(how),
		  w->refused
		      ? "; as the token refused the PIN, or did not answer to it, it is not started again "
			"before countersignd is: see first that the PIN's file holds the right one"
		      : "");
	w->pause = w->pause * 2 > WARDEN_PAUSE_MAX_MS ? WARDEN_PAUSE_MAX_MS : w->pause * 2;
	warden_answer(w, w->refused ? CS_ERR_WRONG : CS_ERR_IO);
}

/* The first word of a worker: keeper is told that of the first one. */
static void warden_first_word(struct warden *w, struct cs_view message)
{
	w->heard = true;
	if (!w->began)
		(void)send(VAULT_FD, message.ptr, message.len, MSG_NOSIGNAL);
	else if (!message.ptr[0])
		log_line(LOG_LEVEL_NOTICE, "the process that holds a key's token is there again");
	if (message.ptr[0])
		return; /* it ends now */
	w->began = true;
}

static void warden_hear(struct warden *w)
{
	uint8_t message[VAULT_MESSAGE_MAX];
	ssize_t got;

	do
		got = recv(w->fd, message, sizeof(message), 0);
	while (got < 0 && errno == EINTR);
	if (got <= 0) {
		warden_ended(w);
		return;
	}
	if (!w->heard) {
		warden_first_word(w, cs_view(message, (size_t)got));
	} else if (w->asked) {
		w->refused = w->refused || message[0] == CS_ERR_WRONG;
		w->asked = false;
		(void)send(VAULT_FD, message, (size_t)got, MSG_NOSIGNAL);
	}
	cs_wipe(message, sizeof(message));
}

/* A request of keeper's; false where he is gone. */
static bool warden_take(struct warden *w)
{
	uint8_t message[VAULT_MESSAGE_MAX];
	ssize_t got;

	do
		got = recv(VAULT_FD, message, sizeof(message), 0);
	while (got < 0 && errno == EINTR);
	if (got <= 0)
		return false;
	w->asked = true;
	if (!w->pid || send(w->fd, message, (size_t)got, MSG_NOSIGNAL) != got)
		warden_answer(w, w->refused ? CS_ERR_WRONG : CS_ERR_IO);
	else
		w->deadline = warden_now() + VAULT_WAIT_MS;
	cs_wipe(message, sizeof(message));
	return true;
}

/* A worker that does not answer is ended. */
static void warden_hurry(struct warden *w)
{
	if (!w->pid || (w->heard && !w->asked) || warden_now() < w->deadline)
		return;
	log_line(LOG_LEVEL_ERROR, "the process that holds a key's token does not answer: it is ended");
	if (!*w->pin_tried)
		warden_answer(w, CS_ERR_TIMEOUT);
	(void)kill(w->pid, SIGKILL);
	warden_ended(w);
}

static int warden_timeout(const struct warden *w)
{
	const uint64_t now = warden_now();
	const uint64_t at = w->pid ? w->deadline : w->due;

	if (w->pid ? w->heard && !w->asked : w->refused)
		return -1;
	return at > now ? (int)(at - now) : 0;
}

void vault_warden(const char *uri)
{
	struct warden w = {.uri = uri, .fd = -1, .pause = WARDEN_PAUSE_MS};
	void *shared =
	    mmap(NULL, sizeof(*w.pin_tried), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED)
		_exit(1);
	w.pin_tried = shared;
	for (;;) {
		if (!w.pid && !w.refused && warden_now() >= w.due)
			warden_start(&w);
		/* While a worker begins, or works, requests wait. */
		const bool ready = w.pid ? w.heard && !w.asked : true;
		struct pollfd fds[2] = {{.fd = VAULT_FD, .events = ready ? POLLIN : 0},
					{.fd = w.fd, .events = POLLIN}};
		if (poll(fds, 2, warden_timeout(&w)) < 0 && errno != EINTR)
			break;
		if (fds[1].revents)
			warden_hear(&w);
		else if (fds[0].revents && (fds[0].revents != POLLIN || !warden_take(&w)))
			break;
		warden_hurry(&w);
	}
	if (w.pid)
		(void)kill(w.pid, SIGKILL);
	_exit(0);
}
