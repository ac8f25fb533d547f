/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reads a device's descriptors for CCID interfaces.
 */
#include "cardclient/ccid_descriptor.h"

enum { CONFIGURATION = 2, INTERFACE = 4, ENDPOINT = 5, CLASS_SPECIFIC = 0x21 };

#define CLASS_CCID    0x0Bu
#define PROTOCOL_CCID 0x00u
#define CCID_LEN      54u
#define ENDPOINT_IN   0x80u
#define TRANSFER_MASK 0x03u
#define TRANSFER_BULK 0x02u
#define PACKET_MASK   0x07FFu
/* A message holds a header and a byte, and no device has more slots than the field can number. */
#define MESSAGE_LEAST 11u

struct walk {
	bool wanted; /* in the configuration that is asked for */
	bool open;   /* in a CCID interface */
	bool told;   /* whose class descriptor has come */
	struct ccid_interface now;
	struct ccid_interface *out;
	size_t max, count;
};

static uint16_t le16(struct cs_reader *r)
{
	uint16_t low = cs_read_u8(r);

	return (uint16_t)(low | cs_read_u8(r) << 8);
}

static uint32_t le32(struct cs_reader *r)
{
	uint32_t low = le16(r);

	return low | (uint32_t)le16(r) << 16;
}

static bool complete(const struct walk *w)
{
	return w->open && w->told && w->now.packet_in > 0 && w->now.packet_out > 0 &&
	       w->now.message_max >= MESSAGE_LEAST;
}

static void interface_end(struct walk *w)
{
	if (complete(w) && w->count < w->max)
		w->out[w->count++] = w->now;
	w->open = w->told = false;
}

static void take_interface(struct walk *w, struct cs_reader *r)
{
	interface_end(w);
	w->now = (struct ccid_interface){.number = cs_read_u8(r)};
	uint8_t alternate = cs_read_u8(r);
	cs_read_u8(r);
	uint8_t class = cs_read_u8(r);
	cs_read_u8(r);
	w->open = w->wanted && class == CLASS_CCID && cs_read_u8(r) == PROTOCOL_CCID && alternate == 0;
}

static void take_class(struct walk *w, struct cs_reader *r)
{
	if (!w->open || w->told || r->left < CCID_LEN - 2)
		return;
	w->told = true;
	le16(r);
	w->now.slots = (uint8_t)(cs_read_u8(r) + 1u);
	w->told = w->now.slots != 0;
	w->now.voltages = cs_read_u8(r);
	cs_read_view(r, 34); /* protocols, clocks, rates, IFSD, synchronous protocols, mechanics */
	w->now.features = le32(r);
	w->now.message_max = le32(r);
}

static void take_endpoint(struct walk *w, struct cs_reader *r)
{
	uint8_t address = cs_read_u8(r);
	bool bulk = (cs_read_u8(r) & TRANSFER_MASK) == TRANSFER_BULK;
	uint16_t packet = le16(r) & PACKET_MASK;

	if (!w->open || !bulk)
		return;
	if (address & ENDPOINT_IN) {
		w->now.bulk_in = address;
		w->now.packet_in = packet;
	} else {
		w->now.bulk_out = address;
		w->now.packet_out = packet;
	}
}

static void take(struct walk *w, uint8_t type, struct cs_reader *r, uint8_t configuration)
{
	switch (type) {
	case CONFIGURATION:
		interface_end(w);
		le16(r);       /* wTotalLength, */
		cs_read_u8(r); /* bNumInterfaces */
		w->wanted = cs_read_u8(r) == configuration;
		break;
	case INTERFACE:
		take_interface(w, r);
		break;
	case CLASS_SPECIFIC:
		take_class(w, r);
		break;
	case ENDPOINT:
		take_endpoint(w, r);
		break;
	default:
		break;
	}
}

enum cs_err ccid_interfaces(struct cs_view descriptors, uint8_t configuration, struct ccid_interface *out,
			    size_t max, size_t *count)
{
	struct cs_reader all = cs_reader_of(descriptors);
	struct walk w = {.out = out, .max = max};

	*count = 0;
	while (cs_reader_more(&all)) {
		uint8_t len = cs_read_u8(&all);
		uint8_t type = cs_read_u8(&all);
		if (len < 2)
			return CS_ERR_MALFORMED;
		struct cs_reader body = cs_reader_of(cs_read_view(&all, len - 2u));
		if (all.failed)
			return CS_ERR_MALFORMED;
		take(&w, type, &body, configuration);
		if (body.failed)
			return CS_ERR_MALFORMED;
	}
	interface_end(&w);
	*count = w.count;
	return CS_OK;
}

const char *ccid_interface_lacks(const struct ccid_interface *interface)
{
	if (!(interface->features & (CCID_FEATURE_SHORT_APDU | CCID_FEATURE_ANY_APDU)))
		return "takes no whole commands (it works at TPDU or character level): use it through pcscd";
	if (!(interface->features & (CCID_FEATURE_PARAMETERS | CCID_FEATURE_NEGOTIATION)))
		return "leaves the card's parameters to the host: use it through pcscd";
	return NULL;
}

bool ccid_interface_short(const struct ccid_interface *interface)
{
	return !(interface->features & CCID_FEATURE_ANY_APDU);
}
