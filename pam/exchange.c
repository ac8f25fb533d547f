/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The socket is never waited on without the time that is left; the buffer, which holds a credential and a
 * code, is wiped.
 */
#include "pam/exchange.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/secret.h"

#define EXCHANGE_MAX 4096u

static int64_t now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Until fd is ready for events; false at the deadline. */
static bool ready(int fd, short events, int64_t deadline)
{
	struct pollfd poll_fd = {.fd = fd, .events = events};
	int rc;

	do {
		int64_t left = deadline - now_ms();
		rc = left > 0 ? poll(&poll_fd, 1, (int)left) : 0;
	} while (rc < 0 && errno == EINTR);
	return rc > 0;
}

static enum cs_err socket_connect(const char *path, unsigned seconds, int *out)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const struct timeval patience = {.tv_sec = (time_t)seconds};
	size_t len = strlen(path);
	int rc;

	if (len >= sizeof(address.sun_path))
		return CS_ERR_LENGTH;
	memcpy(address.sun_path, path, len);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return CS_ERR_IO;
	/* Where many wait at the door already, it blocks for as long as sending may. */
	rc = setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (rc == 0)
		rc = connect(fd, (const struct sockaddr *)&address, sizeof(address));
	if (rc == 0)
		rc = fcntl(fd, F_SETFL, O_NONBLOCK);
	if (rc == 0) {
		*out = fd;
		return CS_OK;
	}
	int saved = errno;
	(void)close(fd);
	errno = saved;
	return saved == EAGAIN ? CS_ERR_TIMEOUT : CS_ERR_IO;
}

static enum cs_err bytes_send(int fd, struct cs_view bytes, int64_t deadline)
{
	while (bytes.len > 0) {
		ssize_t put = send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
		if (put >= 0) {
			bytes = cs_view(bytes.ptr + put, bytes.len - (size_t)put);
			continue;
		}
		if (errno == EPIPE || errno == ECONNRESET)
			return errno = 0, CS_ERR_IO;
		if (errno != EAGAIN && errno != EINTR)
			return CS_ERR_IO;
		if (!ready(fd, POLLOUT, deadline))
			return CS_ERR_TIMEOUT;
	}
	return CS_OK;
}

static enum cs_err reply_receive(int fd, int64_t deadline, uint8_t buffer[EXCHANGE_MAX], struct reply *out)
{
	enum cs_err err = CS_ERR_BUSY;
	struct cs_view body = CS_VIEW_EMPTY;
	unsigned status = 0;
	size_t len = 0;

	while (err == CS_ERR_BUSY) {
		if (len == EXCHANGE_MAX)
			return CS_ERR_MALFORMED;
		if (!ready(fd, POLLIN, deadline))
			return CS_ERR_TIMEOUT;
		ssize_t got = recv(fd, buffer + len, EXCHANGE_MAX - len, 0);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (got <= 0) {
			errno = got == 0 || errno == ECONNRESET ? 0 : errno;
			return CS_ERR_IO;
		}
		len += (size_t)got;
		err = reply_split(cs_view(buffer, len), &status, &body);
	}
	return err ? err : reply_parse(status, body, out);
}

static enum cs_err request_write(const struct question *question, struct cs_writer *w)
{
	char length[64];

	(void)snprintf(length, sizeof(length), "\r\nContent-Length: %zu\r\n\r\n", question->body.len);
	cs_write_view(w, CS_VIEW_TEXT("POST "));
	cs_write_view(w, cs_view_string(question->path));
	cs_write_view(w, CS_VIEW_TEXT(" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
				      "Content-Type: application/json\r\nAuthorization: Bearer "));
	cs_write_view(w, question->credential);
	cs_write_view(w, cs_view_string(length));
	cs_write_view(w, question->body);
	return cs_writer_done(w) ? CS_ERR_LENGTH : CS_OK;
}

enum cs_err exchange(const struct question *question, struct reply *out)
{
	int64_t deadline = now_ms() + (int64_t)question->timeout * 1000;
	uint8_t buffer[EXCHANGE_MAX];
	struct cs_writer w = CS_WRITER_OF(buffer);
	int fd = -1;

	enum cs_err err = request_write(question, &w);
	if (!err)
		err = socket_connect(question->socket, question->timeout, &fd);
	if (!err)
		err = bytes_send(fd, cs_writer_view(&w), deadline);
	if (!err)
		err = reply_receive(fd, deadline, buffer, out);
	int saved = errno;
	if (fd >= 0)
		(void)close(fd);
	cs_wipe(buffer, sizeof(buffer));
	errno = saved;
	return err;
}
