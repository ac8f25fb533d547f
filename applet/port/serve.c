/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Waits for the next event, and lets whoever it concerns do its step. While a command waits for a touch the
 * same is done inside of that step, for the other users; a signal then calls the touch off, and is obeyed
 * when the command has ended.
 */
#include "applet/port/serve.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* The signals' descriptor, a touch's, vpcd, USB, the keyboard, the listening socket, its clients. */
#define POLL_SIGNAL   0u
#define POLL_TOUCH    1u
#define POLL_VPCD     2u
#define POLL_USB      3u
#define POLL_KEYBOARD 4u
#define POLL_SOCKET   5u
#define POLL_MAX      (POLL_SOCKET + 1u + SOCKET_CLIENTS_MAX)

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
static bool obey(const struct serve *serve, uint32_t signal)
{
	if (signal == SIGUSR1 && serve->vpcd)
		vpcd_pull(serve->vpcd);
	else if (signal == SIGUSR2 && serve->vpcd)
		vpcd_insert(serve->vpcd);
	return signal == 0 || signal == SIGUSR1 || signal == SIGUSR2;
}

static void take_signal(struct serve *serve)
{
	struct signalfd_siginfo info;
	if (read(serve->signal_fd, &info, sizeof info) == (ssize_t)sizeof info)
		serve->signal = info.ssi_signo;
}

static uint64_t now_ms(const struct serve *serve)
{
	return serve->platform->monotonic_ms(serve->platform->ctx);
}

/* A touch while no command waits inside of this loop: one that the card has asked for without waiting, or the
 * keyboard's, or nobody's. */
static void button(struct serve *serve)
{
	if (presence_take(serve->presence) && !presence_touch(serve->presence) && serve->keyboard)
		keyboard_press(serve->keyboard, now_ms(serve));
}

/* One turn of the loop, of at most so many milliseconds (-1: any), or until the button is readable, which is
 * for who waits for it (awaited), or for button().
 */
static enum cs_err turn(struct serve *serve, bool awaited, int most_ms)
{
	struct pollfd pfds[POLL_MAX];
	bool block = true;
	int timeout = -1;
	size_t clients = 0;
	enum cs_err err = CS_OK;
	pfds[POLL_SIGNAL] = (struct pollfd){.fd = serve->signal_fd, .events = POLLIN};
	pfds[POLL_TOUCH] = (struct pollfd){.fd = serve->presence->button.fd, .events = POLLIN};
	pfds[POLL_VPCD] = pfds[POLL_USB] = (struct pollfd){.fd = -1};
	pfds[POLL_KEYBOARD] =
	    (struct pollfd){.fd = serve->keyboard ? serve->keyboard->fd : -1, .events = POLLIN};
	if (serve->vpcd)
		timeout = vpcd_poll(serve->vpcd, now_ms(serve), &pfds[POLL_VPCD]);
	if (serve->usb)
		usb_port_poll(serve->usb, &pfds[POLL_USB], &block);
	if (serve->socket)
		clients = socket_poll(serve->socket, pfds + POLL_SOCKET, &block);
	if (most_ms >= 0 && (timeout < 0 || timeout > most_ms))
		timeout = most_ms;
	if (poll(pfds, POLL_SOCKET + clients, block ? timeout : 0) < 0)
		return errno == EINTR ? CS_OK : CS_ERR_IO;
	if (!awaited && pfds[POLL_TOUCH].revents)
		button(serve);
	if (pfds[POLL_SIGNAL].revents)
		take_signal(serve);
	if (serve->vpcd)
		vpcd_step(serve->vpcd, now_ms(serve), pfds[POLL_VPCD].revents);
	if (serve->usb)
		err = usb_port_step(serve->usb, pfds[POLL_USB].revents);
	if (serve->socket)
		socket_step(serve->socket, pfds + POLL_SOCKET, clients);
	if (serve->keyboard)
		keyboard_step(serve->keyboard, now_ms(serve));
	return err;
}

static void attend(void *ctx, int touch_fd, int timeout_ms)
{
	struct serve *serve = ctx;
	(void)touch_fd; /* is polled in each turn */
	if (turn(serve, true, timeout_ms) != CS_OK || serve->signal)
		presence_cancel(serve->presence);
}

enum cs_err serve_run(struct serve *serve)
{
	sigset_t set;
	enum cs_err err = CS_OK;
	signals_of_ours(&set);
	serve->signal = 0;
	serve->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (serve->signal_fd < 0)
		return CS_ERR_IO;
	serve->presence->attend = attend;
	serve->presence->ctx = serve;
	while (!err && obey(serve, serve->signal)) {
		serve->signal = 0;
		err = turn(serve, false, -1);
	}
	serve->presence->attend = NULL;
	close(serve->signal_fd);
	return err;
}
