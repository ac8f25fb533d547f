/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Messages of at most 3072 bytes, chained where that is not enough.
 */
#include "tests/lib/ccid_line.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/usbdevice_fs.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define MESSAGE_MAX 3072u
#define HEADER	    10u
#define DATA_MAX    (MESSAGE_MAX - HEADER)
#define USBIP_LEN   48u
#define IDENTITY_AT 308u /* in the reply to an import: vendor and product */
#define WAIT_MS	    120000u
#define PIPE_OUT    0x01u
#define PIPE_IN	    0x82u
#define MORE_TIME   0x80u /* bStatus */
#define XFR_BLOCK   0x6F

/* wLevelParameter, and bChainParameter */
enum { CHAIN_WHOLE, CHAIN_BEGINS, CHAIN_ENDS, CHAIN_MIDDLE, CHAIN_MORE = 0x10 };

/* ---- USB/IP ---- */

static bool send_all(int fd, const uint8_t *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
		bytes += n;
		len -= (size_t)n;
	}
	return true;
}

static bool receive_all(int fd, uint8_t *bytes, size_t len)
{
	return len == 0 || recv(fd, bytes, len, MSG_WAITALL) == (ssize_t)len;
}

/* One transfer, and its end: *len bytes of in, or as many as came. */
static bool usbip_transfer(struct ccid_line *line, uint8_t pipe, struct cs_view out, const uint8_t setup[8],
			   uint8_t *in, size_t *len)
{
	uint8_t header[USBIP_LEN];
	struct cs_writer w = CS_WRITER_OF(header);
	struct cs_reader r = cs_reader_of(CS_VIEW_OF(header));
	bool to_us = (pipe & 0x80) != 0;

	cs_write_u32(&w, 1);
	cs_write_u32(&w, ++line->seqnum);
	cs_write_u32(&w, 1u << 16 | 1u);
	cs_write_u32(&w, to_us);
	cs_write_u32(&w, pipe & 0x0F);
	cs_write_u32(&w, 0);
	cs_write_u32(&w, (uint32_t)(to_us ? *len : out.len));
	cs_write_fill(&w, 0, 12);
	if (setup)
		cs_write_view(&w, cs_view(setup, 8));
	else
		cs_write_fill(&w, 0, 8);
	if (!send_all(line->fd, header, sizeof(header)) || !send_all(line->fd, out.ptr, out.len) ||
	    !receive_all(line->fd, header, sizeof(header)))
		return false;
	if (cs_read_u32(&r) != 3 || cs_read_u32(&r) != line->seqnum)
		return false;
	(void)cs_read_view(&r, 12);
	if (cs_read_u32(&r) != 0)
		return false;
	size_t came = cs_read_u32(&r);
	if (!to_us)
		return came == out.len;
	if (came > *len || !receive_all(line->fd, in, came))
		return false;
	*len = came;
	return true;
}

static bool usbip_import(struct ccid_line *line)
{
	uint8_t request[40] = {0x01, 0x11, 0x80, 0x03, [8] = '1', '-', '1'}, reply[8 + 312];
	static const uint8_t configure[8] = {0, 9, 1};
	struct cs_reader r = cs_reader_of(cs_view(reply + IDENTITY_AT, 4));

	if (!send_all(line->fd, request, sizeof(request)) || !receive_all(line->fd, reply, sizeof(reply)))
		return false;
	line->identity = cs_read_u32(&r);
	return usbip_transfer(line, 0, CS_VIEW_EMPTY, configure, NULL, NULL);
}

bool ccid_line_usbip(struct ccid_line *line, unsigned port)
{
	struct sockaddr_in where = {.sin_family = AF_INET,
				    .sin_port = htons((uint16_t)port),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int on = 1;

	*line = (struct ccid_line){
	    .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), .out = PIPE_OUT, .in = PIPE_IN};
	if (line->fd >= 0)
		(void)setsockopt(line->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (line->fd >= 0 && connect(line->fd, (const struct sockaddr *)&where, sizeof(where)) == 0 &&
	    usbip_import(line))
		return true;
	ccid_line_close(line);
	return false;
}

/* ---- usbfs ---- */

static bool attribute(const char *device, const char *name, char *value, size_t size)
{
	char path[256];
	FILE *f;
	bool got;

	snprintf(path, sizeof(path), "%s/%s", device, name);
	f = fopen(path, "re");
	if (!f)
		return false;
	got = fgets(value, (int)size, f) != NULL;
	fclose(f);
	value[got ? strcspn(value, "\n") : 0] = '\0';
	return got;
}

/* The device's node, open; -1. */
static int usbfs_open(const char *device, const char *product)
{
	char value[32], path[64];
	unsigned bus, number, interface = 0;
	int fd;

	if (!attribute(device, "idProduct", value, sizeof(value)) || strcmp(value, product) != 0 ||
	    !attribute(device, "busnum", value, sizeof(value)) || sscanf(value, "%u", &bus) != 1 ||
	    !attribute(device, "devnum", value, sizeof(value)) || sscanf(value, "%u", &number) != 1)
		return -1;
	snprintf(path, sizeof(path), "/dev/bus/usb/%03u/%03u", bus, number);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, USBDEVFS_CLAIMINTERFACE, &interface) == 0)
		return fd;
	close(fd);
	return -1;
}

/* A device port's controller may have other pipes than it was asked for: the descriptors say. */
static bool usbfs_pipes(struct ccid_line *line)
{
	uint8_t all[256];
	ssize_t len = read(line->fd, all, sizeof(all));

	for (ssize_t at = 0; at + 6 < len && all[at] > 0; at += all[at]) {
		if (all[at + 1] != 5 || (all[at + 3] & 3) != 2)
			continue;
		if (all[at + 2] & 0x80)
			line->in = all[at + 2];
		else
			line->out = all[at + 2];
	}
	return line->in != 0 && line->out != 0;
}

bool ccid_line_usbfs(struct ccid_line *line, const char *product)
{
	glob_t found;

	*line = (struct ccid_line){.fd = -1, .usbfs = true};
	if (glob("/sys/bus/usb/devices/*", 0, NULL, &found) != 0)
		return false;
	for (size_t i = 0; line->fd < 0 && i < found.gl_pathc; i++)
		line->fd = usbfs_open(found.gl_pathv[i], product);
	globfree(&found);
	return line->fd >= 0 && usbfs_pipes(line);
}

static bool usbfs_bulk(const struct ccid_line *line, uint8_t pipe, void *bytes, size_t *len)
{
	struct usbdevfs_bulktransfer bulk = {
	    .ep = pipe, .len = (unsigned)*len, .timeout = WAIT_MS, .data = bytes};
	int done = ioctl(line->fd, USBDEVFS_BULK, &bulk);

	if (done < 0)
		return false;
	*len = (size_t)done;
	return true;
}

/* ---- CCID ---- */

static bool message_send(struct ccid_line *line, uint8_t type, uint8_t level, struct cs_view data)
{
	uint8_t message[MESSAGE_MAX] = {
	    type, (uint8_t)data.len, (uint8_t)(data.len >> 8), 0, 0, 0, ++line->seq, 0, level};
	size_t len = HEADER + data.len;

	if (len > sizeof(message))
		return false;
	if (data.len > 0)
		memcpy(message + HEADER, data.ptr, data.len);
	return line->usbfs ? usbfs_bulk(line, line->out, message, &len)
			   : usbip_transfer(line, line->out, cs_view(message, len), NULL, NULL, NULL);
}

static bool message_any(struct ccid_line *line, uint8_t message[MESSAGE_MAX + 1], size_t *len, bool *time)
{
	bool came;

	*len = MESSAGE_MAX + 1;
	came = line->usbfs ? usbfs_bulk(line, line->in, message, len)
			   : usbip_transfer(line, line->in, CS_VIEW_EMPTY, NULL, message, len);
	*time = came && *len == HEADER && (message[7] & 0xC0) == MORE_TIME;
	line->extensions += *time;
	if (*time && line->extended)
		line->extended();
	return came;
}

/* The next message behind requests for time. */
static bool message_next(struct ccid_line *line, uint8_t message[MESSAGE_MAX + 1], size_t *len)
{
	bool came, time;

	do
		came = message_any(line, message, len, &time);
	while (time);
	return came;
}

/* The one that answers what was sent last; its data, and which part of a chain they are. */
static bool message_receive(struct ccid_line *line, uint8_t *chain, struct cs_writer *data)
{
	uint8_t message[MESSAGE_MAX + 1];
	size_t len;

	if (!message_next(line, message, &len) || len < HEADER || message[6] != line->seq ||
	    (message[7] & 0xC0) != 0 || len != HEADER + ((size_t)message[2] << 8 | message[1]))
		return false;
	*chain = message[9];
	cs_write_view(data, cs_view(message + HEADER, len - HEADER));
	return true;
}

bool ccid_line_power_on(struct ccid_line *line)
{
	uint8_t atr[64], chain;
	struct cs_writer w = CS_WRITER_OF(atr);

	return message_send(line, 0x62, 0, CS_VIEW_EMPTY) && message_receive(line, &chain, &w) &&
	       chain == CHAIN_WHOLE && w.len > 0;
}

bool ccid_line_exchange(struct ccid_line *line, struct cs_view command, struct cs_writer *response)
{
	return ccid_line_send(line, command) && ccid_line_receive(line, response);
}

bool ccid_line_send(struct ccid_line *line, struct cs_view command)
{
	bool begun = false;

	for (; command.len > DATA_MAX; command = cs_view(command.ptr + DATA_MAX, command.len - DATA_MAX)) {
		struct cs_writer nothing = cs_writer_of(NULL, 0);
		uint8_t chain;

		if (!message_send(line, XFR_BLOCK, begun ? CHAIN_MIDDLE : CHAIN_BEGINS,
				  cs_view(command.ptr, DATA_MAX)) ||
		    !message_receive(line, &chain, &nothing) || chain != CHAIN_MORE)
			return false;
		begun = true;
	}
	return message_send(line, XFR_BLOCK, begun ? CHAIN_ENDS : CHAIN_WHOLE, command);
}

bool ccid_line_extended(struct ccid_line *line)
{
	uint8_t message[MESSAGE_MAX + 1];
	size_t len;
	bool time;

	return message_any(line, message, &len, &time) && time && message[6] == line->seq;
}

bool ccid_line_receive(struct ccid_line *line, struct cs_writer *response)
{
	uint8_t chain;
	bool first = true, more = true;

	for (; more; first = false) {
		if (!message_receive(line, &chain, response) || chain > CHAIN_MIDDLE ||
		    (chain == CHAIN_WHOLE || chain == CHAIN_BEGINS) != first)
			return false;
		more = chain == CHAIN_BEGINS || chain == CHAIN_MIDDLE;
		if (more && !message_send(line, XFR_BLOCK, CHAIN_MORE, CS_VIEW_EMPTY))
			return false;
	}
	return true;
}

bool ccid_line_abort(struct ccid_line *line)
{
	uint8_t message[MESSAGE_MAX + 1], aborted = line->seq, seq = (uint8_t)(aborted + 1);
	struct usbdevfs_ctrltransfer request = {
	    .bRequestType = 0x21, .bRequest = 1, .wValue = (uint16_t)(seq << 8), .timeout = WAIT_MS};
	size_t len;

	return ioctl(line->fd, USBDEVFS_CONTROL, &request) == 0 &&
	       message_send(line, 0x72, 0, CS_VIEW_EMPTY) && message_next(line, message, &len) &&
	       len == HEADER && message[6] == aborted && (message[7] & 0xC0) == 0x40 && message[8] == 0xFF &&
	       message_next(line, message, &len) && len == HEADER && message[6] == seq &&
	       (message[7] & 0xC0) == 0;
}

bool ccid_line_reset(struct ccid_line *line)
{
	return ioctl(line->fd, USBDEVFS_RESET, NULL) == 0;
}

void ccid_line_close(struct ccid_line *line)
{
	if (line->fd >= 0)
		close(line->fd);
	line->fd = -1;
}
