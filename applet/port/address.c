/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reads addresses.
 */
#include "applet/port/address.h"

#include <netdb.h>
#include <netinet/in.h>
#include <string.h>

/* Splits HOST, HOST:PORT, [ADDR] or [ADDR]:PORT. */
static bool split(char *where, const char **host, const char **port)
{
	char *colon = strrchr(where, ':');
	*host = where;
	if (where[0] == '[') {
		char *end = strchr(where, ']');
		if (!end || (end[1] != '\0' && end[1] != ':'))
			return false;
		*host = where + 1;
		*end = '\0';
		colon = end[1] == ':' ? end + 1 : NULL;
	}
	if (colon) {
		*colon = '\0';
		*port = colon + 1;
	}
	return **host != '\0' && **port != '\0';
}

enum cs_err address_find(const char *text, const char *port_default, struct address *out)
{
	char buf[300];
	const char *host, *port = port_default;
	size_t len = strlen(text);
	if (len >= sizeof buf)
		return CS_ERR_MALFORMED;
	memcpy(buf, text, len + 1);
	if (!split(buf, &host, &port))
		return CS_ERR_MALFORMED;
	struct addrinfo hints = {
	    .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
	struct addrinfo *found;
	if (getaddrinfo(host, port, &hints, &found) != 0)
		return CS_ERR_NOT_FOUND;
	memcpy(&out->where, found->ai_addr, found->ai_addrlen);
	out->len = found->ai_addrlen;
	freeaddrinfo(found);
	return CS_OK;
}

bool address_is_loopback(const struct address *a)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)&a->where;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&a->where;

	if (a->where.ss_family == AF_INET)
		return (ntohl(v4->sin_addr.s_addr) >> 24) == IN_LOOPBACKNET;
	return a->where.ss_family == AF_INET6 &&
	       (IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr) ||
		(IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr) && v6->sin6_addr.s6_addr[12] == IN_LOOPBACKNET));
}
