/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Any bytes as the module's configuration file.
 */
#include <string.h>

#include "base/bytes.h"
#include "pkcs11/settings.h"
#include "tests/fuzz/fuzz.h"

static void check_problem(void *ctx, const char *problem)
{
	unsigned *count = ctx;

	++*count;
	FUZZ_REQUIRE(strncmp(problem, "FILE", 4) == 0 && strlen(problem) < 512);
	for (const char *c = problem; *c != '\0'; c++)
		FUZZ_REQUIRE((unsigned char)*c >= ' ' && *c != 0x7F);
}

static void check_patterns(const struct settings *settings, const struct settings_patterns *patterns)
{
	FUZZ_REQUIRE(patterns->count <= SETTINGS_PATTERNS_MAX);
	for (size_t i = 0; i < patterns->count; i++) {
		size_t len = strnlen(patterns->text[i], CC_READER_NAME_MAX);

		FUZZ_REQUIRE(len > 0 && len < CC_READER_NAME_MAX);
		(void)settings_takes_reader(settings, patterns->text[i]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct settings settings, again;
	unsigned problems = 0, more = 0;

	settings_defaults(&settings);
	settings_parse(cs_view(data, size), "FILE", &settings, check_problem, &problems);
	FUZZ_REQUIRE(problems <= SETTINGS_PROBLEMS_MAX + 1);
	FUZZ_REQUIRE(strnlen(settings.transport, SETTINGS_TEXT_MAX) < SETTINGS_TEXT_MAX);
	FUZZ_REQUIRE(strnlen(settings.trace, SETTINGS_TEXT_MAX) < SETTINGS_TEXT_MAX);
	FUZZ_REQUIRE(settings.trace[0] == '\0' || settings.trace[0] == '/');
	check_patterns(&settings, &settings.allow);
	check_patterns(&settings, &settings.deny);
	/* A file read over itself changes nothing. */
	again = settings;
	settings_parse(cs_view(data, size), "FILE", &again, check_problem, &more);
	FUZZ_REQUIRE(more == problems && memcmp(&again, &settings, sizeof(settings)) == 0);
	return 0;
}
