/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Each call that the record store makes to its ports fails once: of every operation, with and without a
 * counter outside, the first call, then the second, and so on. What failed says so; nothing more is written
 * until the next open, which finds each record as it was or as it was to be; and what could not be read is
 * never told.
 */
#include "applet/store_internal.h"
#include "tests/unit/store_fixture.h"

static struct flash_ram *ram;
static struct store st;
static struct flash flash;
static struct crypto crypto;
static unsigned countdown; /* the call that fails: 1 is the next; 0: none */
static bool failed;
static uint64_t counter_ended; /* what the counter reads at its end; 0: it is not there */

static bool fails(void)
{
	if (countdown == 0 || --countdown > 0)
		return false;
	failed = true;
	return true;
}

/* ---- ports ---- */

static enum cs_err flaky_read(void *ctx, uint32_t page, uint32_t offset, void *out, size_t len)
{
	return fails() ? CS_ERR_IO : flash_ram_flash(ram)->read(ctx, page, offset, out, len);
}

static enum cs_err flaky_program(void *ctx, uint32_t page, uint32_t offset, const void *in, size_t len)
{
	return fails() ? CS_ERR_IO : flash_ram_flash(ram)->program(ctx, page, offset, in, len);
}

static enum cs_err flaky_erase(void *ctx, uint32_t page)
{
	return fails() ? CS_ERR_IO : flash_ram_flash(ram)->erase(ctx, page);
}

static enum cs_err flaky_sync(void *ctx)
{
	return fails() ? CS_ERR_IO : flash_ram_flash(ram)->sync(ctx);
}

static enum cs_err flaky_counter_read(void *ctx, uint64_t *value)
{
	if (fails())
		return CS_ERR_IO;
	*value = counter_ended;
	return counter_ended > 0 ? CS_OK : flash_ram_flash(ram)->counter_read(ctx, value);
}

static enum cs_err flaky_counter_raise(void *ctx, uint64_t value)
{
	return fails() ? CS_ERR_IO : flash_ram_flash(ram)->counter_raise(ctx, value);
}

static enum cs_err flaky_random(void *ctx, uint8_t *out, size_t len)
{
	return fails() ? CS_ERR_CRYPTO : fixture_crypto.random(ctx, out, len);
}

static enum cs_err flaky_digest(void *ctx, enum cs_hash hash, struct cs_view msg, uint8_t *out)
{
	return fails() ? CS_ERR_CRYPTO : fixture_crypto.digest(ctx, hash, msg, out);
}

static enum cs_err flaky_hmac(void *ctx, enum cs_hash hash, struct cs_view key, struct cs_view msg,
			      uint8_t *mac)
{
	return fails() ? CS_ERR_CRYPTO : fixture_crypto.hmac(ctx, hash, key, msg, mac);
}

static enum cs_err flaky_seal(void *ctx, const uint8_t key[CRYPTO_AEAD_KEY_LEN],
			      const uint8_t nonce[CRYPTO_AEAD_NONCE_LEN], struct cs_view aad,
			      struct cs_view plain, uint8_t *sealed)
{
	return fails() ? CS_ERR_CRYPTO : fixture_crypto.aead_seal(ctx, key, nonce, aad, plain, sealed);
}

static enum cs_err flaky_open(void *ctx, const uint8_t key[CRYPTO_AEAD_KEY_LEN],
			      const uint8_t nonce[CRYPTO_AEAD_NONCE_LEN], struct cs_view aad,
			      struct cs_view sealed, uint8_t *plain)
{
	return fails() ? CS_ERR_CRYPTO : fixture_crypto.aead_open(ctx, key, nonce, aad, sealed, plain);
}

static enum cs_err open_again(void)
{
	return store_open(&st, &flash, &crypto, fixture_device_key);
}

/* ---- operations, on a store with records 1 to 3 ---- */

static enum cs_err open_store(void)
{
	return open_again();
}

static enum cs_err open_voided(void)
{
	return open_again();
}

static enum cs_err open_blank(void)
{
	return open_again();
}

static enum cs_err open_fresh(void)
{
	return open_again();
}

static enum cs_err open_lost(void)
{
	return open_again();
}

static enum cs_err format(void)
{
	return store_format(&st, &flash, &crypto, fixture_device_key);
}

static enum cs_err get(void)
{
	static uint8_t got[3000];
	struct cs_writer w = CS_WRITER_OF(got);
	enum cs_err err = store_get(&st, 3, &w);

	memset(fixture_bytes, 0, sizeof(fixture_bytes));
	assert_true(w.failed == (err != CS_OK));
	return err;
}

static enum cs_err put(void)
{
	return fixture_put(&st, 1, 700, 9);
}

static enum cs_err put_over_pages(void)
{
	return fixture_put(&st, 2, 3000, 9);
}

static enum cs_err apply(void)
{
	const struct store_change changes[] = {{.id = 1, .remove = true},
					       {.id = 2, .value = CS_VIEW_TEXT("two")}};

	return store_apply(&st, changes, 2);
}

static enum cs_err delete_one(void)
{
	return store_delete(&st, 1);
}

/* As often as it takes to go on to the page that collection has to free. */
static enum cs_err put_three(void)
{
	enum cs_err err = CS_OK;

	for (unsigned i = 0; err == CS_OK && i < 3; i++)
		err = fixture_put(&st, 1, 900, 9);
	return err;
}

/* ---- what they begin with ---- */

static void as_it_is(void)
{
}

static void reopened(void)
{
	assert_int_equal(open_again(), CS_OK);
}

/* Pages behind the last commit, which has entries behind it, too. */
static void voided(void)
{
	struct store_meta meta = {STORE_VALUE, STORE_FIRST, 5, 0, 600, 0};

	assert_int_equal(store_entry_write(&st, &meta, 512), CS_OK);
	assert_int_equal(store_page_begin(&st, false), CS_OK);
	assert_int_equal(store_page_begin(&st, false), CS_OK);
	assert_int_equal(open_again(), CS_OK);
}

static void blank(void)
{
	memset(flash_ram_bytes(ram), 0xFF, flash_ram_size(ram));
}

/* A format that was cut off before all of the old log was erased. */
static void formatted_in_part(void)
{
	assert_int_equal(store_format(&st, &flash, &crypto, fixture_device_key), CS_OK);
	flash_ram_bytes(ram)[store_flash_page(&st, st.head.page + 2) * 2048] = 0;
}

/* The header of the page behind the last commit is torn. */
static void header_torn(void)
{
	assert_int_equal(store_page_begin(&st, false), CS_OK);
	flash_ram_bytes(ram)[store_flash_page(&st, st.cursor.page) * 2048] ^= 1;
}

/* The log has gone almost around: collection is next. */
static void gone_around(void)
{
	for (unsigned i = 0; i < 22; i++)
		assert_int_equal(fixture_put(&st, 1, 900, 9), CS_OK);
}

struct operation {
	enum cs_err (*run)(void);
	void (*prepare)(void);
	bool empties; /* no record is left, or there was none */
	bool no_counter;
};

static const struct operation operations[] = {
    {open_store, as_it_is, false, false},
    {open_voided, voided, false, false},
    {open_blank, blank, true, true},
    {open_fresh, formatted_in_part, true, false},
    {open_lost, header_torn, false, false},
    {format, as_it_is, true, false},
    {get, as_it_is, false, false},
    {put, as_it_is, false, false},
    {put, reopened, false, false},
    {put, voided, false, false},
    {put_over_pages, as_it_is, false, false},
    {apply, as_it_is, false, false},
    {delete_one, as_it_is, false, false},
    {delete_one, reopened, false, false},
    {put_three, gone_around, false, false},
};

static void begin(const struct operation *op, bool counter)
{
	countdown = 0;
	ram = flash_ram_new(2048, 16, 8);
	assert_non_null(ram);
	if (counter)
		flash_ram_counter_add(ram);
	flash = *flash_ram_flash(ram);
	flash.read = flaky_read;
	flash.program = flaky_program;
	flash.erase = flaky_erase;
	flash.sync = flaky_sync;
	if (counter) {
		flash.counter_read = flaky_counter_read;
		flash.counter_raise = flaky_counter_raise;
	}
	crypto = fixture_crypto;
	crypto.random = flaky_random;
	crypto.digest = flaky_digest;
	crypto.hmac = flaky_hmac;
	crypto.aead_seal = flaky_seal;
	crypto.aead_open = flaky_open;
	assert_int_equal(open_again(), CS_OK);
	assert_int_equal(fixture_put(&st, 1, 40, 1), CS_OK);
	assert_int_equal(fixture_put(&st, 2, 600, 2), CS_OK);
	assert_int_equal(fixture_put(&st, 3, 2500, 3), CS_OK);
	op->prepare();
}

static bool one_is(uint16_t len, uint8_t seed)
{
	return fixture_holds(&st, 1, &(struct model_value){true, len, seed});
}

/* Each record is an old or a new one, whole. */
static void assert_old_or_new(const struct operation *op)
{
	bool none = !store_has(&st, 1) && !store_has(&st, 2) && !store_has(&st, 3);
	bool two_old = fixture_holds(&st, 2, &(struct model_value){true, 600, 2});

	if (op->empties && none)
		return;
	assert_true(fixture_holds(&st, 3, &(struct model_value){true, 2500, 3}));
	assert_true(!store_has(&st, 1) || one_is(40, 1) || one_is(700, 9) || one_is(900, 9));
	if (op->run == apply)
		assert_true(store_has(&st, 1) == two_old);
	else if (op->run != put_over_pages)
		assert_true(two_old);
	else
		assert_true(two_old || fixture_holds(&st, 2, &(struct model_value){true, 3000, 9}));
}

/* On a copy of what was begun. False where the operation has fewer calls. */
static bool fail_at(const struct operation *op, struct flash_ram *begun, const struct store *store,
		    unsigned n)
{
	enum cs_err err;

	ram = flash_ram_clone(begun);
	assert_non_null(ram);
	flash.ctx = flash_ram_flash(ram)->ctx;
	st = *store;
	failed = false;
	countdown = n;
	err = op->run();
	countdown = 0;
	if (failed) {
		assert_true(err == CS_ERR_IO || err == CS_ERR_CRYPTO);
		if (op->run != get)
			assert_int_equal(store_put(&st, 9, CS_VIEW_EMPTY), CS_ERR_IO);
		assert_int_equal(open_again(), CS_OK);
	}
	assert_int_equal(err == CS_OK, !failed);
	assert_old_or_new(op);
	assert_int_equal(flash_ram_counted(ram).violations, 0);
	flash_ram_free(ram);
	return failed;
}

static void each_call_to_the_ports_fails_once_and_no_record_is_lost(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * sizeof(operations) / sizeof(operations[0]); i++) {
		const struct operation *op = &operations[i / 2];
		static struct store store;
		struct flash_ram *begun;
		unsigned n = 1;

		if (i % 2 == 1 && op->no_counter)
			continue;
		begin(op, i % 2 == 1);
		begun = ram;
		store = st;
		while (fail_at(op, begun, &store, n))
			n++;
		assert_true(n > 3);
		flash_ram_free(begun);
	}
}

static void a_log_cannot_begin_where_the_counter_has_ended(void **state)
{
	uint32_t stamp = 7;

	(void)state;
	begin(&operations[0], true);
	counter_ended = STORE_STAMP_MAX;
	assert_int_equal(store_counter_first(&st, &stamp), CS_ERR_FULL);
	assert_int_equal(stamp, 7);
	assert_int_equal(format(), CS_ERR_FULL);
	counter_ended = 0;
	assert_int_equal(open_again(), CS_OK);
	assert_true(one_is(40, 1));
	flash_ram_free(ram);
}

static void a_store_without_stamps_is_not_what_follows_the_highest_counter(void **state)
{
	(void)state;
	begin(&operations[0], true);
	counter_ended = UINT64_MAX;
	st.stamp = 0;
	assert_int_equal(store_counter_check(&st), CS_ERR_ROLLBACK);
	counter_ended = 0;
	flash_ram_free(ram);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_call_to_the_ports_fails_once_and_no_record_is_lost),
	    cmocka_unit_test(a_store_without_stamps_is_not_what_follows_the_highest_counter),
	    cmocka_unit_test(a_log_cannot_begin_where_the_counter_has_ended),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
