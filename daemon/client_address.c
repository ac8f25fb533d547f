/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Places of clients, and their canonical form.
 */
#include "daemon/client_address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define MAC_PREFIX     "mac:" /* no IP address begins so */
#define MAC_PREFIX_LEN 4u
#define MAC_DIGITS     12u

#define PORT_DIGITS_MAX 5u

static bool ip_address(const char *text, char out[CLIENT_ADDRESS_MAX])
{
	static const uint8_t mapped[12] = {[10] = 0xFF, [11] = 0xFF};
	static const uint8_t translated[12] = {0x00, 0x64, 0xFF, 0x9B};
	uint8_t bytes[16];

	if (inet_pton(AF_INET, text, bytes) == 1)
		return inet_ntop(AF_INET, bytes, out, CLIENT_ADDRESS_MAX) != NULL;
	if (inet_pton(AF_INET6, text, bytes) != 1)
		return false;
	if (memcmp(bytes, mapped, sizeof(mapped)) == 0 || memcmp(bytes, translated, sizeof(translated)) == 0)
		return inet_ntop(AF_INET, bytes + 12, out, CLIENT_ADDRESS_MAX) != NULL;
	bool link_local = bytes[0] == 0xFE && (bytes[1] & 0xC0) == 0x80; /* all have one prefix */
	if (!link_local)
		memset(bytes + 8, 0, 8);
	return inet_ntop(AF_INET6, bytes, out, CLIENT_ADDRESS_MAX) != NULL;
}

/* Its digits, in lower case. Between groups of group digits one of the separators stands, the same
 * throughout. */
static bool mac_digits(const char *text, size_t group, const char *separators, char out[MAC_DIGITS + 1])
{
	static const char upper[] = "ABCDEF", lower[] = "0123456789abcdef";
	const size_t len = MAC_DIGITS + MAC_DIGITS / group - 1;
	size_t count = 0;

	if (strlen(text) != len)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (i % (group + 1) == group) {
			if (!strchr(separators, text[i]) || text[i] != text[group])
				return false;
			continue;
		}
		const char *large = strchr(upper, text[i]);
		if (!large && !strchr(lower, text[i]))
			return false;
		out[count++] = large ? lower[10 + (large - upper)] : text[i];
	}
	out[count] = '\0';
	return true;
}

static bool mac_address(const char *text, char out[CLIENT_ADDRESS_MAX])
{
	const bool prefixed = strncmp(text, MAC_PREFIX, MAC_PREFIX_LEN) == 0;
	char digits[MAC_DIGITS + 1];

	if (!mac_digits(text + (prefixed ? MAC_PREFIX_LEN : 0), MAC_DIGITS, "", digits) &&
	    (prefixed || (!mac_digits(text, 2, "-:", digits) && !mac_digits(text, 4, ".", digits))))
		return false;
	bool of_a_group =
	    strchr("13579bdf", digits[1]) != NULL; /* IEEE 802, 8.2: the first octet's lowest bit */
	if (of_a_group || strspn(digits, "0") == MAC_DIGITS)
		return false;
	(void)snprintf(out, CLIENT_ADDRESS_MAX, MAC_PREFIX "%s", digits);
	return true;
}

/* Without the port that a VPN gateway writes behind an address. */
static void cut_port(char *text)
{
	char *port = strchr(text, '[');
	size_t digits = port ? strspn(port + 1, "0123456789") : 0;

	if (digits > 0 && digits <= PORT_DIGITS_MAX && strcmp(port + 1 + digits, "]") == 0)
		*port = '\0';
}

bool client_address(struct cs_view text, char out[CLIENT_ADDRESS_MAX])
{
	char copy[CLIENT_ADDRESS_MAX];

	if (!text.len || text.len >= sizeof(copy) || memchr(text.ptr, 0, text.len))
		return false;
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	if (mac_address(copy, out))
		return true;
	cut_port(copy);
	return ip_address(copy, out);
}

bool client_address_counts(const char *address)
{
	return strncmp(address, MAC_PREFIX, MAC_PREFIX_LEN) != 0;
}
