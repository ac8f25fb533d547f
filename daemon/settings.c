/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Settings as files in memory, from the supervisor to its children, which are the same program.
 */
#include "daemon/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/secret.h"

#define SETTINGS_SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

static bool settings_write(int fd, const struct settings *settings)
{
	const uint8_t *bytes = (const uint8_t *)settings;
	size_t done = 0;

	while (done < sizeof(*settings)) {
		ssize_t put = write(fd, bytes + done, sizeof(*settings) - done);
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return false;
		done += (size_t)put;
	}
	return lseek(fd, 0, SEEK_SET) == 0 && fcntl(fd, F_ADD_SEALS, SETTINGS_SEALS) == 0;
}

int settings_share(const struct settings *settings, enum settings_for whom)
{
	struct settings *copy = malloc(sizeof(*copy));
	int fd = memfd_create("countersign-settings", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (copy && fd >= 0) {
		*copy = *settings;
		if (whom != SETTINGS_FOR_FRONT) {
			cs_wipe(copy->key, sizeof(copy->key));
			cs_wipe(&copy->open, sizeof(copy->open));
		}
		if (whom != SETTINGS_FOR_COURIER) {
			cs_wipe(copy->sms_credential, sizeof(copy->sms_credential));
			cs_wipe(copy->smtp_credential, sizeof(copy->smtp_credential));
			cs_wipe(copy->hook_secret, sizeof(copy->hook_secret));
		}
	}
	if (fd >= 0 && (!copy || !settings_write(fd, copy))) {
		(void)close(fd);
		fd = -1;
	}
	if (copy)
		cs_wipe(copy, sizeof(*copy));
	free(copy);
	return fd;
}

enum cs_err settings_take(int fd, struct settings *out)
{
	uint8_t *bytes = (uint8_t *)out;
	size_t done = 0;
	ssize_t got;

	do {
		got = read(fd, bytes + done, sizeof(*out) - done);
		if (got > 0)
			done += (size_t)got;
	} while (got > 0 || (got < 0 && errno == EINTR));
	(void)close(fd);
	if (got < 0)
		return CS_ERR_IO;
	return done == sizeof(*out) ? CS_OK : CS_ERR_MALFORMED;
}
