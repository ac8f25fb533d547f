/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Datagrams for systemd.
 */
#include "daemon/journal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define JOURNAL_ENTRY_MAX 8192u

/* A name that begins with @ is an abstract socket's. 0 where it does not fit. */
static socklen_t socket_address(const char *name, struct sockaddr_un *out)
{
	size_t len = strlen(name);

	if ((name[0] != '/' && name[0] != '@') || len >= sizeof(out->sun_path))
		return 0;
	memset(out, 0, sizeof(*out));
	out->sun_family = AF_UNIX;
	memcpy(out->sun_path, name, len);
	if (name[0] == '@')
		out->sun_path[0] = '\0';
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + (name[0] == '@' ? 0 : 1));
}

/* ---- the journal ---- */

/* JOURNAL_STREAM is device and inode, in decimal digits. Who sends standard error elsewhere keeps the
 * variable, and is to read there what we say. */
static bool journal_is_stderr(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	struct stat st;
	char mine[64];

	if (!stream || fstat(STDERR_FILENO, &st) != 0)
		return false;
	(void)snprintf(mine, sizeof(mine), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	return strcmp(mine, stream) == 0;
}

int journal_open(const char *name)
{
	struct sockaddr_un address;

	if (!journal_is_stderr())
		return -1;
	socklen_t len = socket_address(name, &address);
	int fd = len ? socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0) : -1;
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, len) != 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

bool journal_send(int fd, const struct journal_field *fields, size_t count)
{
	uint8_t entry[JOURNAL_ENTRY_MAX];
	struct cs_writer w = CS_WRITER_OF(entry);

	for (size_t i = 0; i < count; i++) {
		cs_write_view(&w, cs_view_string(fields[i].name));
		if (memchr(fields[i].value.ptr, '\n', fields[i].value.len)) {
			/* its length, little-endian, stands for the end of its line */
			cs_write_u8(&w, '\n');
			for (unsigned shift = 0; shift < 64; shift += 8)
				cs_write_u8(&w, (uint8_t)((uint64_t)fields[i].value.len >> shift));
		} else {
			cs_write_u8(&w, '=');
		}
		cs_write_view(&w, fields[i].value);
		cs_write_u8(&w, '\n');
	}
	if (cs_writer_done(&w))
		return false;
	struct cs_view whole = cs_writer_view(&w);
	return send(fd, whole.ptr, whole.len, MSG_NOSIGNAL) == (ssize_t)whole.len;
}

/* ---- notifications ---- */

static uint64_t watchdog_ms(void)
{
	const char *us = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	char *end;

	if (!us || (pid && strtoumax(pid, NULL, 10) != (uintmax_t)getpid()))
		return 0;
	uintmax_t value = strtoumax(us, &end, 10);
	return *end ? 0 : value / 1000;
}

void notify_open(struct notify *out)
{
	const char *name = getenv("NOTIFY_SOCKET");

	memset(out, 0, sizeof(*out));
	if (name)
		out->address_len = socket_address(name, &out->address);
	if (out->address_len)
		out->watchdog_ms = watchdog_ms();
	(void)unsetenv("NOTIFY_SOCKET");
	(void)unsetenv("WATCHDOG_USEC");
	(void)unsetenv("WATCHDOG_PID");
}

void notify_send(const struct notify *notify, const char *format, ...)
{
	char text[1024];
	va_list ap;

	if (!notify->address_len)
		return;
	va_start(ap, format);
	int len = vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	if (len < 0 || (size_t)len >= sizeof(text))
		return;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	/* Nobody else is left to tell that systemd does not listen; its watchdog will notice. */
	(void)!sendto(fd, text, (size_t)len, MSG_NOSIGNAL, (const struct sockaddr *)&notify->address,
		      notify->address_len);
	(void)close(fd);
}
