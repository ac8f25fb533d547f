/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Waits for the next event, and lets whoever it concerns do its step.
 */
#include "applet/port/serve.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* The signals' descriptor, vpcd, the listening socket, its clients. */
#define POLL_SIGNAL 0u
#define POLL_VPCD   1u
#define POLL_SOCKET 2u
#define POLL_MAX    (POLL_SOCKET + 1u + SOCKET_CLIENTS_MAX)

static void signals_of_ours(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGUSR1);
	sigaddset(set, SIGUSR2);
}

enum cs_err serve_block_signals(void)
{
	sigset_t set;
	signals_of_ours(&set);
	return sigprocmask(SIG_BLOCK, &set, NULL) < 0 ? CS_ERR_IO : CS_OK;
}

/* False where it is time to end. */
static bool take_signal(const struct serve *serve, int fd)
{
	struct signalfd_siginfo info;
	if (read(fd, &info, sizeof info) != (ssize_t)sizeof info)
		return true;
	if (info.ssi_signo == SIGUSR1 && serve->vpcd)
		vpcd_pull(serve->vpcd);
	else if (info.ssi_signo == SIGUSR2 && serve->vpcd)
		vpcd_insert(serve->vpcd);
	return info.ssi_signo == SIGUSR1 || info.ssi_signo == SIGUSR2;
}

static uint64_t now_ms(const struct serve *serve)
{
	return serve->platform->monotonic_ms(serve->platform->ctx);
}

/* One turn of the loop. False where it is time to end; *err says whether well. */
static bool turn(const struct serve *serve, int signal_fd, enum cs_err *err)
{
	struct pollfd pfds[POLL_MAX];
	bool block = true;
	int timeout = -1;
	size_t clients = 0;
	pfds[POLL_SIGNAL] = (struct pollfd){.fd = signal_fd, .events = POLLIN};
	pfds[POLL_VPCD] = (struct pollfd){.fd = -1};
	if (serve->vpcd)
		timeout = vpcd_poll(serve->vpcd, now_ms(serve), &pfds[POLL_VPCD]);
	if (serve->socket)
		clients = socket_poll(serve->socket, pfds + POLL_SOCKET, &block);
	if (poll(pfds, POLL_SOCKET + clients, block ? timeout : 0) < 0) {
		*err = errno == EINTR ? CS_OK : CS_ERR_IO;
		return *err == CS_OK;
	}
	if (pfds[POLL_SIGNAL].revents && !take_signal(serve, signal_fd))
		return false;
	if (serve->vpcd)
		vpcd_step(serve->vpcd, now_ms(serve), pfds[POLL_VPCD].revents);
	if (serve->socket)
		socket_step(serve->socket, pfds + POLL_SOCKET, clients);
	return true;
}

enum cs_err serve_run(const struct serve *serve)
{
	sigset_t set;
	signals_of_ours(&set);
	int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return CS_ERR_IO;
	enum cs_err err = CS_OK;
	while (turn(serve, fd, &err))
		;
	close(fd);
	return err;
}
