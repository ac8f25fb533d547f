/* SPDX-License-Identifier: BSD-2-Clause
 *
 * libusb-1.0, loaded when it is needed; one context of it for all devices of this process, since each costs
 * some thousand system calls before 1.0.27. A fork that finds no interface claimed finds nothing of libusb at
 * all: what there is is ended before, and begun again when it is needed.
 *
 * Invariants:
 * 1. Between usb_release and usb_claim nothing of ours keeps another program from the device.
 * 2. A device in the list has a handle, and then there is a context; claimed only while it is in the list.
 * 3. lock is held for the list and the context. What a device that is claimed holds is its user's, without
 * it.
 */
#include "cardclient/usb_lib.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <libusb.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIBUSB_NAME  "libusb-1.0.so.0"
#define FORK_SECONDS 20 /* a fork waits for the lock, not longer */

/* libusb_init_context is 1.0.27's; what it takes is declared here for older headers. */
struct init_option {
	enum libusb_option option;
	union {
		int number;
		void (*log)(libusb_context *, enum libusb_log_level, const char *);
	} value;
};

static struct {
	int (*init)(libusb_context **);
	int (*init_context)(libusb_context **, const struct init_option *, int); /* NULL before 1.0.27 */
	void (*exit)(libusb_context *);
	int (*wrap_sys_device)(libusb_context *, intptr_t, libusb_device_handle **);
	void (*close)(libusb_device_handle *);
	int (*claim_interface)(libusb_device_handle *, int);
	int (*release_interface)(libusb_device_handle *, int);
	int (*kernel_driver_active)(libusb_device_handle *, int);
	int (*detach_kernel_driver)(libusb_device_handle *, int);
	int (*attach_kernel_driver)(libusb_device_handle *, int);
	int (*bulk_transfer)(libusb_device_handle *, unsigned char, unsigned char *, int, int *, unsigned);
	int (*control_transfer)(libusb_device_handle *, uint8_t, uint8_t, uint16_t, uint16_t, unsigned char *,
				uint16_t, unsigned);
	int (*clear_halt)(libusb_device_handle *, unsigned char);
	const struct libusb_pollfd **(*get_pollfds)(libusb_context *);
	void (*free_pollfds)(const struct libusb_pollfd **);
} lib;
static bool lib_there;
static pthread_once_t lib_once = PTHREAD_ONCE_INIT;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static libusb_context *context; /* NULL: none now */
static struct usb_device *devices;
static unsigned holders;	      /* they want the context to stay once it is there */
static _Thread_local bool lock_forks; /* this thread, which forks, has the lock: several may at once */

#define SYMBOL(name)                                                                                         \
	{                                                                                                    \
		"libusb_" #name, (void *)&lib.name                                                           \
	}

static const struct {
	const char *name;
	void *to; /* a pointer to a function */
} symbols[] = {
    SYMBOL(init),
    SYMBOL(exit),
    SYMBOL(wrap_sys_device),
    SYMBOL(close),
    SYMBOL(claim_interface),
    SYMBOL(release_interface),
    SYMBOL(kernel_driver_active),
    SYMBOL(detach_kernel_driver),
    SYMBOL(attach_kernel_driver),
    SYMBOL(bulk_transfer),
    SYMBOL(control_transfer),
    SYMBOL(clear_halt),
    SYMBOL(get_pollfds),
    SYMBOL(free_pollfds),
};

/* ---- fork ---- */

static bool any_claimed(void)
{
	bool any = false;

	for (const struct usb_device *d = devices; d != NULL; d = d->next)
		any |= d->claimed;
	return any;
}

static void context_free(void)
{
	if (context != NULL)
		lib.exit(context);
	context = NULL;
}

static void before_fork(void)
{
	struct timespec end;

	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += FORK_SECONDS;
	lock_forks = pthread_mutex_clocklock(&lock, CLOCK_MONOTONIC, &end) == 0;
	if (!lock_forks || any_claimed())
		return;
	for (struct usb_device *next = devices; next != NULL;) {
		struct usb_device *d = next;
		next = d->next;
		lib.close(d->handle);
		d->handle = NULL;
		d->next = NULL;
	}
	devices = NULL;
	context_free();
}

static void after_fork_in_parent(void)
{
	if (lock_forks)
		(void)pthread_mutex_unlock(&lock);
}

/* Where a command was under way, libusb's memory and thread are the parent's: both are left alone. */
static void after_fork_in_child(void)
{
	lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
	context = NULL;
	devices = NULL;
	holders = 0;
}

void usb_lib_forks_expect(void)
{
	/* Without memory for it a fork is as it would be without us. */
	(void)pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

/* ---- the library ---- */

/* False: there is no such function. */
static bool lib_find(void *library, const char *name, void *to)
{
	void *found = dlsym(library, name);

	if (found != NULL)
		memcpy(to, &found, sizeof(found));
	return found != NULL;
}

/* It stays loaded: it may be another's in this process, too. */
static void lib_load(void)
{
	void *library = dlopen(LIBUSB_NAME, RTLD_NOW | RTLD_LOCAL);
	bool whole = library != NULL;

	for (size_t i = 0; whole && i < sizeof(symbols) / sizeof(symbols[0]); i++)
		whole = lib_find(library, symbols[i].name, symbols[i].to);
	if (whole)
		(void)lib_find(library, "libusb_init_context", (void *)&lib.init_context);
	lib_there = whole;
}

bool usb_lib_there(void)
{
	(void)pthread_once(&lib_once, lib_load);
	return lib_there;
}

static enum cs_err usb_error(int error)
{
	switch (error) {
	case LIBUSB_SUCCESS:
		return CS_OK;
	case LIBUSB_ERROR_NO_DEVICE:
	case LIBUSB_ERROR_NOT_FOUND:
		return CS_ERR_REMOVED;
	case LIBUSB_ERROR_BUSY:
		return CS_ERR_BUSY;
	case LIBUSB_ERROR_TIMEOUT:
		return CS_ERR_TIMEOUT;
	case LIBUSB_ERROR_ACCESS:
		return CS_ERR_DENIED;
	case LIBUSB_ERROR_NO_MEM:
		return CS_ERR_MEMORY;
	case LIBUSB_ERROR_NOT_SUPPORTED:
		return CS_ERR_UNSUPPORTED;
	default:
		return CS_ERR_IO;
	}
}

enum cs_err usb_device_open(struct usb_device *d, const char *node, const struct ccid_interface *interface)
{
	*d = (struct usb_device){.interface = *interface, .fd = -1};
	if (!usb_lib_there())
		return CS_ERR_UNSUPPORTED;
	d->fd = open(node, O_RDWR | O_CLOEXEC);
	if (d->fd >= 0)
		return CS_OK;
	if (errno == EACCES || errno == EPERM)
		return CS_ERR_DENIED;
	return errno == ENOENT || errno == ENODEV || errno == ENXIO ? CS_ERR_REMOVED : CS_ERR_IO;
}

/* ---- libusb's context ---- */

/* A thread that it starts shall get none of the program's signals. */
static int context_new(libusb_context **out)
{
	const struct init_option unwatched = {.option = LIBUSB_OPTION_NO_DEVICE_DISCOVERY};
	sigset_t all, before;
	int error;

	if (lib.init_context != NULL)
		return lib.init_context(out, &unwatched, 1);
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	error = lib.init(out);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error;
}

static void note_inner(struct usb_device *d)
{
	const struct libusb_pollfd **fds = lib.get_pollfds(context);

	d->inner_count = 0;
	for (size_t i = 0; fds != NULL && fds[i] != NULL && d->inner_count < USB_INNER_MAX; i++) {
		if (fds[i]->fd != d->fd)
			d->inner[d->inner_count++] = fds[i]->fd;
	}
	lib.free_pollfds(fds);
}

/* Under the lock. */
static int handle_new(struct usb_device *d)
{
	libusb_device_handle *handle = NULL;
	int error = context == NULL ? context_new(&context) : LIBUSB_SUCCESS;

	if (error != LIBUSB_SUCCESS) {
		context = NULL;
		return error;
	}
	error = lib.wrap_sys_device(context, d->fd, &handle);
	if (error != LIBUSB_SUCCESS)
		return error;
	d->handle = handle;
	d->next = devices;
	devices = d;
	note_inner(d);
	return LIBUSB_SUCCESS;
}

/* Under the lock. */
static void handle_free(struct usb_device *d)
{
	struct usb_device **at = &devices;

	while (*at != NULL && *at != d)
		at = &(*at)->next;
	if (*at == NULL)
		return;
	*at = d->next;
	lib.close(d->handle);
	d->handle = NULL;
	if (devices == NULL && holders == 0)
		context_free();
}

void usb_lib_hold(void)
{
	(void)pthread_mutex_lock(&lock);
	holders++;
	(void)pthread_mutex_unlock(&lock);
}

void usb_lib_drop(void)
{
	(void)pthread_mutex_lock(&lock);
	if (holders > 0 && --holders == 0 && devices == NULL)
		context_free();
	(void)pthread_mutex_unlock(&lock);
}

void usb_device_close(struct usb_device *d)
{
	if (d->fd < 0)
		return;
	usb_release(d);
	(void)pthread_mutex_lock(&lock);
	handle_free(d);
	(void)pthread_mutex_unlock(&lock);
	close(d->fd);
	d->fd = -1;
}

void usb_device_forget(struct usb_device *d)
{
	for (size_t i = 0; d->claimed && i < d->inner_count; i++)
		close(d->inner[i]);
	if (d->fd >= 0)
		close(d->fd);
	*d = (struct usb_device){.fd = -1};
}

/* ---- the claim ---- */

static int claim(struct usb_device *d)
{
	int number = d->interface.number;

	d->kernel_had = lib.kernel_driver_active(d->handle, number) == 1 &&
			lib.detach_kernel_driver(d->handle, number) == LIBUSB_SUCCESS;
	int error = lib.claim_interface(d->handle, number);
	if (error != LIBUSB_SUCCESS && d->kernel_had)
		(void)lib.attach_kernel_driver(d->handle, number);
	return error;
}

enum cs_err usb_claim(struct usb_device *d)
{
	(void)pthread_mutex_lock(&lock);
	int error = d->handle == NULL ? handle_new(d) : LIBUSB_SUCCESS;
	if (error == LIBUSB_SUCCESS)
		error = claim(d);
	d->claimed = error == LIBUSB_SUCCESS;
	(void)pthread_mutex_unlock(&lock);
	return usb_error(error);
}

void usb_release(struct usb_device *d)
{
	int number = d->interface.number;

	if (!d->claimed)
		return;
	(void)pthread_mutex_lock(&lock);
	(void)lib.release_interface(d->handle, number);
	if (d->kernel_had)
		(void)lib.attach_kernel_driver(d->handle, number);
	d->claimed = false;
	(void)pthread_mutex_unlock(&lock);
}

/* ---- transfers ---- */

/* A pipe that has stalled takes nothing until it is told to. */
static enum cs_err transfer_error(struct usb_device *d, uint8_t pipe, int error)
{
	if (error == LIBUSB_ERROR_PIPE)
		(void)lib.clear_halt(d->handle, pipe);
	return usb_error(error);
}

enum cs_err usb_send(struct usb_device *d, struct cs_view bytes, unsigned ms)
{
	int sent = 0;
	/* libusb does not write to what it sends. */
	unsigned char *at = (unsigned char *)(uintptr_t)bytes.ptr;
	int error = lib.bulk_transfer(d->handle, d->interface.bulk_out, at, (int)bytes.len, &sent, ms);

	if (error == LIBUSB_SUCCESS && (size_t)sent != bytes.len)
		return CS_ERR_IO;
	return transfer_error(d, d->interface.bulk_out, error);
}

enum cs_err usb_receive(struct usb_device *d, uint8_t *to, size_t len, unsigned ms, size_t *got)
{
	int came = 0;
	int error = lib.bulk_transfer(d->handle, d->interface.bulk_in, to, (int)len, &came, ms);

	*got = (size_t)came;
	return transfer_error(d, d->interface.bulk_in, error);
}

enum cs_err usb_abort(struct usb_device *d, uint16_t value, unsigned ms)
{
	enum { CLASS_TO_INTERFACE = 0x21, REQUEST_ABORT = 0x01 };
	int error = lib.control_transfer(d->handle, CLASS_TO_INTERFACE, REQUEST_ABORT, value,
					 d->interface.number, NULL, 0, ms);

	return error < 0 ? usb_error(error) : CS_OK;
}

struct timespec usb_last_used(const struct usb_device *d)
{
	struct stat st;

	return fstat(d->fd, &st) == 0 ? st.st_mtim : (struct timespec){.tv_sec = 0};
}

static bool later(struct timespec a, struct timespec b)
{
	return a.tv_sec != b.tv_sec ? a.tv_sec > b.tv_sec : a.tv_nsec > b.tv_nsec;
}

bool usb_last_used_settled(const struct usb_device *d, struct timespec *out)
{
	enum { STEP_MS = 1, STEPS = 50 };
	struct timespec now;

	*out = usb_last_used(d);
	for (int i = 0; i < STEPS; i++) {
		(void)clock_gettime(CLOCK_REALTIME_COARSE, &now);
		if (later(now, *out))
			return true;
		(void)poll(NULL, 0, STEP_MS);
	}
	return false;
}
