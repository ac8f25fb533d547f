/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A whole card and a session of any commands. Input: one byte of starting state, then commands, each behind
 * its length (2 bytes). Whatever came, each answer is an answer, and the card opens again afterwards.
 */
#include <string.h>

#include "applet/card_apps.h"
#include "applet/card_private.h"
#include "applet/pin.h"
#include "applet/port/crypto_openssl.h"
#include "applet/port/flash_ram.h"
#include "tests/fuzz/fuzz.h"

#define COMMANDS_MAX 64u

static struct card base, card;
static struct flash_ram *base_flash;
static struct crypto crypto;

static uint64_t now(void *ctx)
{
	(void)ctx;
	return 0;
}

static const struct platform platform = {.monotonic_ms = now, .serial = 1};
static struct card_ports ports = {.platform = &platform, .crypto = &crypto};

/* RSA keys take too long to make. */
static bool only_p256(void *ctx, enum piv_alg alg)
{
	(void)ctx;
	return alg == PIV_ALG_P256;
}

static void base_make(void)
{
	FUZZ_REQUIRE(crypto_openssl_init(&crypto) == CS_OK);
	crypto.supports = only_p256;
	base_flash = flash_ram_new(2048, 32, 8);
	FUZZ_REQUIRE(base_flash != NULL);
	ports.flash = flash_ram_flash(base_flash);
	FUZZ_REQUIRE(card_open(&base, &ports, CSGN_PROFILE_PIV) == CS_OK);
}

/* Bits: selected application (2), security state (5), profile. */
static struct flash_ram *card_begin(uint8_t state)
{
	struct flash_ram *flash = flash_ram_clone(base_flash);

	FUZZ_REQUIRE(flash != NULL);
	card = base;
	ports.flash = flash_ram_flash(flash);
	card.ports = ports;
	card.store.flash = ports.flash;
	if ((state & 3u) < card_app_count)
		card.channels[0].app = card_apps[state & 3u];
	card.channels[0].security = (state >> 2) & 0x1Fu;
	profile_default((state & 0x80u) ? CSGN_PROFILE_COUNTERSIGN : CSGN_PROFILE_PIV, &card.profile);
	return flash;
}

static void transmit(struct cs_view command)
{
	static uint8_t out[CARD_RESPONSE_MAX];
	struct cs_writer w = CS_WRITER_OF(out);

	card_transmit(&card, command, &w);
	FUZZ_REQUIRE(cs_writer_done(&w) == CS_OK);
	FUZZ_REQUIRE(w.len >= 2 && out[w.len - 2] >= 0x61);
	FUZZ_REQUIRE(w.len == 2 || out[w.len - 2] == 0x90 || out[w.len - 2] == 0x61);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cs_reader r = cs_reader_of(cs_view(data, size));
	struct flash_ram *flash;
	struct pin_info info;

	if (base_flash == NULL)
		base_make();
	flash = card_begin(cs_read_u8(&r));
	for (unsigned i = 0; i < COMMANDS_MAX && cs_reader_more(&r); i++) {
		size_t len = cs_read_u16(&r);

		transmit(len <= r.left ? cs_read_view(&r, len) : cs_read_rest(&r));
	}
	FUZZ_REQUIRE(flash_ram_counted(flash).violations == 0);
	card_close(&card);
	FUZZ_REQUIRE(card_open(&card, &ports, CSGN_PROFILE_PIV) == CS_OK);
	FUZZ_REQUIRE(pin_info(&card, PIN_USER, &info) == CS_OK && info.tries_left <= info.tries_total);
	FUZZ_REQUIRE(pin_info(&card, PIN_PUK, &info) == CS_OK && info.tries_left <= info.tries_total);
	FUZZ_REQUIRE(pin_info(&card, PIN_SO, &info) == CS_OK && info.tries_left <= info.tries_total);
	card_close(&card);
	flash_ram_free(flash);
	return 0;
}
