/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Power is cut at every flash operation while one HOTP code after the other leaves: more than one command,
 * which the table of power.h does not have.
 */
#include "tests/unit/oath_fixture.h"

#include <string.h>

static struct flash_ram *before; /* the flash as each cut finds it */

/* The card as it was, with the power on, which will go at the n-th operation. */
static void begin(uint64_t n, enum flash_tear tear)
{
	flash_ram_free(otp->flash);
	otp->flash = flash_ram_clone(before);
	assert_non_null(otp->flash);
	otp->ports.flash = flash_ram_flash(otp->flash);
	assert_int_equal(fixture_power_cycle(otp), CS_OK);
	assert_int_equal(otp_open(), CS_SW_OK);
	flash_ram_cut_at(otp->flash, n, tear, n);
}

/* True if power had gone. It is back. */
static bool end(void)
{
	bool cut = flash_ram_is_cut(otp->flash);

	assert_int_equal(fixture_power_cycle(otp), CS_OK);
	assert_int_equal(otp_open(), CS_SW_OK);
	assert_int_equal(flash_ram_counted(otp->flash).violations, 0);
	return cut;
}

/* Cuts power at each operation of once, in every way. once returns what end said. */
static void everywhere(bool (*once)(uint64_t n, enum flash_tear tear))
{
	unsigned cuts = 0;

	before = flash_ram_clone(otp->flash);
	assert_non_null(before);
	for (enum flash_tear tear = 0; tear < FLASH_TEAR_COUNT; tear++)
		for (uint64_t n = 1; once(n, tear); n++)
			cuts++;
	flash_ram_free(before);
	assert_true(cuts > FLASH_TEAR_COUNT);
	print_message("# %u cuts\n", cuts);
}

/* Which counter the code is of; -1 for none. */
static int counter_of(const char *code)
{
	for (size_t i = 0; i < OTP_RFC4226_COUNT; i++)
		if (strcmp(code, otp_rfc4226[i]) == 0)
			return (int)i;
	return -1;
}

/* From the first code on; where no power goes, four come. */
static bool cut_while_codes_leave(uint64_t n, enum flash_tear tear)
{
	int last = -1;

	begin(n, tear);
	for (int i = 0; i < 4 && !flash_ram_is_cut(otp->flash); i++) {
		const char *code = otp_hotp_code("a");
		if (*code != '\0') {
			assert_int_equal(counter_of(code), last + 1);
			last++;
		}
	}
	bool cut = end();
	assert_int_equal(otp_listed(), 2);
	/* Never one that has left, and at most the one is lost that was on its way. */
	assert_in_range(counter_of(otp_hotp_code("a")), last + 1, last + 2);
	assert_string_equal(otp_hotp_code("b"), otp_rfc4226[0]);
	return cut;
}

static void power_loss_at_any_instant_takes_no_counter_back(void **state)
{
	(void)state;
	assert_int_equal(otp_hotp("a"), CS_SW_OK);
	assert_int_equal(otp_hotp("b"), CS_SW_OK);
	everywhere(cut_while_codes_leave);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, otp_setup, otp_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(power_loss_at_any_instant_takes_no_counter_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
