/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Doors for other people's programs: how callers say who they are and what they want, and what they are told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/front_call.h"
#include "daemon/front_open.h"

static struct front_request request;
static struct front_error err;

static const char *client = ""; /* Countersign-Client */
static const char *agent = "";	/* User-Agent */

/* What becomes of a call: method, URI, Content-Type and body, Authorization. */
static enum front_refusal play(const char *method, const char *uri, const char *type, const char *body,
			       const char *authorization)
{
	struct front_header header = {
	    .method = cs_view_string(method),
	    .credential = {.authorization = cs_view_string(authorization),
			   .client = cs_view_string(client),
			   .countersign = CS_VIEW_TEXT("cs_app")},
	    .content_type = cs_view_string(type),
	    .user_agent = cs_view_string(agent),
	    .chunked = body[0] != '\0',
	};
	struct front_call *call = front_call_new(cs_view_string(uri));
	enum front_refusal refusal;

	assert_non_null(call);
	front_call_judge(call, &header);
	if (body[0] != '\0')
		assert_true(front_call_feed(call, cs_view_string(body)));
	refusal = call->err.refusal;
	if (refusal == FRONT_ACCEPTED)
		refusal = front_call_request(call, &header.credential, CS_VIEW_EMPTY, &request);
	err = call->err;
	front_call_free(call);
	return refusal;
}

/* Keeper takes it. */
static void takable(void)
{
	static uint8_t frame[IPC_REQUEST_MAX];
	struct cs_writer w = CS_WRITER_OF(frame);

	assert_int_equal(ipc_request_build(&request.ipc, &w), CS_OK);
}

static void field_is(enum ipc_tag tag, const char *want)
{
	assert_true(cs_view_equal(ipc_field(&request.ipc, tag), cs_view_string(want)));
}

#define FORM "application/x-www-form-urlencoded"
#define JSON "application/json"

static void validate_check_takes_form_json_and_query_and_passes_over_what_it_does_not_know(void **state)
{
	static const struct {
		const char *method, *uri, *type, *body;
	} same[] = {
	    {"POST", "/validate/check", FORM,
	     "user=al%C3%A9+x&pass=123456&client=10.0.0.1&realm=&transaction_id="},
	    {"POST", "/validate/check", FORM "; charset=UTF-8",
	     "resConf=&pass=123456&user=al%c3%a9%20x&user_agent=y"},
	    {"POST", "/validate/check", JSON,
	     "{\"user\":\"al\xc3\xa9 x\",\"pass\":\"123456\",\"otponly\":1,\"x\":[{}]}"},
	    {"GET", "/validate/check?pass=123456&user=al%C3%A9+x&serialize", "", ""},
	    {"POST", "/validate/check?user=al%C3%A9+x", FORM, "pass=123456"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		assert_int_equal(play(same[i].method, same[i].uri, same[i].type, same[i].body, "cs_token"),
				 FRONT_ACCEPTED);
		field_is(IPC_TAG_USER, "al\xc3\xa9 x");
		field_is(IPC_TAG_CODE, "123456");
		field_is(IPC_TAG_CREDENTIAL, "cs_token");
		takable();
	}
}

#define PARTS		  "multipart/form-data; boundary=--x"
#define PART(name, value) "----x\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n" value "\r\n"

/* As PHP's curl sends an array, and so every client of privacyIDEA that is written in PHP. */
static void validate_check_takes_a_form_of_parts(void **state)
{
	static const char *const same[] = {
	    PART("user", "al\xc3\xa9+x") PART("pass", "1--2") PART("x", "1\r\n--2") "----x--\r\n",
	    PART("pass",
		 "1--2") "----x\r\ncontent-disposition: form-data; filename=\"user\"; name=\"user\"\r\n"
			 "Content-Type: text/plain\r\n\r\nal\xc3\xa9+x\r\n----x--",
	};

	(void)state;
	for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
		assert_int_equal(play("POST", "/validate/check",
				      i == 0 ? PARTS : "Multipart/Form-Data; BOUNDARY=\"--x\"; y", same[i],
				      "x"),
				 FRONT_ACCEPTED);
		field_is(IPC_TAG_USER, "al\xc3\xa9+x");
		field_is(IPC_TAG_CODE, "1--2");
		takable();
	}
	assert_int_equal(
	    play("POST", "/validate/check", PARTS, PART("user", "a") PART("user", "b") "----x--", "x"),
	    FRONT_BAD_MEMBER);
	assert_int_equal(play("POST", "/validate/check", PARTS, PART("user", "a") "----x--", "x"),
			 FRONT_MISSING_MEMBER);
	assert_int_equal(
	    play("POST", "/validate/check", "multipart/form-data", PART("user", "a") "----x--", "x"),
	    FRONT_MEDIA_TYPE);
	assert_int_equal(play("POST", "/v1/otp/verify", PARTS, PART("user", "a") "----x--", "Bearer x"),
			 FRONT_MEDIA_TYPE);
}

static void parts_that_do_not_end_or_have_no_name_are_refused(void **state)
{
	static const char *const bad[] = {
	    "user=a&pass=1",
	    PART("user", "a") PART("pass", "1"),
	    PART("user", "a") PART("pass", "1") "----y--",
	    "----x\r\nContent-Disposition: form-data; name=\"user\"\r\n\r\na",
	    "----x\r\nContent-Disposition: form-data; name=\"user\"\r\n",
	    "----x\r\nContent-Disposition: form-data\r\n\r\na\r\n----x--",
	    "----x\r\nContent-Type: x; name=\"user\"\r\n\r\na\r\n----x--",
	    "----xContent-Disposition: form-data; name=\"user\"\r\n\r\na\r\n----x--",
	    "--",
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(play("POST", "/validate/check", PARTS, bad[i], "x"), FRONT_BAD_FORM);
}

/* Most of privacyIDEA's clients escape what they then put into a form, and its server takes that off again;
 * it knows those that do not by their names. */
static void what_a_client_escapes_twice_is_unescaped_twice(void **state)
{
	static const struct {
		const char *agent, *type, *body, *user;
	} ways[] = {
	    {"FreeRADIUS", FORM, "user=zo%25C3%25AB%2540x&pass=1", "zo\xc3\xab@x"},
	    {"privacyIDEA-Keycloak/1.4", FORM, "user=a%2Bb%2525&pass=1", "a+b%"},
	    {"", FORM, "user=a%2540b&pass=1", "a@b"},
	    {"privacyidea-cp/3.5.1 Windows/PC", FORM, "user=a%2540b&pass=1", "a%40b"},
	    {"privacyIDEA-LDAP-Proxy", FORM, "user=a%2540b&pass=1", "a%40b"},
	    {"simpleSAMLphp/2", FORM, "user=a%2540b&pass=1", "a%40b"},
	    {"simpleSAMLphp-x", FORM, "user=a%2540b&pass=1", "a@b"},
	    {"(x)", FORM, "user=a%2540b&pass=1", "a%40b"},
	    {"x", PARTS, PART("user", "a%40b") PART("pass", "1") "----x--", "a@b"},
	    {"x", JSON, "{\"user\":\"a%40b\",\"pass\":\"1\"}", "a%40b"},
	    {"x", FORM, "user=a%25zz%254&pass=1", "a%zz%4"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
		agent = ways[i].agent;
		assert_int_equal(play("POST", "/validate/check", ways[i].type, ways[i].body, "x"),
				 FRONT_ACCEPTED);
		field_is(IPC_TAG_USER, ways[i].user);
	}
	agent = "x";
	assert_int_equal(play("POST", "/validate/check", FORM, "user=a%2500&pass=1", "x"), FRONT_BAD_MEMBER);
	assert_int_equal(play("POST", "/validate/check", FORM, "user=a%25ff&pass=1", "x"), FRONT_BAD_MEMBER);
	agent = "";
}

static void a_realm_stands_behind_the_name(void **state)
{
	static char text[512];

	(void)state;
	assert_int_equal(play("POST", "/validate/check", FORM, "user=bob&realm=sales&pass=1", "x"),
			 FRONT_ACCEPTED);
	field_is(IPC_TAG_USER, "bob@sales");
	memset(text, 0, sizeof text);
	memcpy(text, "user=bob&pass=1&realm=", 22);
	memset(text + 22, 'r', 125);
	assert_int_equal(play("POST", "/validate/check", FORM, text, "x"), FRONT_BAD_MEMBER);
	assert_string_equal(err.detail, "realm");
	text[22 + 124] = '\0';
	assert_int_equal(play("POST", "/validate/check", FORM, text, "x"), FRONT_ACCEPTED);
	assert_int_equal(ipc_field(&request.ipc, IPC_TAG_USER).len, 128);
}

static void an_address_that_is_none_is_passed_over(void **state)
{
	static const char *const others[] = {
	    "", "02-00-00-00-00", "host.example", "10.0.0", "10.0.0.256", "%00", "::g", "10.0.0.1%00"};
	char body[128];

	(void)state;
	assert_int_equal(play("POST", "/validate/check", FORM, "user=a&pass=1&client=2001:db8::1", "x"),
			 FRONT_ACCEPTED);
	field_is(IPC_TAG_CLIENT, "2001:db8::1");
	takable();
	assert_int_equal(play("POST", "/v1/otp/radius", JSON,
			      "{\"user\":\"a\",\"code\":\"1\",\"client\":\"02-00-00-00-00-01\"}", "Bearer x"),
			 FRONT_ACCEPTED);
	field_is(IPC_TAG_CLIENT, "02-00-00-00-00-01");
	takable();
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		bool refused = strchr(others[i], '%') != NULL;
		(void)snprintf(body, sizeof body, "user=a&pass=1&client=%s", others[i]);
		assert_int_equal(play("POST", "/validate/check", FORM, body, "x"),
				 refused ? FRONT_BAD_MEMBER : FRONT_ACCEPTED);
		assert_false(!refused && ipc_has(&request.ipc, IPC_TAG_CLIENT));
	}
}

static void without_a_code_it_is_a_challenge_that_is_wanted(void **state)
{
	(void)state;
	assert_int_equal(play("POST", "/validate/check", FORM, "user=a&pass=&client=10.0.0.1&state=c_1", "x"),
			 FRONT_ACCEPTED);
	assert_int_equal(request.ipc.op, IPC_CHALLENGE_CREATE);
	field_is(IPC_TAG_CLIENT, "10.0.0.1");
	takable();
	assert_int_equal(
	    play("POST", "/v1/otp/radius", JSON,
		 "{\"user\":\"a\",\"code\":\"\",\"state\":\"\",\"type\":\"sms\",\"client\":\"\"}",
		 "Bearer x"),
	    FRONT_ACCEPTED);
	assert_int_equal(request.ipc.op, IPC_CHALLENGE_CREATE);
	field_is(IPC_TAG_TYPE, "sms");
	takable();
	assert_int_equal(
	    play("POST", "/v1/otp/radius", JSON,
		 "{\"user\":\"a\",\"code\":\"1\",\"state\":\"c_1\",\"type\":\"\",\"client\":\"\"}",
		 "Bearer x"),
	    FRONT_ACCEPTED);
	assert_int_equal(request.ipc.op, IPC_OTP_VERIFY);
	field_is(IPC_TAG_CHALLENGE, "c_1");
	takable();
	assert_int_equal(play("GET", "/validate/triggerchallenge?user=a&realm=b&x=y", "", "", "x"),
			 FRONT_ACCEPTED);
	assert_int_equal(request.ipc.op, IPC_CHALLENGE_CREATE);
	field_is(IPC_TAG_USER, "a@b");
	takable();
	assert_int_equal(play("GET", "/validate/polltransaction/c_1", "", "", "x"), FRONT_ACCEPTED);
	assert_int_equal(request.ipc.op, IPC_CHALLENGE_GET);
	takable();
	assert_int_equal(play("GET", "/validate/polltransaction?transaction_id=c_2", "", "", "x"),
			 FRONT_ACCEPTED);
	field_is(IPC_TAG_CHALLENGE, "c_2");
	takable();
}

static void what_a_form_has_twice_or_wrong_is_refused(void **state)
{
	static const struct {
		const char *uri, *type, *body;
		enum front_refusal refusal;
	} wrong[] = {
	    {"/validate/check", FORM, "user=a&pass=1&user=b", FRONT_BAD_MEMBER},
	    {"/validate/check?user=b", FORM, "user=a&pass=1", FRONT_BAD_MEMBER},
	    {"/validate/check?user=b", JSON, "{\"user\":\"a\",\"pass\":\"1\"}", FRONT_BAD_MEMBER},
	    {"/validate/check", FORM, "user=a", FRONT_MISSING_MEMBER},
	    {"/validate/check", FORM, "pass=1", FRONT_MISSING_MEMBER},
	    {"/validate/check", FORM, "user=a&pass=1&state=two+words", FRONT_BAD_MEMBER},
	    {"/validate/check", FORM, "user=a&pass=%zz", FRONT_BAD_MEMBER},
	    {"/validate/check", FORM, "user=a%00&pass=1", FRONT_BAD_MEMBER},
	    {"/validate/check", JSON, "{\"user\":1,\"pass\":\"1\"}", FRONT_BAD_MEMBER},
	    {"/validate/check", JSON, "[]", FRONT_BAD_JSON},
	    {"/validate/check", "text/plain", "user=a&pass=1", FRONT_MEDIA_TYPE},
	    {"/validate/check", FORM "x", "user=a&pass=1", FRONT_MEDIA_TYPE},
	    {"/v1/otp/verify", FORM, "user=a&code=1", FRONT_MEDIA_TYPE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(play("POST", wrong[i].uri, wrong[i].type, wrong[i].body, "Bearer x"),
				 wrong[i].refusal);
}

static void user_and_code_come_by_http_basic(void **state)
{
	static const char *const wrong[] = {
	    "",
	    "Bearer YWxpY2U6MTIzNDU2",
	    "Basic",
	    "Basic !!!!",
	    "Basic YWxpY2U6MTIzNDU",
	    "Basic YWxpY2U=",
	    "Basic OjEyMzQ1Ng==",
	    "Basic YWxpY2U6",
	    "Basic YWxpY2U6MTI=NDU2",
	    "Basic YWxpY2U6AAAA",
	};

	(void)state;
	/* alice:123456, and RFC 7617's Aladdin:open sesame without the blank */
	assert_int_equal(play("GET", "/v1/otp/status", "", "", "Basic YWxpY2U6MTIzNDU2"), FRONT_ACCEPTED);
	field_is(IPC_TAG_USER, "alice");
	field_is(IPC_TAG_CODE, "123456");
	field_is(IPC_TAG_CREDENTIAL, "cs_app");
	assert_int_equal(play("GET", "/v1/otp/status", "", "", "basic QWxhZGRpbjpvcGVuc2VzYW1l"),
			 FRONT_ACCEPTED);
	field_is(IPC_TAG_USER, "Aladdin");
	field_is(IPC_TAG_CODE, "opensesame");
	assert_int_equal(play("GET", "/v1/otp/status", "", "", "Basic YTpiOmM="), FRONT_ACCEPTED);
	field_is(IPC_TAG_CODE, "b:c");
	field_is(IPC_TAG_CLIENT, "");
	client = "192.0.2.1";
	assert_int_equal(play("GET", "/v1/otp/status", "", "", "Basic YTpiOmM="), FRONT_ACCEPTED);
	field_is(IPC_TAG_CLIENT, "192.0.2.1");
	takable();
	client = "unix:"; /* what nginx calls one */
	assert_int_equal(play("GET", "/v1/otp/status", "", "", "Basic YTpiOmM="), FRONT_ACCEPTED);
	field_is(IPC_TAG_CLIENT, "");
	client = "";
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(play("GET", "/v1/otp/status", "", "", wrong[i]), FRONT_NO_USER);
		assert_int_equal(err.refusal, FRONT_NO_USER);
	}
}

static void each_style_has_its_own_place_for_the_credential(void **state)
{
	struct front_credential header = {.authorization = CS_VIEW_TEXT("Bearer cs_a"),
					  .pi_authorization = CS_VIEW_TEXT("cs_p"),
					  .countersign = CS_VIEW_TEXT("cs_c"),
					  .open = CS_VIEW_TEXT("cs_o")};

	(void)state;
#define FOUND(style, want)                                                                                   \
	assert_true(cs_view_equal(front_style_credential(style, &header), cs_view_string(want)))
	FOUND(FRONT_STYLE_REST, "cs_a");
	FOUND(FRONT_STYLE_RADIUS, "cs_a");
	FOUND(FRONT_STYLE_STATUS, "cs_c");
	FOUND(FRONT_STYLE_VALIDATE, "cs_p");
	header.pi_authorization = CS_VIEW_EMPTY;
	FOUND(FRONT_STYLE_VALIDATE, "cs_a");
	header.authorization = CS_VIEW_TEXT("cs_bare");
	FOUND(FRONT_STYLE_VALIDATE, "cs_bare");
	FOUND(FRONT_STYLE_REST, "");
	header.authorization = CS_VIEW_TEXT("two words");
	FOUND(FRONT_STYLE_VALIDATE, ""); /* whoever says who he is wrongly is not taken for someone else */
	header.authorization = CS_VIEW_EMPTY;
	header.countersign = CS_VIEW_EMPTY;
	FOUND(FRONT_STYLE_VALIDATE, "cs_o");
	FOUND(FRONT_STYLE_REST, "");
	FOUND(FRONT_STYLE_STATUS, "");
#undef FOUND
}

static void only_the_addresses_named_are_taken_for_the_application(void **state)
{
	struct front_open open = {.credential = "cs_o", .clients = "127.0.0.1 ::1  10.0.0.1"};
	static const char *const named[] = {"127.0.0.1", "::1", "10.0.0.1"};
	static const char *const others[] = {"",	"127.0.0.2", "10.0.0.10",
					     "10.0.0.", "0.0.0.1",   "127.0.0.1 ::1"};

	(void)state;
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++)
		assert_int_equal(front_open_credential(&open, cs_view_string(named[i])).len, 4);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_int_equal(front_open_credential(&open, cs_view_string(others[i])).len, 0);
	assert_int_equal(front_open_credential(NULL, CS_VIEW_TEXT("127.0.0.1")).len, 0);
	open.clients[0] = '\0';
	assert_int_equal(front_open_credential(&open, CS_VIEW_TEXT("127.0.0.1")).len, 0);
}

static char text[FRONT_STYLE_ANSWER_MAX + 1];

static unsigned answer_at(const char *path, unsigned status, const char *body)
{
	struct cs_writer w = cs_writer_of(text, FRONT_STYLE_ANSWER_MAX);
	size_t count, i = 0;
	const struct front_route *routes = front_routes(&count);

	while (i < count && strcmp(routes[i].path, path) != 0)
		i++;
	assert_true(i < count);
	unsigned told = front_style_answer(&routes[i], status, cs_view_string(body), 1700000000, &w);

	assert_int_equal(cs_writer_done(&w), CS_OK);
	text[cs_writer_view(&w).len] = '\0';
	return told;
}

static unsigned answer(enum front_style style, unsigned status, const char *body)
{
	return answer_at(style == FRONT_STYLE_VALIDATE ? "/validate/check"
			 : style == FRONT_STYLE_RADIUS ? "/v1/otp/radius"
						       : "/v1/otp/status",
			 status, body);
}

#define GOOD "{\"accepted\":true,\"token\":\"t_1\"}"
#define BAD  "{\"accepted\":false,\"reason\":\"wrong\"}"
#define BUSY "{\"error\":{\"code\":\"busy\",\"message\":\"Lat\\\"er.\"}}"

static void an_answer_looks_as_its_reader_expects_it(void **state)
{
	(void)state;
	assert_int_equal(answer(FRONT_STYLE_VALIDATE, 200, GOOD), 200);
	assert_non_null(
	    strstr(text, "\"result\":{\"status\":true,\"value\":true,\"authentication\":\"ACCEPT\"}"));
	assert_non_null(strstr(text, "\"serial\":\"t_1\""));
	assert_non_null(strstr(text, ",\"time\":1700000000,"));
	assert_int_equal(answer(FRONT_STYLE_VALIDATE, 200, BAD), 200);
	assert_non_null(
	    strstr(text, "\"result\":{\"status\":true,\"value\":false,\"authentication\":\"REJECT\"}"));
	assert_int_equal(answer(FRONT_STYLE_VALIDATE, 503, BUSY), 503);
	assert_non_null(strstr(
	    text, "\"result\":{\"status\":false,\"error\":{\"code\":-500,\"message\":\"Lat\\\"er.\"}}"));
	assert_int_equal(answer(FRONT_STYLE_RADIUS, 200, GOOD), 204);
	assert_string_equal(text, "");
	assert_int_equal(answer(FRONT_STYLE_RADIUS, 200, BAD), 401);
	assert_non_null(strstr(text, "reply:Reply-Message"));
	assert_int_equal(answer(FRONT_STYLE_RADIUS, 503, BUSY), 503);
	assert_int_equal(answer(FRONT_STYLE_STATUS, 200, GOOD), 204);
	assert_string_equal(text, "");
	assert_int_equal(answer(FRONT_STYLE_STATUS, 200, BAD), 401);
	assert_int_equal(answer(FRONT_STYLE_STATUS, 503, BUSY), 503);
	assert_int_equal(
	    answer(FRONT_STYLE_STATUS, 401, "{\"error\":{\"code\":\"no_user\",\"message\":\"\"}}"), 401);
}

#define ASKED                                                                                                \
	"{\"challenge\":\"c_1\",\"user\":\"a\",\"token\":\"t_1\",\"type\":\"ocra\",\"question\":"            \
	"\"12345678\",\"expires\":1}"
#define SENT                                                                                                 \
	"{\"challenge\":\"c_2\",\"user\":\"a\",\"token\":\"t_1\",\"type\":\"sms\",\"sent_to\":\"***78\","    \
	"\"expires\":1}"

static void a_challenge_is_told_and_accepts_nobody(void **state)
{
	(void)state;
	assert_int_equal(answer(FRONT_STYLE_VALIDATE, 201, ASKED), 200);
	assert_non_null(strstr(text, "\"value\":false,\"authentication\":\"CHALLENGE\""));
	assert_non_null(strstr(text, "\"transaction_id\":\"c_1\",\"transaction_ids\":[\"c_1\"]"));
	assert_non_null(strstr(text, "\"message\":\"Challenge 12345678: \""));
	assert_int_equal(answer_at("/validate/triggerchallenge", 201, ASKED), 200);
	assert_non_null(strstr(text, "\"value\":1,\"authentication\":\"CHALLENGE\""));
	assert_int_equal(answer(FRONT_STYLE_RADIUS, 201, SENT),
			 200); /* "updated": a policy makes it a challenge */
	assert_non_null(strstr(text, "\"reply:State\":{\"do_xlat\":false,\"value\":[\"c_2\"]}"));
	assert_non_null(strstr(text, "Code sent to ***78: "));
	assert_int_equal(answer(FRONT_STYLE_STATUS, 201, SENT), 500);
}

static void who_cannot_be_challenged_is_refused_as_with_a_wrong_code(void **state)
{
	static const char *const codes[] = {"user_not_found", "no_challenge_token", "challenge_not_found"};
	char body[128];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(body, sizeof body, "{\"error\":{\"code\":\"%s\",\"message\":\"\"}}", codes[i]);
		assert_int_equal(answer(FRONT_STYLE_VALIDATE, 404, body), 200);
		assert_non_null(strstr(text, "\"value\":false,\"authentication\":\"REJECT\""));
		assert_int_equal(answer_at("/validate/triggerchallenge", 404, body), 200);
		assert_non_null(strstr(text, "\"value\":0,\"authentication\":\"REJECT\""));
		assert_int_equal(answer(FRONT_STYLE_RADIUS, 404, body), 401);
	}
	assert_int_equal(answer(FRONT_STYLE_VALIDATE, 429,
				"{\"error\":{\"code\":\"too_many_challenges\",\"message\":\"\"}}"),
			 429);
}

/* A client that takes a poll's true for a login would let in whoever asks about another's challenge. */
static void a_poll_never_says_true(void **state)
{
	static const char *const states[] = {"open", "answered", "expired"};
	char body[128];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(body, sizeof body,
			       "{\"challenge\":\"c_1\",\"token\":\"t_1\",\"state\":\"%s\",\"expires\":1}",
			       states[i]);
		assert_int_equal(answer_at("/validate/polltransaction", 200, body), 200);
		assert_non_null(strstr(text, "\"value\":false,\"authentication\":\"REJECT\""));
		assert_non_null(strstr(text, i == 0 ? "pending" : "declined"));
	}
}

/* The caller's own credential is wrong: no user is refused, or asked anew, for that. */
static void a_caller_without_a_credential_is_an_error_and_no_refusal_of_the_user(void **state)
{
	static const char unauthorized[] = "{\"error\":{\"code\":\"unauthorized\",\"message\":\"No.\"}}";

	(void)state;
	assert_int_equal(answer(FRONT_STYLE_RADIUS, 401, unauthorized), 500);
	assert_int_equal(answer(FRONT_STYLE_STATUS, 401, unauthorized), 500);
	assert_int_equal(answer(FRONT_STYLE_VALIDATE, 401, unauthorized), 401);
	assert_non_null(strstr(text, "4033"));
}

static void nothing_but_the_word_true_accepts(void **state)
{
	static const struct {
		unsigned status;
		const char *body;
	} others[] = {
	    {200, BAD},
	    {200, ""},
	    {200, "{}"},
	    {200, "{\"accepted\":true"},
	    {200, "{\"accepted\":\"true\"}"},
	    {200, "{\"accepted\":1}"},
	    {200, "[true]"},
	    {200, "{\"accepted\":true,\"accepted\":true}"},
	    {200, "{\"x\":{\"accepted\":true}}"},
	    {201, GOOD},
	    {401, GOOD},
	    {503, GOOD},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		unsigned status = answer(FRONT_STYLE_VALIDATE, others[i].status, others[i].body);
		assert_null(strstr(text, "\"value\":true"));
		assert_null(strstr(text, "ACCEPT"));
		assert_true(status != 200 || strstr(text, "\"value\":false") != NULL);
		assert_true(answer(FRONT_STYLE_RADIUS, others[i].status, others[i].body) / 100 != 2);
		assert_true(answer(FRONT_STYLE_STATUS, others[i].status, others[i].body) / 100 != 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(validate_check_takes_form_json_and_query_and_passes_over_what_it_does_not_know),
	    cmocka_unit_test(validate_check_takes_a_form_of_parts),
	    cmocka_unit_test(parts_that_do_not_end_or_have_no_name_are_refused),
	    cmocka_unit_test(what_a_client_escapes_twice_is_unescaped_twice),
	    cmocka_unit_test(a_realm_stands_behind_the_name),
	    cmocka_unit_test(an_address_that_is_none_is_passed_over),
	    cmocka_unit_test(without_a_code_it_is_a_challenge_that_is_wanted),
	    cmocka_unit_test(a_challenge_is_told_and_accepts_nobody),
	    cmocka_unit_test(who_cannot_be_challenged_is_refused_as_with_a_wrong_code),
	    cmocka_unit_test(a_poll_never_says_true),
	    cmocka_unit_test(what_a_form_has_twice_or_wrong_is_refused),
	    cmocka_unit_test(user_and_code_come_by_http_basic),
	    cmocka_unit_test(each_style_has_its_own_place_for_the_credential),
	    cmocka_unit_test(only_the_addresses_named_are_taken_for_the_application),
	    cmocka_unit_test(an_answer_looks_as_its_reader_expects_it),
	    cmocka_unit_test(a_caller_without_a_credential_is_an_error_and_no_refusal_of_the_user),
	    cmocka_unit_test(nothing_but_the_word_true_accepts),
	};

	front_json_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
