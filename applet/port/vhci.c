/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Attaches to vhci_hcd through sysfs (Linux, drivers/usb/usbip/vhci_sysfs.c).
 */
#include "applet/port/vhci.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "applet/port/usbip.h"

#define STATUS_MAX  8192u
#define STATE_FREE  4u /* VDEV_ST_NULL */
#define FIRST_FOUND 3  /* hub, port, state */

/* Lines of "hs  0000 004 000 00000000 000000 0-0" under a heading; hubs are of high speed, with slower
 * devices, or super. */
bool vhci_free_port(const char *status, unsigned *port)
{
	char hub[4];
	unsigned number, state;

	for (const char *line = status; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (sscanf(line, "%3s %u %u", hub, &number, &state) == FIRST_FOUND &&
		    strcmp(hub, "hs") == 0 && state == STATE_FREE) {
			*port = number;
			return true;
		}
	}
	return false;
}

static enum cs_err why(void)
{
	if (errno == ENOENT || errno == ENOTDIR)
		return CS_ERR_NOT_FOUND;
	return errno == EACCES || errno == EPERM ? CS_ERR_DENIED : CS_ERR_IO;
}

static enum cs_err status_read(int folder, char status[STATUS_MAX])
{
	int fd = openat(folder, "status", O_RDONLY | O_CLOEXEC);
	ssize_t len;

	if (fd < 0)
		return why();
	len = read(fd, status, STATUS_MAX - 1);
	close(fd);
	if (len < 0)
		return CS_ERR_IO;
	status[len] = '\0';
	return CS_OK;
}

enum cs_err vhci_open(const char *folder, struct vhci *out)
{
	char status[STATUS_MAX];
	int fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	enum cs_err err = fd < 0 ? why() : status_read(fd, status);

	if (!err && !vhci_free_port(status, &out->port))
		err = CS_ERR_FULL;
	if (!err) {
		out->attach_fd = openat(fd, "attach", O_WRONLY | O_CLOEXEC);
		err = out->attach_fd < 0 ? why() : CS_OK;
	}
	if (fd >= 0)
		close(fd);
	return err;
}

enum cs_err vhci_attach(const struct vhci *vhci, enum usb_speed speed, int *fd)
{
	char line[64];
	int pair[2], len;
	ssize_t written;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return CS_ERR_IO;
	len = snprintf(line, sizeof(line), "%u %d %u %u", vhci->port, pair[1], USBIP_BUS << 16 | USBIP_DEVICE,
		       (unsigned)speed);
	written = write(vhci->attach_fd, line, (size_t)len);
	close(pair[1]); /* the kernel has it */
	if (written == len) {
		*fd = pair[0];
		return CS_OK;
	}
	close(pair[0]);
	return errno == EBUSY || errno == EINVAL ? CS_ERR_BUSY : CS_ERR_IO;
}

void vhci_close(struct vhci *vhci)
{
	if (vhci->attach_fd >= 0)
		close(vhci->attach_fd);
	vhci->attach_fd = -1;
}
