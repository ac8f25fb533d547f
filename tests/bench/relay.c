/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Stands between a virtual card and pcscd's virtual reader and counts the commands that reach the card:
 *
 *	relay LISTEN_PORT READER_PORT COUNTER_FILE
 *
 * All on 127.0.0.1. The file holds the count as a native uint64_t, to be mapped. Frames: u16 length
 *(big-endian), bytes; a frame of one byte is control, not a command.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define FRAME_MAX (2u + 65535u)

static void quick(int fd)
{
	int on = 1;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
}

static struct sockaddr_in loopback(const char *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons((uint16_t)strtoul(port, NULL, 10))};

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return address;
}

static bool read_all(int fd, uint8_t *out, size_t len)
{
	while (len > 0) {
		ssize_t n;

		quick(fd);
		n = read(fd, out, len);
		if (n <= 0)
			return false;
		out += n;
		len -= (size_t)n;
	}
	return true;
}

/* One frame from one side to the other; its length, or 0 at the end. */
static size_t pass(int from, int to)
{
	static uint8_t frame[FRAME_MAX];
	size_t len;

	if (!read_all(from, frame, 2))
		return 0;
	len = (size_t)(frame[0] << 8 | frame[1]);
	if (!read_all(from, frame + 2, len) || write(to, frame, len + 2) != (ssize_t)(len + 2))
		return 0;
	return len;
}

static void relay(int card, int reader, _Atomic uint64_t *count)
{
	struct pollfd fds[2] = {{.fd = reader, .events = POLLIN}, {.fd = card, .events = POLLIN}};

	while (poll(fds, 2, -1) > 0) {
		if (fds[0].revents != 0) {
			size_t len = pass(reader, card);

			if (len == 0)
				return;
			if (len > 1)
				atomic_fetch_add(count, 1);
		}
		if (fds[1].revents != 0 && pass(card, reader) == 0)
			return;
	}
}

static void *map_counter(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	void *counter = MAP_FAILED;

	if (fd >= 0 && ftruncate(fd, sizeof(uint64_t)) == 0)
		counter = mmap(NULL, sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return counter == MAP_FAILED ? NULL : counter;
}

int main(int argc, char **argv)
{
	struct sockaddr_in here, there;
	int listener, on = 1;
	void *counter;

	if (argc != 4 || (counter = map_counter(argv[3])) == NULL) {
		(void)fputs("usage: relay LISTEN_PORT READER_PORT COUNTER_FILE\n", stderr);
		return 2;
	}
	here = loopback(argv[1]);
	there = loopback(argv[2]);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	(void)setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(listener, (struct sockaddr *)&here, sizeof(here)) != 0 || listen(listener, 4) != 0) {
		perror("relay");
		return 1;
	}
	for (;;) {
		int card = accept(listener, NULL, NULL);
		int reader = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		/* Without a reader the card is sent away; it comes again. */
		if (card >= 0 && connect(reader, (struct sockaddr *)&there, sizeof(there)) == 0)
			relay(card, reader, counter);
		(void)close(card);
		(void)close(reader);
	}
}
