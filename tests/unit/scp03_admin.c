/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The administrator: cardclient's side of SCP03, command by command.
 */
#include "tests/unit/scp03_admin.h"

#include <string.h>

#include "base/tlv.h"

const struct cc_scp03_keys admin_keys_128 = {
    .version = ADMIN_KEY_VERSION,
    .len = 16,
    .enc = {0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x0E, 0x0F},
    .mac = {0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1A, 0x1B, 0x1C, 0x1D, 0x1E, 0x1F}};

/* The key set of the recorded sessions: the same bytes, once and a half, or twice. */
struct cc_scp03_keys admin_keys_of(uint8_t len)
{
	struct cc_scp03_keys keys = admin_keys_128;

	keys.len = len;
	memcpy(keys.enc + 16, keys.enc, 16);
	memcpy(keys.mac + 16, keys.mac, 16);
	return keys;
}

struct cs_view admin_keys_data(const struct cc_scp03_keys *keys, uint8_t buf[128])
{
	struct cs_writer w = cs_writer_of(buf, 128);

	cs_tlv_write_u8(&w, CSGN_TAG_SCP_VERSION, keys->version);
	cs_tlv_write(&w, CSGN_TAG_SCP_ENC, cs_view(keys->enc, keys->len));
	cs_tlv_write(&w, CSGN_TAG_SCP_MAC, cs_view(keys->mac, keys->len));
	return cs_writer_view(&w);
}

uint16_t admin_send_apdu(struct fixture *f, const struct cs_apdu *cmd)
{
	static uint8_t raw[CARD_COMMAND_MAX + 64];
	struct cs_writer w = CS_WRITER_OF(raw);

	assert_int_equal(cs_apdu_build(cmd, &w), CS_OK);
	return fixture_send_view(f, cs_writer_view(&w));
}

uint16_t admin_set_keys_plain(struct fixture *f, const struct cc_scp03_keys *keys)
{
	uint8_t buf[128];
	const struct cs_apdu cmd = {
	    .cla = CSGN_CLA, .ins = CSGN_INS_SET_SCP_KEYS, .data = admin_keys_data(keys, buf)};

	return admin_send_apdu(f, &cmd);
}

void admin_install_keys(struct fixture *f, const struct cc_scp03_keys *keys)
{
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
	fixture_expect(f, VERIFY_SO, CS_SW_OK);
	assert_int_equal(admin_set_keys_plain(f, keys), CS_SW_OK);
	card_reset(&f->card);
	fixture_expect(f, SELECT_CSGN, CS_SW_OK);
}

/* INITIALIZE UPDATE on the channel, and the session's keys as the administrator derives them. */
void admin_initialize_update(struct fixture *f, uint8_t channel, const struct cc_scp03_keys *keys,
			     size_t size, struct cc_scp03 *s)
{
	static const uint8_t challenge[16] = {0xB1, 0x3E, 0x5F, 0x93, 0x8F, 0xC1, 0x08, 0xC4,
					      9,    8,	  7,	6,    5,    4,	  3,	2};
	const struct cs_apdu cmd = {.cla = CSGN_CLA | channel,
				    .ins = SCP03_INS_INITIALIZE_UPDATE,
				    .p1 = ADMIN_KEY_VERSION,
				    .data = cs_view(challenge, size),
				    .ne = 256};

	assert_int_equal(admin_send_apdu(f, &cmd), CS_SW_OK);
	assert_int_equal(f->data.len, 13 + 2 * size);
	assert_int_equal(cc_scp03_derive(keys, cmd.data, cs_view(f->data.ptr + 13, size), s), CS_OK);
	assert_memory_equal(f->data.ptr + 13 + size, s->card_cryptogram, size);
}

void admin_seal(struct cc_scp03 *s, const struct cs_apdu *cmd, uint8_t *buf, size_t cap, struct cs_apdu *out)
{
	struct cs_writer w = cs_writer_of(buf, cap);

	assert_int_equal(cc_scp03_wrap(s, cmd, &w, out), CS_OK);
}

uint16_t admin_external_authenticate(struct fixture *f, uint8_t channel, uint8_t level, struct cc_scp03 *s)
{
	const struct cs_apdu cmd = {.cla = CSGN_CLA,
				    .ins = SCP03_INS_EXTERNAL_AUTHENTICATE,
				    .p1 = level,
				    .data = cs_view(s->host_cryptogram, s->mac_len)};
	struct cs_apdu sealed;
	uint8_t buf[64];
	uint16_t sw;

	admin_seal(s, &cmd, buf, sizeof(buf), &sealed);
	sealed.cla |= channel;
	sw = admin_send_apdu(f, &sealed);
	if (sw == CS_SW_OK)
		s->level = level;
	return sw;
}

void admin_open_on(struct fixture *f, uint8_t channel, const struct cc_scp03_keys *keys, uint8_t level,
		   struct cc_scp03 *s)
{
	admin_initialize_update(f, channel, keys, 8, s);
	assert_int_equal(admin_external_authenticate(f, channel, level, s), CS_SW_OK);
}

void admin_open_session(struct fixture *f, struct cc_scp03 *s)
{
	admin_open_on(f, 0, &admin_keys_128, SCP03_ALL, s);
}

/* Sends a command through the session, and takes the protection off the answer: f->data. */
uint16_t admin_command(struct fixture *f, struct cc_scp03 *s, uint8_t cla, uint8_t ins, uint16_t p1p2,
		       struct cs_view data)
{
	static uint8_t buf[CARD_COMMAND_MAX + 64], answer[CARD_RESPONSE_MAX];
	const struct cs_apdu cmd = {.cla = cla,
				    .ins = ins,
				    .p1 = (uint8_t)(p1p2 >> 8),
				    .p2 = (uint8_t)p1p2,
				    .data = data,
				    .ne = CS_APDU_NE_MAX,
				    .extended = true};
	struct cs_apdu sealed;
	uint16_t sw;
	size_t len;

	admin_seal(s, &cmd, buf, sizeof(buf), &sealed);
	sw = admin_send_apdu(f, &sealed);
	len = f->data.len;
	memcpy(answer, f->data.ptr, len);
	assert_int_equal(cc_scp03_unwrap(s, sw, answer, &len), CS_OK);
	f->data = cs_view(answer, len);
	return sw;
}

uint16_t admin_command_hex(struct fixture *f, struct cc_scp03 *s, uint8_t cla, uint8_t ins, uint16_t p1p2,
			   const char *hex)
{
	uint8_t data[512];

	return admin_command(f, s, cla, ins, p1p2, fixture_hex(hex, data, sizeof(data)));
}
