/* SPDX-License-Identifier: BSD-2-Clause
 *
 * FunctionFS by system calls. Transfers are asynchronous (io_submit), so that one loop waits for bus, host
 * and card; each pipe's file is non-blocking, so that nothing waits for a host that has not come.
 */
#include "applet/port/ffs.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/usb/functionfs.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Of each speed: interface, CCID, three pipes; and the keyboard's: interface, HID, a pipe. */
#define CCID_DESCRIPTORS     5u
#define KEYBOARD_DESCRIPTORS 3u
#define FIRST_STRING	     1u /* of ours: the only one */
#define PATH_SIZE	     160u

/* ---- what ep0 is told ---- */

/* Writes the length of all that w has into its bytes 4 to 7, behind the magic number. */
static void seal(struct cs_writer *w)
{
	for (unsigned i = 0; !w->failed && i < 4; i++)
		w->buf[4 + i] = (uint8_t)(w->len >> 8 * i);
}

static void write_le32(struct cs_writer *w, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		cs_write_u8(w, (uint8_t)(value >> 8 * i));
}

static void write_speed(struct cs_writer *w, enum usb_speed speed, bool keyboard)
{
	usb_write_interface(w, FIRST_STRING);
	usb_write_ccid(w);
	usb_write_endpoints(w, speed);
	if (keyboard)
		usb_write_keyboard(w, speed, FIRST_STRING);
}

void ffs_write_descriptors(struct cs_writer *w, bool keyboard)
{
	uint32_t count = CCID_DESCRIPTORS + (keyboard ? KEYBOARD_DESCRIPTORS : 0);

	write_le32(w, FUNCTIONFS_DESCRIPTORS_MAGIC_V2);
	write_le32(w, 0);
	write_le32(w, FUNCTIONFS_HAS_FS_DESC | FUNCTIONFS_HAS_HS_DESC);
	write_le32(w, count);
	write_le32(w, count);
	write_speed(w, USB_FULL, keyboard);
	write_speed(w, USB_HIGH, keyboard);
	seal(w);
}

void ffs_write_strings(struct cs_writer *w)
{
	write_le32(w, FUNCTIONFS_STRINGS_MAGIC);
	write_le32(w, 0);
	write_le32(w, 1); /* strings */
	write_le32(w, 1); /* languages */
	cs_write_u8(w, USB_LANGUAGE & 0xFF);
	cs_write_u8(w, USB_LANGUAGE >> 8);
	cs_write_view(w, cs_view_string(usb_string_text(USB_STRING_PRODUCT)));
	cs_write_u8(w, 0);
	seal(w);
}

/* ---- opening ---- */

static enum cs_err why(void)
{
	if (errno == ENOENT || errno == ENOTDIR)
		return CS_ERR_NOT_FOUND;
	if (errno == EACCES || errno == EPERM)
		return CS_ERR_DENIED;
	return errno == EBUSY ? CS_ERR_BUSY : CS_ERR_IO;
}

static enum cs_err open_file(const char *folder, const char *name, const char *file, int flags, int *fd)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "%s%s/%s", folder, name, file);
	*fd = open(path, flags | O_CLOEXEC);
	return *fd < 0 ? why() : CS_OK;
}

static enum cs_err say(int fd, struct cs_view what)
{
	return write(fd, what.ptr, what.len) == (ssize_t)what.len ? CS_OK : CS_ERR_IO;
}

/* ep0 is told once; where another process did, it takes what we say for the answer to a request, and there is
 * none. */
static enum cs_err introduce(int ep0, bool keyboard)
{
	uint8_t bytes[FFS_HELLO_MAX];
	struct cs_writer w = CS_WRITER_OF(bytes);
	enum cs_err err;

	ffs_write_descriptors(&w, keyboard);
	err = say(ep0, cs_writer_view(&w));
	if (err)
		return errno == EINVAL || errno == EIO ? CS_ERR_IO : CS_ERR_BUSY;
	w = CS_WRITER_OF(bytes);
	ffs_write_strings(&w);
	return say(ep0, cs_writer_view(&w));
}

static enum cs_err open_all(struct ffs *ffs, bool keyboard)
{
	static const char *const pipes[GADGET_PIPES] = {"ep1", "ep2", "ep3", "ep4"};
	unsigned count = keyboard ? GADGET_PIPES : GADGET_KEYBOARD;
	enum cs_err err = open_file(FFS_GADGETS, ffs->name, "UDC", O_RDWR, &ffs->udc);

	if (!err)
		err = open_file(FFS_GADGETS, ffs->name, "strings/0x409/serialnumber", O_RDWR, &ffs->serial);
	if (!err)
		err = open_file(FFS_MOUNTS, ffs->name, "ep0", O_RDWR | O_NONBLOCK, &ffs->ep0);
	if (!err)
		err = introduce(ffs->ep0, keyboard);
	for (unsigned i = 0; !err && i < count; i++)
		err = open_file(FFS_MOUNTS, ffs->name, pipes[i], O_RDWR | O_NONBLOCK, &ffs->pipe[i]);
	return err;
}

enum cs_err ffs_open(const char *udc, bool keyboard, struct ffs *out)
{
	enum cs_err err;

	*out = (struct ffs)FFS_NONE;
	if (udc[0] == '\0' || udc[0] == '.' || strchr(udc, '/') || strlen(udc) >= sizeof(out->name))
		return CS_ERR_ARG;
	memcpy(out->name, udc, strlen(udc) + 1);
	err = open_all(out, keyboard);
	if (err) {
		int error = errno;
		ffs_close(out);
		errno = error;
	}
	return err;
}

static void close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void ffs_close(struct ffs *ffs)
{
	if (ffs->aio)
		(void)syscall(SYS_io_destroy, ffs->aio);
	ffs->aio = 0;
	for (unsigned i = 0; i < GADGET_PIPES; i++)
		close_one(&ffs->pipe[i]);
	close_one(&ffs->ended);
	close_one(&ffs->serial);
	close_one(&ffs->udc);
	close_one(&ffs->ep0);
}

enum cs_err ffs_plug_in(struct ffs *ffs, uint32_t serial)
{
	char text[9];
	enum cs_err err;

	ffs->ended = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (ffs->ended < 0 || syscall(SYS_io_setup, GADGET_PIPES, &ffs->aio) < 0)
		return CS_ERR_IO;
	usb_serial_text(serial, text);
	err = say(ffs->serial, cs_view_string(text));
	if (!err)
		err = say(ffs->udc, cs_view_string(ffs->name));
	return err;
}

/* ---- transfers ---- */

static bool submit(struct ffs *ffs, enum gadget_pipe pipe, uint16_t code, const uint8_t *bytes, size_t len)
{
	struct iocb *transfer = &ffs->transfer[pipe];
	struct iocb *one[] = {transfer};

	*transfer = (struct iocb){
	    .aio_data = pipe,
	    .aio_lio_opcode = code,
	    .aio_fildes = (uint32_t)ffs->pipe[pipe],
	    .aio_buf = (uintptr_t)bytes,
	    .aio_nbytes = len,
	    .aio_flags = IOCB_FLAG_RESFD,
	    .aio_resfd = (uint32_t)ffs->ended,
	};
	return syscall(SYS_io_submit, ffs->aio, 1L, one) == 1;
}

static bool fetch(void *ctx, uint8_t *space, size_t len)
{
	return submit(ctx, GADGET_OUT, IOCB_CMD_PREAD, space, len);
}

static bool send(void *ctx, enum gadget_pipe pipe, struct cs_view bytes)
{
	static const uint8_t nothing[1];

	return submit(ctx, pipe, IOCB_CMD_PWRITE, bytes.len > 0 ? bytes.ptr : nothing, bytes.len);
}

static void cancel(void *ctx, enum gadget_pipe pipe)
{
	struct ffs *ffs = ctx;
	struct io_event end;

	(void)syscall(SYS_io_cancel, ffs->aio, &ffs->transfer[pipe], &end); /* its end comes as any other's */
}

/* A transfer in the direction that the request does not have is a stall, and fails so. */
static void answer(void *ctx, bool in, bool stall, struct cs_view data)
{
	const struct ffs *ffs = ctx;
	uint8_t none[1] = {0};
	ssize_t done;

	if (in != stall)
		done = write(ffs->ep0, data.len > 0 ? data.ptr : none, data.len);
	else
		done = read(ffs->ep0, none, 0);
	(void)done; /* the host may have gone, or asked anew: the next event says so */
}

/* ep0's data stage is waited for, O_NONBLOCK or not: for the host that began it, until it asks anew or goes.
 */
static bool take(void *ctx, uint8_t *space, size_t len)
{
	const struct ffs *ffs = ctx;

	return read(ffs->ep0, space, len) == (ssize_t)len;
}

static bool event_waits(void *ctx)
{
	const struct ffs *ffs = ctx;
	struct pollfd fd = {.fd = ffs->ep0, .events = POLLIN};

	return poll(&fd, 1, 0) > 0;
}

static size_t packet_max(void *ctx)
{
	const struct ffs *ffs = ctx;
	struct usb_endpoint_descriptor descriptor;

	if (ioctl(ffs->pipe[GADGET_OUT], FUNCTIONFS_ENDPOINT_DESC, &descriptor) < 0)
		return usb_packet_bulk(USB_HIGH);
	return (size_t)(le16toh(descriptor.wMaxPacketSize) & 0x7FF);
}

struct gadget_io ffs_io(struct ffs *ffs)
{
	return (struct gadget_io){.fetch = fetch,
				  .send = send,
				  .cancel = cancel,
				  .answer = answer,
				  .take = take,
				  .event_waits = event_waits,
				  .packet_max = packet_max,
				  .ctx = ffs};
}

enum cs_err ffs_read_event(const struct ffs *ffs, struct gadget *g, uint64_t now_ms)
{
	struct usb_functionfs_event event;
	uint8_t setup[USB_SETUP_LEN];
	ssize_t got = read(ffs->ep0, &event, sizeof(event));

	if (got < 0)
		return errno == EAGAIN || errno == EINTR || errno == EIDRM ? CS_OK : CS_ERR_IO;
	if (got != (ssize_t)sizeof(event))
		return CS_OK;
	memcpy(setup, &event.u.setup, sizeof(setup));
	return gadget_event(g, event.type, setup, now_ms);
}

enum cs_err ffs_read_ended(const struct ffs *ffs, struct gadget *g, uint64_t now_ms)
{
	struct io_event ends[GADGET_PIPES];
	struct timespec none = {0, 0};
	eventfd_t count;
	enum cs_err err = CS_OK;
	long n;

	(void)eventfd_read(ffs->ended, &count);
	n = syscall(SYS_io_getevents, ffs->aio, 0L, (long)GADGET_PIPES, ends, &none);
	for (long i = 0; !err && i < n; i++)
		err = gadget_ended(g, (enum gadget_pipe)ends[i].data, (long)ends[i].res, now_ms);
	return err;
}
