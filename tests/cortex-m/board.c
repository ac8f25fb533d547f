/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a test program needs on a Cortex-M without an operating system: vectors, memory set up, stack
 * painting, and the tests run one after the other as TAP. Output leaves by semihosting (newlib's rdimon).
 */
#include "tests/cortex-m/board.h"

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PAINT 0xA5u
#ifndef STACK_PAINT
#define STACK_PAINT (24u * 1024u)
#endif

extern uint32_t __data_load[], __data_start[], __data_end[], __bss_start[], __bss_end[], __stack_top[];
extern char end[];
void initialise_monitor_handles(void);
int main(void);
void board_reset(void);
void board_fault(void);
void board_idle(void);

/* The processor's timer, for a program that starts it. */
void board_idle(void)
{
}
void board_tick(void) __attribute__((weak, alias("board_idle")));

__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {
    __stack_top,
    (const void *)board_reset,
    (const void *)board_fault,
    (const void *)board_fault,
    (const void *)board_fault,
    (const void *)board_fault,
    (const void *)board_fault,
    [15] = (const void *)board_tick};

void board_reset(void)
{
	memcpy(__data_start, __data_load, (size_t)((char *)__data_end - (char *)__data_start));
	memset(__bss_start, 0, (size_t)((char *)__bss_end - (char *)__bss_start));
	initialise_monitor_handles();
	exit(main());
}

void board_fault(void)
{
	printf("Bail out! the processor faulted\n");
	(void)fflush(stdout);
	_exit(1);
}

/* newlib's exit calls it. */
void _fini(void);
void _fini(void)
{
}

/* The board has no clock: randomised tests take the same seed each time. */
int clock_gettime(clockid_t clock, struct timespec *now)
{
	(void)clock;
	*now = (struct timespec){.tv_sec = 0};
	return 0;
}

/* ---- the stack ---- */

static volatile uint8_t *painted_from, *painted_to;

__attribute__((noinline)) void stack_paint(void)
{
	volatile uint8_t *here = (volatile uint8_t *)__builtin_frame_address(0) - 64;
	volatile uint8_t *floor = (volatile uint8_t *)sbrk(0) + 64;

	painted_to = here;
	painted_from = (size_t)(here - floor) > STACK_PAINT ? here - STACK_PAINT : floor;
	for (volatile uint8_t *p = painted_from; p < here; p++)
		*p = PAINT;
}

__attribute__((noinline)) size_t stack_used(void)
{
	volatile uint8_t *p = painted_from;

	while (p < painted_to && *p == PAINT)
		p++;
	return (size_t)(painted_to - p);
}

/* ---- tests ---- */

static jmp_buf test_end;
enum outcome { PASSED, FAILED };

void board_fail(const char *file, int line, const char *format, ...)
{
	va_list args;

	printf("# %s:%d: ", file, line);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	longjmp(test_end, FAILED);
}

void board_assert(int is_true, const char *text, const char *file, int line)
{
	if (!is_true)
		board_fail(file, line, "%s does not hold", text);
}

void board_assert_equal(unsigned long long a, unsigned long long b, int equal, const char *file, int line)
{
	if ((a == b) != equal)
		board_fail(file, line, "%lX%08lX and %lX%08lX are %s", (unsigned long)(a >> 32),
			   (unsigned long)a, (unsigned long)(b >> 32), (unsigned long)b,
			   equal ? "different" : "equal");
}

void board_assert_string(const char *a, const char *b, int equal, const char *file, int line)
{
	if ((strcmp(a, b) == 0) != equal)
		board_fail(file, line, "\"%s\" and \"%s\" are %s", a, b, equal ? "different" : "equal");
}

void board_assert_memory(const void *a, const void *b, size_t len, int equal, const char *file, int line)
{
	if ((memcmp(a, b, len) == 0) != equal)
		board_fail(file, line, "%u bytes are %s", (unsigned)len, equal ? "different" : "equal");
}

void board_assert_in_range(unsigned long long value, unsigned long long low, unsigned long long high,
			   const char *file, int line)
{
	if (value < low || value > high)
		board_fail(file, line, "%lu is not in %lu to %lu", (unsigned long)value, (unsigned long)low,
			   (unsigned long)high);
}

static enum outcome run(const struct CMUnitTest *test)
{
	static void *state;
	enum outcome outcome;

	state = NULL;
	outcome = (enum outcome)setjmp(test_end);
	if (outcome != PASSED)
		return outcome;
	if (test->setup_func && test->setup_func(&state) != 0)
		return FAILED;
	test->test_func(&state);
	if (test->teardown_func && test->teardown_func(&state) != 0)
		return FAILED;
	return PASSED;
}

int board_run_tests(const struct CMUnitTest *tests, size_t count, CMFixtureFunction setup,
		    CMFixtureFunction teardown)
{
	int failures = 0;

	if (setup && setup(NULL) != 0) {
		printf("Bail out! the set-up failed\n");
		return 1;
	}
	printf("1..%u\n", (unsigned)count);
	for (size_t i = 0; i < count; i++) {
		enum outcome outcome = run(&tests[i]);

		printf("%s %u - %s\n", outcome == FAILED ? "not ok" : "ok", (unsigned)i + 1, tests[i].name);
		failures += outcome == FAILED;
	}
	if (teardown)
		(void)teardown(NULL);
	return failures ? 1 : 0;
}
