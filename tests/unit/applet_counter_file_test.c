/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The counter in a file, and a card whose image is put back to an older copy beside it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "applet/port/crypto_openssl.h"
#include "applet/port/flash_file.h"
#include "tests/unit/card_fixture.h"

#define SLOT_LEN 32u

static char folder[64], path[96], image[96], copy[96];
static struct crypto crypto;

static int begin(void **state)
{
	(void)state;
	(void)snprintf(folder, sizeof(folder), "/tmp/countersign-test.XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/counter", folder);
	(void)snprintf(image, sizeof(image), "%s/image", folder);
	(void)snprintf(copy, sizeof(copy), "%s/copy", folder);
	return crypto_openssl_init(&crypto) == CS_OK ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	crypto_openssl_free(&crypto);
	(void)unlink(path);
	(void)unlink(image);
	(void)unlink(copy);
	return rmdir(folder); /* fails where a temporary file was left behind */
}

/* ---- the file ---- */

static struct counter_file *open_counter(uint64_t want)
{
	struct counter_file *counter = NULL;

	assert_int_equal(counter_file_open(path, &counter), CS_OK);
	assert_int_equal(counter_file_value(counter), want);
	return counter;
}

static void a_new_counter_is_private_reads_0_and_keeps_what_it_was_raised_to(void **state)
{
	struct counter_file *counter = open_counter(0);
	struct stat st;

	(void)state;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	for (uint64_t value = 1; value < 20; value++) {
		assert_int_equal(counter_file_raise(counter, value), CS_OK);
		counter_file_close(counter);
		counter = open_counter(value);
	}
	counter_file_close(counter);
}

static void a_counter_goes_up_by_one_and_no_other_way(void **state)
{
	static const uint64_t wrong[] = {0, 1, 2, 4, UINT64_MAX};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct counter_file *counter = open_counter(i == 0 ? 0 : 2);

		if (i == 0) {
			assert_int_equal(counter_file_raise(counter, 1), CS_OK);
			assert_int_equal(counter_file_raise(counter, 2), CS_OK);
		}
		assert_int_equal(counter_file_raise(counter, wrong[i]), CS_ERR_IO);
		counter_file_close(counter);
	}
	counter_file_close(open_counter(2));
}

static void a_counter_is_open_once(void **state)
{
	struct counter_file *counter = open_counter(0), *second = NULL;

	(void)state;
	assert_int_equal(counter_file_open(path, &second), CS_ERR_BUSY);
	counter_file_close(counter);
	counter_file_close(open_counter(0));
}

/* A raise that power loss tears leaves any part of its slot, or garbage in it. */
static void a_torn_raise_leaves_the_old_value_or_the_new_one(void **state)
{
	uint8_t old_slot[SLOT_LEN], new_slot[SLOT_LEN], torn[SLOT_LEN];
	struct counter_file *counter = open_counter(0);
	int fd = open(path, O_RDWR | O_CLOEXEC);

	(void)state;
	for (uint64_t value = 1; value < 6; value++)
		assert_int_equal(counter_file_raise(counter, value), CS_OK);
	assert_int_equal(pread(fd, old_slot, SLOT_LEN, 0), SLOT_LEN); /* 4; 5 is in the other one */
	assert_int_equal(counter_file_raise(counter, 6), CS_OK);
	counter_file_close(counter);
	assert_int_equal(pread(fd, new_slot, SLOT_LEN, 0), SLOT_LEN);
	for (size_t cut = 0; cut <= SLOT_LEN; cut++) {
		bool whole;

		memcpy(torn, old_slot, SLOT_LEN);
		memcpy(torn, new_slot, cut);
		whole = memcmp(torn, new_slot, SLOT_LEN) == 0;
		assert_int_equal(pwrite(fd, torn, SLOT_LEN, 0), SLOT_LEN);
		counter_file_close(open_counter(whole ? 6 : 5));
		memset(torn, (int)cut, SLOT_LEN);
		assert_int_equal(pwrite(fd, torn, SLOT_LEN, 0), SLOT_LEN);
		counter_file_close(open_counter(5));
	}
	(void)close(fd);
}

static void other_files_are_not_taken_for_counters(void **state)
{
	struct counter_file *counter = NULL;
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	(void)state;
	counter_file_close(open_counter(0)); /* an empty one is a counter that is yet to be made */
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(pwrite(fd, "a letter to a friend, of 40 bytes or so.", 40, 0), 40);
	assert_int_equal(counter_file_open(path, &counter), CS_ERR_CORRUPT);
	(void)close(fd);
}

/* ---- a card beside it ---- */

static struct card card;
static struct flash_file *file;
static struct counter_file *beside;

static void copy_file(const char *from, const char *to)
{
	static uint8_t bytes[4096 * (FLASH_FILE_PAGE_COUNT + 1u)];
	int in = open(from, O_RDONLY | O_CLOEXEC), out = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_int_equal(read(in, bytes, sizeof(bytes)), sizeof(bytes));
	assert_int_equal(write(out, bytes, sizeof(bytes)), sizeof(bytes));
	(void)close(in);
	(void)close(out);
}

static uint64_t no_time(void *ctx)
{
	(void)ctx;
	return 0;
}

static enum cs_err power_on(bool counter)
{
	static struct platform platform;
	static struct card_ports ports;

	platform = (struct platform){.monotonic_ms = no_time};
	assert_int_equal(flash_file_open(image, &file), CS_OK);
	if (counter) {
		assert_int_equal(counter_file_open(path, &beside), CS_OK);
		flash_file_count(file, beside);
	}
	flash_file_identify(file, &platform);
	ports = (struct card_ports){&platform, &crypto, flash_file_flash(file)};
	return card_open(&card, &ports, CSGN_PROFILE_PIV);
}

static void power_off(void)
{
	card_close(&card);
	flash_file_close(file);
	counter_file_close(beside);
	beside = NULL;
}

static uint16_t transmit(const char *hex)
{
	static uint8_t response[CARD_RESPONSE_MAX];
	struct cs_writer w = CS_WRITER_OF(response);
	struct cs_response parsed;
	uint8_t bytes[64];

	card_transmit(&card, fixture_hex(hex, bytes, sizeof(bytes)), &w);
	assert_int_equal(cs_response_parse(cs_writer_view(&w), &parsed), CS_OK);
	return parsed.sw;
}

static void an_older_image_brings_no_try_back(void **state)
{
	(void)state;
	assert_int_equal(flash_file_create(image, false), CS_OK);
	assert_int_equal(power_on(true), CS_OK);
	power_off();
	copy_file(image, copy);
	assert_int_equal(power_on(true), CS_OK);
	assert_int_equal(transmit(SELECT_PIV), CS_SW_OK);
	assert_int_equal(transmit(WRONG_PIN), 0x63C2);
	power_off();
	assert_int_equal(power_on(true), CS_OK); /* the newest is good */
	assert_int_equal(transmit(SELECT_PIV), CS_SW_OK);
	assert_int_equal(transmit("00200080"), 0x63C2);
	power_off();
	assert_int_equal(power_on(false), CS_ERR_ROLLBACK);
	power_off();
	copy_file(copy, image);
	assert_int_equal(power_on(true), CS_ERR_ROLLBACK);
	power_off();
}

static void an_image_that_was_used_without_a_counter_takes_one(void **state)
{
	(void)state;
	assert_int_equal(flash_file_create(image, false), CS_OK);
	assert_int_equal(power_on(false), CS_OK);
	power_off();
	copy_file(image, copy);
	assert_int_equal(power_on(true), CS_OK);
	assert_int_equal(transmit(SELECT_PIV), CS_SW_OK);
	assert_int_equal(transmit(VERIFY_PIN), CS_SW_OK);
	power_off();
	copy_file(copy, image);
	assert_int_equal(power_on(true), CS_ERR_ROLLBACK);
	power_off();
}

static void a_card_made_anew_goes_on_with_the_counter_it_is_given(void **state)
{
	(void)state;
	assert_int_equal(flash_file_create(image, false), CS_OK);
	assert_int_equal(power_on(true), CS_OK);
	power_off();
	copy_file(image, copy);
	assert_int_equal(flash_file_create(image, true), CS_OK);
	assert_int_equal(power_on(true), CS_OK);
	power_off();
	copy_file(copy, image);
	assert_int_equal(power_on(true), CS_ERR_ROLLBACK);
	power_off();
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    TEST(a_new_counter_is_private_reads_0_and_keeps_what_it_was_raised_to),
	    TEST(a_counter_goes_up_by_one_and_no_other_way),
	    TEST(a_counter_is_open_once),
	    TEST(a_torn_raise_leaves_the_old_value_or_the_new_one),
	    TEST(other_files_are_not_taken_for_counters),
	    TEST(an_older_image_brings_no_try_back),
	    TEST(an_image_that_was_used_without_a_counter_takes_one),
	    TEST(a_card_made_anew_goes_on_with_the_counter_it_is_given),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
