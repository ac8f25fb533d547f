/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reads that fail: for each command, each read of the flash that it makes fails in turn. What cannot be read
 * is never taken for what is not there: the command answers 6581, nobody is verified by it, and once the
 * flash reads again the card is as it was.
 */
#include <string.h>

#include "tests/unit/card_fixture.h"

static struct {
	const struct flash *inner;
	unsigned count, fail_at; /* 0: never */
} faults;

static struct flash_ram *start; /* what each command finds */
static struct flash faulty;

static enum cs_err faulty_read(void *ctx, uint32_t page, uint32_t offset, void *out, size_t len)
{
	if (++faults.count == faults.fail_at)
		return CS_ERR_IO;
	return faults.inner->read(ctx, page, offset, out, len);
}

struct command {
	const char *name;
	const char *before[5]; /* "9B": management authentication */
	const char *hex;
};

#define PUT_A "00010000 1B 710161 73161106 3132333435363738393031323334353637383930"
#define SIGN(slot)                                                                                           \
	"008711" slot " 26 7C24 8200 8120 000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F " \
	"00"
#define GENERATE(slot) "004700" slot " 05 AC03800111 00"

static const struct command commands[] = {
    {"VERIFY", {SELECT_PIV}, VERIFY_PIN},
    {"VERIFY, state", {SELECT_PIV}, "00200080"},
    {"CHANGE REFERENCE DATA", {SELECT_PIV}, "00240080 10 313233343536FFFF 313233343536FFFF"},
    {"RESET RETRY COUNTER", {SELECT_PIV}, "002C0080 10 3132333435363738 313233343536FFFF"},
    {"GET DATA", {SELECT_PIV}, "00CB3FFF 05 5C035FC102 00"},
    {"metadata of the PIN", {SELECT_PIV}, "00F70080 00"},
    {"metadata of the PUK", {SELECT_PIV}, "00F70081 00"},
    {"metadata of 9B", {SELECT_PIV}, "00F7009B 00"},
    {"metadata of a key", {SELECT_PIV}, "00F7009A 00"},
    {"9B, a challenge", {SELECT_PIV}, "0087039B 04 7C028100 00"},
    {"signature", {SELECT_PIV, VERIFY_PIN}, SIGN("9A")},
    {"ATTEST", {SELECT_PIV}, "00F99A00 000000"},
    {"GENERATE", {SELECT_PIV, "9B"}, GENERATE("9A")},
    {"SET MANAGEMENT KEY",
     {SELECT_PIV, "9B"},
     "00FFFFFF 1B 039B18 010203040506070801020304050607080102030405060708"},
    {"SET RETRIES", {SELECT_PIV, "9B", VERIFY_PIN}, "00FA0303"},
    {"RESET of PIV", {SELECT_PIV}, "00FB0000"},
    {"SELECT Countersign", {SELECT_PIV}, SELECT_CSGN " 00"},
    {"INFO", {SELECT_CSGN}, "80010000 00"},
    {"INVENTORY", {SELECT_CSGN}, "80100000 000000"},
    {"VERIFY of the SO", {SELECT_CSGN}, "00200083 08 3132333435363738"},
    {"RESET of all", {SELECT_CSGN}, "8005DEAD"},
    {"LOCK", {SELECT_CSGN, "00200083 08 3132333435363738"}, "80080000"},
    {"SELECT OATH", {SELECT_PIV}, "00A40400 07 A0000005272101 00"},
    {"OATH, PUT", {"00A40400 07 A0000005272101 00"}, PUT_A},
    {"OATH, LIST", {"00A40400 07 A0000005272101 00"}, "00A10000 00"},
    {"OATH, LIST ALL", {"00A40400 07 A0000005272101 00"}, "00070000 00"},
    {"OATH, CALCULATE", {"00A40400 07 A0000005272101 00"}, "00A20001 03 710161 00"},
    {"OATH, CALCULATE ALL", {"00A40400 07 A0000005272101 00"}, "00A40001 03 7401AA 00"},
    {"OATH, RENAME", {"00A40400 07 A0000005272101 00"}, "00050000 06 710161 710161"},
    {"OATH, STATUS", {"00A40400 07 A0000005272101 00"}, "00060000 00"},
};

static void prepare(struct fixture *f, const struct command *c)
{
	faults.fail_at = 0;
	flash_ram_free(f->flash);
	f->flash = flash_ram_clone(start);
	assert_non_null(f->flash);
	faults.inner = flash_ram_flash(f->flash);
	faulty.ctx = faults.inner->ctx;
	assert_int_equal(fixture_power_cycle(f), CS_OK);
	for (size_t i = 0; i < 5 && c->before[i]; i++) {
		if (strcmp(c->before[i], "9B") == 0)
			fixture_authenticate_management(f);
		else
			fixture_expect(f, c->before[i], CS_SW_OK);
	}
	faults.count = 0;
}

/* After the fault: what a host sees of PIN and security state. */
static void expect_nobody_verified(struct fixture *f, const struct command *c)
{
	faults.fail_at = 0;
	if (strncmp(c->name, "VERIFY", 6) != 0)
		return;
	assert_int_not_equal(fixture_send(f, strstr(c->name, "SO") ? "00200083" : "00200080"), CS_SW_OK);
}

static void each_read_fails_in_turn(struct fixture *f, const struct command *c)
{
	uint16_t undisturbed, sw;

	prepare(f, c);
	undisturbed = fixture_send(f, c->hex);
	for (unsigned n = 1;; n++) {
		prepare(f, c);
		faults.fail_at = n;
		sw = fixture_send(f, c->hex);
		if (faults.count < n) {
			assert_int_equal(sw, undisturbed);
			break;
		}
		if (sw != CS_SW_MEMORY_FAILURE)
			fail_msg("%s: with its read %u failing it answered %04X", c->name, n, sw);
		expect_nobody_verified(f, c);
	}
}

static void what_cannot_be_read_is_told_and_never_taken_for_nothing(void **state)
{
	struct fixture *f = *state;

	fixture_expect(f, SELECT_PIV, CS_SW_OK);
	fixture_authenticate_management(f);
	fixture_expect(f, GENERATE("9A"), CS_SW_OK);
	fixture_expect(f, "80110000 08 92019A A103 800161", CS_SW_OK);
	fixture_expect(f, "00A40400 07 A0000005272101 00", CS_SW_OK);
	fixture_expect(f, PUT_A, CS_SW_OK);
	start = f->flash;
	f->flash = NULL;
	faulty = *f->ports.flash;
	faulty.read = faulty_read;
	f->ports.flash = &faulty;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		each_read_fails_in_turn(f, &commands[i]);
	flash_ram_free(start);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(what_cannot_be_read_is_told_and_never_taken_for_nothing,
					    fixture_setup_piv, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
