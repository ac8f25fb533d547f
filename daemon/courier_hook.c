/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What makes a web hook believed: HMAC-SHA-256 over the time of sending, a full stop, and the body.
 */
#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

#include "base/encoding.h"
#include "daemon/courier.h"

bool courier_hook_known(const char *urls, const char *url)
{
	const size_t len = strlen(url);

	while (*(urls += strspn(urls, " "))) {
		if (strcspn(urls, " ") == len && memcmp(urls, url, len) == 0)
			return true;
		urls += strcspn(urls, " ");
	}
	return false;
}

/* A name and a password before the host, which ends where path, query or fragment begins (RFC 3986, 3.2). */
static bool hook_url_has_user(const char *host, size_t len)
{
	const size_t end = strcspn(host, "/?# ");

	return memchr(host, '@', end < len ? end : len) != NULL;
}

const char *courier_hook_urls_fault(const char *urls)
{
	while (*(urls += strspn(urls, " "))) {
		const size_t len = strcspn(urls, " "), scheme = strncmp(urls, "https://", 8) == 0  ? 8
								: strncmp(urls, "http://", 7) == 0 ? 7
												   : 0;
		if (!scheme || len >= DB_DESTINATION_SIZE)
			return "`hook_urls` must be URLs of https, or of http for addresses of "
			       "`courier_allow`, "
			       "of at most 254 characters each, parted by blanks";
		if (hook_url_has_user(urls + scheme, len - scheme))
			return "`hook_urls` must have no user and password before a host "
			       "(https://user:password@...): "
			       "URLs stand in the database, in lists and in logs; who receives events knows "
			       "them by their signature";
		urls += len;
	}
	return NULL;
}

bool courier_hook_sign(const char *secret, uint64_t time, const char *body, char out[COURIER_SIGNATURE_MAX])
{
	char text[COURIER_BODY_MAX + 32], hex[65];
	uint8_t mac[32];
	unsigned mac_len = 0;

	int len = snprintf(text, sizeof(text), "%" PRIu64 ".%s", time, body);
	if (len < 0 || (size_t)len >= sizeof(text) ||
	    !HMAC(EVP_sha256(), secret, (int)strlen(secret), (const uint8_t *)text, (size_t)len, mac,
		  &mac_len))
		return false;
	cs_hex_encode(CS_VIEW_OF(mac), hex);
	(void)snprintf(out, COURIER_SIGNATURE_MAX, "t=%" PRIu64 ",v1=%s", time, hex);
	return true;
}
