/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Credentials that nobody has: every refusal is in the audit log, and no flood of them fills it.
 */
#include "tests/unit/keeper_world.h"

static uint64_t audit_head(void)
{
	uint8_t hash[AUDIT_HASH_LEN];
	uint64_t head;

	assert_int_equal(db_audit_head(world.keeper.db, &head, hash), CS_OK);
	return head;
}

static void refuse_from(const char *address)
{
	struct ipc_request request = ask(IPC_OTP_VERIFY, "whatever");

	with(&request, IPC_TAG_ADDRESS, address);
	with(&request, IPC_TAG_USER, "alice");
	with(&request, IPC_TAG_CODE, "000000");
	assert_int_equal(one(&request), 401);
}

static void take_entry(void *ctx, const struct audit_entry *entry)
{
	*(struct audit_entry *)ctx = *entry;
}

static void require_summary_at(uint64_t sequence, const char *address, const char *detail)
{
	struct audit_entry entry;

	assert_int_equal(db_audit_list(world.keeper.db, sequence - 1, 1, take_entry, &entry), CS_OK);
	assert_string_equal(entry.actor, "unknown");
	assert_string_equal(entry.action, "refused");
	assert_string_equal(entry.result, "refused");
	assert_string_equal(entry.reason, "unauthorized");
	assert_string_equal(entry.address, address);
	assert_string_equal(entry.detail, detail);
}

static void require_summary(const char *address, const char *detail)
{
	require_summary_at(audit_head(), address, detail);
}

static void the_first_of_a_minute_is_told_at_once_and_the_others_are_counted(void **state)
{
	uint64_t head = audit_head();

	(void)state;
	refuse_from("192.0.2.1");
	require_last_audit("otp_verify", "refused", "unauthorized");
	assert_int_equal(audit_head(), ++head);
	for (unsigned i = 0; i < 500; i++)
		refuse_from("192.0.2.1");
	assert_int_equal(audit_head(), head);
	refuse_from("192.0.2.2");
	require_last_audit("otp_verify", "refused", "unauthorized");
	assert_int_equal(audit_head(), ++head);
	assert_int_equal(keeper_tell_in(&world.keeper), 60000);
	world.now += 59;
	assert_int_equal(keeper_tell_in(&world.keeper), 1000);
	assert_int_equal(keeper_tell(&world.keeper, false), CS_OK);
	assert_int_equal(audit_head(), head);
	world.now += 1;
	assert_int_equal(keeper_tell_in(&world.keeper), 0);
	assert_int_equal(keeper_tell(&world.keeper, false), CS_OK);
	assert_int_equal(audit_head(), ++head); /* of the second address there was but one */
	require_summary("192.0.2.1", "500 more within a minute");
	assert_int_equal(keeper_tell_in(&world.keeper), -1);
	refuse_from("192.0.2.1"); /* another minute, and another first one */
	require_last_audit("otp_verify", "refused", "unauthorized");
	assert_int_equal(audit_head(), ++head);
}

static void what_is_due_is_told_with_the_next_batch_and_with_the_end(void **state)
{
	struct ipc_request health = ask(IPC_HEALTH, NULL);

	(void)state;
	refuse_from("192.0.2.1");
	refuse_from("192.0.2.1");
	world.now += 60;
	assert_int_equal(one(&health), 200);
	require_summary("192.0.2.1", "1 more within a minute");
	refuse_from("192.0.2.1");
	refuse_from("192.0.2.1");
	refuse_from("192.0.2.1");
	assert_int_equal(keeper_tell(&world.keeper, true), CS_OK);
	require_summary("192.0.2.1", "2 more within a minute");
	assert_int_equal(keeper_tell(&world.keeper, true), CS_OK);
}

static void addresses_beyond_those_there_is_room_for_are_counted_together(void **state)
{
	const uint64_t head = audit_head();
	char address[32];

	(void)state;
	for (unsigned i = 0; i < REFUSED_PLACES + 100u; i++) {
		(void)snprintf(address, sizeof(address), "10.0.%u.%u", i / 256, i % 256);
		refuse_from(address);
	}
	assert_int_equal(audit_head(), head + REFUSED_PLACES + 1);
	world.now += 60;
	assert_int_equal(keeper_tell(&world.keeper, false), CS_OK);
	require_summary("", "99 more within a minute, other addresses");
	assert_int_equal(audit_head(), head + REFUSED_PLACES + 2);
}

static void a_transaction_that_fails_counts_nothing_and_tells_nothing(void **state)
{
	struct ipc_request request = ask(IPC_OTP_VERIFY, "whatever");
	uint64_t last, broken;

	(void)state;
	refuse_from("192.0.2.1");
	refuse_from("192.0.2.1");
	const uint64_t head = audit_head();
	assert_true(database_execute(
	    &world.database, "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'x'); END",
	    "CREATE TRIGGER full_ BEFORE INSERT ON audit FOR EACH STATEMENT"
	    " EXECUTE FUNCTION countersign_refuse('x')"));
	world.now += 60;
	with(&request, IPC_TAG_ADDRESS, "192.0.2.9");
	with(&request, IPC_TAG_USER, "alice");
	with(&request, IPC_TAG_CODE, "000000");
	assert_int_equal(one(&request), 503);
	assert_int_equal(keeper_tell_in(&world.keeper), 0);
	assert_true(database_execute(&world.database, "DROP TRIGGER full", "DROP TRIGGER full_ ON audit"));
	assert_int_equal(one(&request), 401);
	assert_int_equal(audit_head(), head + 2);
	require_summary_at(head + 1, "192.0.2.1", "1 more within a minute");
	require_last_audit("otp_verify", "refused", "unauthorized");
	assert_int_equal(audit_check(world.keeper.db, 0, &last, &broken), CS_OK);
}

static void a_persons_credential_without_the_certificate_has_an_entry_whatever_came_before(void **state)
{
	static const char print[] = "1111111111111111111111111111111111111111111111111111111111111111";
	struct ipc_request request = ask(IPC_STAFF_CERTIFICATE, world.admin);
	struct audit_entry entry;
	char olga[64];

	(void)state;
	hire("olga", "operator", olga);
	with(&request, IPC_TAG_NAME, "olga");
	with(&request, IPC_TAG_FINGERPRINT, print);
	assert_int_equal(one(&request), 200);
	refuse_from("192.0.2.1");
	const uint64_t head = audit_head();
	for (unsigned i = 1; i <= 2; i++) {
		request = ask(IPC_TOKEN_LIST, olga);
		with(&request, IPC_TAG_ADDRESS, "192.0.2.1");
		assert_int_equal(one(&request), 401);
		assert_int_equal(audit_head(), head + i);
		require_last_audit("token_list", "refused", "certificate_wanted");
		take_last_audit(&entry);
		assert_string_equal(entry.actor, "operator:olga");
	}
	refuse_from("192.0.2.1");
	assert_int_equal(audit_head(), head + 2);
}

static uint16_t barred(const char *why, const char *credential)
{
	struct ipc_request request = {.id = 1, .op = IPC_USER_ADD};

	if (credential)
		with(&request, IPC_TAG_CREDENTIAL, credential);
	with(&request, IPC_TAG_ADDRESS, "192.0.2.7");
	with(&request, IPC_TAG_BARRED, why);
	return one(&request);
}

static void what_front_refuses_is_in_the_log_and_is_not_done(void **state)
{
	const uint64_t head = audit_head();
	struct audit_entry entry;

	(void)state;
	assert_int_equal(barred("credential", NULL), 401);
	says("\"unauthorized\"");
	require_last_audit("user_add", "refused", "unauthorized");
	take_last_audit(&entry);
	assert_string_equal(entry.actor, "unknown");
	assert_string_equal(entry.address, "192.0.2.7");
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(barred(i ? "credential" : "certificate", NULL), 401);
	assert_int_equal(audit_head(), head + 1);
	world.now += 60;
	assert_int_equal(keeper_tell(&world.keeper, false), CS_OK);
	require_summary("192.0.2.7", "3 more within a minute");
	/* Someone's credential behind a certificate that is not to be trusted. */
	for (unsigned i = 1; i <= 2; i++) {
		assert_int_equal(barred("certificate", world.admin), 401);
		says("\"untrusted_certificate\"");
		require_last_audit("user_add", "refused", "untrusted_certificate");
		take_last_audit(&entry);
		assert_string_equal(entry.actor, "administrator:admin");
		assert_int_equal(audit_head(), head + 2 + i);
	}
	assert_int_equal(barred("credential", world.admin), 401);
	assert_int_equal(world.keeper.metrics.refused, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_WORLD(the_first_of_a_minute_is_told_at_once_and_the_others_are_counted),
	    IN_WORLD(what_is_due_is_told_with_the_next_batch_and_with_the_end),
	    IN_WORLD(addresses_beyond_those_there_is_room_for_are_counted_together),
	    IN_WORLD(a_transaction_that_fails_counts_nothing_and_tells_nothing),
	    IN_WORLD(what_front_refuses_is_in_the_log_and_is_not_done),
	    IN_WORLD(a_persons_credential_without_the_certificate_has_an_entry_whatever_came_before),
	};

	return cmocka_run_group_tests(tests, NULL, database_server_end);
}
