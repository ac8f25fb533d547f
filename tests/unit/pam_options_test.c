/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The words behind pam_countersign.so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pam/options.h"

static void every_option_has_a_default(void **state)
{
	struct pam_options options;
	const char *wrong = NULL;

	(void)state;
	assert_int_equal(pam_options_parse(0, NULL, &options, &wrong), CS_OK);
	assert_string_equal(options.socket, "/run/countersign/countersignd.sock");
	assert_string_equal(options.credential, "/etc/countersign/pam.credential");
	assert_string_equal(options.prompt, "One-time password: ");
	assert_int_equal(options.source, PAM_ASK);
	assert_int_equal(options.timeout, 15);
	assert_false(options.nodelay);
}

static void what_is_given_is_taken(void **state)
{
	const char *words[] = {"socket=/s", "credential=/c", "prompt=Code, please: ", "timeout=600",
			       "try_first_pass"};
	struct pam_options options;
	const char *wrong = NULL;

	(void)state;
	assert_int_equal(pam_options_parse(5, words, &options, &wrong), CS_OK);
	assert_string_equal(options.socket, "/s");
	assert_string_equal(options.credential, "/c");
	assert_string_equal(options.prompt, "Code, please: ");
	assert_int_equal(options.source, PAM_TRY_FIRST);
	assert_int_equal(options.timeout, 600);
	assert_false(options.nodelay);
	words[4] = "use_first_pass";
	words[3] = "nodelay";
	assert_int_equal(pam_options_parse(5, words, &options, &wrong), CS_OK);
	assert_int_equal(options.source, PAM_USE_FIRST);
	assert_true(options.nodelay);
}

static void a_word_that_is_not_understood_is_told_and_changes_nothing(void **state)
{
	static const char *const words[] = {"try_first_pas",
					    "challenge=",
					    "nodelay=",
					    "try_first_pass=",
					    "socket",
					    "socket=",
					    "socket=relative",
					    "timeout=0",
					    "timeout=601",
					    "timeout=",
					    "timeout=1s",
					    "timeout=-1",
					    "timeout=99999999999999999999",
					    "Prompt=x",
					    "credential=../c",
					    ""};
	struct pam_options options = {.socket = "before"};

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const char *given[] = {"timeout=5", words[i]};
		const char *wrong = NULL;
		assert_int_equal(pam_options_parse(2, given, &options, &wrong), CS_ERR_MALFORMED);
		assert_non_null(wrong);
		assert_string_equal(options.socket, "before");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_option_has_a_default),
	    cmocka_unit_test(what_is_given_is_taken),
	    cmocka_unit_test(a_word_that_is_not_understood_is_told_and_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
