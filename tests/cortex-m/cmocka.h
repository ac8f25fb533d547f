/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The part of cmocka's interface that the unit tests of base/ and applet/ use, for a processor without an operating
 * system: the same test sources are built against it. Output is TAP. There is no skip(): it could not say why.
 */
#ifndef COUNTERSIGN_TESTS_CORTEX_M_CMOCKA_H
#define COUNTERSIGN_TESTS_CORTEX_M_CMOCKA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef void (*CMUnitTestFunction)(void **state);
typedef int (*CMFixtureFunction)(void **state);

struct CMUnitTest {
	const char *name;
	CMUnitTestFunction test_func;
	CMFixtureFunction setup_func;
	CMFixtureFunction teardown_func;
};

#define cmocka_unit_test_setup_teardown(f, setup, teardown) {#f, f, setup, teardown}
#define cmocka_unit_test(f)                                 {#f, f, NULL, NULL}

int board_run_tests(const struct CMUnitTest *tests, size_t count, CMFixtureFunction setup, CMFixtureFunction teardown);
#define cmocka_run_group_tests(tests, setup, teardown) \
	board_run_tests(tests, sizeof(tests) / sizeof((tests)[0]), setup, teardown)

/* Ends the running test. */
void board_fail(const char *file, int line, const char *format, ...) __attribute__((noreturn, format(printf, 3, 4)));

void board_assert(int is_true, const char *text, const char *file, int line);
void board_assert_equal(unsigned long long a, unsigned long long b, int equal, const char *file, int line);
void board_assert_string(const char *a, const char *b, int equal, const char *file, int line);
void board_assert_memory(const void *a, const void *b, size_t len, int equal, const char *file, int line);
void board_assert_in_range(unsigned long long value, unsigned long long low, unsigned long long high, const char *file,
    int line);

#define assert_true(c)                   board_assert(!!(c), #c, __FILE__, __LINE__)
#define assert_false(c)                  board_assert(!(c), "!(" #c ")", __FILE__, __LINE__)
#define assert_non_null(p)               board_assert((p) != NULL, #p " != NULL", __FILE__, __LINE__)
#define assert_null(p)                   board_assert((p) == NULL, #p " == NULL", __FILE__, __LINE__)
#define assert_ptr_equal(a, b)           board_assert((const void *)(a) == (const void *)(b), #a " == " #b, __FILE__, __LINE__)
#define assert_int_equal(a, b)           board_assert_equal((unsigned long long)(a), (unsigned long long)(b), 1, __FILE__, __LINE__)
#define assert_int_not_equal(a, b)       board_assert_equal((unsigned long long)(a), (unsigned long long)(b), 0, __FILE__, __LINE__)
#define assert_string_equal(a, b)        board_assert_string(a, b, 1, __FILE__, __LINE__)
#define assert_string_not_equal(a, b)    board_assert_string(a, b, 0, __FILE__, __LINE__)
#define assert_memory_equal(a, b, n)     board_assert_memory(a, b, n, 1, __FILE__, __LINE__)
#define assert_memory_not_equal(a, b, n) board_assert_memory(a, b, n, 0, __FILE__, __LINE__)
#define assert_in_range(v, low, high)    board_assert_in_range(v, low, high, __FILE__, __LINE__)
#define fail_msg(...)                    board_fail(__FILE__, __LINE__, __VA_ARGS__)
#define print_message(...)               (void)printf("# " __VA_ARGS__)

#endif
