/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The outbox, through keeper as a courier asks it: a message is lent, sent at least once and always with the
 * same code, given up, and taken up again; and its code is in the database no longer than it has to be.
 */
#include "daemon/courier.h"
#include "tests/unit/keeper_world.h"

#define LIFETIME 180u /* seconds: challenge_lifetime */

static char token[32];

static void a_code_is_to_be_sent(char challenge[32])
{
	struct ipc_request request = ask(IPC_TOKEN_ENROL, world.admin);

	with(&request, IPC_TAG_USER, "alice");
	with(&request, IPC_TAG_TYPE, "sms");
	with(&request, IPC_TAG_DESTINATION, "+4915112345678");
	assert_int_equal(one(&request), 201);
	member("token", token, sizeof(token));
	request = ask(IPC_CHALLENGE_CREATE, world.application);
	with(&request, IPC_TAG_USER, "alice");
	assert_int_equal(one(&request), 201);
	member("challenge", challenge, 32);
}

static struct courier_message ask_in(struct keeper *keeper, enum courier_word word, const char *id,
				     bool final)
{
	struct courier_ask question = {.word = word, .final = final, .reason = "status_503"};
	struct courier_message message;

	(void)snprintf(question.id, sizeof(question.id), "%s", id);
	assert_int_equal(outbox_answer(keeper, &question, &message), CS_OK);
	return message;
}

static struct courier_message next_in(struct keeper *keeper)
{
	return ask_in(keeper, COURIER_NEXT, "", false);
}

static void tell(enum courier_word word, const char *id, bool final)
{
	struct courier_message message = ask_in(&world.keeper, word, id, final);

	assert_string_equal(message.id, "");
}

static struct courier_message take(void)
{
	struct courier_message message = next_in(&world.keeper);

	assert_int_equal(strncmp(message.id, "m_", 2), 0);
	assert_string_equal(message.destination, "+4915112345678");
	assert_int_equal(strlen(message.body), 6);
	return message;
}

static void require_nothing(void)
{
	struct courier_message message = next_in(&world.keeper);

	assert_string_equal(message.id, "");
	assert_string_equal(message.body, "");
}

static void tend(void)
{
	world.keeper.outbox.tend_after = 0;
	outbox_tend(&world.keeper);
}

static void take_row(void *ctx, const struct db_message *message)
{
	struct db_message *out = ctx;

	assert_string_equal(out->id, "");
	*out = *message;
}

/* The only row that there is; id empty: none. */
static struct db_message row(void)
{
	struct db_message out = {.id = ""};

	assert_int_equal(db_outbox_page(world.keeper.db, "", 10, take_row, &out), CS_OK);
	return out;
}

static uint16_t retry(const char *id, const char *credential)
{
	struct ipc_request request = ask(IPC_OUTBOX_RETRY, credential);

	with(&request, IPC_TAG_MESSAGE, id);
	return one(&request);
}

static void answer(const char *challenge, const char *code)
{
	struct ipc_request request = ask(IPC_OTP_VERIFY, world.application);

	with(&request, IPC_TAG_USER, "alice");
	with(&request, IPC_TAG_CODE, code);
	with(&request, IPC_TAG_CHALLENGE, challenge);
	assert_int_equal(one(&request), 200);
}

static void what_was_sent_is_gone_and_its_code_is_the_challenges(void **state)
{
	char challenge[32];

	(void)state;
	a_code_is_to_be_sent(challenge);
	struct courier_message message = take();
	tell(COURIER_SENT, message.id, false);
	require_last_audit("message", "sent", "");
	assert_string_equal(row().id, "");
	tell(COURIER_SENT, message.id, false); /* told twice: nothing comes of it */
	answer(challenge, message.body);
	says("\"accepted\":true");
}

static void one_that_is_lent_is_nobody_elses_until_the_lease_is_over(void **state)
{
	char challenge[32];
	static struct keeper other;
	const bool shared = *state == &on_postgresql;

	a_code_is_to_be_sent(challenge);
	if (shared)
		world_open_beside(&other);
	struct keeper *second = shared ? &other : &world.keeper;
	struct courier_message message = take();
	assert_string_equal(next_in(second).id, "");
	world.now += OUTBOX_LEASE_S - 1;
	assert_string_equal(next_in(second).id, "");
	world.now += 1; /* its courier was killed, with its keeper */
	struct courier_message again = next_in(second);
	assert_string_equal(again.id, message.id);
	assert_string_equal(again.body, message.body);
	/* The first one was only slow: it was sent twice, and is over once. */
	tell(COURIER_SENT, message.id, false);
	(void)ask_in(second, COURIER_FAILED, message.id, true);
	assert_string_equal(row().id, "");
	if (shared)
		keeper_close(&other);
}

static void a_courier_that_was_killed_has_its_messages_sent_by_the_next_one(void **state)
{
	char challenge[32];

	(void)state;
	a_code_is_to_be_sent(challenge);
	struct courier_message message = take();
	require_nothing();
	outbox_begin(&world.keeper);
	struct courier_message again = take();
	assert_string_equal(again.id, message.id);
	assert_string_equal(again.body, message.body);
	tell(COURIER_SENT, again.id, false);
	outbox_begin(&world.keeper);
	require_nothing();
}

static void what_fails_is_tried_later_and_later_and_then_no_more(void **state)
{
	static const unsigned waits[] = {5, 10, 20, 40, 80, 160, 320};
	char challenge[32], id[DB_TOKEN_ID_SIZE];

	(void)state;
	world.keeper.challenge_lifetime = 3600;
	a_code_is_to_be_sent(challenge);
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		struct courier_message message = take();
		tell(COURIER_FAILED, message.id, false);
		world.now += waits[i] - 1;
		require_nothing();
		world.now++;
	}
	(void)snprintf(id, sizeof(id), "%s", take().id);
	tell(COURIER_FAILED, id, false);
	require_last_audit("message", "failed", "status_503");
	assert_true(row().dead);
	world.now += 1000;
	require_nothing();
}

static void one_that_expires_is_sent_no_more_and_loses_its_code(void **state)
{
	char challenge[32];

	(void)state;
	a_code_is_to_be_sent(challenge);
	world.now += LIFETIME - 1;
	assert_true(row().sealed_len > 0);
	world.now += 1;
	require_nothing();
	tend();
	require_last_audit("message", "failed", "expired");
	/* A checkpoint is due for it. */
	uint8_t hash[AUDIT_HASH_LEN];
	uint64_t head;
	assert_int_equal(db_audit_head(world.keeper.db, &head, hash), CS_OK);
	assert_int_equal(world.keeper.audit_head, head);
	struct db_message dead = row();
	assert_true(dead.dead);
	assert_string_equal(dead.reason, "expired");
	assert_int_equal(dead.sealed_len, 0);
	world.now += 7 * 86400;
	tend();
	assert_string_equal(row().id, dead.id);
	world.now += 1;
	tend();
	assert_string_equal(row().id, "");
}

static void a_dead_one_is_retried_by_an_operator_while_its_code_is_good(void **state)
{
	char challenge[32];

	(void)state;
	a_code_is_to_be_sent(challenge);
	struct courier_message message = take();
	assert_int_equal(retry(message.id, world.admin), 409); /* it waits */
	says("message_not_failed");
	tell(COURIER_FAILED, message.id, true);
	assert_true(row().dead);
	assert_true(row().sealed_len > 0);
	assert_int_equal(retry(message.id, world.application), 403);
	assert_int_equal(retry("m_0000000000000000", world.admin), 404);
	assert_int_equal(retry(message.id, world.admin), 200);
	require_last_audit("outbox_retry", "done", "");
	struct courier_message again = take();
	assert_string_equal(again.body, message.body);
	tell(COURIER_FAILED, again.id, true);
	world.now += LIFETIME;
	tend();
	assert_int_equal(row().sealed_len, 0);
	assert_int_equal(retry(message.id, world.admin), 409);
	require_last_audit("outbox_retry", "refused", "message_not_failed");
}

static void the_list_has_what_waits_and_what_failed_without_codes_and_numbers(void **state)
{
	struct ipc_request request = ask(IPC_OUTBOX_LIST, world.admin);
	char challenge[32];

	(void)state;
	a_code_is_to_be_sent(challenge);
	struct courier_message message = take();
	assert_int_equal(one(&request), 200);
	says("\"state\":\"waiting\"");
	says("\"sent_to\":\"************78\"");
	assert_null(strstr(world.body, message.body));
	tell(COURIER_FAILED, message.id, true);
	request = ask(IPC_OUTBOX_LIST, world.admin);
	assert_int_equal(one(&request), 200);
	says("\"state\":\"failed\"");
	says("\"reason\":\"status_503\"");
	request = ask(IPC_METRICS, NULL);
	assert_int_equal(one(&request), 200);
	says("countersign_outbox_waiting 0\n");
	says("countersign_outbox_failed 1\n");
}

static void messages_that_wait_too_long_raise_one_alarm_until_they_go(void **state)
{
	struct ipc_request request = ask(IPC_METRICS, NULL);
	struct audit_entry last;
	char challenge[32];

	(void)state;
	a_code_is_to_be_sent(challenge);
	world.now += 59;
	tend();
	take_last_audit(&last);
	assert_string_not_equal(last.action, "alarm");
	world.now += 1;
	tend();
	require_last_audit("alarm", "done", "messages_wait");
	take_last_audit(&last);
	const uint64_t sequence = last.sequence;
	world.now += 30;
	tend();
	take_last_audit(&last);
	assert_int_equal(last.sequence, sequence);
	assert_int_equal(one(&request), 200);
	says("countersign_outbox_waiting 1\n");
	says("countersign_outbox_oldest_seconds 90\n");
	tell(COURIER_SENT, take().id, false);
	tend();
	a_code_is_to_be_sent(challenge);
	world.now += 60;
	tend();
	require_last_audit("alarm", "done", "messages_wait");
}

static void what_another_key_has_sealed_is_given_up(void **state)
{
	char challenge[32];
	struct seal_key kept;

	(void)state;
	a_code_is_to_be_sent(challenge);
	kept = world.keeper.key;
	memset(&world.keeper.key, 0x5A, sizeof(world.keeper.key));
	require_nothing();
	world.keeper.key = kept;
	require_last_audit("message", "failed", "not_sealed_here");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_WORLD(what_was_sent_is_gone_and_its_code_is_the_challenges),
	    IN_WORLD(one_that_is_lent_is_nobody_elses_until_the_lease_is_over),
	    IN_WORLD(a_courier_that_was_killed_has_its_messages_sent_by_the_next_one),
	    IN_WORLD(what_fails_is_tried_later_and_later_and_then_no_more),
	    IN_WORLD(one_that_expires_is_sent_no_more_and_loses_its_code),
	    IN_WORLD(a_dead_one_is_retried_by_an_operator_while_its_code_is_good),
	    IN_WORLD(the_list_has_what_waits_and_what_failed_without_codes_and_numbers),
	    IN_WORLD(messages_that_wait_too_long_raise_one_alarm_until_they_go),
	    IN_WORLD(what_another_key_has_sealed_is_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
