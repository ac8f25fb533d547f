/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Passwords at rest, and which ones are refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <argon2.h>
#include <cmocka.h>

#include "daemon/password.h"

static const struct password_cost cheap = {8, 1};
static const struct seal_key key = {{1, 2, 3}};

static bool matches(const struct seal_key *with, struct cs_view stored, const char *password)
{
	uint8_t secret[32];
	bool same = false;

	assert_int_equal(password_secret(with, secret), CS_OK);
	assert_int_equal(password_matches(secret, &cheap, stored, cs_view_string(password), &same), CS_OK);
	return same;
}

static void store(const char *password, const struct password_cost *cost, uint8_t out[PASSWORD_STORED_LEN])
{
	uint8_t secret[32];

	assert_int_equal(password_secret(&key, secret), CS_OK);
	assert_int_equal(password_store(secret, cost, cs_view_string(password), out), CS_OK);
}

static void a_password_matches_what_was_stored_of_it_and_nothing_else(void **state)
{
	const struct password_cost dearer = {64, 2};
	uint8_t stored[PASSWORD_STORED_LEN], again[PASSWORD_STORED_LEN];

	(void)state;
	store("correct horse", &dearer, stored);
	store("correct horse", &dearer, again);
	assert_memory_not_equal(stored, again, sizeof(stored)); /* each has its own salt */
	assert_true(matches(&key, CS_VIEW_OF(stored), "correct horse"));
	assert_false(matches(&key, CS_VIEW_OF(stored), "correct horsf"));
	assert_false(matches(&key, CS_VIEW_OF(stored), "correct hors"));
	assert_false(matches(&key, CS_VIEW_OF(stored), ""));
	assert_false(matches(&key, CS_VIEW_EMPTY, "correct horse"));
	assert_false(matches(&key, CS_VIEW_EMPTY, ""));
}

/* Of what is stored: a byte, memory and passes, 16 bytes of salt, and the tag. */
static void what_is_stored_is_argon2id_of_version_13_in_one_lane(void **state)
{
	const struct password_cost cost = {64, 2};
	uint8_t stored[PASSWORD_STORED_LEN], secret[32], tag[32];
	char password[] = "correct horse";
	argon2_context context = {.out = tag,
				  .outlen = sizeof(tag),
				  .pwd = (uint8_t *)password,
				  .pwdlen = sizeof(password) - 1,
				  .salt = stored + 9,
				  .saltlen = 16,
				  .secret = secret,
				  .secretlen = sizeof(secret),
				  .t_cost = 2,
				  .m_cost = 64,
				  .lanes = 1,
				  .threads = 1,
				  .version = 0x13};

	(void)state;
	store(password, &cost, stored);
	assert_int_equal(password_secret(&key, secret), CS_OK);
	assert_int_equal(argon2_ctx(&context, Argon2_id), ARGON2_OK);
	assert_memory_equal(tag, stored + PASSWORD_STORED_LEN - sizeof(tag), sizeof(tag));
}

static void without_the_sealing_key_nothing_can_be_tried(void **state)
{
	const struct seal_key other = {{1, 2, 4}};
	uint8_t stored[PASSWORD_STORED_LEN];

	(void)state;
	store("1739", &cheap, stored);
	assert_true(matches(&key, CS_VIEW_OF(stored), "1739"));
	assert_false(matches(&other, CS_VIEW_OF(stored), "1739"));
}

static void what_was_changed_in_the_store_matches_nothing(void **state)
{
	uint8_t stored[PASSWORD_STORED_LEN], secret[32] = {0};
	bool same = true;

	(void)state;
	store("correct horse", &cheap, stored);
	for (size_t i = 9; i < sizeof(stored); i++) {
		stored[i] ^= 1;
		assert_false(matches(&key, CS_VIEW_OF(stored), "correct horse"));
		stored[i] ^= 1;
	}
	for (size_t len = 1; len < sizeof(stored); len++)
		assert_int_equal(
		    password_matches(secret, &cheap, cs_view(stored, len), CS_VIEW_TEXT("x"), &same),
		    CS_ERR_CORRUPT);
	stored[0] = 2;
	assert_int_equal(password_matches(secret, &cheap, CS_VIEW_OF(stored), CS_VIEW_TEXT("x"), &same),
			 CS_ERR_CORRUPT);
	assert_true(same); /* untouched */
}

/* RFC 9106, section 5.3, has another salt length than ours and associated data; what is compared here is that
 * the parameters that are stored are those that were paid for: another cost gives another tag. */
static void the_cost_that_was_stored_is_the_cost_that_is_checked(void **state)
{
	uint8_t stored[PASSWORD_STORED_LEN];

	(void)state;
	store("correct horse", &cheap, stored);
	assert_true(matches(&key, CS_VIEW_OF(stored), "correct horse"));
	stored[8]++; /* passes */
	assert_false(matches(&key, CS_VIEW_OF(stored), "correct horse"));
	stored[8]--;
	stored[4] = 16; /* memory */
	assert_false(matches(&key, CS_VIEW_OF(stored), "correct horse"));
}

static void rules_are_applied_one_by_one(void **state)
{
	static const struct {
		const char *password;
		enum password_fault fault;
	} cases[] = {
	    {"", PASSWORD_SHORT},
	    {"kQ7!xm2w", PASSWORD_SHORT},
	    {"kQ7!xm2wP", PASSWORD_SHORT},
	    {"kQ7!xm2wPa", PASSWORD_GOOD},
	    {"correct horse battery", PASSWORD_GOOD},
	    {"aaaaaaaaaaaaaaa", PASSWORD_TRIVIAL},
	    {"1234567890", PASSWORD_TRIVIAL},
	    {"0987654321", PASSWORD_TRIVIAL},
	    {"abcdefghijklmnop", PASSWORD_TRIVIAL},
	    {"zyxwvutsrqponm", PASSWORD_TRIVIAL},
	    {"qwertyuiop", PASSWORD_TRIVIAL},
	    {"poiuytrewq", PASSWORD_TRIVIAL},
	    {"QWERTZUIOP", PASSWORD_TRIVIAL},
	    {"asdfghjkl1", PASSWORD_TRIVIAL},
	    {"abcabcabcabc", PASSWORD_TRIVIAL},
	    {"x9x9x9x9x9x9", PASSWORD_TRIVIAL},
	    {"aaaabbbbccccdddd", PASSWORD_TRIVIAL},
	    {"123456abcdef", PASSWORD_TRIVIAL},
	    {"alice-in-wonder", PASSWORD_NAME},
	    {"my ALICE rocks", PASSWORD_NAME},
	};
	char longest[PASSWORD_MAX + 2];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(password_fault(cs_view_string(cases[i].password), 10, PASSWORD_MAX,
						CS_VIEW_TEXT("alice")),
				 cases[i].fault);
	for (size_t i = 0; i < sizeof(longest); i++)
		longest[i] = (char)('!' + i * 37 % 90);
	assert_int_equal(password_fault(cs_view(longest, PASSWORD_MAX), 10, PASSWORD_MAX, CS_VIEW_EMPTY),
			 PASSWORD_GOOD);
	assert_int_equal(password_fault(cs_view(longest, PASSWORD_MAX + 1), 10, PASSWORD_MAX, CS_VIEW_EMPTY),
			 PASSWORD_LONG);
	assert_int_equal(
	    password_fault(cs_view(longest, PASSWORD_MAX + 1), 10, PASSWORD_MAX + 9, CS_VIEW_EMPTY),
	    PASSWORD_LONG);
}

/* Of the 10,000 PINs of four digits: no run of three, no repetition; the rest is allowed. */
static void of_the_pins_of_four_digits_those_that_run_on_or_repeat_are_refused(void **state)
{
	unsigned refused = 0;

	(void)state;
	for (unsigned pin = 0; pin < 10000; pin++) {
		int d[4] = {(int)(pin / 1000), (int)(pin / 100 % 10), (int)(pin / 10 % 10), (int)(pin % 10)};
		char text[4] = {(char)('0' + d[0]), (char)('0' + d[1]), (char)('0' + d[2]),
				(char)('0' + d[3])};
		int s[3];
		for (unsigned i = 0; i < 3; i++) {
			s[i] = d[i + 1] - d[i];
			if (d[i] == 9 && d[i + 1] == 0)
				s[i] = 1; /* the keyboard's row goes on after 9 */
			else if (d[i] == 0 && d[i + 1] == 9)
				s[i] = -1;
			if (s[i] < -1 || s[i] > 1)
				s[i] = 5;
		}
		bool run = (s[0] != 5 && s[0] == s[1]) || (s[1] != 5 && s[1] == s[2]);
		bool twice = d[0] == d[2] && d[1] == d[3];
		bool bad = run || twice;
		refused += bad;
		assert_int_equal(password_fault(cs_view(text, 4), PIN_MIN, PIN_MAX, CS_VIEW_EMPTY),
				 bad ? PASSWORD_TRIVIAL : PASSWORD_GOOD);
	}
	assert_in_range(refused, 300, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_password_matches_what_was_stored_of_it_and_nothing_else),
	    cmocka_unit_test(what_is_stored_is_argon2id_of_version_13_in_one_lane),
	    cmocka_unit_test(without_the_sealing_key_nothing_can_be_tried),
	    cmocka_unit_test(what_was_changed_in_the_store_matches_nothing),
	    cmocka_unit_test(the_cost_that_was_stored_is_the_cost_that_is_checked),
	    cmocka_unit_test(rules_are_applied_one_by_one),
	    cmocka_unit_test(of_the_pins_of_four_digits_those_that_run_on_or_repeat_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
