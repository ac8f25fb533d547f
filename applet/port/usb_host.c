/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The loop of the process that faces the USB host.
 *
 *   no host --accept, attach--> served --stream ends, protocol broken, host silent--> no host (vhci: over)
 */
#include "applet/port/usb_host.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "applet/port/gadget_host.h"
#include "applet/port/hid_host.h"
#include "applet/port/platform_host.h"
#include "applet/port/usb_sandbox.h"
#include "applet/port/usbip.h"
#include "base/secret.h"

/* A host that takes nothing, or whose computer answers nothing, for so long is gone: another may have the
 * token. */
#define GONE_S	      30
#define PROBE_AFTER_S 15 /* of silence, which is nothing unusual */
#define PROBE_EVERY_S 5
#define PROBES	      3 /* without an answer */

struct served {
	struct usb_host *host;
	int fd;	     /* the host's stream; -1: none */
	bool failed; /* to send to it */
	struct usb_bridge bridge;
	struct usbip usbip;
	struct hid_host keyboard;
};

static void send_to_host(void *ctx, struct cs_view bytes)
{
	struct served *s = ctx;
	size_t at = 0;

	while (!s->failed && at < bytes.len) {
		ssize_t sent = send(s->fd, bytes.ptr + at, bytes.len - at, MSG_NOSIGNAL);
		if (sent > 0)
			at += (size_t)sent;
		else if (errno != EINTR)
			s->failed = true;
	}
}

/* A pair of our own, behind which the kernel is, takes none of TCP's. */
static void stream_prepare(int fd)
{
	static const struct timeval patience = {.tv_sec = GONE_S};
	static const struct {
		int level, name, value;
	} options[] = {
	    /* An answer goes in two pieces, of which the second would wait for the first one's
	       acknowledgement. */
	    {IPPROTO_TCP, TCP_NODELAY, 1},
	    {SOL_SOCKET, SO_KEEPALIVE, 1},
	    {IPPROTO_TCP, TCP_KEEPIDLE, PROBE_AFTER_S},
	    {IPPROTO_TCP, TCP_KEEPINTVL, PROBE_EVERY_S},
	    {IPPROTO_TCP, TCP_KEEPCNT, PROBES},
	    {IPPROTO_TCP, TCP_USER_TIMEOUT, GONE_S * 1000},
	};

	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		(void)setsockopt(fd, options[i].level, options[i].name, &options[i].value,
				 sizeof(options[i].value));
}

static void begin(struct served *s, int fd, bool attached)
{
	stream_prepare(fd);
	s->fd = fd;
	s->failed = false;
	usbip_init(&s->usbip, &s->host->id, s->host->speed, &s->bridge, attached, platform_host_ms(NULL));
	s->usbip.send = send_to_host;
	s->usbip.ctx = s;
}

/* CS_ERR_REMOVED: the card has gone. */
static enum cs_err end(struct served *s, enum cs_err why)
{
	close(s->fd);
	s->fd = -1;
	if (why == CS_ERR_MALFORMED)
		fputs("countersign-card: a USB/IP peer broke the protocol; its connection was closed\n",
		      stderr);
	if (why == CS_ERR_TIMEOUT)
		fputs("countersign-card: a USB/IP peer did not attach the token; its connection was closed\n",
		      stderr);
	return usbip_end(&s->usbip);
}

static enum cs_err host_read(struct served *s)
{
	size_t room;
	uint8_t *space = usbip_space(&s->usbip, &room);
	ssize_t got = recv(s->fd, space, room, MSG_DONTWAIT);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return CS_OK;
	if (got <= 0)
		return CS_ERR_REMOVED;
	return usbip_received(&s->usbip, (size_t)got, platform_host_ms(NULL));
}

static int timeout(const struct served *s)
{
	uint64_t now = platform_host_ms(NULL);
	int bridge = usb_bridge_timeout(&s->bridge, now),
	    host = s->fd >= 0 ? usbip_timeout(&s->usbip, now) : -1;

	return host >= 0 && (bridge < 0 || host < bridge) ? host : bridge;
}

static bool keyboard_listens(const struct served *s)
{
	return s->fd >= 0 && usbip_keyboard_listens(&s->usbip);
}

static void accept_one(struct served *s)
{
	int fd = accept4(s->host->listen_fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd >= 0)
		begin(s, fd, false);
}

/* One turn. CS_ERR_REMOVED: the card has gone. *over: the only host there can be has gone. */
static enum cs_err turn(struct served *s, bool *over)
{
	struct pollfd fds[3] = {{.fd = s->bridge.fd, .events = POLLIN},
				{.fd = s->fd >= 0 ? s->fd : s->host->listen_fd, .events = POLLIN},
				{.fd = s->keyboard.fd, .events = POLLIN}};
	enum cs_err err = CS_OK, host_err = CS_OK;

	if (poll(fds, 3, timeout(s)) < 0)
		return errno == EINTR ? CS_OK : CS_ERR_IO;
	if (fds[0].revents)
		err = usb_bridge_read(&s->bridge);
	if (!err || err == CS_ERR_FULL) /* that answer is nobody's: the host fetches nothing */
		err = usb_bridge_tick(&s->bridge, platform_host_ms(NULL));
	if (err)
		return err;
	if (fds[2].revents)
		hid_host_read(&s->keyboard, &s->usbip.keyboard, keyboard_listens(s), platform_host_ms(NULL));
	if (s->fd < 0) {
		if (fds[1].revents)
			accept_one(s);
		return CS_OK;
	}
	if (fds[1].revents)
		host_err = host_read(s);
	if (!host_err)
		host_err = usbip_pump(&s->usbip, platform_host_ms(NULL));
	if (!host_err && !s->failed)
		return CS_OK;
	*over = s->host->listen_fd < 0;
	return end(s, host_err);
}

static bool serial_read(int fd, uint32_t *serial)
{
	uint8_t bytes[4] = {0};
	struct cs_reader r = cs_reader_of(CS_VIEW_OF(bytes));

	if (recv(fd, bytes, sizeof(bytes), MSG_WAITALL) != (ssize_t)sizeof(bytes))
		return false;
	*serial = cs_read_u32(&r);
	return true;
}

static bool vhci_plug_in(struct served *s)
{
	int fd;
	enum cs_err err = vhci_attach(&s->host->vhci, s->host->speed, &fd);

	vhci_close(&s->host->vhci);
	if (err) {
		fprintf(stderr, "countersign-card: cannot plug in: %s\n",
			err == CS_ERR_IO ? strerror(errno) : cs_err_text(err));
		return false;
	}
	begin(s, fd, true);
	return true;
}

static bool gadget_plug_in(struct ffs *ffs, uint32_t serial)
{
	if (ffs_plug_in(ffs, serial) == CS_OK)
		return true;
	fprintf(stderr, "countersign-card: --gadget %s: cannot plug in: %s\n", ffs->name, strerror(errno));
	return false;
}

static bool give_up(void)
{
	unsigned missing = 0;

	if (usb_sandbox_enter(&missing) != CS_OK) {
		fprintf(stderr, "countersign-card: the USB side cannot give up what it does not need: %s\n",
			strerror(errno));
		return false;
	}
	if (missing & USB_SANDBOX_FILES)
		fputs("countersign-card: this kernel has no Landlock: files are kept from the USB side by "
		      "its user and its system calls alone\n",
		      stderr);
	if (missing & USB_SANDBOX_CALLS)
		fputs("countersign-card: this kernel has no seccomp filters: the USB side keeps all system "
		      "calls\n",
		      stderr);
	return true;
}

/* All that the kernel has to open or to attach; then all that is not needed any more is given up. */
static bool plug_in(struct served *s)
{
	struct usb_host *host = s->host;
	bool done = host->ffs.ep0 >= 0		? gadget_plug_in(&host->ffs, host->id.serial)
		    : host->vhci.attach_fd >= 0 ? vhci_plug_in(s)
						: true;

	return done && give_up();
}

/* Until the card has gone: true; or there is no host any more. */
static bool serve(struct served *s)
{
	enum cs_err err = CS_OK;
	bool over = false;

	if (!plug_in(s))
		return false;
	if (s->host->ffs.ep0 >= 0)
		return gadget_host_run(&s->host->ffs, &s->bridge, &s->keyboard) == CS_ERR_REMOVED;
	while (!err && !over) {
		err = turn(s, &over);
		hid_host_tell(&s->keyboard, &s->usbip.keyboard, keyboard_listens(s), platform_host_ms(NULL));
	}
	return !over;
}

int usb_host_run(struct usb_host *host, int card_fd)
{
	struct served *s = calloc(1, sizeof(*s));
	bool over = s == NULL;

	if (s) {
		s->host = host;
		s->fd = -1;
		s->keyboard.fd = host->keyboard_fd;
		usb_bridge_init(&s->bridge, card_fd);
		over = serial_read(card_fd, &host->id.serial) && !serve(s);
	}
	ffs_close(&host->ffs);
	if (s && over)
		fputs("countersign-card: unplugged\n", stderr);
	if (s)
		cs_wipe(s, sizeof(*s));
	free(s);
	return over ? EXIT_FAILURE : EXIT_SUCCESS;
}
