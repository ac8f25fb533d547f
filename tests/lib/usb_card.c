/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Starts cards.
 */
#include "tests/lib/usb_card.h"

#include <netinet/in.h>
#include <stdint.h>
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

pid_t usb_card_start(const struct usb_card *card)
{
	char number[8];
	const char *words[16] = {card->program, "--image", card->image};
	size_t count = 3;
	const struct {
		const char *option, *value;
	} all[] = {{card->udc ? "--gadget" : "--usbip", card->udc ? card->udc : number},
		   {"--init", card->init ? "countersign" : NULL},
		   {"--touch", card->button},
		   {"--keyboard", card->keyboard}};
	pid_t pid;

	fflush(stdout);
	snprintf(number, sizeof(number), "%u", card->port);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (!all[i].value)
			continue;
		words[count++] = all[i].option;
		words[count++] = all[i].value;
	}
	pid = fork();
	if (pid == 0) {
		execv(card->program, (char **)(uintptr_t)words);
		_exit(127);
	}
	return pid;
}
