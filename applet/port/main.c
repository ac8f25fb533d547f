/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersign-card: the token as a process. The order in which its parts are put together.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "applet/card_private.h"
#include "applet/port/crypto_openssl.h"
#include "applet/port/flash_file.h"
#include "applet/port/options.h"
#include "applet/port/platform_host.h"
#include "applet/port/serve.h"
#include "base/secret.h"

/* What went wrong, from the system where it was the system. */
static const char *reason(enum cs_err err)
{
	return err == CS_ERR_IO && errno ? strerror(errno) : cs_err_text(err);
}

/* All parts of the running card, in the order in which they are put together. */
struct process {
	struct flash_file *image;
	struct counter_file *counter;
	struct crypto crypto;
	struct platform platform;
	struct presence presence;
	struct card card;
	bool card_open;
	struct slot slot;
	struct socket_port socket;
	struct vpcd vpcd;
	bool vpcd_open;
	struct usb_port usb;
	struct keyboard keyboard;
};

/* Keeps the card's secrets out of core dumps and, where it may, out of swap. Best effort: failure is no
 * error. */
static void guard_memory(void)
{
#ifndef __SANITIZE_ADDRESS__ /* whose leak check has to look into the process */
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
	struct rlimit none = {0, 0};
	struct rlimit memlock;
	(void)setrlimit(RLIMIT_CORE, &none);
	/* Under a limit, locking all would make later allocations fail. */
	if (getrlimit(RLIMIT_MEMLOCK, &memlock) == 0 && (memlock.rlim_cur == RLIM_INFINITY || geteuid() == 0))
		(void)mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
}

static bool image_open(struct process *p, const struct options *o)
{
	enum cs_err err = CS_OK;
	errno = 0;
	if (o->init || access(o->image, F_OK) != 0)
		err = flash_file_create(o->image, o->init);
	if (!err)
		err = flash_file_open(o->image, &p->image);
	if (!err) {
		flash_file_identify(p->image, &p->platform);
		return true;
	}
	if (err == CS_ERR_BUSY)
		complain("image", o->image, "another process is using it; end that first");
	else if (err == CS_ERR_CORRUPT)
		complain("image", o->image, "this is no card image; --init PROFILE makes one in its place");
	else
		complain("image", o->image, reason(err));
	return false;
}

static bool counter_open(struct process *p, const struct options *o)
{
	enum cs_err err;
	if (!o->counter)
		return true;
	errno = 0;
	err = counter_file_open(o->counter, &p->counter);
	if (!err) {
		flash_file_count(p->image, p->counter);
		return true;
	}
	if (err == CS_ERR_BUSY)
		complain("--counter", o->counter,
			 "another process is using it; each card has a counter of its own");
	else if (err == CS_ERR_CORRUPT)
		complain("--counter", o->counter,
			 "this is no counter; name another file, it is made if it is not there");
	else
		complain("--counter", o->counter, reason(err));
	return false;
}

static const char *why_no_card(const struct options *o, enum cs_err err)
{
	if (err != CS_ERR_ROLLBACK)
		return reason(err);
	if (!o->counter)
		return "it is bound to a counter: name that with --counter";
	return "its counter says that it is not the newest: an older image was put back, or this is another "
	       "card's counter; "
	       "use the newest image, or --init PROFILE makes a new card";
}

static const char *why_no_button(const char *how, enum cs_err err)
{
	bool line = strncmp(how, "gpio:", 5) == 0, descriptor = strncmp(how, "fd:", 3) == 0;
	switch (err) {
	case CS_ERR_MALFORMED:
		return line ? "wants gpio:CHIP/LINE, for example gpio:gpiochip0/17"
			    : "wants fd:N, the number of an open descriptor";
	case CS_ERR_NOT_FOUND:
		return line ? "there is no such chip, or no such line of it" : "no such descriptor is open";
	case CS_ERR_EXISTS:
		return line	    ? "it is there, and is no GPIO chip"
		       : descriptor ? "it is not open for reading, or is a file"
				    : "it is there, and is not a named pipe";
	case CS_ERR_BUSY:
		return "another process, or a driver, has the line";
	case CS_ERR_DENIED:
		return "the chip is not this user's to open";
	default:
		return reason(err);
	}
}

/* Before the card opens anything itself: fd:N is what it was started with. */
static bool touch_open(struct process *p, const struct options *o)
{
	errno = 0;
	enum cs_err err = presence_init(&p->presence, o->touch, o->notify, platform_host_ms);
	if (!err) {
		platform_host_init(&p->presence, &p->platform);
		return true;
	}
	complain("--touch", o->touch, why_no_button(o->touch, err));
	return false;
}

static bool card_start(struct process *p, const struct options *o)
{
	enum cs_err err = crypto_openssl_init(&p->crypto);
	if (err) {
		complain("libcrypto", "", reason(err));
		return false;
	}
	struct card_ports ports = {&p->platform, &p->crypto, flash_file_flash(p->image)};
	struct profile profile;
	profile_default(o->profile, &profile);
	if (o->management)
		profile.management = o->management;
	err = card_open_as(&p->card, &ports, &profile);
	if (err) {
		complain("the card in", o->image, why_no_card(o, err));
		return false;
	}
	p->card_open = true;
	slot_init(&p->slot, &p->card, &p->presence);
	p->slot.plain = o->plain;
	return true;
}

static bool socket_start(struct process *p, const struct options *o)
{
	if (!o->socket)
		return true;
	enum cs_err err = socket_open(&p->socket, o->socket, &p->slot);
	if (!err)
		return true;
	p->socket.fd = -1;
	if (err == CS_ERR_LENGTH)
		complain("--socket", o->socket,
			 "the path is empty or longer than a socket's may be (107 bytes)");
	else if (err == CS_ERR_EXISTS)
		complain("--socket", o->socket, "someone is listening there already, or it is not a socket");
	else
		complain("--socket", o->socket, reason(err));
	return false;
}

static bool vpcd_start(struct process *p, const struct options *o)
{
	if (!o->vpcd)
		return true;
	enum cs_err err = vpcd_init(&p->vpcd, o->vpcd, &p->slot);
	p->vpcd_open = !err;
	if (err == CS_ERR_MALFORMED)
		complain("--vpcd", o->vpcd, "wants HOST:PORT, for example 127.0.0.1:" VPCD_PORT_DEFAULT);
	else if (err)
		complain("--vpcd", o->vpcd, "there is no such host or port");
	return !err;
}

static const char *why_no_gadget(enum cs_err err)
{
	switch (err) {
	case CS_ERR_ARG:
		return "wants a name that /sys/class/udc has";
	case CS_ERR_NOT_FOUND:
		return "it is not set up; countersign-gadget start does it, as root";
	case CS_ERR_DENIED:
		return "it is set up for another user; see countersign-gadget's --user";
	case CS_ERR_BUSY:
		return "another process is the token there; end that first";
	default:
		return reason(err);
	}
}

static const char *why_no_usb(const struct options *o, enum cs_err err)
{
	if (err == CS_ERR_MALFORMED)
		return "wants ADDR:PORT, for example " USBIP_HOST_DEFAULT ":" USBIP_PORT_DEFAULT;
	if (o->usb.usbip)
		return err == CS_ERR_NOT_FOUND ? "there is no such address or port" : reason(err);
	if (err == CS_ERR_NOT_FOUND)
		return "this kernel has no virtual USB; modprobe vhci_hcd, as root";
	if (err == CS_ERR_DENIED)
		return "only root may plug in a virtual USB token";
	return err == CS_ERR_FULL ? "all of its ports are taken" : reason(err);
}

/* Before anything of the card is in memory, which the process that faces the host is to have nothing of. */
static bool usb_open(struct process *p, const struct options *o)
{
	struct usb_settings settings = o->usb;
	enum cs_err err;
	settings.button_fd = p->presence.button.fd;
	errno = 0;
	err = usb_port_open(&p->usb, &settings);
	if (err && o->usb.gadget)
		complain("--gadget", o->usb.gadget, why_no_gadget(err));
	else if (err)
		complain(o->usb.usbip ? "--usbip" : "--virtual-usb", o->usb.usbip ? o->usb.usbip : "",
			 why_no_usb(o, err));
	else if (p->usb.host && !o->usb.gadget && o->usb.id.vendor == USB_TEST_VENDOR &&
		 o->usb.id.product == USB_TEST_PRODUCT)
		fputs("countersign-card: USB 1209:0001 is for tests at one's own desk; --usb-id names "
		      "another\n",
		      stderr);
	return !err;
}

static bool usb_start(struct process *p)
{
	if (!p->usb.host || usb_port_start(&p->usb, p->platform.serial, &p->slot) == CS_OK)
		return true;
	complain("the USB side", "", "it has ended, or there is no memory for it");
	return false;
}

static bool run(struct process *p, const struct options *o)
{
	if (!touch_open(p, o) || !usb_open(p, o) || !image_open(p, o) || !counter_open(p, o) ||
	    !card_start(p, o))
		return false;
	if (!options_serve(o))
		return true;
	if (!socket_start(p, o) || !vpcd_start(p, o) || !usb_start(p))
		return false;
	struct serve serve = {
	    .platform = &p->platform,
	    .presence = &p->presence,
	    .socket = o->socket ? &p->socket : NULL,
	    .vpcd = o->vpcd ? &p->vpcd : NULL,
	    .usb = p->usb.link ? &p->usb : NULL,
	};
	if (o->keyboard.credential) {
		keyboard_init(&p->keyboard, &o->keyboard, &p->slot, p->usb.keyboard_fd);
		serve.keyboard = &p->keyboard;
	}
	enum cs_err err = serve_run(&serve);
	if (err && err != CS_ERR_REMOVED)
		complain("waiting", "for users", reason(err));
	return err == CS_OK;
}

static void process_close(struct process *p)
{
	if (p->vpcd_open)
		vpcd_close(&p->vpcd);
	socket_close(&p->socket);
	keyboard_close(&p->keyboard);
	usb_port_close(&p->usb);
	if (p->card_open)
		card_close(&p->card);
	presence_close(&p->presence);
	crypto_openssl_free(&p->crypto);
	flash_file_close(p->image);
	counter_file_close(p->counter);
}

int main(int argc, char **argv)
{
	struct options o;
	int status = options_parse(argc, argv, &o);
	if (status)
		return status < 0 ? EXIT_SUCCESS : status;
	guard_memory();
	struct process *p = calloc(1, sizeof *p);
	if (!p || serve_block_signals()) {
		complain("starting", "up", strerror(errno));
		free(p);
		return EXIT_FAILURE;
	}
	p->socket.fd = -1;
	p->presence.button = BUTTON_NONE;
	status = run(p, &o) ? EXIT_SUCCESS : EXIT_FAILURE;
	process_close(p);
	cs_wipe(p, sizeof *p);
	free(p);
	return status;
}
