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

bool courier_hook_urls_valid(const char *urls)
{
	while (*(urls += strspn(urls, " "))) {
		size_t len = strcspn(urls, " ");
		if ((strncmp(urls, "https://", 8) != 0 && strncmp(urls, "http://", 7) != 0) ||
		    len >= DB_DESTINATION_SIZE)
			return false;
		urls += len;
	}
	return true;
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
