/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the PAM module takes for an answer, and above all what it does not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pam/reply.h"

static unsigned status;
static struct cs_view body;

static enum cs_err split(const char *text)
{
	status = 0;
	body = CS_VIEW_EMPTY;
	return reply_split(cs_view_string(text), &status, &body);
}

static struct reply reply;

static enum cs_err parse(const char *text)
{
	memset(&reply, 0, sizeof(reply));
	return reply_parse(200, cs_view_string(text), &reply);
}

#define HEAD "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\ncontent-length:  17 \r\n\r\n"

static void a_response_is_split_into_status_and_body(void **state)
{
	(void)state;
	assert_int_equal(split(HEAD "{\"accepted\":true}"), CS_OK);
	assert_int_equal(status, 200);
	assert_true(cs_view_equal(body, CS_VIEW_TEXT("{\"accepted\":true}")));
	assert_int_equal(split("HTTP/1.1 503\r\nContent-Length: 0\r\n\r\n"), CS_OK);
	assert_int_equal(status, 503);
	assert_int_equal(body.len, 0);
}

static void every_shorter_piece_of_a_response_waits_for_more(void **state)
{
	static const char whole[] = HEAD "{\"accepted\":true}";

	(void)state;
	for (size_t len = 0; len < sizeof(whole) - 1; len++)
		assert_int_equal(reply_split(cs_view(whole, len), &status, &body), CS_ERR_BUSY);
}

static void what_is_no_response_with_a_length_is_refused(void **state)
{
	static const char *const wrong[] = {
	    "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
	    "http/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
	    "HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n",
	    "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
	    "HTTP/1.1 2x0 OK\r\nContent-Length: 0\r\n\r\n",
	    "HTTP/1.1 199 Early\r\nContent-Length: 0\r\n\r\n",
	    "HTTP/1.1 600 Late\r\nContent-Length: 0\r\n\r\n",
	    "HTTP/1.1 200 OK\r\n\r\n{\"accepted\":true}",
	    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n",
	    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n",
	    "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
	    "HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\n",
	    "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n",
	    "HTTP/1.1 200 OK\r\nno colon\r\nContent-Length: 0\r\n\r\n",
	    "HTTP/1.1 200 OK\r\n: none\r\nContent-Length: 0\r\n\r\n",
	    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}{",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(split(wrong[i]), CS_ERR_MALFORMED);
}

static void the_members_that_matter_are_kept(void **state)
{
	(void)state;
	assert_int_equal(parse("{\"accepted\":true,\"token\":\"t_1\"}\n"), CS_OK);
	assert_true(reply.told && reply.accepted);
	assert_int_equal(parse(" { \"accepted\" : false , \"reason\" : \"a\\\"\\u00e9\\n\" } "), CS_OK);
	assert_true(reply.told && !reply.accepted);
	assert_string_equal(reply.reason, "a\"\xc3\xa9\n");
	assert_int_equal(parse("{\"error\":{\"code\":\"busy\",\"message\":\"Later.\"}}"), CS_OK);
	assert_false(reply.told || reply.accepted);
	assert_string_equal(reply.code, "busy");
	assert_string_equal(reply.message, "Later.");
	assert_int_equal(parse("{\"challenge\":\"c_1\",\"question\":\"12\",\"sent_to\":\"***78\"}"), CS_OK);
	assert_string_equal(reply.challenge, "c_1");
	assert_string_equal(reply.question, "12");
	assert_string_equal(reply.sent_to, "***78");
}

static void what_does_not_matter_is_passed_over(void **state)
{
	(void)state;
	assert_int_equal(
	    parse("{\"a\":[1,-2.5e+3,null,{\"accepted\":true}],\"b\":{},\"c\":[],\"d\":\"\\\\\"}"), CS_OK);
	assert_false(reply.told);
	assert_int_equal(parse("{\"x\":{\"accepted\":true},\"error.code\":\"no\",\"accepted\":false}"),
			 CS_OK);
	assert_true(reply.told && !reply.accepted);
	assert_string_equal(reply.code, "no"); /* nothing is decided by it */
}

static void only_the_word_true_accepts(void **state)
{
	static const char *const others[] = {"{\"accepted\":false}",	  "{\"accepted\":1}",
					     "{\"accepted\":null}",	  "{\"accepted\":\"true\"}",
					     "{\"accepted\":[true]}",	  "{\"Accepted\":true}",
					     "{\"accepted\\u0020\":true}"};

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		assert_int_equal(parse(others[i]), CS_OK);
		assert_false(reply.accepted);
	}
}

static void what_is_not_one_object_is_refused(void **state)
{
	static const char *const wrong[] = {
	    "",
	    "true",
	    "[{\"accepted\":true}]",
	    "{\"accepted\":true",
	    "{\"accepted\":true}}",
	    "{\"accepted\":true}{}",
	    "{\"accepted\":true,}",
	    "{\"accepted\":true \"x\":1}",
	    "{\"accepted\" true}",
	    "{accepted:true}",
	    "{\"accepted\":}",
	    "{\"accepted\":yes}",
	    "{\"accepted\":TRUE}",
	    "{\"accepted\":true,\"accepted\":true}",
	    "{\"accepted\":false,\"accepted\":true}",
	    "{\"accepted\":true,\"reason\":\"\x01\"}",
	    "{\"accepted\":true,\"reason\":\"\\x\"}",
	    "{\"accepted\":true,\"reason\":\"\\u12\"}",
	    "{\"accepted\":true,\"reason\":\"\\u0000\"}",
	    "{\"accepted\":true,\"reason\":\"\\ud800\"}",
	    "{\"accepted\":true,\"reason\":\"",
	    "{\"a\":{\"b\":{\"c\":{\"d\":{}}}},\"accepted\":true}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(parse(wrong[i]), CS_ERR_MALFORMED);
}

static void a_reason_too_long_is_refused(void **state)
{
	static char text[REPLY_TEXT_SIZE + 64];
	struct cs_writer w = CS_WRITER_OF(text);

	(void)state;
	cs_write_view(&w, CS_VIEW_TEXT("{\"accepted\":true,\"reason\":\""));
	cs_write_fill(&w, 'x', REPLY_TEXT_SIZE);
	cs_write_view(&w, CS_VIEW_TEXT("\"}"));
	assert_int_equal(cs_writer_done(&w), CS_OK);
	assert_int_equal(reply_parse(200, cs_writer_view(&w), &reply), CS_ERR_LENGTH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_response_is_split_into_status_and_body),
	    cmocka_unit_test(every_shorter_piece_of_a_response_waits_for_more),
	    cmocka_unit_test(what_is_no_response_with_a_length_is_refused),
	    cmocka_unit_test(the_members_that_matter_are_kept),
	    cmocka_unit_test(what_does_not_matter_is_passed_over),
	    cmocka_unit_test(only_the_word_true_accepts),
	    cmocka_unit_test(what_is_not_one_object_is_refused),
	    cmocka_unit_test(a_reason_too_long_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
