/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Where courier may connect to. It is asked of each address that a connection is about to be made to, after
 * names were resolved: a name that means something else the next time makes no difference.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/courier.h"

#define V4_LEN	 4u
#define V6_LEN	 16u
#define ITEM_MAX 64u

struct network {
	uint8_t bytes[V6_LEN];
	unsigned bits;
};

/* IANA's registries of special-purpose addresses, and multicast. */
static const struct network address_closed_4[] = {
    {{0}, 8},
    {{10}, 8},
    {{100, 64}, 10},
    {{127}, 8},
    {{169, 254}, 16},
    {{172, 16}, 12},
    {{192, 0, 0}, 24},
    {{192, 0, 2}, 24},
    {{192, 88, 99}, 24},
    {{192, 168}, 16},
    {{198, 18}, 15},
    {{198, 51, 100}, 24},
    {{203, 0, 113}, 24},
    {{224}, 4},
    {{240}, 4},
};
/* Of IPv6 all is closed but 2000::/3, and of that these. */
static const struct network address_open_6 = {{0x20}, 3};
static const struct network address_closed_6[] = {
    {{0x20, 0x01, 0, 0}, 23}, {{0x20, 0x01, 0x0D, 0xB8}, 32}, {{0x3F, 0xFF}, 20}};
/* IPv4 addresses in IPv6's: where they begin. */
static const struct {
	struct network network;
	unsigned at;
} address_embeds[] = {
    {{{[10] = 0xFF, [11] = 0xFF}, 96}, 12}, /* mapped */
    {{{0x00, 0x64, 0xFF, 0x9B}, 96}, 12},   /* NAT64 */
    {{{0x20, 0x02}, 16}, 2},		    /* 6to4 */
};

static bool network_has(const struct network *network, const uint8_t *address)
{
	unsigned whole = network->bits / 8, rest = network->bits % 8;

	if (memcmp(network->bytes, address, whole) != 0)
		return false;
	return !rest || ((network->bytes[whole] ^ address[whole]) >> (8 - rest)) == 0;
}

/* An item of the list: an address, or one with /bits. Yields its family, 0 where it is none. */
static int allow_item(const char *item, size_t len, struct network *out)
{
	char text[ITEM_MAX], *slash, *end = NULL;

	if (len >= sizeof(text))
		return 0;
	memcpy(text, item, len);
	text[len] = '\0';
	slash = strchr(text, '/');
	if (slash)
		*slash = '\0';
	memset(out, 0, sizeof(*out));
	int family = inet_pton(AF_INET, text, out->bytes) == 1	  ? AF_INET
		     : inet_pton(AF_INET6, text, out->bytes) == 1 ? AF_INET6
								  : 0;
	unsigned most = family == AF_INET ? 8 * V4_LEN : 8 * V6_LEN;
	unsigned long bits = slash ? strtoul(slash + 1, &end, 10) : most;
	if (slash && (slash[1] < '0' || slash[1] > '9' || *end))
		return 0;
	out->bits = (unsigned)bits;
	return bits <= most ? family : 0;
}

bool courier_allow_valid(const char *allow)
{
	struct network network;

	while (*(allow += strspn(allow, " "))) {
		size_t len = strcspn(allow, " ");
		if (!allow_item(allow, len, &network))
			return false;
		allow += len;
	}
	return true;
}

static bool allow_has(const char *allow, int family, const uint8_t *address)
{
	struct network network;

	while (*(allow += strspn(allow, " "))) {
		size_t len = strcspn(allow, " ");
		if (allow_item(allow, len, &network) == family && network_has(&network, address))
			return true;
		allow += len;
	}
	return false;
}

static bool address_open_to_all_4(const uint8_t *address)
{
	for (size_t i = 0; i < sizeof(address_closed_4) / sizeof(address_closed_4[0]); i++)
		if (network_has(&address_closed_4[i], address))
			return false;
	return true;
}

static bool address_open_to_all_6(const uint8_t *address)
{
	for (size_t i = 0; i < sizeof(address_closed_6) / sizeof(address_closed_6[0]); i++)
		if (network_has(&address_closed_6[i], address))
			return false;
	return network_has(&address_open_6, address);
}

/* The bytes of an address, and its family; 0: neither IPv4 nor IPv6. An IPv4 address in an IPv6 one is taken
 * out. */
static int address_bytes(const struct sockaddr *address, uint8_t bytes[V6_LEN])
{
	struct sockaddr_in four;
	struct sockaddr_in6 six;

	if (address->sa_family == AF_INET) {
		memcpy(&four, address, sizeof(four));
		memcpy(bytes, &four.sin_addr, V4_LEN);
		return AF_INET;
	}
	if (address->sa_family != AF_INET6)
		return 0;
	memcpy(&six, address, sizeof(six));
	memcpy(bytes, &six.sin6_addr, V6_LEN);
	for (size_t i = 0; i < sizeof(address_embeds) / sizeof(address_embeds[0]); i++)
		if (network_has(&address_embeds[i].network, bytes)) {
			memmove(bytes, bytes + address_embeds[i].at, V4_LEN);
			return AF_INET;
		}
	return AF_INET6;
}

bool courier_is_named(const struct sockaddr *address, const char *allow)
{
	uint8_t bytes[V6_LEN];
	int family = address_bytes(address, bytes);

	return family && allow_has(allow, family, bytes);
}

bool courier_may_connect(const struct sockaddr *address, const char *allow)
{
	uint8_t bytes[V6_LEN];
	int family = address_bytes(address, bytes);

	if (!family || allow_has(allow, family, bytes))
		return family != 0;
	return family == AF_INET ? address_open_to_all_4(bytes) : address_open_to_all_6(bytes);
}
