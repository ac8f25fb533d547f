/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Routes and the translation of HTTP calls to requests: what passes, and what is refused by which name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/front_call.h"
#include "daemon/role.h"

#define AUTH "Bearer 0123456789abcdef"

struct made {
	struct front_call *call;
	struct front_request request;
	enum front_refusal refusal;
};

/* Plays a whole call: method, raw URI, body (NULL: none). */
static void play(struct made *made, const char *method, const char *uri, const char *body)
{
	char length[24];
	struct front_header header = {
	    .method = cs_view_string(method),
	    .credential.authorization = CS_VIEW_TEXT(AUTH),
	    .content_type = CS_VIEW_TEXT("application/json; charset=utf-8"),
	};

	memset(made, 0, sizeof *made);
	made->call = front_call_new(cs_view_string(uri));
	assert_non_null(made->call);
	if (body != NULL) {
		(void)snprintf(length, sizeof length, "%zu", strlen(body));
		header.content_length = cs_view_string(length);
	}
	front_call_judge(made->call, &header);
	if (body != NULL) {
		for (size_t i = 0; body[i] != '\0'; i++) { /* byte by byte: any split must do */
			assert_true(front_call_feed(made->call, cs_view(body + i, 1)));
		}
	}
	made->refusal = made->call->err.refusal;
	if (made->refusal == FRONT_ACCEPTED && !made->call->options) {
		made->refusal = front_call_request(made->call, &header.credential, CS_VIEW_TEXT("192.0.2.7"),
						   &made->request);
	}
}

static void expect_refusal(const char *method, const char *uri, const char *body, enum front_refusal want,
			   const char *detail)
{
	struct made made;

	play(&made, method, uri, body);
	if (made.refusal != want) {
		print_error("%s %s %s\n", method, uri, body != NULL ? body : "");
	}
	assert_int_equal(made.refusal, want);
	if (detail != NULL) {
		assert_string_equal(made.call->err.detail, detail);
	}
	front_call_free(made.call);
}

static void expect_field(const struct made *made, enum ipc_tag tag, struct cs_view want)
{
	struct cs_view got = ipc_field(&made->request.ipc, tag);

	assert_non_null(got.ptr);
	assert_int_equal(got.len, want.len);
	assert_memory_equal(got.ptr, want.ptr, want.len);
}

static void a_verification_becomes_a_request_that_keeper_takes(void **state)
{
	uint8_t frame[IPC_REQUEST_MAX];
	struct cs_writer w = CS_WRITER_OF(frame);
	struct ipc_request parsed;
	struct made made;

	(void)state;
	play(&made, "POST", "/v1/otp/verify", "{\"user\":\"zo\\u00eb\",\"code\":\"123456\"}");
	assert_int_equal(made.refusal, FRONT_ACCEPTED);
	assert_int_equal(made.request.ipc.op, IPC_OTP_VERIFY);
	expect_field(&made, IPC_TAG_USER, CS_VIEW_TEXT("zo\xc3\xab"));
	expect_field(&made, IPC_TAG_CODE, CS_VIEW_TEXT("123456"));
	expect_field(&made, IPC_TAG_CREDENTIAL, CS_VIEW_TEXT("0123456789abcdef"));
	expect_field(&made, IPC_TAG_ADDRESS, CS_VIEW_TEXT("192.0.2.7"));
	assert_int_equal(ipc_request_build(&made.request.ipc, &w), CS_OK);
	assert_int_equal(ipc_request_parse(cs_writer_view(&w), &parsed), CS_OK);
	front_call_free(made.call);
}

#define SEED32 "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"

static void rows_become_one_field_that_keeper_takes_apart(void **state)
{
	uint8_t frame[IPC_REQUEST_MAX];
	struct cs_writer w = CS_WRITER_OF(frame);
	struct ipc_request parsed, row;
	struct made made;

	(void)state;
	play(&made, "POST", "/v1/imports/i_1/rows",
	     "{\"first\":7,\"tokens\":[{\"secret\":\"" SEED32 "\",\"type\":\"hotp\",\"counter\":9},"
	     "{\"type\":\"totp\",\"secret\":\"" SEED32 "\",\"serial\":\"\",\"user\":\"zo\\u00eb\"}]}");
	assert_int_equal(made.refusal, FRONT_ACCEPTED);
	expect_field(&made, IPC_TAG_IMPORT, CS_VIEW_TEXT("i_1"));
	assert_int_equal(ipc_request_build(&made.request.ipc, &w), CS_OK);
	assert_int_equal(ipc_request_parse(cs_writer_view(&w), &parsed), CS_OK);
	struct cs_reader rows = cs_reader_of(ipc_field(&parsed, IPC_TAG_ROWS));
	assert_int_equal(ipc_row_next(&rows, &row), CS_OK);
	assert_true(cs_view_equal(ipc_field(&row, IPC_TAG_SECRET), CS_VIEW_TEXT("12345678901234567890")));
	assert_int_equal(ipc_field_number(&row, IPC_TAG_POSITION, 0), 9);
	assert_int_equal(ipc_row_next(&rows, &row), CS_OK);
	assert_true(cs_view_equal(ipc_field(&row, IPC_TAG_USER), CS_VIEW_TEXT("zo\xc3\xab")));
	assert_int_equal(ipc_field(&row, IPC_TAG_SERIAL).len, 0);
	assert_false(cs_reader_more(&rows));
	front_call_free(made.call);
}

static void rows_that_are_none_are_refused(void **state)
{
#define ROW "{\"type\":\"hotp\",\"secret\":\"" SEED32 "\"}"
	static const char *const wrong[] = {"{}",
					    "[]",
					    "[7]",
					    "[{}]",
					    "[{\"type\":\"hotp\"}]",
					    "[{\"type\":\"sms\",\"secret\":\"" SEED32 "\"}]",
					    "[" ROW ",{\"type\":\"hotp\",\"secret\":\"" SEED32
					    "\",\"pin\":\"1234\"}]",
					    "[{\"type\":\"hotp\",\"secret\":\"" SEED32 "\",\"counter\":-1}]",
					    "[{\"type\":\"hotp\",\"secret\":\"" SEED32 "\",\"serial\":7}]",
					    "[{\"type\":\"hotp\",\"secret\":\"MFRGG\"}]"};
	static char body[65536];
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		(void)snprintf(body, sizeof body, "{\"first\":0,\"tokens\":%s}", wrong[i]);
		expect_refusal("POST", "/v1/imports/i_1/rows", body, FRONT_BAD_MEMBER, "tokens");
	}
	/* One too many. */
	len = (size_t)snprintf(body, sizeof body, "{\"first\":0,\"tokens\":[" ROW);
	for (unsigned i = 0; i < IPC_ROWS_MAX; i++)
		len += (size_t)snprintf(body + len, sizeof body - len, "," ROW);
	(void)snprintf(body + len, sizeof body - len, "]}");
	expect_refusal("POST", "/v1/imports/i_1/rows", body, FRONT_BAD_MEMBER, "tokens");
#undef ROW
}

static void an_enrolment_carries_every_member_in_its_binary_form(void **state)
{
	static const uint8_t period[] = {0, 0, 0, 60};
	static const uint8_t counter[] = {0, 0, 0, 1, 0, 0, 0, 0};
	struct made made;

	(void)state;
	play(&made, "POST", "/v1/tokens",
	     "{\"user\":\"a\",\"type\":\"totp\",\"secret\":\"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\","
	     "\"algorithm\":\"SHA256\","
	     "\"digits\":8,\"period\":60,\"counter\":4294967296,\"label\":\"\"}");
	assert_int_equal(made.refusal, FRONT_ACCEPTED);
	expect_field(&made, IPC_TAG_SECRET, CS_VIEW_TEXT("12345678901234567890"));
	expect_field(&made, IPC_TAG_HASH, CS_VIEW_TEXT("SHA256"));
	expect_field(&made, IPC_TAG_DIGITS, CS_VIEW_TEXT("\x08"));
	expect_field(&made, IPC_TAG_PERIOD, CS_VIEW_OF(period));
	expect_field(&made, IPC_TAG_COUNTER, CS_VIEW_OF(counter));
	expect_field(&made, IPC_TAG_LABEL, CS_VIEW_EMPTY);
	front_call_free(made.call);
}

static void a_query_and_a_path_are_unescaped_strictly(void **state)
{
	struct made made;

	(void)state;
	play(&made, "GET", "/v1/tokens?user=a%20b%2Bc+d&limit=17&after=x", NULL);
	assert_int_equal(made.refusal, FRONT_ACCEPTED);
	expect_field(&made, IPC_TAG_USER, CS_VIEW_TEXT("a b+c d"));
	expect_field(&made, IPC_TAG_LIMIT, cs_view("\0\0\0\x11", 4));
	front_call_free(made.call);

	play(&made, "DELETE", "/v1/applications/a%2Fb", NULL);
	assert_int_equal(made.refusal, FRONT_ACCEPTED);
	expect_field(&made, IPC_TAG_NAME, CS_VIEW_TEXT("a/b"));
	front_call_free(made.call);

	expect_refusal("GET", "/v1/users?limit=%3", NULL, FRONT_BAD_MEMBER, "limit");
	expect_refusal("GET", "/v1/users?limit=0", NULL, FRONT_BAD_MEMBER, "limit");
	expect_refusal("GET", "/v1/users?limit=1001", NULL, FRONT_BAD_MEMBER, "limit");
	expect_refusal("GET", "/v1/users?limit=99999999999999999999", NULL, FRONT_BAD_MEMBER, "limit");
	expect_refusal("GET", "/v1/users?limit=1&limit=1", NULL, FRONT_BAD_MEMBER, "limit");
	expect_refusal("GET", "/v1/users?after=%00", NULL, FRONT_BAD_MEMBER, "after");
	expect_refusal("GET", "/v1/users?after=%ff", NULL, FRONT_BAD_MEMBER, "after");
	expect_refusal("GET", "/v1/users?colour=red", NULL, FRONT_UNKNOWN_MEMBER, "colour");
	expect_refusal("GET", "/v1/users?", NULL, FRONT_ACCEPTED, NULL);
	expect_refusal("DELETE", "/v1/applications/a%00b", NULL, FRONT_BAD_PATH, NULL);
	expect_refusal("DELETE", "/v1/applications/", NULL, FRONT_BAD_PATH, NULL);
	expect_refusal("POST", "/v1/tokens/a%20b/disable", NULL, FRONT_BAD_PATH, NULL);
}

static void paths_and_methods_outside_the_table_are_told_apart(void **state)
{
	(void)state;
	expect_refusal("GET", "/", NULL, FRONT_NOT_FOUND, NULL);
	expect_refusal("GET", "", NULL, FRONT_NOT_FOUND, NULL);
	expect_refusal("GET", "*", NULL, FRONT_NOT_FOUND, NULL);
	expect_refusal("GET", "/v1/login/", NULL, FRONT_NOT_FOUND, NULL);
	expect_refusal("GET", "//v1/users", NULL, FRONT_NOT_FOUND, NULL);
	expect_refusal("GET", "/v1/tokens/x/y/disable", NULL, FRONT_NOT_FOUND, NULL);
	expect_refusal("PUT", "/v1/users", NULL, FRONT_METHOD, "POST, GET, HEAD, OPTIONS");
	expect_refusal("GET", "/v1/otp/verify", NULL, FRONT_METHOD, "POST, OPTIONS");
	expect_refusal("GET", "/v1/users/", NULL, FRONT_METHOD, "DELETE, OPTIONS");
	expect_refusal("HEAD", "/healthz", NULL, FRONT_ACCEPTED, NULL);
}

static void a_member_of_the_wrong_shape_is_refused_by_its_name(void **state)
{
	static const struct {
		const char *body, *member;
	} cases[] = {
	    {"{\"user\":1,\"code\":\"1\"}", "user"},
	    {"{\"user\":\"\",\"code\":\"1\"}", "user"},
	    {"{\"user\":\"a\\u0007\",\"code\":\"1\"}", "user"},
	    {"{\"user\":null,\"code\":\"1\"}", "user"},
	    {"{\"code\":\"1\\t2\",\"user\":\"a\"}", "code"},
	    {"{\"code\":\"\",\"user\":\"a\"}", "code"},
	    {"{\"code\":123456,\"user\":\"a\"}", "code"},
	    {"{\"code\":[\"1\"],\"user\":\"a\"}", "code"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		expect_refusal("POST", "/v1/otp/verify", cases[i].body, FRONT_BAD_MEMBER, cases[i].member);
	}
	expect_refusal("POST", "/v1/otp/verify", "{\"user\":\"a\"}", FRONT_MISSING_MEMBER, "code");
	expect_refusal("POST", "/v1/otp/verify", NULL, FRONT_MISSING_MEMBER, "user");
	expect_refusal("POST", "/v1/otp/verify", "{\"user\":\"a\",\"code\":\"1\",\"admin\":true}",
		       FRONT_UNKNOWN_MEMBER, "admin");
}

static void numbers_and_seeds_outside_their_range_are_refused(void **state)
{
	static const char *const cases[][2] = {
	    {"\"digits\":5", "digits"},
	    {"\"digits\":9", "digits"},
	    {"\"digits\":6.0", "digits"},
	    {"\"digits\":\"6\"", "digits"},
	    {"\"digits\":-1", "digits"},
	    {"\"period\":9", "period"},
	    {"\"period\":301", "period"},
	    {"\"counter\":-1", "counter"},
	    {"\"algorithm\":\"MD5\"", "algorithm"},
	    {"\"algorithm\":\"\"", "algorithm"},
	    {"\"algorithm\":\" SHA1\"", "algorithm"},
	    {"\"secret\":\"GEZDGNBVGY3TQOJQ\"", "secret"},
	    {"\"secret\":\"not base32!\"", "secret"},
	    {"\"type\":\"yubico\"", "type"},
	};
	char body[256];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		(void)snprintf(body, sizeof body, "{%s}", cases[i][0]);
		expect_refusal("POST", "/v1/tokens", body, FRONT_BAD_MEMBER, cases[i][1]);
	}
}

static void what_is_not_one_json_object_is_refused(void **state)
{
	static const char *const bodies[] = {
	    "x",   "[]",	 "\"user\"", "{\"user\":\"a\",\"user\":\"b\",\"code\":\"1\"}",
	    "{",   "{} {}",	 "{\"a\"}",  "{\"user\":\"\xff\"}",
	    "nul", "{\"a\":1,}", " ",	     "{\"user\":\"\\u0000\",\"code\":\"1\"}",
	};
	char deep[256];

	(void)state;
	for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
		expect_refusal("POST", "/v1/otp/verify", bodies[i], FRONT_BAD_JSON, NULL);
	}
	memset(deep, '[', sizeof deep - 1);
	deep[sizeof deep - 1] = '\0';
	expect_refusal("POST", "/v1/otp/verify", deep, FRONT_BAD_JSON, "it is nested too deep");
	expect_refusal("GET", "/v1/users", "{}", FRONT_BODY_UNWANTED, NULL);
}

static enum front_refusal judge(const char *authorization, const char *type, const char *length)
{
	struct front_header header = {
	    .method = CS_VIEW_TEXT("POST"),
	    .credential.authorization = cs_view_string(authorization),
	    .content_type = cs_view_string(type),
	    .content_length = cs_view_string(length),
	};
	struct front_call *call = front_call_new(CS_VIEW_TEXT("/v1/users"));
	enum front_refusal refusal;

	assert_non_null(call);
	front_call_judge(call, &header);
	refusal = call->err.refusal;
	front_call_free(call);
	return refusal;
}

static void the_header_alone_decides_on_credential_type_and_length(void **state)
{
	char token[800];

	(void)state;
	assert_int_equal(judge("bearer x", "APPLICATION/JSON", "65536"), FRONT_ACCEPTED);
	assert_int_equal(judge("", "application/json", "2"), FRONT_NO_CREDENTIAL);
	assert_int_equal(judge("Bearer ", "application/json", "2"), FRONT_NO_CREDENTIAL);
	assert_int_equal(judge("Basic eDp5", "application/json", "2"), FRONT_NO_CREDENTIAL);
	assert_int_equal(judge("Bearer x y", "application/json", "2"), FRONT_NO_CREDENTIAL);
	memset(token, 'x', sizeof token - 1);
	memcpy(token, "Bearer ", 7);
	token[sizeof token - 1] = '\0';
	assert_int_equal(judge(token, "application/json", "2"), FRONT_NO_CREDENTIAL);
	assert_int_equal(judge("Bearer x", "text/plain", "2"), FRONT_MEDIA_TYPE);
	assert_int_equal(judge("Bearer x", "application/jsonp", "2"), FRONT_MEDIA_TYPE);
	assert_int_equal(judge("Bearer x", "", "2"), FRONT_MEDIA_TYPE);
	assert_int_equal(judge("Bearer x", "application/json", "65537"), FRONT_TOO_LARGE);
	assert_int_equal(judge("Bearer x", "application/json", "99999999999999999999999"), FRONT_TOO_LARGE);
	assert_int_equal(judge("Bearer x", "application/json", "-1"), FRONT_TOO_LARGE);
}

static void a_call_barred_for_who_asks_tells_keeper_what_and_why_and_no_more(void **state)
{
	struct front_credential credential = {.authorization = CS_VIEW_EMPTY,
					      .idempotency = CS_VIEW_TEXT("k")};
	struct front_header header = {.method = CS_VIEW_TEXT("POST"),
				      .content_type = CS_VIEW_TEXT("application/json"),
				      .content_length = CS_VIEW_TEXT("2")};
	uint8_t frame[IPC_REQUEST_MAX];

	(void)state;
	for (unsigned round = 0; round < 2;
	     round++) { /* without a credential; with a certificate not to be trusted */
		struct front_call *call = front_call_new(CS_VIEW_TEXT("/v1/users"));
		struct cs_writer w = CS_WRITER_OF(frame);
		struct made made;
		assert_non_null(call);
		if (round) {
			call->certificate = FRONT_CERTIFICATE_REFUSED;
			credential.authorization = CS_VIEW_TEXT(AUTH);
		}
		header.credential = credential;
		front_call_judge(call, &header);
		assert_true(front_call_feed(call, CS_VIEW_TEXT("{}")));
		assert_true(front_call_barred(call));
		assert_int_equal(
		    front_call_request(call, &credential, CS_VIEW_TEXT("192.0.2.7"), &made.request),
		    FRONT_ACCEPTED);
		assert_int_equal(made.request.ipc.op, IPC_USER_ADD);
		expect_field(&made, IPC_TAG_ADDRESS, CS_VIEW_TEXT("192.0.2.7"));
		expect_field(&made, IPC_TAG_BARRED,
			     round ? CS_VIEW_TEXT("certificate") : CS_VIEW_TEXT("credential"));
		assert_int_equal(ipc_field(&made.request.ipc, IPC_TAG_CREDENTIAL).ptr != NULL, round);
		assert_int_equal(ipc_request_build(&made.request.ipc, &w), CS_OK); /* there is nothing else */
		front_request_wipe(&made.request);
		front_call_free(call);
	}
}

static void a_chunked_body_over_the_limit_is_refused_and_then_cut_off(void **state)
{
	static uint8_t piece[4096];
	struct front_header header = {.method = CS_VIEW_TEXT("POST"),
				      .credential.authorization = CS_VIEW_TEXT(AUTH),
				      .content_type = CS_VIEW_TEXT("application/json"),
				      .chunked = true};
	struct front_call *call = front_call_new(CS_VIEW_TEXT("/v1/users"));
	size_t sent = 0;

	(void)state;
	assert_non_null(call);
	front_call_judge(call, &header);
	while (front_call_feed(call, CS_VIEW_OF(piece))) {
		sent += sizeof piece;
		assert_int_equal(call->err.refusal,
				 sent <= FRONT_BODY_MAX ? FRONT_ACCEPTED : FRONT_TOO_LARGE);
		assert_true(sent <= FRONT_BODY_MAX + FRONT_DRAIN_MAX);
	}
	front_call_free(call);
}

/* The limits of the HTTP table may not be wider than those of the stream to keeper, else a build would fail
 * later. */
static void the_table_agrees_with_keepers(void **state)
{
	size_t count;
	const struct front_route *routes = front_routes(&count);
	bool reached[IPC_OP_COUNT] = {false};

	(void)state;
	for (size_t i = 0; i < count; i++) {
		const struct ipc_rule *rule = ipc_rule(routes[i].op);
		unsigned required = 0, wanted = 0;

		if (routes[i].op == 0) {
			continue; /* front answers by itself */
		}
		assert_non_null(rule);
		reached[routes[i].op] = true;
		assert_int_equal(routes[i].credential, !role_may(0, routes[i].op));
		if (front_style_of(&routes[i]) != FRONT_STYLE_REST) {
			continue; /* settled afterwards: daemon_front_style_test.c */
		}
		for (size_t j = 0; j < routes[i].field_count; j++) {
			const struct front_field *field = &routes[i].fields[j];
			size_t min, max;

			assert_true(ipc_field_limits(field->tag, &min, &max));
			required += field->required;
			assert_int_equal(ipc_rule_wants(rule, field->tag),
					 field->required ? IPC_REQUIRED : IPC_OPTIONAL);
			if (field->kind == FRONT_TEXT || field->kind == FRONT_WORD ||
			    field->kind == FRONT_BASE32) {
				assert_true(field->min >= min && field->max <= max);
			}
		}
		for (const uint8_t *tag = rule->required; *tag != IPC_TAG_NONE; tag++)
			wanted++;
		assert_int_equal(required, wanted);
	}
	for (unsigned op = 1; op < IPC_OP_COUNT; op++) {
		assert_true(reached[op]);
	}
}

static void every_refusal_is_a_status_and_a_json_body(void **state)
{
	uint8_t text[FRONT_ERROR_BODY_MAX];
	char detail[200];

	(void)state;
	memset(detail, '"', sizeof detail);
	for (unsigned i = FRONT_ACCEPTED + 1; i < FRONT_REFUSAL_COUNT; i++) {
		struct cs_writer w = CS_WRITER_OF(text);
		struct front_error err;

		front_error_set(&err, (enum front_refusal)i, cs_view(detail, sizeof detail));
		front_error_body(&err, &w);
		assert_int_equal(cs_writer_done(&w), CS_OK);
		assert_in_range(front_error_status(&err), 400, 503);
		assert_true(cs_view_starts_with(cs_writer_view(&w), CS_VIEW_TEXT("{\"error\":{\"code\":\"")));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_verification_becomes_a_request_that_keeper_takes),
	    cmocka_unit_test(rows_become_one_field_that_keeper_takes_apart),
	    cmocka_unit_test(rows_that_are_none_are_refused),
	    cmocka_unit_test(an_enrolment_carries_every_member_in_its_binary_form),
	    cmocka_unit_test(a_query_and_a_path_are_unescaped_strictly),
	    cmocka_unit_test(paths_and_methods_outside_the_table_are_told_apart),
	    cmocka_unit_test(a_member_of_the_wrong_shape_is_refused_by_its_name),
	    cmocka_unit_test(numbers_and_seeds_outside_their_range_are_refused),
	    cmocka_unit_test(what_is_not_one_json_object_is_refused),
	    cmocka_unit_test(the_header_alone_decides_on_credential_type_and_length),
	    cmocka_unit_test(a_call_barred_for_who_asks_tells_keeper_what_and_why_and_no_more),
	    cmocka_unit_test(a_chunked_body_over_the_limit_is_refused_and_then_cut_off),
	    cmocka_unit_test(the_table_agrees_with_keepers),
	    cmocka_unit_test(every_refusal_is_a_status_and_a_json_body),
	};

	front_json_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
