/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Starts the process that faces the USB host, and serves it.
 *
 *   closed --open--> started, waits for the serial number --start--> served --its end closes--> closed
 */
#include "applet/port/usb_port.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "applet/port/usb_host.h"

#define HEX_ID	    4u	  /* digits of a VID or PID */
#define HOST_END_MS 10000 /* for the process that faces the host to end by itself */

static bool hex16(const char *text, char end, uint16_t *value)
{
	char *stop;
	unsigned long number;

	if (strspn(text, "0123456789abcdefABCDEF") != HEX_ID)
		return false;
	number = strtoul(text, &stop, 16);
	*value = (uint16_t)number;
	return *stop == end;
}

bool usb_identity_parse(const char *text, struct usb_identity *id)
{
	return hex16(text, ':', &id->vendor) && hex16(text + HEX_ID + 1, '\0', &id->product);
}

enum cs_err usbip_address(const char *text, struct address *out)
{
	char where[sizeof(USBIP_HOST_DEFAULT ":65535")];
	const char *port = text + (text[0] == ':');

	if (port[strspn(port, "0123456789")] != '\0')
		return address_find(text, USBIP_PORT_DEFAULT, out);
	if (strlen(port) > 5 || (text[0] == ':' && port[0] == '\0'))
		return CS_ERR_MALFORMED;
	snprintf(where, sizeof(where), "%s:%s", USBIP_HOST_DEFAULT, port[0] ? port : USBIP_PORT_DEFAULT);
	return address_find(where, USBIP_PORT_DEFAULT, out);
}

static enum cs_err listen_at(const char *where, int *out)
{
	struct address addr;
	int on = 1;
	enum cs_err err = usbip_address(where, &addr);

	if (err)
		return err;
	*out = socket(addr.where.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*out < 0)
		return CS_ERR_IO;
	(void)setsockopt(*out, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(*out, (struct sockaddr *)&addr.where, addr.len) < 0 || listen(*out, 1) < 0)
		return CS_ERR_IO;
	if (!address_is_loopback(&addr))
		fprintf(
		    stderr,
		    "countersign-card: --usbip %s: other computers reach this address, and USB/IP asks "
		    "nobody "
		    "who he is: whoever does has the token in his hand; 127.0.0.1 is this computer alone\n",
		    where);
	return CS_OK;
}

static void host_close(struct usb_host *host)
{
	int error = errno;

	if (host->listen_fd >= 0)
		close(host->listen_fd);
	if (host->keyboard_fd >= 0)
		close(host->keyboard_fd);
	vhci_close(&host->vhci);
	ffs_close(&host->ffs);
	errno = error;
}

static void heard(int signal)
{
	(void)signal;
}

/* The child: the card's process is its life. When that has ended its socket says so, and a signal gets it out
 * of whatever it waits in; it is not killed: FunctionFS of Linux 6.1 (a worker that copies a transfer to the
 * process, and is then the last to have its memory) waits for itself when a process ends in the middle of a
 * transfer, and the port is lost until the next boot. */
static void host_process(struct usb_host *host, int fd, pid_t card)
{
	const struct sigaction interrupts = {.sa_handler = heard};
	sigset_t none;

	(void)sigaction(SIGTERM, &interrupts, NULL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	(void)prctl(PR_SET_NAME, "countersign-usb");
	if (getppid() != card)
		_exit(EXIT_SUCCESS);
	_exit(usb_host_run(host, fd));
}

static enum cs_err host_start(struct usb_port *port, struct usb_host *host, int button_fd)
{
	int pair[2];
	pid_t card = getpid();
	sigset_t term, before;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return CS_ERR_IO;
	/* It may be asked to end before it is ready to hear that. */
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &term, &before);
	port->host = fork();
	if (port->host == 0) {
		close(pair[0]);
		if (port->keyboard_fd >= 0)
			close(port->keyboard_fd);
		if (button_fd >= 0)
			close(button_fd);
		host_process(host, pair[1], card);
	}
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	close(pair[1]);
	port->fd = pair[0];
	if (port->host > 0) {
		/* It waits for the serial number: the number is still its own. */
		port->host_fd = (int)syscall(SYS_pidfd_open, port->host, 0);
		return CS_OK;
	}
	port->host = 0;
	close(pair[0]);
	port->fd = -1;
	return CS_ERR_IO;
}

/* Packets, so that each is one text. */
static enum cs_err keyboard_open(struct usb_port *port, struct usb_host *host)
{
	int pair[2];

	if (!host->id.keyboard)
		return CS_OK;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return CS_ERR_IO;
	port->keyboard_fd = pair[0];
	host->keyboard_fd = pair[1];
	return CS_OK;
}

enum cs_err usb_port_open(struct usb_port *port, const struct usb_settings *settings)
{
	struct usb_host host = {.listen_fd = -1,
				.vhci.attach_fd = -1,
				.ffs = FFS_NONE,
				.keyboard_fd = -1,
				.id = settings->id,
				.speed = settings->speed};
	enum cs_err err = CS_OK;

	*port = (struct usb_port){.fd = -1, .host_fd = -1, .keyboard_fd = -1};
	if (!settings->usbip && !settings->gadget && !settings->plug_in)
		return CS_OK;
	if (settings->usbip)
		err = listen_at(settings->usbip, &host.listen_fd);
	else if (settings->gadget)
		err = ffs_open(settings->gadget, settings->id.keyboard, &host.ffs);
	else
		err = vhci_open(VHCI_FOLDER, &host.vhci);
	if (!err)
		err = keyboard_open(port, &host);
	if (!err)
		err = host_start(port, &host, settings->button_fd);
	host_close(&host);
	return err;
}

enum cs_err usb_port_start(struct usb_port *port, uint32_t serial, struct slot *slot)
{
	uint8_t bytes[4];
	struct cs_writer w = CS_WRITER_OF(bytes);
	int fd = port->fd;

	cs_write_u32(&w, serial);
	if (send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL) != (ssize_t)sizeof(bytes))
		return CS_ERR_REMOVED;
	port->fd = -1;
	port->link = link_new(fd, false, slot);
	return port->link ? CS_OK : CS_ERR_MEMORY;
}

/* Where ended children are not kept (--notify), its number may be a stranger's by now. */
static void host_end(struct usb_port *port)
{
	struct pollfd ended = {.fd = port->host_fd, .events = POLLIN};
	int rc;

	if (port->host_fd < 0) {
		(void)kill(port->host, SIGKILL);
		do
			rc = (int)waitpid(port->host, NULL, 0);
		while (rc < 0 && errno == EINTR);
	} else {
		(void)syscall(SYS_pidfd_send_signal, port->host_fd, SIGTERM, NULL, 0);
		do
			rc = poll(&ended, 1, HOST_END_MS);
		while (rc < 0 && errno == EINTR);
		if (rc <= 0)
			(void)syscall(SYS_pidfd_send_signal, port->host_fd, SIGKILL, NULL, 0);
		do
			rc = waitid(P_PIDFD, (id_t)port->host_fd, NULL, WEXITED);
		while (rc < 0 && errno == EINTR);
		close(port->host_fd);
	}
	port->host_fd = -1;
	port->host = 0;
}

void usb_port_close(struct usb_port *port)
{
	link_free(port->link);
	port->link = NULL;
	if (port->keyboard_fd >= 0)
		close(port->keyboard_fd);
	port->keyboard_fd = -1;
	if (port->host <= 0)
		return;
	if (port->fd >= 0)
		close(port->fd);
	port->fd = -1;
	host_end(port);
}

void usb_port_poll(struct usb_port *port, struct pollfd *pfd, bool *block)
{
	*pfd = (struct pollfd){.fd = -1};
	if (!port->link)
		return;
	*pfd = (struct pollfd){.fd = link_fd(port->link), .events = link_events(port->link)};
	if (link_runnable(port->link))
		*block = false;
}

enum cs_err usb_port_step(struct usb_port *port, short events)
{
	return port->link ? link_step(port->link, events) : CS_OK;
}
