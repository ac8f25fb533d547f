/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a USB device says of the smart-card readers in it (Universal Serial Bus 2.0, 9.6; USB Device Class: Smart Card, CCID 1.1,
 * 5.1). Readers are known by the interface's class, 0B, not by a list of makers. No OS here.
 */
#ifndef COUNTERSIGN_CARDCLIENT_CCID_DESCRIPTOR_H
#define COUNTERSIGN_CARDCLIENT_CCID_DESCRIPTOR_H

#include "base/bytes.h"

/* dwFeatures. */
#define CCID_FEATURE_PARAMETERS	  0x00000002u /* follows the ATR by itself */
#define CCID_FEATURE_VOLTAGE	  0x00000008u
#define CCID_FEATURE_NEGOTIATION  0x000000C0u /* does PPS by itself: 40, or 80 */
#define CCID_FEATURE_SHORT_APDU	  0x00020000u
#define CCID_FEATURE_ANY_APDU	  0x00040000u

struct ccid_interface {
	uint8_t number; /* bInterfaceNumber */
	uint8_t bulk_out, bulk_in;
	uint16_t packet_out, packet_in; /* wMaxPacketSize */
	uint8_t slots;			/* how many: 1 and more */
	uint8_t voltages;		/* bit 0: 5 V, 1: 3 V, 2: 1.8 V */
	uint32_t features;
	uint32_t message_max; /* dwMaxCCIDMessageLength */
};

/* The CCID interfaces of one configuration (bConfigurationValue) among the device's descriptors: *count of them, max at most, in
 * their order. Interfaces without both bulk pipes, with another protocol than CCID's own, or with numbers that cannot be, are
 * left out. CS_ERR_MALFORMED: a descriptor's length is wrong; *count is then 0. */
CS_MUST_CHECK enum cs_err ccid_interfaces(struct cs_view descriptors, uint8_t configuration, struct ccid_interface *out,
					  size_t max, size_t *count);

/* What this host cannot do with such a reader, as the end of "it ..."; NULL: nothing. */
const char *ccid_interface_lacks(const struct ccid_interface *interface);

/* The reader passes no APDU with lengths of two bytes. */
bool ccid_interface_short(const struct ccid_interface *interface);

#endif
