/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Break-glass codes: their file, also under power cuts.
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "daemon/break_glass_file.h"
#include "tests/unit/keeper_world.h"

static char error[CONFIG_ERROR_MAX];

/* ---- a disk that power can be taken from ---- */

#define LEN (BREAK_GLASS_RECORDS * BREAK_GLASS_RECORD)

static struct {
	uint8_t synced[LEN], written[LEN];
	bool sync_fails;
	unsigned syncs, sync_fails_at; /* 0: none does */
} disk;

static ssize_t disk_put(int fd, const void *bytes, size_t len, off_t at)
{
	(void)fd;
	assert_true((size_t)at + len <= LEN);
	memcpy(disk.written + at, bytes, len);
	return (ssize_t)len;
}

static int disk_sync(int fd)
{
	(void)fd;
	disk.syncs++;
	if (disk.sync_fails || disk.syncs == disk.sync_fails_at)
		return -1;
	memcpy(disk.synced, disk.written, LEN);
	return 0;
}

static const struct break_glass_disk faulty = {.put = disk_put, .sync = disk_sync};
static const struct seal_key key = {.bytes = {1, 2, 3}};

struct place {
	char directory[64], path[80];
};

static int place_make(void **state)
{
	static struct place place;

	(void)snprintf(place.directory, sizeof(place.directory), "/tmp/glass.XXXXXX");
	if (!mkdtemp(place.directory))
		return -1;
	(void)snprintf(place.path, sizeof(place.path), "%s/codes", place.directory);
	memset(&disk, 0, sizeof(disk));
	*state = &place;
	return 0;
}

static int place_end(void **state)
{
	const struct place *place = *state;

	(void)unlink(place->path);
	return rmdir(place->directory);
}

/* What the file holds after a cut: these bytes. */
static void place_write(const struct place *place, const uint8_t bytes[LEN])
{
	int fd = open(place->path, O_WRONLY);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, LEN, 0), LEN);
	assert_int_equal(close(fd), 0);
}

static struct break_glass *place_open(const struct place *place, const struct break_glass_disk *with)
{
	struct break_glass *glass = NULL;

	if (break_glass_open(place->path, &key, with, &glass, error))
		fail_msg("%s", error);
	return glass;
}

static enum cs_err spend(struct break_glass *glass, const char *user, const char *code, uint64_t now)
{
	const struct break_glass_use use = {
	    .now_ms = now * 1000, .actor = "application:web", .address = "192.0.2.1", .client = ""};
	size_t i;

	return break_glass_spend(glass, user, cs_view_string(code), &use, &i);
}

static void issue(struct break_glass *glass, const char *id, const char *user,
		  char code[BREAK_GLASS_CODE_SIZE])
{
	assert_int_equal(break_glass_issue(glass, id, user, T0, T0 + 1000, code), CS_OK);
	break_glass_settle(glass, true);
}

/* ---- the file ---- */

static void a_code_is_good_once_for_its_user_before_its_end(void **state)
{
	struct break_glass *glass = place_open(*state, NULL);
	char code[BREAK_GLASS_CODE_SIZE], late[BREAK_GLASS_CODE_SIZE], lower[BREAK_GLASS_CODE_SIZE];

	issue(glass, "g_1", "alice", code);
	issue(glass, "g_2", "alice", late);
	assert_true(break_glass_form(cs_view_string(code)));
	assert_int_equal(break_glass_good(glass, T0), 2);
	assert_int_equal(spend(glass, "bob", code, T0), CS_ERR_WRONG);
	assert_int_equal(spend(glass, "alice", "BG-AAAA-AAAA-AAAA-AAAA", T0), CS_ERR_WRONG);
	assert_int_equal(spend(glass, "alice", late, T0 + 1000), CS_ERR_WRONG);
	for (size_t i = 0; i < sizeof(code); i++)
		lower[i] = (char)(code[i] >= 'A' && code[i] <= 'Z' ? code[i] - 'A' + 'a'
				  : code[i] == '-'		   ? ' '
								   : code[i]);
	assert_int_equal(spend(glass, "alice", lower, T0 + 999), CS_OK);
	assert_int_equal(spend(glass, "alice", code, T0 + 999), CS_ERR_WRONG);
	break_glass_close(glass);
	glass = place_open(*state, NULL);
	assert_int_equal(spend(glass, "alice", code, T0), CS_ERR_WRONG);
	assert_int_equal(break_glass_at(glass, BREAK_GLASS_TALLY)->issued, 5);
	assert_true(break_glass_untold(glass));
	break_glass_close(glass);
}

static void what_is_no_code_has_not_its_form(void **state)
{
	static const char *const others[] = {"",
					     "BG",
					     "123456",
					     "BG-AAAA-AAAA-AAAA-AAA",
					     "BG-AAAA-AAAA-AAAA-AAAAA",
					     "BG-AAAA-AAAA-AAAA-AAA1",
					     "XG-AAAA-AAAA-AAAA-AAAA"};

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_false(break_glass_form(cs_view_string(others[i])));
	assert_false(break_glass_form(cs_view("BG-AAAA-AAAA-AAAA-AA\0A", 22)));
}

static void power_that_goes_at_any_byte_of_the_spending_never_yields_a_second_use(void **state)
{
	static uint8_t before[LEN], after[LEN], torn[LEN];
	char code[BREAK_GLASS_CODE_SIZE];
	unsigned again = 0;

	struct break_glass *glass = place_open(*state, &faulty);
	issue(glass, "g_1", "alice", code);
	memcpy(before, disk.synced, LEN);
	assert_int_equal(spend(glass, "alice", code, T0), CS_OK);
	memcpy(after, disk.synced, LEN);
	assert_memory_not_equal(before, after, BREAK_GLASS_RECORD);
	break_glass_close(glass);
	/* Cut off before the answer: some first bytes of the new record stand before the rest of the old one.
	 */
	for (size_t cut = 0; cut <= BREAK_GLASS_RECORD; cut++) {
		memcpy(torn, before, LEN);
		memcpy(torn, after, cut);
		place_write(*state, torn);
		glass = place_open(*state, NULL);
		enum cs_err first = spend(glass, "alice", code, T0);
		assert_int_equal(spend(glass, "alice", code, T0), CS_ERR_WRONG);
		/* Good only as long as nothing has changed: the versions' first two bytes may be the same. */
		assert_true(first == CS_ERR_WRONG || memcmp(torn, before, LEN) == 0);
		again += first == CS_OK;
		break_glass_close(glass);
	}
	assert_in_range(again, 1, 2);
	place_write(*state, after); /* answered: it was on the disk */
	glass = place_open(*state, NULL);
	assert_int_equal(spend(glass, "alice", code, T0), CS_ERR_WRONG);
	assert_int_equal(break_glass_at(glass, 0)->state, BREAK_GLASS_SPENT);
	assert_string_equal(break_glass_at(glass, 0)->actor, "application:web");
	break_glass_close(glass);
}

static void a_disk_that_does_not_promise_accepts_nothing(void **state)
{
	char code[BREAK_GLASS_CODE_SIZE];

	struct break_glass *glass = place_open(*state, &faulty);
	issue(glass, "g_1", "alice", code);
	disk.sync_fails = true;
	assert_int_equal(spend(glass, "alice", code, T0), CS_ERR_IO);
	disk.sync_fails = false;
	assert_int_equal(spend(glass, "alice", code, T0), CS_ERR_WRONG);
	break_glass_close(glass);
}

/* Whichever of its syncs fails: the code is used up, and what was written does not say that it let anyone in,
 * also for the one who reads it after a restart of the daemon or of the machine. */
static void a_code_whose_spending_failed_is_never_told_as_accepted(void **state)
{
	char code[BREAK_GLASS_CODE_SIZE], id[16];

	for (unsigned at = 1; at <= 2; at++) {
		struct break_glass *glass = place_open(*state, &faulty);
		(void)snprintf(id, sizeof(id), "g_%u", at);
		issue(glass, id, "alice", code);
		disk.syncs = 0;
		disk.sync_fails_at = at;
		assert_int_equal(spend(glass, "alice", code, T0), CS_ERR_IO);
		disk.sync_fails_at = 0;
		assert_int_equal(break_glass_at(glass, 0)->state, BREAK_GLASS_TRIED);
		assert_true(break_glass_untold(glass));
		assert_int_equal(break_glass_revoke(glass, 0), CS_ERR_STATE);
		break_glass_close(glass);
		place_write(*state, disk.written);
		glass = place_open(*state, NULL);
		assert_int_equal(break_glass_at(glass, 0)->state, BREAK_GLASS_TRIED);
		assert_string_equal(break_glass_at(glass, 0)->actor, "application:web");
		assert_int_equal(spend(glass, "alice", code, T0), CS_ERR_WRONG);
		assert_int_equal(break_glass_told(glass, 0), CS_OK);
		break_glass_close(glass);
		place_write(*state, disk.synced);
		glass = place_open(*state, NULL);
		assert_int_not_equal(break_glass_at(glass, 0)->state, BREAK_GLASS_SPENT);
		break_glass_close(glass);
		memset(&disk, 0, sizeof(disk));
		place_write(*state, disk.synced);
	}
}

static void a_code_is_on_the_disk_before_it_is_accepted(void **state)
{
	char code[BREAK_GLASS_CODE_SIZE];

	struct break_glass *glass = place_open(*state, &faulty);
	issue(glass, "g_1", "alice", code);
	disk.syncs = 0;
	assert_int_equal(spend(glass, "alice", code, T0), CS_OK);
	assert_int_equal(disk.syncs, 2);
	assert_memory_equal(disk.synced, disk.written, BREAK_GLASS_RECORD);
	break_glass_close(glass);
}

static void a_record_that_was_changed_or_moved_is_no_code(void **state)
{
	static uint8_t bytes[LEN];
	char code[BREAK_GLASS_CODE_SIZE];

	struct break_glass *glass = place_open(*state, &faulty);
	issue(glass, "g_1", "alice", code);
	break_glass_close(glass);
	memcpy(bytes, disk.synced, LEN);
	memcpy(bytes + BREAK_GLASS_RECORD, bytes, BREAK_GLASS_RECORD);
	memset(bytes, 0, BREAK_GLASS_RECORD);
	place_write(*state, bytes);
	glass = place_open(*state, NULL);
	assert_int_equal(break_glass_at(glass, 1)->state, BREAK_GLASS_DAMAGED);
	assert_int_equal(spend(glass, "alice", code, T0), CS_ERR_WRONG);
	break_glass_close(glass);
	memcpy(bytes, disk.synced, LEN);
	bytes[17] ^= 1; /* its end */
	place_write(*state, bytes);
	glass = place_open(*state, NULL);
	assert_int_equal(break_glass_at(glass, 0)->state, BREAK_GLASS_DAMAGED);
	assert_int_equal(spend(glass, "alice", code, T0), CS_ERR_WRONG);
	break_glass_close(glass);
}

static void a_code_that_is_spent_is_not_written_over_before_it_is_told(void **state)
{
	char codes[BREAK_GLASS_CODES][BREAK_GLASS_CODE_SIZE], id[16], code[BREAK_GLASS_CODE_SIZE];
	size_t i;

	struct break_glass *glass = place_open(*state, NULL);
	for (i = 0; i < BREAK_GLASS_CODES; i++) {
		(void)snprintf(id, sizeof(id), "g_%zu", i);
		issue(glass, id, "alice", codes[i]);
	}
	assert_false(break_glass_room(glass, T0));
	assert_int_equal(break_glass_issue(glass, "g_x", "alice", T0, T0 + 9, code), CS_ERR_FULL);
	assert_int_equal(spend(glass, "alice", codes[7], T0), CS_OK);
	assert_int_equal(break_glass_issue(glass, "g_x", "alice", T0, T0 + 9, code), CS_ERR_FULL);
	assert_int_equal(break_glass_find(glass, "g_7", &i), CS_OK);
	assert_int_equal(break_glass_revoke(glass, i), CS_ERR_STATE);
	assert_int_equal(break_glass_telling(glass, i, 99), CS_OK);
	assert_false(break_glass_room(glass, T0));
	assert_int_equal(break_glass_told(glass, i), CS_OK);
	issue(glass, "g_x", "alice", code);
	assert_int_equal(break_glass_find(glass, "g_7", &i), CS_ERR_NOT_FOUND);
	assert_int_equal(break_glass_find(glass, "g_9", &i), CS_OK);
	assert_int_equal(break_glass_revoke(glass, i), CS_OK);
	assert_int_equal(spend(glass, "alice", codes[9], T0), CS_ERR_WRONG);
	assert_int_equal(spend(glass, "alice", code, T0), CS_OK);
	break_glass_close(glass);
}

static void a_file_is_one_daemons_and_its_owners_alone(void **state)
{
	const struct place *place = *state;
	struct break_glass *glass = place_open(place, NULL), *other = NULL;
	struct stat st;

	assert_int_equal(break_glass_open(place->path, &key, NULL, &other, error), CS_ERR_BUSY);
	break_glass_close(glass);
	assert_int_equal(stat(place->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(st.st_size, LEN);
	assert_true(st.st_blocks * 512 >= LEN); /* it takes its room from the beginning */
	assert_int_equal(chmod(place->path, 0640), 0);
	assert_int_equal(break_glass_open(place->path, &key, NULL, &other, error), CS_ERR_DENIED);
	assert_int_equal(chmod(place->path, 0600), 0);
	assert_int_equal(truncate(place->path, 100), 0);
	assert_int_equal(break_glass_open(place->path, &key, NULL, &other, error), CS_ERR_CORRUPT);
	assert_null(other);
}

#define AT_PLACE(test) cmocka_unit_test_setup_teardown(test, place_make, place_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    AT_PLACE(a_code_is_good_once_for_its_user_before_its_end),
	    cmocka_unit_test(what_is_no_code_has_not_its_form),
	    AT_PLACE(power_that_goes_at_any_byte_of_the_spending_never_yields_a_second_use),
	    AT_PLACE(a_disk_that_does_not_promise_accepts_nothing),
	    AT_PLACE(a_code_whose_spending_failed_is_never_told_as_accepted),
	    AT_PLACE(a_code_is_on_the_disk_before_it_is_accepted),
	    AT_PLACE(a_record_that_was_changed_or_moved_is_no_code),
	    AT_PLACE(a_code_that_is_spent_is_not_written_over_before_it_is_told),
	    AT_PLACE(a_file_is_one_daemons_and_its_owners_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
