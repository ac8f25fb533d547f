/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Proves of pin_compare, over a store that may fail in any call (what a failed put wrote is there or
 * not), any records, any block, and a crypto port that may fail: nothing is compared unless one try
 * less is durable; the record of the tries never rises without a comparison that found the block
 * right; only such a comparison, with nothing that failed behind it, answers CS_OK and leaves a data
 * key; a wrong block is told the tries that are really left.
 *
 * Sources: base/bytes.c base/secret.c
 *
 * Options: --unwind 9 --unwindset memset.0:200
 */
#define cs_equal_ct model_equal
#include "applet/pin.c"
#undef cs_equal_ct

#include "tests/proof/proof.h"

static enum pin pin;

/* The store, as far as the tries go. */
static struct {
	bool present;	/* there is a record of tries */
	uint8_t tries;	/* it says so */
	uint8_t before; /* at the beginning; 0 where there was none */
	bool failed;	/* a call failed */
	bool broken;	/* a put failed: the store takes nothing any more */
	bool spent;	/* one try less is durable */
} model;

static bool compared, equal;

bool model_equal(const void *a, const void *b, size_t len)
{
	assert(len == PIN_VERIFIER_LEN);
	(void)((const uint8_t *)a)[len - 1];
	(void)((const uint8_t *)b)[len - 1];
	assert(model.spent && !model.broken);
	assert(!compared);
	compared = true;
	equal = nondet_bool();
	return equal;
}

static enum cs_err any_failure(void)
{
	enum cs_err err = any_result();

	if (err != CS_OK)
		model.failed = true;
	return err;
}

enum cs_err store_get(struct store *st, uint16_t id, struct cs_writer *out)
{
	enum cs_err err;
	size_t len = nondet_u8();
	uint8_t *space;

	(void)st;
	if (id == pin_rows[pin].tries && !model.present)
		return CS_ERR_NOT_FOUND;
	if (id == pin_rows[pin].tries)
		len = 1;
	else
		assert(id == pin_rows[pin].reference);
	assert(!model.spent || id != pin_rows[pin].tries);
	err = any_failure();
	space = err == CS_OK ? cs_write_space(out, len) : NULL;
	if (err == CS_OK && space == NULL) {
		model.failed = true;
		err = CS_ERR_NO_SPACE;
	}
	if (err != CS_OK)
		cs_writer_fail(out);
	else if (id == pin_rows[pin].tries)
		space[0] = model.tries;
	return err;
}

enum cs_err store_put(struct store *st, uint16_t id, struct cs_view value)
{
	(void)st;
	assert(id == pin_rows[pin].tries && value.len == 1);
	assert(value.ptr[0] < model.tries || equal);
	if (model.broken || any_failure() != CS_OK) {
		if (!model.broken && nondet_bool())
			model.tries = value.ptr[0];
		model.broken = true;
		model.failed = true;
		return CS_ERR_IO;
	}
	if (!compared && value.ptr[0] + 1 == model.before)
		model.spent = true;
	model.tries = value.ptr[0];
	return CS_OK;
}

enum cs_err store_apply(struct store *st, const struct store_change *changes, size_t count)
{
	(void)st;
	(void)changes;
	(void)count;
	assert(false);
	return CS_ERR_IO;
}

void pin_revoke(struct card *card, const struct channel *except, enum pin which)
{
	(void)card;
	(void)except;
	assert(which == pin);
}

static enum cs_err model_hmac(void *ctx, enum cs_hash hash, struct cs_view key, struct cs_view msg,
			      uint8_t *mac)
{
	(void)ctx;
	assert(hash == CS_SHA256 && key.len == 32);
	(void)msg.ptr[msg.len - 1];
	mac[0] = nondet_u8();
	mac[31] = nondet_u8();
	return any_failure();
}

static enum cs_err model_open(void *ctx, const uint8_t key[CRYPTO_AEAD_KEY_LEN],
			      const uint8_t n[CRYPTO_AEAD_NONCE_LEN], struct cs_view aad,
			      struct cs_view sealed, uint8_t *plain)
{
	(void)ctx;
	(void)aad;
	(void)key[CRYPTO_AEAD_KEY_LEN - 1];
	(void)n[CRYPTO_AEAD_NONCE_LEN - 1];
	(void)sealed.ptr[sealed.len - 1];
	assert(equal && sealed.len == SECRET_KEY_LEN + CRYPTO_AEAD_TAG_LEN);
	plain[0] = 1;
	plain[SECRET_KEY_LEN - 1] = 1;
	return any_failure();
}

static const struct crypto crypto = {.hmac = model_hmac, .aead_open = model_open};
static const struct platform platform;
static struct card card;

int main(void)
{
	uint8_t block[PIV_PIN_LEN];
	struct pin_match match;
	enum cs_err err;

	card.ports.crypto = &crypto;
	card.ports.platform = &platform;
	pin = (enum pin)(nondet_u8() % PIN_COUNT);
	model.present = nondet_bool();
	model.tries = model.present ? nondet_u8() : 0;
	model.before = model.tries;
	err = pin_compare(&card, pin, block, &match);

	assert(!compared || (model.spent && model.before > 0));
	assert(model.tries <= model.before || equal);
	assert(!compared || equal || model.tries == model.before - 1);
	assert((err == CS_OK) == (compared && equal && !model.failed));
	assert(err != CS_ERR_WRONG || model.failed || match.tries_left == model.tries);
	assert(err == CS_OK || (match.data_key[0] == 0 && match.data_key[SECRET_KEY_LEN - 1] == 0));
	assert(err != CS_ERR_MALFORMED || model.failed || model.tries == model.before);
	assert(err != CS_ERR_BLOCKED || model.failed || model.before == 0);
	return 0;
}
