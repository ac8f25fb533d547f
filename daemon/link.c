/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the supervisor says to its children, with a descriptor or without.
 */
#include "daemon/daemon.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* One descriptor's control message, aligned as the kernel wants it. */
union link_control {
	struct cmsghdr header;
	char space[CMSG_SPACE(sizeof(int))];
};

enum cs_err link_send(int link_fd, enum link_kind kind, int fd)
{
	char byte = (char)kind;
	struct iovec iov = {.iov_base = &byte, .iov_len = 1};
	union link_control control;
	struct msghdr message = {
	    .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
	ssize_t sent;

	memset(&control, 0, sizeof(control));
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	do
		sent = sendmsg(link_fd, &message, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent == 1 ? CS_OK : CS_ERR_IO;
}

enum cs_err link_say(int link_fd, enum link_kind kind)
{
	const char byte = (char)kind;
	ssize_t sent;

	do
		sent = send(link_fd, &byte, 1, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent == 1 ? CS_OK : CS_ERR_IO;
}

enum link_kind link_heard(int link_fd)
{
	char byte = 0;
	ssize_t got = recv(link_fd, &byte, 1, MSG_DONTWAIT);

	if (got < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK))
		return LINK_NOTHING;
	if (got != 1 || (byte != (char)LINK_PONG && byte != (char)LINK_SETTLED && byte != (char)LINK_KEPT))
		return LINK_END;
	return (enum link_kind)byte;
}

/* The descriptor of a message; -1 where it has none. */
static int link_descriptor(struct msghdr *message)
{
	const struct cmsghdr *header = CMSG_FIRSTHDR(message);
	int fd;

	if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS ||
	    header->cmsg_len != CMSG_LEN(sizeof(int)))
		return -1;
	memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return fd;
}

enum link_kind link_receive(int link_fd, int *fd)
{
	char byte;
	struct iovec iov = {.iov_base = &byte, .iov_len = 1};
	union link_control control;
	struct msghdr message = {
	    .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};

	ssize_t got = recvmsg(link_fd, &message, MSG_CMSG_CLOEXEC);
	if (got < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK))
		return LINK_NOTHING;
	if (got != 1)
		return LINK_END;
	int passed = link_descriptor(&message);
	if (byte == (char)LINK_PING && passed < 0)
		return link_say(link_fd, LINK_PONG) ? LINK_END : LINK_NOTHING;
	if ((byte != (char)LINK_STREAM && byte != (char)LINK_COURIER && byte != (char)LINK_SETTINGS) ||
	    passed < 0)
		return LINK_END;
	*fd = passed;
	return (enum link_kind)byte;
}
