/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A card in the middle of secure messaging, and a wire that does what it likes. Input: one byte (which
 * session is open: SCP03, PIV's with 128 or 256 bit keys), then steps, each a byte of kind, two bytes of
 * length, and that many bytes:
 *
 *   raw     as it is: what the wire makes up
 *   sealed  header and data, protected as the administrator does it (SCP03)
 *   body    header and data objects, to which PIV's MAC is added: what is inside is the input's
 *
 * What has to hold: the label changes only by a sealed command; a raw command on the session's channel that
 * is not a piece, nor fetches one, ends an SCP03 session and all that was verified; each answer to a sealed
 * command is the card's.
 */
#include <string.h>

#include "applet/block_mode.h"
#include "applet/card_private.h"
#include "applet/port/crypto_openssl.h"
#include "applet/port/flash_ram.h"
#include "applet/records.h"
#include "applet/scp03.h"
#include "base/secret.h"
#include "base/tlv.h"
#include "cardclient/scp03.h"
#include "tests/fuzz/fuzz.h"

#define STEPS_MAX 32u
#define HEADER	  4u

enum kind { RAW, SEALED, BODY, KINDS };

static struct card base, card;
static struct flash_ram *base_flash;
static struct crypto crypto;
static struct cc_scp03 admin;
static uint8_t out[CARD_RESPONSE_MAX];
static size_t out_len;

static uint64_t now(void *ctx)
{
	(void)ctx;
	return 0;
}

static const struct platform platform = {.monotonic_ms = now, .serial = 1};
static struct card_ports ports = {.platform = &platform, .crypto = &crypto};

static bool only_p256(void *ctx, enum piv_alg alg)
{
	(void)ctx;
	return alg == PIV_ALG_P256;
}

static uint16_t transmit(struct cs_view command)
{
	struct cs_writer w = CS_WRITER_OF(out);

	card_transmit(&card, command, &w);
	FUZZ_REQUIRE(cs_writer_done(&w) == CS_OK && w.len >= 2);
	out_len = w.len - 2;
	return (uint16_t)(out[w.len - 2] << 8 | out[w.len - 1]);
}

/* An officer and a user whose PINs the input does not know: only they, and the administrator, can change the
 * label. */
static void base_issue(void)
{
	static const char *const commands[] = {
	    "\x00\xA4\x04\x00\x07\xF0"
	    "CSIGN\x01",
	    "\x80\x02\x00\x00\x10\x90\x08"
	    "87654301"
	    "\x84\x04"
	    "Test",
	    "\x00\x20\x00\x83\x08"
	    "87654301",
	    "\x80\x03\x00\x00\x08\x91\x06"
	    "456123",
	};
	static const size_t lengths[] = {12, 21, 13, 13};

	card = base;
	for (size_t i = 0; i < 4; i++)
		FUZZ_REQUIRE(transmit(cs_view(commands[i], lengths[i])) == CS_SW_OK);
	card_reset(&card);
	base = card;
	base.channels[0].app = &csgn_app;
}

static void base_make(void)
{
	FUZZ_REQUIRE(crypto_openssl_init(&crypto) == CS_OK);
	crypto.supports = only_p256;
	base_flash = flash_ram_new(2048, 32, 8);
	FUZZ_REQUIRE(base_flash != NULL);
	ports.flash = flash_ram_flash(base_flash);
	FUZZ_REQUIRE(card_open(&base, &ports, CSGN_PROFILE_COUNTERSIGN) == CS_OK);
	base_issue();
}

/* Both ends of a session, with keys that are no secret: how it began is another's matter. */
static void session_open(uint8_t which)
{
	struct channel *channel = &card.channels[0];
	uint8_t piv_len = which % 3 == 1 ? 16 : 32;

	memset(&admin, 0, sizeof(admin));
	if (which % 3 == 0) {
		admin = (struct cc_scp03){.level = SCP03_ALL, .mac_len = 8, .key_len = 16};
		memset(admin.s_enc, 1, sizeof(admin.s_enc));
		memset(admin.s_mac, 2, sizeof(admin.s_mac));
		memset(admin.s_rmac, 3, sizeof(admin.s_rmac));
		channel->sm.scp = (struct scp03_session){.level = SCP03_ALL, .mac_len = 8, .key_len = 16};
		memset(channel->sm.scp.enc, 1, SCP03_KEY_MAX);
		memset(channel->sm.scp.mac, 2, SCP03_KEY_MAX);
		memset(channel->sm.scp.rmac, 3, SCP03_KEY_MAX);
		channel->security = SECURITY_SCP;
	} else {
		channel->sm.piv = (struct piv_sm_session){.key_len = piv_len};
		memset(channel->sm.piv.mac, 2, sizeof(channel->sm.piv.mac));
	}
}

static size_t label(uint8_t text[CSGN_LABEL_MAX])
{
	struct cs_writer w = cs_writer_of(text, CSGN_LABEL_MAX);

	return store_get(&card.store, RECORD_LABEL, &w) == CS_OK ? w.len : 0;
}

/* ---- steps ---- */

/* Commands that leave a session alone: on another channel or none, pieces, and what fetches them. */
static bool concerns_nobody(struct cs_view raw)
{
	struct cs_apdu cmd;

	if (cs_apdu_parse(raw, &cmd) != CS_OK || (cmd.cla & 0x63u) || (cmd.cla & ISO_CLA_CHAIN) ||
	    cmd.data.len > CARD_COMMAND_MAX)
		return true;
	return (cmd.cla & 0xF0u) == 0 && cmd.ins == ISO_INS_GET_RESPONSE;
}

static void step_raw(struct cs_view raw)
{
	bool open = card.channels[0].sm.scp.level != 0;

	(void)transmit(raw);
	if (!open || concerns_nobody(raw))
		return;
	FUZZ_REQUIRE(card.channels[0].sm.scp.level == 0);
	FUZZ_REQUIRE((card.channels[0].security & (SECURITY_SCP | SECURITY_SO | SECURITY_PIN)) == 0);
	admin.level = 0;
}

static void step_sealed(struct cs_view in)
{
	static uint8_t data[4096], raw[4200];
	struct cs_writer d = CS_WRITER_OF(data), w = CS_WRITER_OF(raw);
	struct cs_reader r = cs_reader_of(in);
	struct cs_apdu cmd = {.ne = CS_APDU_NE_MAX, .extended = true}, sealed;
	uint16_t sw;

	cmd.cla = cs_read_u8(&r) & 0x80u;
	cmd.ins = cs_read_u8(&r);
	cmd.p1 = cs_read_u8(&r);
	cmd.p2 = cs_read_u8(&r);
	cmd.data = cs_read_rest(&r);
	if (!admin.level || r.failed || cmd.data.len > 2048)
		return;
	FUZZ_REQUIRE(cc_scp03_wrap(&admin, &cmd, &d, &sealed) == CS_OK);
	FUZZ_REQUIRE(cs_apdu_build(&sealed, &w) == CS_OK);
	sw = transmit(cs_writer_view(&w));
	FUZZ_REQUIRE(cc_scp03_unwrap(&admin, sw, out, &out_len) == CS_OK);
	if (card.channels[0].sm.scp.level == 0 || admin.counter != card.channels[0].sm.scp.counter)
		admin.level = 0;
}

static void step_body(struct cs_view in)
{
	static uint8_t raw[4200];
	struct piv_sm_session *s = &card.channels[0].sm.piv;
	const struct block_key key = {&crypto, cs_view(s->mac, s->key_len)};
	struct cs_view body = cs_view(in.ptr + HEADER, in.len - HEADER);
	uint8_t header[BLOCK_LEN] = {SM_CLA_ISO, in.ptr[1], in.ptr[2], in.ptr[3], 0x80}, full[BLOCK_LEN];
	struct cs_apdu cmd = {
	    .cla = SM_CLA_ISO, .ins = in.ptr[1], .p1 = in.ptr[2], .p2 = in.ptr[3], .extended = true};
	struct cs_writer w = CS_WRITER_OF(raw);
	static uint8_t data[4200];
	struct cs_writer d = CS_WRITER_OF(data);
	struct block_cmac mac;

	if (s->key_len == 0 || body.len > 4000)
		return;
	block_cmac_begin(&mac, &key);
	block_cmac_add(&mac, CS_VIEW_OF(s->mcv));
	block_cmac_add(&mac, CS_VIEW_OF(header));
	block_cmac_add(&mac, body);
	FUZZ_REQUIRE(block_cmac_end(&mac, full) == CS_OK);
	cs_write_view(&d, body);
	cs_tlv_write(&d, 0x8E, cs_view(full, 8));
	cmd.data = cs_writer_view(&d);
	cmd.ne = CS_APDU_NE_MAX;
	FUZZ_REQUIRE(cs_apdu_build(&cmd, &w) == CS_OK);
	(void)transmit(cs_writer_view(&w));
}

static void step(enum kind kind, struct cs_view in)
{
	uint8_t before[CSGN_LABEL_MAX], after[CSGN_LABEL_MAX];
	size_t len = label(before);

	if (kind == SEALED) {
		step_sealed(in);
		return;
	}
	if (kind == BODY && in.len >= HEADER)
		step_body(in);
	else
		step_raw(in);
	/* Nobody but the administrator has shown anything. */
	FUZZ_REQUIRE(label(after) == len && memcmp(before, after, len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cs_reader r = cs_reader_of(cs_view(data, size));
	struct flash_ram *flash;

	if (base_flash == NULL)
		base_make();
	flash = flash_ram_clone(base_flash);
	FUZZ_REQUIRE(flash != NULL);
	card = base;
	ports.flash = flash_ram_flash(flash);
	card.ports = ports;
	card.store.flash = ports.flash;
	session_open(cs_read_u8(&r));
	for (unsigned i = 0; i < STEPS_MAX && cs_reader_more(&r); i++) {
		enum kind kind = (enum kind)(cs_read_u8(&r) % KINDS);
		size_t len = cs_read_u16(&r);

		step(kind, len <= r.left ? cs_read_view(&r, len) : cs_read_rest(&r));
	}
	card_close(&card);
	flash_ram_free(flash);
	return 0;
}
