/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Every call that a command makes to its ports fails once: each call to the crypto port and each read and
 * program of the flash, one after the other, in every command that changes the card (power.h lists them). A
 * command that met a failure does not say 9000, tells no data, and gives no try back; the card opens again,
 * and has all its tries of before at most.
 */
#include <string.h>

#include "tests/unit/power.h"

#define PAGE_SIZE  4096u
#define PAGES	   32u
#define WRITE_SIZE 8u
#define CALLS_MAX  400u
#define ROWS_MAX   400u

static const struct power_table *const tables[] = {&power_piv,	    &power_csgn,     &power_oath,
						   &power_pin_piv,  &power_pin_csgn, &power_scp03_csgn,
						   &power_scp03_piv};

static struct crypto crypto;
static struct flash flash;
static unsigned countdown; /* the call that fails: 1 is the next; 0: none */
static bool failed;

static bool fails(void)
{
	if (countdown == 0 || --countdown > 0)
		return false;
	failed = true;
	return true;
}

/* ---- ports ---- */

static enum cs_err fail_random(void *ctx, uint8_t *out, size_t len)
{
	return fails() ? CS_ERR_CRYPTO : crypto.random(ctx, out, len);
}

static enum cs_err fail_digest(void *ctx, enum cs_hash hash, struct cs_view msg, uint8_t *out)
{
	return fails() ? CS_ERR_CRYPTO : crypto.digest(ctx, hash, msg, out);
}

static enum cs_err fail_hmac(void *ctx, enum cs_hash hash, struct cs_view key, struct cs_view msg,
			     uint8_t *mac)
{
	return fails() ? CS_ERR_CRYPTO : crypto.hmac(ctx, hash, key, msg, mac);
}

static enum cs_err fail_seal(void *ctx, const uint8_t key[CRYPTO_AEAD_KEY_LEN],
			     const uint8_t nonce[CRYPTO_AEAD_NONCE_LEN], struct cs_view aad,
			     struct cs_view plain, uint8_t *sealed)
{
	return fails() ? CS_ERR_CRYPTO : crypto.aead_seal(ctx, key, nonce, aad, plain, sealed);
}

static enum cs_err fail_open(void *ctx, const uint8_t key[CRYPTO_AEAD_KEY_LEN],
			     const uint8_t nonce[CRYPTO_AEAD_NONCE_LEN], struct cs_view aad,
			     struct cs_view sealed, uint8_t *plain)
{
	return fails() ? CS_ERR_CRYPTO : crypto.aead_open(ctx, key, nonce, aad, sealed, plain);
}

static enum cs_err fail_block(void *ctx, enum piv_alg cipher, bool encrypt, struct cs_view key,
			      const uint8_t *in, uint8_t *out)
{
	return fails() ? CS_ERR_CRYPTO : crypto.block(ctx, cipher, encrypt, key, in, out);
}

static enum cs_err fail_generate(void *ctx, enum piv_alg alg, struct cs_writer *priv, struct cs_writer *pub)
{
	return fails() ? CS_ERR_CRYPTO : crypto.key_generate(ctx, alg, priv, pub);
}

static enum cs_err fail_sign(void *ctx, enum piv_alg alg, struct cs_view priv, struct cs_view in,
			     struct cs_writer *out)
{
	return fails() ? CS_ERR_CRYPTO : crypto.key_sign(ctx, alg, priv, in, out);
}

static enum cs_err fail_read(void *ctx, uint32_t page, uint32_t offset, void *out, size_t len)
{
	return fails() ? CS_ERR_IO : flash.read(ctx, page, offset, out, len);
}

static enum cs_err fail_program(void *ctx, uint32_t page, uint32_t offset, const void *in, size_t len)
{
	return fails() ? CS_ERR_IO : flash.program(ctx, page, offset, in, len);
}

static void let_fail(struct fixture *f, struct flash *failing)
{
	crypto = f->crypto;
	f->crypto.random = fail_random;
	f->crypto.digest = fail_digest;
	f->crypto.hmac = fail_hmac;
	f->crypto.aead_seal = fail_seal;
	f->crypto.aead_open = fail_open;
	f->crypto.block = fail_block;
	f->crypto.key_generate = fail_generate;
	f->crypto.key_sign = fail_sign;
	flash = *flash_ram_flash(f->flash);
	*failing = flash;
	failing->read = fail_read;
	failing->program = fail_program;
	f->card.store.flash = failing;
}

static void let_work(struct fixture *f)
{
	f->crypto = crypto;
}

/* ---- a row ---- */

static void begin(struct fixture *f, const struct power_row *row)
{
	card_close(&f->card);
	flash_ram_free(f->flash);
	f->flash = flash_ram_new(PAGE_SIZE, PAGES, WRITE_SIZE);
	assert_non_null(f->flash);
	f->ports.flash = flash_ram_flash(f->flash);
	assert_int_equal(card_open(&f->card, &f->ports, row->profile), CS_OK);
	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	if (row->profile == CSGN_PROFILE_PIV)
		fixture_authenticate_management(f);
	for (size_t i = 0; i < POWER_PREPARE_MAX && row->prepare[i]; i++)
		(void)fixture_send(f, row->prepare[i]);
	if (row->prepare_more)
		row->prepare_more(f);
}

static void take_copy(struct fixture *f, const struct card *card, const struct flash_ram *ram)
{
	flash_ram_free(f->flash);
	f->card = *card;
	f->flash = flash_ram_clone(ram);
	assert_non_null(f->flash);
	f->ports.flash = flash_ram_flash(f->flash);
	f->card.ports = f->ports;
	f->card.store.flash = f->ports.flash;
}

static void tries_of(struct fixture *f, uint8_t tries[PIN_COUNT])
{
	for (int pin = 0; pin < PIN_COUNT; pin++)
		tries[pin] = power_pin_info(f, (enum pin)pin).tries_left;
}

static void each_call_fails_once(void **state)
{
	static struct card card;
	const struct power_row *row = *state;
	void *own = NULL;
	struct fixture *f;
	struct flash failing;
	struct flash_ram *ram;
	uint8_t before[PIN_COUNT], whole[PIN_COUNT], now[PIN_COUNT];

	fixture_setup_piv(&own);
	f = own;
	f->touch_says = CS_OK;
	begin(f, row);
	card = f->card;
	ram = flash_ram_clone(f->flash);
	assert_non_null(ram);
	tries_of(f, before);
	(void)fixture_send(f, row->command);
	tries_of(f, whole);
	failed = true;
	for (unsigned n = 1; failed && n < CALLS_MAX; n++) {
		uint16_t sw;

		take_copy(f, &card, ram);
		let_fail(f, &failing);
		failed = false;
		countdown = n;
		sw = fixture_send(f, row->command);
		countdown = 0;
		let_work(f);
		if (failed && sw == CS_SW_OK && row->sw == CS_SW_OK)
			fail_msg("%s: call %u failed, and the card says 9000", row->command, n);
		if (failed)
			assert_true(sw == row->sw || f->data.len == 0);
		assert_int_equal(fixture_power_cycle(f), CS_OK);
		tries_of(f, now);
		for (int pin = 0; pin < PIN_COUNT; pin++)
			assert_true(now[pin] <= before[pin] || now[pin] <= whole[pin]);
	}
	flash_ram_free(ram);
	fixture_teardown(&own);
}

int main(void)
{
	static struct CMUnitTest tests[ROWS_MAX];
	size_t count = 0;

	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
		for (size_t i = 0; i < tables[t]->count && count < ROWS_MAX; i++) {
			const struct power_row *row = &tables[t]->rows[i];

			tests[count++] = (struct CMUnitTest){.name = row->name,
							     .test_func = each_call_fails_once,
							     .initial_state = (void *)(uintptr_t)row};
		}
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
