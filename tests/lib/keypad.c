/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Looks through /dev/input.
 */
#include "tests/lib/keypad.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/input.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static bool ours(int fd, const char *product)
{
	char name[64] = "";
	struct input_id id;

	if (ioctl(fd, EVIOCGNAME(sizeof(name) - 1), name) <= 0 || !strstr(name, "Countersign"))
		return false;
	return !product ||
	       (ioctl(fd, EVIOCGID, &id) == 0 && id.product == (unsigned)strtoul(product, NULL, 16));
}

int keypad_open(const char *product)
{
	DIR *folder = opendir("/dev/input");
	struct dirent *entry;
	int found = -1;

	while (folder && found < 0 && (entry = readdir(folder)) != NULL) {
		char path[300];
		int fd;

		if (strncmp(entry->d_name, "event", 5) != 0)
			continue;
		(void)snprintf(path, sizeof(path), "/dev/input/%s", entry->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd >= 0 && ours(fd, product))
			found = fd;
		else if (fd >= 0)
			(void)close(fd);
	}
	if (folder)
		(void)closedir(folder);
	return found;
}

char keypad_letter(unsigned code)
{
	static const unsigned digits[] = {KEY_KP0, KEY_KP1, KEY_KP2, KEY_KP3, KEY_KP4,
					  KEY_KP5, KEY_KP6, KEY_KP7, KEY_KP8, KEY_KP9};

	for (size_t i = 0; i < 10; i++) {
		if (digits[i] == code)
			return (char)('0' + i);
	}
	if (code == KEY_KPENTER)
		return 'E';
	return code == KEY_NUMLOCK ? 'N' : '?';
}

char keypad_read(int fd)
{
	struct input_event event;

	while (read(fd, &event, sizeof(event)) == (ssize_t)sizeof(event)) {
		if (event.type == EV_KEY && event.value == 1)
			return keypad_letter(event.code);
	}
	return '\0';
}
