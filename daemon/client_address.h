/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The place that an application names as its client's: an IP address, or the MAC address of a station that a
 * RADIUS server tells (Calling-Station-Id; RFC 3580, 3.21). A user is known at either. Attempts are counted
 * for IP addresses alone: whoever is in reach of a network sends from as many MAC addresses as he likes, and
 * would have tries of his own with each; and one that he has copied would be locked for its owner.
 */
#ifndef COUNTERSIGN_DAEMON_CLIENT_ADDRESS_H
#define COUNTERSIGN_DAEMON_CLIENT_ADDRESS_H

#include <stdbool.h>

#include "base/bytes.h"

#define CLIENT_ADDRESS_MAX 48u /* canonical text, with its NUL */

/* The canonical form, which is one of itself. IPv4 as it is, also where it came as IPv4-mapped IPv6 (RFC
 * 4291) or behind NAT64's prefix 64:ff9b::/96 (RFC 6052); IPv6 cut to 64 bits, unless it is of one link
 * (fe80::/10); either without the port that strongSwan tells with it (192.0.2.7[4500]). A MAC address, of one
 * station, as mac:001122334455; it may come as 00-11-22-33-44-55, 00:11:22:33:44:55, 0011.2233.4455 or
 * 001122334455, in either case. False for what is none of these. */
bool client_address(struct cs_view text, char out[CLIENT_ADDRESS_MAX]);

/* Whether attempts are counted for an address, in its canonical form. */
bool client_address_counts(const char *address);

#endif
