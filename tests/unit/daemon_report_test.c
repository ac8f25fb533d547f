/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The daily report: that it counts what the log says of its day and no other, is signed, escaped, and told to
 * those who may read the log. The clock is the test's.
 */
#include <ftw.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sys/stat.h>

#include "daemon/chores.h"
#include "daemon/report.h"
#include "tests/unit/keeper_world.h"

#define DAY 86400u

static struct db_report report;

static int tree_remove(const char *path, const struct stat *st, int type, struct FTW *place)
{
	(void)st;
	(void)type;
	(void)place;
	return remove(path);
}

static void work(void)
{
	for (unsigned turn = 0; turn < 100000; turn++) {
		chores_turn(&world.keeper);
		if (chores_wait(&world.keeper) != 0)
			return;
	}
	fail_msg("the chores do not come to an end");
}

static int chores_make(void **state)
{
	static char error[CONFIG_ERROR_MAX];
	int made = world_make(state);

	if (!made && chores_open(&world.keeper, &world.config, error))
		fail_msg("%s", error);
	return made;
}

static int chores_remove(void **state)
{
	chores_close(&world.keeper);
	(void)nftw(world.config.checkpoint_directory, tree_remove, 8, FTW_DEPTH | FTW_PHYS);
	(void)nftw(world.config.report_directory, tree_remove, 8, FTW_DEPTH | FTW_PHYS);
	(void)unlink(world.config.audit_key);
	return world_end(state);
}

/* Three o'clock at night, so many days from now. */
static void pass(unsigned days)
{
	world.now = (world.now / DAY + days) * DAY + 3 * 3600;
	work();
}

static bool found(const char *day)
{
	enum cs_err err = db_report_find(world.keeper.db, day, &report);

	assert_true(err == CS_OK || err == CS_ERR_NOT_FOUND);
	return err == CS_OK;
}

static void reads(const char *part)
{
	if (!strstr(report.text, part))
		fail_msg("expected %s in %s", part, report.text);
}

static bool verifies(struct cs_view text, struct cs_view signature)
{
	uint8_t id[CS_AUDIT_HASH_LEN];
	const char *pem;

	assert_true(chores_key(&world.keeper, id, &pem));
	BIO *bio = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *key = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool good = EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
		    EVP_DigestVerify(context, signature.ptr, signature.len, text.ptr, text.len) == 1;
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
	BIO_free(bio);
	return good;
}

/* T0 is 2027-01-15, 08:00. */
static void a_day_is_counted_when_it_is_over_and_signed(void **state)
{
	char id[32];
	char code[CS_OATH_CODE_MAX];

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	require_verified("alice", code_at(0, code));
	require_verified("alice", code_at(1, code));
	require_wrong("alice", "000000");
	verify("nobody", "000000");
	work();
	assert_false(found("2027-01-15"));
	pass(1);
	assert_true(found("2027-01-15"));
	reads("Countersign: report of 2027-01-15 (UTC)\n");
	reads("  web                             hotp                           2           0           0    "
	      "       0\n");
	/* Of a wrong code nobody can say which token's it was to be. */
	reads("  web                             otp_verify                     0           2           0    "
	      "       0\n");
	reads("  administrator:admin             token_enrol                    1           0\n");
	reads("  calls with an unknown credential: 0\n");
	reads("Checkpoints of the audit log\n  the last one: entry ");
	assert_null(strstr(report.text, "alice"));
	assert_true(
	    verifies(cs_view_string(report.text), cs_view(report.text_signature, report.text_signature_len)));
	assert_true(
	    verifies(cs_view_string(report.html), cs_view(report.html_signature, report.html_signature_len)));
	assert_false(
	    verifies(cs_view_string(report.html), cs_view(report.text_signature, report.text_signature_len)));
	assert_null(strstr(report.html, "<script"));
}

static void each_entry_is_in_the_report_of_its_own_day(void **state)
{
	(void)state;
	pass(1);
	verify("nobody", "000000");
	world.now = (world.now / DAY + 1) * DAY - 1;
	verify("nobody", "000000");
	world.now += 1; /* midnight */
	verify("nobody", "000000");
	pass(0);
	pass(1);
	assert_true(found("2027-01-15"));
	reads("audit log: 2\n"); /* a user and an application were made */
	assert_true(found("2027-01-16"));
	reads("audit log: 2\n");
	assert_true(found("2027-01-17"));
	reads("audit log: 1\n");
	assert_false(found("2027-01-18"));
}

static void nights_that_were_missed_are_made_up_for_a_week(void **state)
{
	(void)state;
	pass(10);
	assert_true(found("2027-01-18"));
	assert_true(found("2027-01-24"));
	assert_false(found("2027-01-17"));
	assert_false(found("2027-01-25"));
}

static void many_entries_are_counted_in_many_turns(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 450; i++)
		verify("nobody", "000000");
	pass(1);
	assert_true(found("2027-01-15"));
	reads("entries of the audit log: 45");
}

static void files_lie_in_the_directory(void **state)
{
	static const char *const ends[] = {"txt", "txt.sig", "html", "html.sig"};
	char path[PATH_MAX + 64];
	struct stat st;

	(void)state;
	pass(1);
	for (size_t i = 0; i < 4; i++) {
		(void)snprintf(path, sizeof(path), "%s/report-2027-01-15.%s", world.config.report_directory,
			       ends[i]);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 0007, 0);
	}
}

static void who_may_read_the_log_reads_the_report(void **state)
{
	struct ipc_request get = ask(IPC_REPORT_GET, world.admin),
			   other = ask(IPC_REPORT_GET, world.application);

	(void)state;
	pass(1);
	with(&get, IPC_TAG_DAY, "2027-01-15");
	with(&other, IPC_TAG_DAY, "2027-01-15");
	assert_int_equal(one(&get), 200);
	says("\"text\":\"Countersign: report of 2027-01-15 (UTC)");
	assert_int_equal(one(&other), 403);
	with(&get, IPC_TAG_DAY, "2027-01-16");
	assert_int_equal(one(&get), 404);
	with(&get, IPC_TAG_DAY, "2027-02-30");
	assert_int_equal(one(&get), 400);
}

/* ---- writing ---- */

static void names_are_escaped_in_html(void **state)
{
	static struct report_counts counts;
	static char text[4096], html[8192];
	struct cs_writer t = CS_WRITER_OF(text), h = CS_WRITER_OF(html);

	(void)state;
	(void)snprintf(counts.day, sizeof(counts.day), "2027-01-15");
	counts.decisions.count = 1;
	(void)snprintf(counts.decisions.rows[0].who, sizeof(counts.decisions.rows[0].who),
		       "<script>alert('1 & \"2\"')</script>");
	report_write_text(&counts, &t);
	report_write_html(&counts, &h);
	assert_int_equal(cs_writer_done(&t), CS_OK);
	assert_int_equal(cs_writer_done(&h), CS_OK);
	html[cs_writer_view(&h).len] = '\0';
	assert_non_null(strstr(html, "&lt;script&gt;alert(&#39;1 &amp; &quot;2&quot;&#39;)&lt;/script&gt;"));
	assert_null(strstr(html, "<script"));
}

static void the_largest_report_fits(void **state)
{
	static struct report_counts counts;
	static struct db_report room;
	struct cs_writer t = cs_writer_of(room.text, sizeof(room.text) - 1);
	struct cs_writer h = cs_writer_of(room.html, sizeof(room.html) - 1);

	(void)state;
	counts.decisions.count = counts.actions.count = REPORT_ROWS;
	for (size_t i = 0; i < REPORT_ROWS; i++) {
		struct report_row *const rows[] = {&counts.decisions.rows[i], &counts.actions.rows[i]};
		for (size_t r = 0; r < 2; r++) {
			memset(rows[r]->who, '"', sizeof(rows[r]->who) - 1);
			memset(rows[r]->what, '"', sizeof(rows[r]->what) - 1);
			rows[r]->accepted = rows[r]->wrong = rows[r]->locked = rows[r]->refused = UINT64_MAX;
		}
	}
	report_write_text(&counts, &t);
	report_write_html(&counts, &h);
	assert_int_equal(cs_writer_done(&t), CS_OK);
	assert_int_equal(cs_writer_done(&h), CS_OK);
}

#define BOTH(test)                                                                                           \
	{#test, test, chores_make, chores_remove, (void *)(uintptr_t)&on_sqlite},                            \
	{                                                                                                    \
#test "_on_postgresql", test, chores_make, chores_remove, (void *)(uintptr_t)&on_postgresql  \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    BOTH(a_day_is_counted_when_it_is_over_and_signed),
	    BOTH(each_entry_is_in_the_report_of_its_own_day),
	    BOTH(nights_that_were_missed_are_made_up_for_a_week),
	    BOTH(many_entries_are_counted_in_many_turns),
	    BOTH(files_lie_in_the_directory),
	    BOTH(who_may_read_the_log_reads_the_report),
	    cmocka_unit_test(names_are_escaped_in_html),
	    cmocka_unit_test(the_largest_report_fits),
	};

	return cmocka_run_group_tests(tests, NULL, database_server_end);
}
