/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The image file: made whole, opened by one process at a time, not mistaken for another file; and a card's
 * process that is killed at any moment leaves a store that opens with all that was answered for.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <unistd.h>

#include "applet/port/flash_file.h"
#include "tests/unit/random.h"
#include "tests/unit/store_fixture.h"

static char folder[64];
static char path[96];

static int begin(void **state)
{
	(void)state;
	(void)snprintf(folder, sizeof(folder), "/tmp/countersign-test.XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/image", folder);
	return 0;
}

static int end(void **state)
{
	(void)state;
	(void)unlink(path);
	return rmdir(folder); /* fails where a temporary file was left behind */
}

static struct flash_file *open_image(void)
{
	struct flash_file *file = NULL;

	assert_int_equal(flash_file_open(path, &file), CS_OK);
	return file;
}

static enum cs_err open_store(struct store *st, struct flash_file *file)
{
	struct platform platform = {.ctx = NULL};
	static uint8_t key[DEVICE_KEY_LEN]; /* borrowed by the store */

	flash_file_identify(file, &platform);
	memcpy(key, platform.device_key, sizeof(key));
	return store_open(st, flash_file_flash(file), &fixture_crypto, key);
}

static void a_new_image_is_private_blank_and_has_an_identity_of_its_own(void **state)
{
	struct platform a = {.ctx = NULL}, b = {.ctx = NULL};
	struct flash_file *file;
	struct stat st;

	(void)state;
	assert_int_equal(flash_file_create(path, false), CS_OK);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	file = open_image();
	flash_file_identify(file, &a);
	flash_file_identify(file, &b);
	assert_memory_equal(&a, &b, sizeof(a));
	flash_file_close(file);
	assert_int_equal(flash_file_create(path, false), CS_ERR_EXISTS);
	assert_int_equal(flash_file_create(path, true), CS_OK);
	file = open_image();
	flash_file_identify(file, &b);
	flash_file_close(file);
	assert_true(a.serial != 0 && b.serial != 0);
	assert_memory_not_equal(a.device_key, b.device_key, DEVICE_KEY_LEN);
}

/* The first images had 128 pages. */
static void an_image_with_fewer_pages_opens_too(void **state)
{
	static const uint8_t pages[4] = {0, 0, 0, 128};
	static struct store st;
	struct flash_file *file;
	int fd;

	(void)state;
	assert_int_equal(flash_file_create(path, false), CS_OK);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_int_equal(pwrite(fd, pages, sizeof(pages), 16), (ssize_t)sizeof(pages));
	assert_int_equal(ftruncate(fd, 4096 + 128 * 4096), 0);
	(void)close(fd);
	for (uint8_t i = 0; i < 2; i++) {
		file = open_image();
		assert_int_equal(flash_file_flash(file)->page_count, 128);
		assert_int_equal(open_store(&st, file), CS_OK);
		assert_int_equal(store_has(&st, 1), i == 1);
		assert_int_equal(fixture_put(&st, 1, 600, i), CS_OK);
		flash_file_close(file);
	}
}

static void a_new_image_has_room_for_all_that_a_card_may_hold(void **state)
{
	static const struct {
		uint16_t count, len;
	} card[] = {
	    {25, 4200}, /* keys: the largest kind, with its public half */
	    {25, 2048}, /* their certificates */
	    {36, 400},	/* the standard's other objects, PINs, what else a card keeps */
	    {255, 160}, /* OATH credentials */
	    {32, 4096}, /* data objects */
	    {350, 200}, /* attributes of all of them */
	};
	static struct store st;
	struct flash_ram *ram =
	    flash_ram_new(FLASH_FILE_PAGE_SIZE, FLASH_FILE_PAGE_COUNT, FLASH_FILE_WRITE_SIZE);
	uint16_t id = 1;

	(void)state;
	assert_int_equal(fixture_open(&st, ram), CS_OK);
	for (size_t i = 0; i < sizeof(card) / sizeof(card[0]); i++) {
		for (uint16_t n = 0; n < card[i].count; n++)
			assert_int_equal(fixture_put(&st, id++, card[i].len, (uint8_t)n), CS_OK);
	}
	assert_int_equal(store_room(&st), STORE_VALUE_MAX);
	flash_ram_free(ram);
}

static void one_image_is_open_once_and_not_replaced_while_it_is(void **state)
{
	struct flash_file *file, *other = NULL;

	(void)state;
	assert_int_equal(flash_file_create(path, false), CS_OK);
	file = open_image();
	assert_int_equal(flash_file_open(path, &other), CS_ERR_BUSY);
	assert_int_equal(flash_file_create(path, true), CS_ERR_BUSY);
	flash_file_close(file);
	file = open_image();
	flash_file_close(file);
	flash_file_close(NULL);
}

static void other_files_are_not_taken_for_images(void **state)
{
	struct flash_file *file = NULL;
	FILE *f;

	(void)state;
	assert_int_equal(flash_file_open(path, &file), CS_ERR_NOT_FOUND);
	f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(flash_file_open(path, &file), CS_ERR_CORRUPT);
	for (int i = 0; i < 9000; i++)
		(void)fputc(i, f);
	(void)fclose(f);
	assert_int_equal(flash_file_open(path, &file), CS_ERR_CORRUPT);
	assert_int_equal(flash_file_create(path, true), CS_OK);
	assert_int_equal(truncate(path, 100000), 0);
	assert_int_equal(flash_file_open(path, &file), CS_ERR_CORRUPT);
	assert_null(file);
}

static void a_store_in_an_image_is_there_after_opening_again(void **state)
{
	struct flash_file *file;
	struct store st;

	(void)state;
	assert_int_equal(flash_file_create(path, false), CS_OK);
	file = open_image();
	assert_int_equal(open_store(&st, file), CS_OK);
	assert_int_equal(fixture_put(&st, 1, 5000, 1), CS_OK);
	flash_file_close(file);
	file = open_image();
	assert_int_equal(open_store(&st, file), CS_OK);
	assert_true(fixture_holds(&st, 1, &(struct model_value){true, 5000, 1}));
	flash_file_close(file);
}

/* Counts up in record 1, and tells each value through the pipe once it is durable, until it is killed. */
static void count_until_killed(int told)
{
	struct flash_file *file = NULL;
	struct store st;
	struct cs_writer w;
	uint32_t n = 0;

	if (flash_file_open(path, &file) != CS_OK || open_store(&st, file) != CS_OK)
		_exit(1);
	w = cs_writer_of(&n, sizeof(n));
	if (store_has(&st, 1) && store_get(&st, 1, &w) != CS_OK)
		_exit(2);
	for (;;) {
		n++;
		if (store_put(&st, 1, cs_view(&n, sizeof(n))) != CS_OK)
			_exit(3);
		if (n % 3 == 0 && fixture_put(&st, (uint16_t)(2 + n % 5), n % 3000, (uint8_t)n) != CS_OK)
			_exit(4);
		if (write(told, &n, sizeof(n)) != (ssize_t)sizeof(n))
			_exit(0);
	}
}

static uint32_t counter_read(void)
{
	struct flash_file *file = open_image();
	struct store st;
	uint32_t n = 0;
	struct cs_writer w = cs_writer_of(&n, sizeof(n));

	assert_int_equal(open_store(&st, file), CS_OK);
	if (store_has(&st, 1))
		assert_int_equal(store_get(&st, 1, &w), CS_OK);
	flash_file_close(file);
	return n;
}

static void a_process_killed_at_any_moment_loses_nothing_that_it_answered_for(void **state)
{
	struct test_random rng = test_random_start();
	uint32_t seen = 0, now;

	(void)state;
	assert_int_equal(flash_file_create(path, false), CS_OK);
	for (int round = 0; round < 60; round++) {
		size_t answers = 1 + test_random_below(&rng, 12);
		int ends[2], status;
		pid_t child;

		assert_int_equal(pipe(ends), 0);
		child = fork();
		assert_true(child >= 0);
		if (child == 0) {
			(void)close(ends[0]);
			count_until_killed(ends[1]);
		}
		(void)close(ends[1]);
		while (answers-- > 0) {
			assert_int_equal(read(ends[0], &now, sizeof(now)), sizeof(now));
			seen = now;
		}
		for (volatile size_t spin = test_random_below(&rng, 100000); spin > 0; spin--)
			continue;
		assert_int_equal(kill(child, SIGKILL), 0);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status));
		while (read(ends[0], &now, sizeof(now)) == (ssize_t)sizeof(now))
			seen = now;
		(void)close(ends[0]);
		now = counter_read();
		assert_true(now == seen || now == seen + 1);
		seen = now;
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(a_new_image_is_private_blank_and_has_an_identity_of_its_own),
	    TEST(an_image_with_fewer_pages_opens_too),
	    TEST(a_new_image_has_room_for_all_that_a_card_may_hold),
	    TEST(one_image_is_open_once_and_not_replaced_while_it_is),
	    TEST(other_files_are_not_taken_for_images),
	    TEST(a_store_in_an_image_is_there_after_opening_again),
	    TEST(a_process_killed_at_any_moment_loses_nothing_that_it_answered_for),
	};

	return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
