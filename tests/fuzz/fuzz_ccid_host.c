/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A USB device that says anything of itself, and a CCID reader that answers anything. Input: the length of
 * its descriptors (2 bytes), the descriptors, and then answers: which exchange or how true its header is (1),
 * length (2), bytes. What the host sends is a message of its own that fits; a device's interfaces are such as
 * can be used; and an exchange ends with a result of those that it may have.
 */
#include <string.h>

#include "cardclient/ccid_descriptor.h"
#include "cardclient/ccid_host.h"
#include "tests/fuzz/fuzz.h"

#define MESSAGE_MAX 300u

static struct ccid_host host;
static uint8_t to[MESSAGE_MAX], response[1000];
static struct cs_writer kept;

static void judge_sent(const struct cs_writer *w)
{
	FUZZ_REQUIRE(!w->failed && w->len >= CCID_HOST_HEADER_LEN && w->len <= MESSAGE_MAX);
	FUZZ_REQUIRE((size_t)(to[1] | to[2] << 8) == w->len - CCID_HOST_HEADER_LEN && to[3] == 0 &&
		     to[4] == 0);
	FUZZ_REQUIRE(to[5] == host.slot && to[6] == host.seq);
}

static void begin(uint8_t which, struct cs_view command)
{
	struct cs_writer w = CS_WRITER_OF(to);

	kept = CS_WRITER_OF(response);
	switch (which & 7) {
	case 0:
		ccid_host_status(&host, &w);
		break;
	case 1:
		ccid_host_power_on(&host, which >> 6, &kept, &w);
		break;
	case 2:
		ccid_host_power_off(&host, &w);
		break;
	case 3:
		(void)ccid_host_abort_value(&host);
		ccid_host_abort(&host, &w);
		break;
	default:
		ccid_host_transfer(&host, command, &kept, &w);
	}
	judge_sent(&w);
}

static void judge_end(enum cs_err err)
{
	static const enum cs_err may[] = {
	    CS_OK,	     CS_ERR_STATE,	 CS_ERR_REMOVED,   CS_ERR_BUSY, CS_ERR_CANCELLED,
	    CS_ERR_TIMEOUT,  CS_ERR_UNSUPPORTED, CS_ERR_NO_READER, CS_ERR_IO,	CS_ERR_NO_SPACE,
	    CS_ERR_MALFORMED};
	bool found = false;

	for (size_t i = 0; i < sizeof(may) / sizeof(may[0]); i++)
		found |= may[i] == err;
	FUZZ_REQUIRE(found);
	FUZZ_REQUIRE(err != CS_ERR_STATE || host.transfer);
}

/* True: it was the last of the exchange. */
static bool answer(uint8_t how, struct cs_view bytes)
{
	uint8_t message[700];
	size_t len = bytes.len < sizeof(message) ? bytes.len : sizeof(message);
	struct cs_writer w = CS_WRITER_OF(to);
	enum ccid_host_next next;

	if (len > 0)
		memcpy(message, bytes.ptr, len);
	/* Mostly one that is the host's to take. */
	if ((how & 8) == 0 && len >= CCID_HOST_HEADER_LEN) {
		size_t data = len - CCID_HOST_HEADER_LEN;
		const uint8_t head[] = {host.answer, (uint8_t)data, (uint8_t)(data >> 8), 0, 0,
					host.slot,   host.seq};
		memcpy(message, head, sizeof(head));
	}
	size_t missing = ccid_host_missing(cs_view(message, len));
	FUZZ_REQUIRE((how & 8) != 0 || len < CCID_HOST_HEADER_LEN || missing == 0);
	enum cs_err err = ccid_host_receive(&host, cs_view(message, len), &w, &next);
	if (next == CCID_HOST_DONE)
		judge_end(err);
	else
		FUZZ_REQUIRE(err == CS_OK);
	if (next == CCID_HOST_SEND)
		judge_sent(&w);
	FUZZ_REQUIRE(next == CCID_HOST_READ || ccid_host_patience(&host) == 0);
	return next == CCID_HOST_DONE;
}

static void descriptors(struct cs_view bytes)
{
	struct ccid_interface found[3];
	size_t count;

	enum cs_err err = ccid_interfaces(bytes, 1, found, 3, &count);
	FUZZ_REQUIRE(count <= 3 && (err == CS_OK || count == 0));
	for (size_t i = 0; i < count; i++) {
		FUZZ_REQUIRE(found[i].slots > 0 && found[i].packet_in > 0 && found[i].packet_out > 0);
		FUZZ_REQUIRE((found[i].bulk_in & 0x80) != 0 && (found[i].bulk_out & 0x80) == 0);
		FUZZ_REQUIRE(found[i].message_max > CCID_HOST_HEADER_LEN);
	}
}

static struct cs_view take(struct cs_reader *r)
{
	size_t len = cs_read_u16(r) & 0x3FFu;

	return r->left < len ? cs_read_rest(r) : cs_read_view(r, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t command[700] = {0x00, 0xDB, 0x3F, 0xFF, 0x00};
	struct cs_reader r = cs_reader_of(cs_view(data, size));
	bool ended = true;

	descriptors(take(&r));
	ccid_host_init(&host, (uint8_t)(size & 1), MESSAGE_MAX, 200);
	while (cs_reader_more(&r)) {
		uint8_t how = cs_read_u8(&r);
		if (ended)
			begin(how, cs_view(command, how & 0x10 ? sizeof(command) : 5));
		ended = answer(how, take(&r));
	}
	return 0;
}
