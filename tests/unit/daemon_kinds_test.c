/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The kinds of token, through keeper: enrolled, asked, answered once; codes that are sent; PINs; what stands
 * in for a lost token.
 */
#include "daemon/db_outbox.h"
#include "daemon/keeper_call.h"
#include "tests/unit/keeper_world.h"

static struct ipc_request enrolment(const char *type)
{
	struct ipc_request request = ask(IPC_TOKEN_ENROL, world.admin);

	with(&request, IPC_TAG_USER, "alice");
	with(&request, IPC_TAG_TYPE, type);
	return request;
}

/* The text of the n-th element of "codes" in the last body. */
static void nth_code(unsigned n, char out[32])
{
	const char *at = strstr(world.body, "\"codes\":[");

	assert_non_null(at);
	at += 10;
	for (; n; n--) {
		at = strstr(at, "\",\"");
		assert_non_null(at);
		at += 3;
	}
	(void)snprintf(out, 32, "%.*s", (int)strcspn(at, "\""), at);
}

static unsigned codes_told(void)
{
	const char *at = strstr(world.body, "\"codes\":["), *end = at ? strchr(at, ']') : NULL;
	unsigned count = 0;

	for (; at && at < end; at++)
		count += *at == ',';
	return end ? count + 1 : 0;
}

static uint16_t challenge(const char *type, const char *data, char id[32])
{
	struct ipc_request request = ask(IPC_CHALLENGE_CREATE, world.application);

	with(&request, IPC_TAG_USER, "alice");
	if (type)
		with(&request, IPC_TAG_TYPE, type);
	if (data)
		with(&request, IPC_TAG_DATA, data);
	uint16_t status = one(&request);
	if (status == 201)
		member("challenge", id, 32);
	return status;
}

static void answer(const char *id, const char *code, const char *data)
{
	struct ipc_request request = ask(IPC_OTP_VERIFY, world.application);

	with(&request, IPC_TAG_USER, "alice");
	with(&request, IPC_TAG_CODE, code);
	with(&request, IPC_TAG_CHALLENGE, id);
	if (data)
		with(&request, IPC_TAG_DATA, data);
	assert_int_equal(one(&request), 200);
}

static void require_answer(const char *id, const char *code, const char *data, const char *reason)
{
	answer(id, code, data);
	says(*reason ? "\"accepted\":false" : "\"accepted\":true");
	require_last_audit("otp_verify", *reason ? "wrong" : "accepted", reason);
}

static void challenge_state(const char *id, const char *state)
{
	struct ipc_request request = ask(IPC_CHALLENGE_GET, world.application);

	with(&request, IPC_TAG_CHALLENGE, id);
	assert_int_equal(one(&request), 200);
	says(state);
}

/* ---- lists, backup codes, temporary passwords ---- */

static void a_printed_list_is_worked_off_in_its_order(void **state)
{
	struct ipc_request request = enrolment("list");
	char codes[12][32];

	(void)state;
	with_number(&request, IPC_TAG_COUNT_OF, 12, 4);
	assert_int_equal(one(&request), 201);
	assert_int_equal(codes_told(), 12);
	for (unsigned i = 0; i < 12; i++)
		nth_code(i, codes[i]);
	require_wrong("alice", codes[3]);
	require_verified("alice", codes[0]);
	require_verified("alice", codes[2]);
	require_wrong("alice", codes[1]);
	require_last_audit("otp_verify", "wrong", "replay");
	for (unsigned i = 3; i < 12; i++)
		require_verified("alice", codes[i]);
	require_wrong("alice", codes[11]);
}

static void backup_codes_are_told_once_and_good_once(void **state)
{
	struct ipc_request request = enrolment("backup"), list = ask(IPC_TOKEN_LIST, world.admin);
	char codes[10][32];

	(void)state;
	assert_int_equal(one(&request), 201);
	assert_int_equal(codes_told(), 10);
	for (unsigned i = 0; i < 10; i++)
		nth_code(i, codes[i]);
	for (unsigned i = 10; i-- > 0;) {
		require_verified("alice", codes[i]);
		require_wrong("alice", codes[i]);
		require_last_audit("otp_verify", "wrong", "replay");
	}
	assert_int_equal(one(&list), 200);
	says("\"type\":\"backup\",\"left\":0");
	assert_null(strstr(world.body, "\"codes\""));
}

static void the_same_backup_code_many_times_in_one_batch_is_accepted_once(void **state)
{
	struct ipc_request request = enrolment("backup"), requests[64];
	char code[32];

	(void)state;
	assert_int_equal(one(&request), 201);
	nth_code(7, code);
	for (unsigned i = 0; i < 64; i++) {
		requests[i] = ask(IPC_OTP_VERIFY, world.application);
		with(&requests[i], IPC_TAG_USER, "alice");
		with(&requests[i], IPC_TAG_CODE, code);
	}
	(void)run(requests, 64);
	assert_int_equal(world.keeper.metrics.verifications[KEEPER_ACCEPTED], 1);
	assert_int_equal(world.keeper.metrics.verifications[KEEPER_REPLAY], 63);
}

static void a_lost_token_is_disabled_and_its_user_gets_a_password_for_some_days(void **state)
{
	struct ipc_request request = ask(IPC_TOKEN_LOSE, world.admin);
	char id[32], text[CS_OATH_CODE_MAX], password[32];

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	with(&request, IPC_TAG_TOKEN, id);
	with_number(&request, IPC_TAG_VALID, 86400, 4);
	with_number(&request, IPC_TAG_COUNT_OF, 3, 4);
	assert_int_equal(one(&request), 201);
	says("\"expires\":1800086400");
	nth_code(0, password);
	require_wrong("alice", code_at(0, text));
	require_verified("alice", password);
	require_verified("alice", password);
	world.now += 86399;
	require_verified("alice", password);
	require_wrong("alice", password); /* three times it was */
	world.now += 1;
	assert_int_equal(one(&request), 201);
	nth_code(0, password);
	world.now += 86400;
	require_wrong("alice", password);
	require_last_audit("otp_verify", "wrong", "token_expired");
}

static void a_lost_token_is_disabled_whether_or_not_there_is_room_for_a_password(void **state)
{
	struct ipc_request request = ask(IPC_TOKEN_LOSE, world.admin), other = enrolment("backup");
	char id[32], text[CS_OATH_CODE_MAX], password[32];

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	for (unsigned i = 1; i < DB_USER_TOKENS_MAX; i++)
		assert_int_equal(one(&other), 201);
	assert_int_equal(one(&other), 409);
	says("too_many_tokens");
	with(&request, IPC_TAG_TOKEN, id);
	with_number(&request, IPC_TAG_COUNT_OF, 1000, 4);
	assert_int_equal(one(&request), 400); /* which has changed nothing */
	require_verified("alice", code_at(0, text));
	with_number(&request, IPC_TAG_COUNT_OF, 3, 4);
	assert_int_equal(one(&request), 201); /* in the lost one's place */
	nth_code(0, password);
	require_wrong("alice", code_at(1, text));
	require_verified("alice", password);
	assert_int_equal(on_token(IPC_TOKEN_ENABLE, id), 409);
	says("too_many_tokens");
	assert_int_equal(one(&request), 200);
	says("\"state\":\"disabled\"");
	assert_non_null(strstr(world.body, id));
	require_last_audit("token_lose", "done", "no_password");
	require_wrong("alice", code_at(1, text));
}

/* What is disabled or over takes no room, and what is in use is found behind any number of such. */
static void a_user_gets_other_tokens_for_as_long_as_he_lives(void **state)
{
	struct ipc_request request = ask(IPC_TOKEN_LOSE, world.admin);
	char id[32], text[CS_OATH_CODE_MAX], password[32];

	(void)state;
	for (unsigned i = 0; i < 2 * DB_USER_TOKENS_MAX; i++) {
		assert_int_equal(enrol("alice", "hotp", id), 201);
		require_verified("alice", code_at(2 * i, text));
		with(&request, IPC_TAG_TOKEN, id);
		assert_int_equal(one(&request), 201);
		nth_code(0, password);
		require_wrong("alice", code_at(2 * i + 1, text));
		require_verified("alice", password);
		world.now += 3 * 86400;
		require_wrong("alice", password);
	}
	/* All of them are told of where his seeds are. */
	struct ipc_request export = ask(IPC_USER_EXPORT, world.admin);
	unsigned told = 0;
	with(&export, IPC_TAG_USER, "alice");
	world.keeper.dual_control = false;
	assert_int_equal(one(&export), 200);
	for (const char *at = world.body; (at = strstr(at, "\"secret\":")); at++)
		told++;
	assert_int_equal(told, 2 * DB_USER_TOKENS_MAX);
}

/* ---- challenges ---- */

static void an_ocra_challenge_is_answered_once_and_in_time(void **state)
{
	static const char suite[] = "OCRA-1:HOTP-SHA1-6:QN08";
	struct ipc_request request = enrolment("ocra");
	const struct cs_hmac hmac = {.fn = libcrypto_hmac};
	struct cs_ocra_suite parsed;
	char id[32], other[32], question[128], code[2 * CS_HASH_MAX + 1];

	(void)state;
	with(&request, IPC_TAG_SUITE, suite);
	request.field[IPC_TAG_SECRET] = cs_view(seed, 20);
	assert_int_equal(one(&request), 201);
	assert_int_equal(challenge(NULL, NULL, id), 201);
	member("question", question, sizeof(question));
	assert_int_equal(strlen(question), 8);
	assert_int_equal(cs_ocra_suite_parse(cs_view_string(suite), &parsed), CS_OK);
	const struct cs_ocra_input in = {.question = cs_view_string(question)};
	assert_int_equal(cs_ocra(&hmac, &parsed, cs_view(seed, 20), &in, code), CS_OK);
	assert_int_equal(challenge(NULL, NULL, other), 201);
	challenge_state(id, "\"state\":\"open\"");
	require_wrong("alice", code); /* nothing was asked */
	require_last_audit("otp_verify", "wrong", "no_token");
	require_answer(other, code, NULL, "wrong_code");
	require_answer(id, code, NULL, "");
	challenge_state(id, "\"state\":\"answered\"");
	require_answer(id, code, NULL, "challenge_over");
	world.now += world.config.challenge_lifetime;
	challenge_state(other, "\"state\":\"expired\"");
	require_answer(other, code, NULL, "challenge_over");
}

static void a_challenge_that_is_bound_to_a_transaction_is_answered_with_it_alone(void **state)
{
	static const char suite[] = "OCRA-1:HOTP-SHA256-6:QN08-S064", data[] = "100 EUR to DE02";
	struct ipc_request request = enrolment("ocra");
	const struct cs_hmac hmac = {.fn = libcrypto_hmac};
	struct cs_ocra_suite parsed;
	char id[32], question[128], code[2 * CS_HASH_MAX + 1];

	(void)state;
	with(&request, IPC_TAG_SUITE, suite);
	request.field[IPC_TAG_SECRET] = cs_view(seed, 20);
	assert_int_equal(one(&request), 201);
	assert_int_equal(challenge(NULL, data, id), 201);
	member("question", question, sizeof(question));
	assert_int_equal(cs_ocra_suite_parse(cs_view_string(suite), &parsed), CS_OK);
	const struct cs_ocra_input in = {.question = cs_view_string(question),
					 .session = cs_view_string(data)};
	assert_int_equal(cs_ocra(&hmac, &parsed, cs_view(seed, 20), &in, code), CS_OK);
	require_answer(id, code, "900 EUR to DE02", "other_transaction");
	require_answer(id, code, NULL, "other_transaction");
	require_answer(id, code, data, "");
	char longer[80];
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(challenge(NULL, longer, id), 400);
	says("bad_data");
}

/* What the cells of the question are, of those told when the grid was made. */
static void grid_answer(char cells[50][32], const char *question, char code[64])
{
	code[0] = '\0';
	for (const char *p = question; *p; p += strcspn(p, " "), p += *p == ' ')
		(void)snprintf(code + strlen(code), 64 - strlen(code), "%s",
			       cells[(unsigned)(p[1] - '1') * 10 + (unsigned)(p[0] - 'A')]);
}

static void grid_enrol(char cells[50][32])
{
	struct ipc_request request = enrolment("grid");

	assert_int_equal(one(&request), 201);
	assert_int_equal(codes_told(), 50);
	for (unsigned i = 0; i < 50; i++)
		nth_code(i, cells[i]);
}

static void a_grid_is_asked_for_three_cells(void **state)
{
	char cells[50][32], id[32], question[64], code[64];

	(void)state;
	grid_enrol(cells);
	assert_int_equal(challenge("grid", NULL, id), 201);
	member("question", question, sizeof(question));
	grid_answer(cells, question, code);
	require_answer(id, "123", NULL, "wrong_code");
	require_answer(id, code, NULL, "");
	require_answer(id, code, NULL, "challenge_over");
}

static void a_grid_is_asked_the_same_until_it_was_answered(void **state)
{
	char cells[50][32], id[32], other[32], question[64], again[64], code[64];

	(void)state;
	grid_enrol(cells);
	assert_int_equal(challenge("grid", NULL, id), 201);
	member("question", question, sizeof(question));
	require_answer(id, "000000000", NULL, "wrong_code");
	world.now += world.keeper.challenge_lifetime + 2 * 86400;
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(challenge("grid", NULL, i ? other : id), 201);
		member("question", again, sizeof(again));
		assert_string_equal(again, question);
	}
	/* The answer is good for one of them. */
	grid_answer(cells, question, code);
	require_answer(id, code, NULL, "");
	require_answer(other, code, NULL, "replay");
	assert_int_equal(challenge("grid", NULL, id), 201);
	member("question", again, sizeof(again));
	assert_string_not_equal(again, question);
	require_answer(id, code, NULL, "wrong_code");
}

/* A stranger has asked as often as may be asked. The owner's answers go on, of what was open and after that.
 */
static void a_grid_that_was_asked_too_often_is_asked_for_the_cells_that_are_next(void **state)
{
	char cells[50][32], id[32], other[32], question[64], again[64], code[64];

	(void)state;
	grid_enrol(cells);
	for (unsigned i = 0; i < world.keeper.challenges_hour; i++)
		assert_int_equal(challenge("grid", NULL, id), 201);
	for (unsigned i = 0; i < world.keeper.challenges_hour + 3; i++) {
		assert_int_equal(challenge("grid", NULL, id), 201);
		require_last_audit("challenge_create", "done",
				   i < world.keeper.challenges_hour ? "open_already" : "");
		member("question", question, sizeof(question));
		assert_int_equal(challenge("grid", NULL, other), 201);
		require_last_audit("challenge_create", "done", "open_already");
		member("question", again, sizeof(again));
		assert_string_equal(other, id);
		assert_string_equal(again, question);
		grid_answer(cells, question, code);
		require_answer(id, code, NULL, "");
		require_answer(id, code, NULL, "challenge_over");
	}
	require_rows("challenge", world.keeper.challenges_hour + 3);
}

static void take_newest(void *ctx, const struct db_message *message)
{
	struct db_message *newest = ctx;

	if (message->created >= newest->created)
		*newest = *message;
}

/* The code that was put into the outbox last, as the courier will read it, and takes it out. */
static void sent_code(struct db_message *message, char code[16])
{
	struct cs_writer w = cs_writer_of(code, 15);

	memset(message, 0, sizeof(*message));
	assert_int_equal(db_outbox_page(world.keeper.db, "", 10, take_newest, message), CS_OK);
	assert_int_equal(seal_open(&world.keeper.key, cs_view_string(message->id),
				   cs_view(message->sealed, message->sealed_len), &w),
			 CS_OK);
	code[cs_writer_view(&w).len] = '\0';
	assert_int_equal(db_outbox_remove(world.keeper.db, message->id), CS_OK);
	assert_int_equal(db_outbox_remove(world.keeper.db, message->id), CS_ERR_NOT_FOUND);
}

static void a_code_is_sent_and_only_its_digest_kept(void **state)
{
	struct ipc_request request = enrolment("sms");
	struct db_challenge row;
	struct db_message message;
	char id[32], code[16];

	(void)state;
	with(&request, IPC_TAG_DESTINATION, "+491701234567");
	assert_int_equal(one(&request), 201);
	assert_int_equal(challenge("sms", NULL, id), 201);
	says("\"sent_to\":\"***********67\"");
	sent_code(&message, code);
	assert_string_equal(message.destination, "+491701234567");
	assert_string_equal(message.kind, "sms");
	assert_string_equal(message.user, "alice");
	assert_int_equal(strlen(code), 6);
	assert_null(strstr(world.body, code));
	assert_int_equal(db_challenge_find(world.keeper.db, id, &row), CS_OK);
	assert_int_equal(row.mac_len, 32);
	require_wrong("alice", code); /* without its challenge it is nothing */
	char wrong[16];
	memcpy(wrong, code, sizeof(wrong));
	wrong[0] = code[0] == '9' ? '8' : '9';
	require_answer(id, wrong, NULL, "wrong_code");
	require_answer(id, code, NULL, "");
	require_answer(id, code, NULL, "challenge_over");
}

static void codes_by_mail_have_the_digits_that_were_asked_for(void **state)
{
	struct ipc_request request = enrolment("email");
	struct db_message message;
	char id[32], code[16];

	(void)state;
	with(&request, IPC_TAG_DESTINATION, "alice@example.org");
	with_number(&request, IPC_TAG_DIGITS, 8, 1);
	assert_int_equal(one(&request), 201);
	assert_int_equal(challenge(NULL, NULL, id), 201);
	says("\"sent_to\":\"a****@example.org\"");
	sent_code(&message, code);
	assert_int_equal(strlen(code), 8);
	assert_int_equal(message.expires, world.now + 180);
	world.now += 180;
	require_answer(id, code, NULL, "challenge_over");
}

static void a_token_is_challenged_so_often_in_an_hour_and_then_what_is_open_will_do(void **state)
{
	struct ipc_request request = enrolment("sms");
	struct db_message message = {0};
	char id[32], again[32], code[16];

	(void)state;
	assert_int_equal(challenge(NULL, NULL, id), 409);
	says("no_challenge_token");
	with(&request, IPC_TAG_DESTINATION, "+491701234567");
	assert_int_equal(one(&request), 201);
	for (unsigned i = 0; i < 9; i++)
		assert_int_equal(challenge(NULL, NULL, id), 201);
	world.now++;
	assert_int_equal(challenge(NULL, NULL, id), 201);
	assert_int_equal(challenge(NULL, NULL, again), 201);
	assert_string_equal(again, id);
	require_last_audit("challenge_create", "done", "open_already");
	assert_int_equal(challenge(NULL, "pay 5", again), 429); /* that is no open one */
	says("too_many_challenges");
	sent_code(&message, code); /* the last one, which stays so */
	require_answer(id, code, NULL, "");
	assert_int_equal(challenge(NULL, NULL, again), 201); /* an older one is open still */
	assert_string_not_equal(again, id);
	world.now += world.config.challenge_lifetime;
	assert_int_equal(challenge(NULL, NULL, id), 429);
	world.now += 3600;
	assert_int_equal(challenge(NULL, NULL, id), 201);
}

static void another_users_challenge_is_nobodys(void **state)
{
	struct ipc_request request = enrolment("sms"), user = ask(IPC_USER_ADD, world.admin),
			   other = ask(IPC_OTP_VERIFY, world.application);
	struct db_message message;
	char id[32], code[16];

	(void)state;
	with(&request, IPC_TAG_DESTINATION, "+491701234567");
	assert_int_equal(one(&request), 201);
	with(&user, IPC_TAG_USER, "bob");
	assert_int_equal(one(&user), 201);
	assert_int_equal(challenge(NULL, NULL, id), 201);
	sent_code(&message, code);
	with(&other, IPC_TAG_USER, "bob");
	with(&other, IPC_TAG_CODE, code);
	with(&other, IPC_TAG_CHALLENGE, id);
	assert_int_equal(one(&other), 200);
	says("\"accepted\":false");
	require_answer("c_0000000000000000", code, NULL, "no_token");
	require_answer(id, code, NULL, "");
}

static void another_applications_challenge_is_nobodys(void **state)
{
	struct ipc_request request = enrolment("sms"), application = ask(IPC_APP_ADD, world.admin), get,
			   other;
	struct db_message message;
	char id[32], code[16], credential[64];

	(void)state;
	with(&request, IPC_TAG_DESTINATION, "+491701234567");
	assert_int_equal(one(&request), 201);
	with(&application, IPC_TAG_NAME, "wiki");
	assert_int_equal(one(&application), 201);
	member("credential", credential, sizeof(credential));
	assert_int_equal(challenge(NULL, NULL, id), 201);
	sent_code(&message, code);
	get = ask(IPC_CHALLENGE_GET, credential);
	with(&get, IPC_TAG_CHALLENGE, id);
	assert_int_equal(one(&get), 404);
	other = ask(IPC_OTP_VERIFY, credential);
	with(&other, IPC_TAG_USER, "alice");
	with(&other, IPC_TAG_CODE, code);
	with(&other, IPC_TAG_CHALLENGE, id);
	assert_int_equal(one(&other), 200);
	says("\"accepted\":false");
	challenge_state(id, "open");
	require_answer(id, code, NULL, "");
}

/* ---- PINs ---- */

static void set_pin(const char *id, const char *pin, const char *place, uint16_t status)
{
	struct ipc_request request = ask(IPC_TOKEN_PIN, world.admin);

	with(&request, IPC_TAG_TOKEN, id);
	if (pin)
		with(&request, IPC_TAG_PIN, pin);
	if (place)
		with(&request, IPC_TAG_PIN_PLACE, place);
	assert_int_equal(one(&request), status);
}

static void typed(const char *before, uint64_t position, const char *behind, const char *reason)
{
	char code[CS_OATH_CODE_MAX], whole[64];

	(void)snprintf(whole, sizeof(whole), "%s%s%s", before, code_at(position, code), behind);
	verify("alice", whole);
	require_last_audit("otp_verify", *reason ? "wrong" : "accepted", reason);
}

static void a_pin_stands_before_or_behind_the_code(void **state)
{
	char id[32];

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	set_pin(id, "7391", NULL, 200);
	says("\"pin\":\"before\"");
	typed("", 0, "", "wrong_code");
	typed("7391", 0, "", "");
	assert_int_equal(world.keeper.metrics.passwords, 1);
	typed("7390", 1, "", "wrong_pin");
	typed("7391", 1, "", "replay"); /* the code beside a wrong PIN is spent */
	set_pin(id, "7391", "behind", 200);
	typed("", 2, "7391", "");
	typed("7391", 3, "", "wrong_code");
	set_pin(id, NULL, NULL, 200);
	typed("", 3, "", "");
	set_pin(id, "1234", NULL, 400);
	says("bad_pin");
	set_pin(id, "7391", "beside", 400);
	set_pin(id, NULL, "before", 400);
}

static void wrong_pins_spend_the_budget(void **state)
{
	char id[32];

	(void)state;
	assert_int_equal(enrol("alice", "hotp", id), 201);
	set_pin(id, "7391", NULL, 200);
	for (uint64_t i = 0; i < 5; i++)
		typed("7390", i, "", "wrong_pin");
	verify("alice", "7391000000");
	says("\"locked\"");
	assert_int_equal(world.keeper.metrics.passwords, 5);
}

static void what_a_kind_does_not_have_is_refused(void **state)
{
	static const struct {
		const char *type;
		enum ipc_tag tag;
		const char *value, *code;
	} cases[] = {
	    {"sms", IPC_TAG_NONE, NULL, "bad_destination"},
	    {"sms", IPC_TAG_DESTINATION, "0170123456", "bad_destination"},
	    {"sms", IPC_TAG_DESTINATION, "+4917012345678901234", "bad_destination"},
	    {"email", IPC_TAG_DESTINATION, "alice", "bad_destination"},
	    {"email", IPC_TAG_DESTINATION, "a@b,c@d", "bad_destination"},
	    {"email", IPC_TAG_DESTINATION, "a@b@c", "bad_destination"},
	    {"hotp", IPC_TAG_DESTINATION, "a@b", "bad_destination"},
	    {"ocra", IPC_TAG_NONE, NULL, "bad_suite"},
	    {"ocra", IPC_TAG_SUITE, "OCRA-1:HOTP-SHA1-4:QN08", "bad_suite"},
	    {"totp", IPC_TAG_SUITE, "OCRA-1:HOTP-SHA1-6:QN08", "bad_suite"},
	    {"backup", IPC_TAG_PIN, "7391", "no_pin_here"},
	    {"backup", IPC_TAG_SECRET, "12345678901234567890", "bad_secret"},
	    {"grid", IPC_TAG_HASH, "SHA256", "bad_algorithm"},
	    {"list", IPC_TAG_COUNT_OF, "\0\0\0\1", "bad_count"},
	    {"hotp", IPC_TAG_COUNT_OF, "\0\0\0\1", "bad_count"},
	    {"temporary", IPC_TAG_VALID, "\0\0\0\0", "bad_valid"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ipc_request request = enrolment(cases[i].type);
		if (cases[i].value && cases[i].value[0])
			with(&request, cases[i].tag, cases[i].value);
		else if (cases[i].value)
			request.field[cases[i].tag] = cs_view(cases[i].value, 4);
		uint16_t status = one(&request);
		assert_int_equal(status, strcmp(cases[i].code, "no_pin_here") ? 400 : 409);
		says(cases[i].code);
	}
}

static void what_was_spent_is_never_given_back_whoever_writes(void **state)
{
	struct ipc_request request = enrolment("backup");
	char code[32];

	(void)state;
	assert_int_equal(one(&request), 201);
	nth_code(0, code);
	require_verified("alice", code);
	assert_int_not_equal(sql_execute(world.keeper.db->sql, "UPDATE token SET spent = 2"), CS_OK);
	assert_int_equal(sql_execute(world.keeper.db->sql, "UPDATE token SET spent = 3"), CS_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_WORLD(a_printed_list_is_worked_off_in_its_order),
	    IN_WORLD(backup_codes_are_told_once_and_good_once),
	    IN_WORLD(the_same_backup_code_many_times_in_one_batch_is_accepted_once),
	    IN_WORLD(a_lost_token_is_disabled_and_its_user_gets_a_password_for_some_days),
	    IN_WORLD(a_lost_token_is_disabled_whether_or_not_there_is_room_for_a_password),
	    IN_WORLD(a_user_gets_other_tokens_for_as_long_as_he_lives),
	    IN_WORLD(an_ocra_challenge_is_answered_once_and_in_time),
	    IN_WORLD(a_challenge_that_is_bound_to_a_transaction_is_answered_with_it_alone),
	    IN_WORLD(a_grid_is_asked_for_three_cells),
	    IN_WORLD(a_grid_is_asked_the_same_until_it_was_answered),
	    IN_WORLD(a_grid_that_was_asked_too_often_is_asked_for_the_cells_that_are_next),
	    IN_WORLD(a_code_is_sent_and_only_its_digest_kept),
	    IN_WORLD(codes_by_mail_have_the_digits_that_were_asked_for),
	    IN_WORLD(a_token_is_challenged_so_often_in_an_hour_and_then_what_is_open_will_do),
	    IN_WORLD(another_users_challenge_is_nobodys),
	    IN_WORLD(another_applications_challenge_is_nobodys),
	    IN_WORLD(a_pin_stands_before_or_behind_the_code),
	    IN_WORLD(wrong_pins_spend_the_budget),
	    IN_WORLD(what_a_kind_does_not_have_is_refused),
	    IN_WORLD(what_was_spent_is_never_given_back_whoever_writes),
	};

	return cmocka_run_group_tests(tests, NULL, database_server_end);
}
