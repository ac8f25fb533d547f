/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Starts cards.
 */
#include "tests/lib/usb_card.h"

#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

unsigned usb_card_port(void)
{
	struct sockaddr_in where = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(where);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	bool bound = fd >= 0 && bind(fd, (struct sockaddr *)&where, len) == 0 &&
		     getsockname(fd, (struct sockaddr *)&where, &len) == 0;

	if (fd >= 0)
		close(fd);
	return bound ? ntohs(where.sin_port) : 0;
}

pid_t usb_card_start(const char *program, const char *image, const char *udc, unsigned port, bool init)
{
	char number[8];
	pid_t pid;

	fflush(stdout);
	snprintf(number, sizeof(number), "%u", port);
	pid = fork();
	if (pid == 0) {
		execl(program, program, "--image", image, udc ? "--gadget" : "--usbip", udc ? udc : number,
		      init ? "--init" : (char *)NULL, "countersign", (char *)NULL);
		_exit(127);
	}
	return pid;
}
