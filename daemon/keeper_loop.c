/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Keeper's process: an event loop over the link to the supervisor and the stream to front.
 *
 * A batch begins with the requests that have waited for Argon2id, if any came back.
 *
 * What has arrived by the time the loop comes round is one batch; while its commit waits for the disk, the
 * next one gathers in the stream. So a transaction is as large as the load makes it, and nobody waits for it
 * to fill.
 *
 *   waiting --stream readable--> reading --whole frames--> committing --> answering --all sent--> waiting
 *      ^                                                                      |
 *      +------------------ a new stream over the link (both buffers emptied) -+
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/secret.h"
#include "daemon/chores.h"
#include "daemon/courier.h"
#include "daemon/daemon.h"
#include "daemon/keeper.h"
#include "daemon/keeper_alarm.h"
#include "daemon/keeper_emergency.h"
#include "daemon/keeper_sandbox.h"
#include "daemon/log.h"

#define LOOP_IN_SIZE  ((size_t)KEEPER_BATCH_MAX * 512u)
#define LOOP_OUT_SIZE (4u * (size_t)IPC_REPLY_MAX)

struct loop {
	struct keeper *keeper;
	int link_fd, stream_fd; /* stream_fd -1: none yet */
	int courier_fd;		/* -1: none */
	uint8_t *in, *out;
	size_t in_len, out_len, out_sent;
	uint64_t started; /* milliseconds of the monotonic clock */
};

static uint64_t loop_monotonic(void)
{
	struct timespec now;

	if (clock_gettime(CLOCK_MONOTONIC, &now) != 0)
		return 0;
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static volatile sig_atomic_t loop_stopping;

static void loop_on_signal(int number)
{
	(void)number;
	loop_stopping = 1;
}

/* Ends the stream and forgets what stood half-way in it. */
static void loop_stream_close(struct loop *loop)
{
	if (loop->stream_fd >= 0)
		(void)close(loop->stream_fd);
	loop->stream_fd = -1;
	if (loop->keeper->pool)
		hash_pool_forget(loop->keeper->pool);
	cs_wipe(loop->in, loop->in_len);
	cs_wipe(loop->out, loop->out_len);
	loop->in_len = loop->out_len = loop->out_sent = 0;
}

static void loop_courier_close(struct loop *loop)
{
	if (loop->courier_fd >= 0)
		(void)close(loop->courier_fd);
	loop->courier_fd = -1;
}

/* New settings: requests that have come already are decided by them, too. */
static bool loop_settings_take(const struct loop *loop, int fd)
{
	static struct settings settings;
	enum cs_err err = settings_take(fd, &settings);

	if (!err) {
		log_level_set(settings.config.log_level);
		keeper_reconfigure(loop->keeper, &settings.config);
		keeper_alarm_certificate(loop->keeper, settings.tls_expires);
	}
	return link_say(loop->link_fd, err ? LINK_KEPT : LINK_SETTLED) == CS_OK;
}

/* What nobody asks for. */
static void loop_now_and_then(const struct loop *loop)
{
	struct keeper *keeper = loop->keeper;

	if (!keeper->db)
		return;
	keeper_break_glass_open(keeper);
	keeper_alarm(keeper);
	outbox_tend(keeper);
	keeper_recover_turn(keeper);
}

/* What the supervisor says; false where it is gone. */
static bool loop_link_read(struct loop *loop)
{
	int fd = -1;
	enum link_kind kind = link_receive(loop->link_fd, &fd);

	if (kind == LINK_NOTHING) {
		loop_now_and_then(loop); /* the supervisor asks every few seconds */
		return true;
	}
	if (kind == LINK_SETTINGS)
		return loop_settings_take(loop, fd);
	if (kind == LINK_COURIER) {
		loop_courier_close(loop);
		loop->courier_fd = fd;
		if (loop->keeper->db)
			outbox_begin(loop->keeper);
		return true;
	}
	loop_stream_close(loop);
	if (kind != LINK_STREAM)
		return false;
	(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	loop->stream_fd = fd;
	return true;
}

/* Takes the requests that Argon2id has been computed for. */
static void loop_collect_returned(const struct loop *loop, struct ipc_request *requests, size_t *count)
{
	struct keeper *keeper = loop->keeper;
	struct hash_ticket *ticket;

	*count = 0;
	while (keeper->pool && *count < KEEPER_BATCH_MAX &&
	       (*count + 1) * IPC_REPLY_ROOM <= LOOP_OUT_SIZE - loop->out_len &&
	       (ticket = hash_pool_next(keeper->pool)) != NULL) {
		keeper->tickets[*count] = ticket;
		requests[(*count)++] = ticket->request;
	}
}

/* What takes seconds where much is to be done: it is a batch of its own, once all that came before it has
 * been answered, but what waits for Argon2id. */
static bool loop_takes_long(enum ipc_op op)
{
	return op == IPC_IMPORT_COMMIT;
}

/* Takes whole frames off what has been received, as many as one batch and the room for answers allow. */
static enum cs_err loop_collect(const struct loop *loop, struct ipc_request *requests, size_t *count,
				size_t *taken)
{
	struct cs_view frame;
	size_t room;

	*taken = 0;
	loop_collect_returned(loop, requests, count);
	room = LOOP_OUT_SIZE - loop->out_len - *count * IPC_REPLY_ROOM;
	while (*count < KEEPER_BATCH_MAX) {
		struct cs_view rest = cs_view(loop->in + *taken, loop->in_len - *taken);
		enum cs_err err = ipc_frame_next(rest, IPC_REQUEST_MAX, &frame);
		if (err == CS_ERR_BUSY)
			return CS_OK;
		if (!err)
			err = ipc_request_parse(frame, &requests[*count]);
		if (err)
			return err;
		const bool alone = loop_takes_long(requests[*count].op);
		size_t need = ipc_reply_room(requests[*count].op);
		if (need > room || (alone && (*count || loop->out_len)))
			return CS_OK;
		room -= need;
		*taken += frame.len;
		++*count;
		if (alone)
			return CS_OK;
	}
	return CS_OK;
}

/* Runs batches until less than a whole frame is left, or no room for an answer. False: front sends no frames,
 * or the database's server is gone. */
static bool loop_run(struct loop *loop)
{
	static struct ipc_request requests[KEEPER_BATCH_MAX];
	size_t count, taken;

	for (;;) {
		if (loop_collect(loop, requests, &count, &taken)) {
			log_line(LOG_LEVEL_ERROR, "front sent what is not a frame: starting anew");
			return false;
		}
		if (count == 0)
			return true;
		struct cs_writer out = cs_writer_of(loop->out + loop->out_len, LOOP_OUT_SIZE - loop->out_len);
		if (keeper_batch(loop->keeper, requests, count, &out)) {
			log_line(LOG_LEVEL_ERROR,
				 db_lost(loop->keeper->db)
				     ? "the database's server is gone, or it was migrated: starting anew"
				     : "an answer did not fit its buffer: starting anew");
			return false;
		}
		loop->out_len += cs_writer_view(&out).len;
		memmove(loop->in, loop->in + taken, loop->in_len - taken);
		cs_wipe(loop->in + loop->in_len - taken, taken);
		loop->in_len -= taken;
	}
}

/* Reads what has come. */
static void loop_receive(struct loop *loop)
{
	ssize_t got = recv(loop->stream_fd, loop->in + loop->in_len, LOOP_IN_SIZE - loop->in_len, 0);

	if (got > 0)
		loop->in_len += (size_t)got;
	else if (got == 0 || (errno != EAGAIN && errno != EINTR))
		loop_stream_close(loop);
}

static void loop_send(struct loop *loop)
{
	while (loop->stream_fd >= 0 && loop->out_sent < loop->out_len) {
		ssize_t put = send(loop->stream_fd, loop->out + loop->out_sent,
				   loop->out_len - loop->out_sent, MSG_NOSIGNAL);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0 && errno == EAGAIN)
			return;
		if (put < 0)
			loop_stream_close(loop);
		else
			loop->out_sent += (size_t)put;
	}
	cs_wipe(loop->out, loop->out_len); /* it may have told a new credential */
	loop->out_len = loop->out_sent = 0;
}

/* What to wait for on the stream: more requests while there is room, and to send what is left. */
static short loop_events(const struct loop *loop)
{
	bool full = LOOP_OUT_SIZE - loop->out_len < IPC_REPLY_MAX || loop->in_len == LOOP_IN_SIZE;

	return (short)((full ? 0 : POLLIN) | (loop->out_sent < loop->out_len ? POLLOUT : 0));
}

/* Answers what has come, as far as front takes the answers. A request that found no room for its answer is
 * taken up as soon as all are sent: nothing else may ever come that would wake the loop for it. False as in
 * loop_run. */
static bool loop_answer(struct loop *loop)
{
	bool made;

	do {
		if (!loop_run(loop))
			return false;
		made = loop->out_len > 0;
		loop_send(loop);
	} while (made && loop->out_len == 0);
	return true;
}

/* Time left until a chore may be due, or something is to be told; NULL: neither is. */
static const struct timespec *loop_timeout(const struct loop *loop, struct timespec *out)
{
	const int chore = chores_wait(loop->keeper), tell = keeper_tell_in(loop->keeper);
	int wait = chore < 0 || (tell >= 0 && tell < chore) ? tell : chore;

	if (!loop->keeper->db)
		wait = EMERGENCY_MS;
	if (wait < 0)
		return NULL;
	*out = (struct timespec){.tv_sec = wait / 1000, .tv_nsec = (long)(wait % 1000) * 1000000};
	return out;
}

/* What is to be told though nobody asks. False where the database's server is gone. */
static bool loop_tell(const struct loop *loop, bool last)
{
	return !keeper_tell(loop->keeper, last) || !db_lost(loop->keeper->db);
}

/* Whether it is time to look for the database again, and nobody waits for an answer. */
static bool loop_emergency_over(const struct loop *loop)
{
	return !loop->keeper->db && loop_monotonic() - loop->started >= EMERGENCY_MS && loop->in_len == 0 &&
	       loop->out_len == 0;
}

static int loop_turns(struct loop *loop, const sigset_t *while_waiting)
{
	while (!loop_stopping) {
		const struct hash_pool *pool = loop->keeper->pool;
		struct pollfd fds[5] = {{.fd = loop->link_fd, .events = POLLIN},
					{.fd = loop->stream_fd, .events = loop_events(loop)},
					{.fd = pool ? hash_pool_fd(pool) : -1, .events = POLLIN},
					{.fd = chores_fd(loop->keeper), .events = POLLIN},
					{.fd = loop->keeper->db ? loop->courier_fd : -1, .events = POLLIN}};
		struct timespec timeout;

		if (ppoll(fds, 5, loop_timeout(loop, &timeout), while_waiting) < 0) {
			if (errno == EINTR)
				continue;
			return DAEMON_EXIT_FAILED;
		}
		if (fds[1].revents & (POLLIN | POLLHUP | POLLERR))
			loop_receive(loop);
		if (!loop_answer(loop) || (keeper_tell_in(loop->keeper) == 0 && !loop_tell(loop, false)))
			return DAEMON_EXIT_FAILED;
		if (fds[4].revents && !outbox_serve(loop->keeper, loop->courier_fd)) {
			if (db_lost(loop->keeper->db))
				return DAEMON_EXIT_FAILED;
			loop_courier_close(loop);
		}
		if (fds[0].revents && !loop_link_read(loop))
			return DAEMON_EXIT_DONE;
		chores_turn(loop->keeper);
		if (loop_emergency_over(loop))
			return DAEMON_EXIT_FAILED;
	}
	return DAEMON_EXIT_DONE;
}

int keeper_serve(struct keeper *keeper, int link_fd)
{
	struct loop loop = {.keeper = keeper,
			    .link_fd = link_fd,
			    .stream_fd = -1,
			    .courier_fd = -1,
			    .started = loop_monotonic()};
	struct sigaction action = {.sa_handler = loop_on_signal};
	sigset_t blocked, before;
	int status = DAEMON_EXIT_FAILED;

	loop_stopping = 0;
	(void)sigemptyset(&blocked);
	(void)sigaddset(&blocked, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &blocked, &before);
	(void)sigaction(SIGTERM, &action, NULL);
	(void)sigdelset(&before, SIGTERM);
	loop.in = malloc(LOOP_IN_SIZE);
	loop.out = malloc(LOOP_OUT_SIZE);
	if (loop.in && loop.out)
		status = loop_turns(&loop, &before);
	if (status == DAEMON_EXIT_DONE)
		(void)loop_tell(&loop, true);
	if (loop.in && loop.out)
		loop_stream_close(&loop);
	loop_courier_close(&loop);
	free(loop.in);
	free(loop.out);
	return status;
}

/* ---- the process ---- */

static uint64_t loop_system_now(void *ctx)
{
	struct timespec now;

	(void)ctx;
	if (clock_gettime(CLOCK_REALTIME, &now) != 0)
		return 0;
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

struct clock clock_system(void)
{
	return (struct clock){.now = loop_system_now, .ctx = NULL};
}

/* What a keeper that could not be opened ends with: a server that does not answer may do so later. */
static int loop_exit_status(const struct config *config, enum cs_err err)
{
	if (err == CS_ERR_WRONG)
		return DAEMON_EXIT_PIN;
	if (err == CS_ERR_BUSY || (err == CS_ERR_IO && !db_is_file(config->database)))
		return DAEMON_EXIT_FAILED;
	return DAEMON_EXIT_CONFIG;
}

int keeper_main(int link_fd, struct settings *settings)
{
	const struct config *config = &settings->config;
	struct keeper keeper;

	log_name("countersignd keeper");
	if (privilege_drop(config)) {
		log_line(LOG_LEVEL_ERROR, "cannot become user %s", config->user);
		return DAEMON_EXIT_CONFIG;
	}
	(void)prctl(PR_SET_DUMPABLE, 0); /* after the change of user, which sets it anew */
	enum cs_err err = keeper_start(config, clock_system(), &keeper);
	if (err)
		return loop_exit_status(config, err);
	int status = DAEMON_EXIT_FAILED;
	keeper_alarm_certificate(&keeper, settings->tls_expires);
	if (keeper_sandbox())
		log_line(LOG_LEVEL_ERROR, "the kernel refused the system call filter");
	else if (keeper.db && keeper_pool_open(&keeper, config))
		log_line(LOG_LEVEL_ERROR,
			 "no threads for Argon2id: lower password_workers or password_queue");
	else
		status = keeper_serve(&keeper, link_fd);
	if (status == DAEMON_EXIT_DONE)
		chores_end(&keeper);
	keeper_close(&keeper);
	return status;
}
