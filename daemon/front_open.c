/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One credential, and the addresses that it is good for.
 */
#include "daemon/front_open.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum cs_err front_open_read(const struct config *config, struct front_open *out, char error[CONFIG_ERROR_MAX])
{
	ssize_t len;
	int fd;

	memset(out, 0, sizeof *out);
	if (config->validate_credential[0] == '\0') {
		return CS_OK;
	}
	fd = open(config->validate_credential, O_RDONLY | O_CLOEXEC);
	len = fd >= 0 ? read(fd, out->credential, sizeof out->credential - 1) : -1;
	if (len < 0) {
		(void)snprintf(error, CONFIG_ERROR_MAX, "validate_credential %s: %s",
			       config->validate_credential, strerror(errno));
	}
	if (fd >= 0) {
		(void)close(fd);
	}
	if (len < 0) {
		return CS_ERR_IO;
	}
	out->credential[len] = '\0';
	out->credential[strcspn(out->credential, "\r\n")] = '\0';
	(void)snprintf(out->clients, sizeof out->clients, "%s", config->validate_clients);
	if (out->credential[0] == '\0' || out->clients[0] == '\0') {
		(void)snprintf(
		    error, CONFIG_ERROR_MAX,
		    "validate_credential has no credential in it, or validate_clients names nobody");
		return CS_ERR_MALFORMED;
	}
	return CS_OK;
}

struct cs_view front_open_credential(const struct front_open *open, struct cs_view address)
{
	const char *at = open != NULL ? open->clients : "";

	while (address.len > 0 && *at != '\0') {
		size_t len = strcspn(at, " ");

		if (cs_view_equal(cs_view(at, len), address)) {
			return cs_view_string(open->credential);
		}
		at += len + strspn(at + len, " ");
	}
	return CS_VIEW_EMPTY;
}
