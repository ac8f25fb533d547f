/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Where to connect to or to listen, as a person writes it.
 */
#ifndef COUNTERSIGN_APPLET_PORT_ADDRESS_H
#define COUNTERSIGN_APPLET_PORT_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

#include "base/err.h"

struct address {
	struct sockaddr_storage where;
	socklen_t len;
};

/* text is HOST:PORT or HOST; [::1]:PORT for an IPv6 address. CS_ERR_MALFORMED; CS_ERR_NOT_FOUND: no such host or port. */
CS_MUST_CHECK enum cs_err address_find(const char *text, const char *port_default, struct address *out);

/* Nobody but this computer reaches it. */
bool address_is_loopback(const struct address *a);

#endif
