/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Waits for the bus, for transfers, for the card, and for what to type.
 */
#include "applet/port/gadget_host.h"

#include <errno.h>
#include <poll.h>

#include "applet/port/platform_host.h"
#include "base/secret.h"

/* A host that does not fetch gets nothing, and costs nothing (gadget.c, invariant 4). */
static enum cs_err card_step(struct usb_bridge *bridge, bool readable)
{
	enum cs_err err = readable ? usb_bridge_read(bridge) : CS_OK;

	if (!err || err == CS_ERR_FULL)
		err = usb_bridge_tick(bridge, platform_host_ms(NULL));
	return err;
}

static int timeout(const struct gadget *g)
{
	uint64_t now = platform_host_ms(NULL);
	int bridge = usb_bridge_timeout(g->bridge, now), gadget = gadget_timeout(g, now);

	return gadget >= 0 && (bridge < 0 || gadget < bridge) ? gadget : bridge;
}

static enum cs_err turn(struct ffs *ffs, struct gadget *g, struct hid_host *keyboard)
{
	struct pollfd fds[] = {{.fd = ffs->ep0, .events = POLLIN},
			       {.fd = ffs->ended, .events = POLLIN},
			       {.fd = g->bridge->fd, .events = POLLIN},
			       {.fd = keyboard->fd, .events = POLLIN}};
	enum cs_err err = CS_OK;

	if (poll(fds, 4, timeout(g)) < 0)
		return errno == EINTR ? CS_OK : CS_ERR_IO;
	if (fds[0].revents & (POLLERR | POLLHUP | POLLNVAL))
		return CS_ERR_IO;
	if (fds[0].revents)
		err = ffs_read_event(ffs, g, platform_host_ms(NULL));
	if (!err && fds[1].revents)
		err = ffs_read_ended(ffs, g, platform_host_ms(NULL));
	if (!err)
		err = card_step(g->bridge, fds[2].revents != 0);
	if (!err && fds[3].revents)
		hid_host_read(keyboard, &g->keyboard, gadget_keyboard_listens(g), platform_host_ms(NULL));
	if (err)
		return err;
	gadget_pump(g, platform_host_ms(NULL));
	hid_host_tell(keyboard, &g->keyboard, gadget_keyboard_listens(g), platform_host_ms(NULL));
	return CS_OK;
}

enum cs_err gadget_host_run(struct ffs *ffs, struct usb_bridge *bridge, struct hid_host *keyboard)
{
	struct gadget_io io = ffs_io(ffs);
	struct gadget g;
	enum cs_err err = CS_OK;

	gadget_init(&g, bridge, keyboard->fd >= 0, &io);
	while (!err)
		err = turn(ffs, &g, keyboard);
	cs_wipe(&g, sizeof(g));
	return err;
}
