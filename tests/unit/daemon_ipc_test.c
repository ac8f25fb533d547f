/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Frames between front and keeper: what is built parses to the same, and what the table does not allow is
 * refused at either end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "daemon/daemon.h"
#include "daemon/ipc.h"
#include "tests/unit/random.h"

/* A request with every field that the row requires, and of the optional ones those in chosen; lengths at
 * random. */
static void random_request(struct test_random *rng, unsigned op, uint32_t chosen, uint8_t *space,
			   struct ipc_request *out)
{
	const struct ipc_rule *rule = ipc_rule(op);

	memset(out, 0, sizeof(*out));
	out->id = test_random_u64(rng);
	out->op = (enum ipc_op)op;
	for (unsigned i = 1; i < IPC_TAG_COUNT; i++) {
		enum ipc_want want = ipc_rule_wants(rule, i);
		size_t min, max;
		if (want == IPC_REFUSED || (want == IPC_OPTIONAL && !(chosen >> i % 32 & 1)))
			continue;
		if (i == IPC_TAG_BARRED) /* nearly everything else is refused beside it */
			continue;
		assert_true(ipc_field_limits(i, &min, &max));
		size_t len = min + test_random_below(rng, max - min + 1);
		test_random_fill(rng, space, len);
		out->field[i] = cs_view(space, len);
		space += len;
	}
}

static void every_request_that_the_table_allows_parses_to_itself(void **state)
{
	struct test_random rng = test_random_start();
	uint8_t space[IPC_REQUEST_MAX], frame[IPC_REQUEST_MAX];
	struct ipc_request request, parsed;

	(void)state;
	for (unsigned round = 0; round < 2000; round++) {
		unsigned op = 1 + (unsigned)test_random_below(&rng, IPC_OP_COUNT - 1);
		struct cs_writer w = CS_WRITER_OF(frame);
		struct cs_view whole;
		random_request(&rng, op, (uint32_t)test_random_u64(&rng), space, &request);
		assert_int_equal(ipc_request_build(&request, &w), CS_OK);
		assert_int_equal(ipc_frame_next(cs_writer_view(&w), IPC_REQUEST_MAX, &whole), CS_OK);
		assert_int_equal(whole.len, cs_writer_view(&w).len);
		assert_int_equal(ipc_request_parse(whole, &parsed), CS_OK);
		assert_int_equal(parsed.id, request.id);
		assert_int_equal(parsed.op, request.op);
		for (unsigned i = 0; i < IPC_TAG_COUNT; i++)
			assert_true(cs_view_equal(parsed.field[i], request.field[i]));
	}
}

static void a_field_too_many_too_few_too_short_or_too_long_is_not_built(void **state)
{
	struct test_random rng = {.state = 1};
	uint8_t space[IPC_REQUEST_MAX], frame[IPC_REQUEST_MAX], more[200] = {0};

	(void)state;
	for (unsigned op = 1; op < IPC_OP_COUNT; op++) {
		const struct ipc_rule *rule = ipc_rule(op);
		for (unsigned i = 1; i < IPC_TAG_COUNT; i++) {
			struct cs_writer w = CS_WRITER_OF(frame);
			struct ipc_request request;
			size_t min, max;
			bool optional = ipc_rule_wants(rule, i) == IPC_OPTIONAL;
			assert_true(ipc_field_limits(i, &min, &max));
			random_request(&rng, op, 0, space, &request);
			request.field[i] = cs_view(more, max);
			if (ipc_rule_wants(rule, i) == IPC_REQUIRED)
				request.field[i] = CS_VIEW_EMPTY;
			else if (optional)
				request.field[i] = cs_view(more, max + 1);
			enum cs_err want = optional ? CS_ERR_LENGTH : CS_ERR_ARG;
			assert_int_equal(ipc_request_build(&request, &w), want);
			if (!min)
				continue;
			request.field[i] = cs_view(more, min - 1);
			assert_int_equal(ipc_request_build(&request, &w), CS_ERR_LENGTH);
		}
	}
}

static void a_call_that_front_bars_has_its_address_and_credential_and_nothing_else(void **state)
{
	uint8_t frame[IPC_REQUEST_MAX], more[IPC_REQUEST_MAX] = {0};

	(void)state;
	for (unsigned op = 1; op < IPC_OP_COUNT; op++) {
		const bool anyones = ipc_rule_wants(ipc_rule(op), IPC_TAG_BARRED) == IPC_REFUSED;
		for (unsigned i = 0; i < IPC_TAG_COUNT; i++) {
			struct ipc_request request = {.op = (enum ipc_op)op};
			struct cs_writer w = CS_WRITER_OF(frame);
			size_t min = 0, max;
			const bool good =
			    !i || i == IPC_TAG_ADDRESS || i == IPC_TAG_CREDENTIAL || i == IPC_TAG_BARRED;
			request.field[IPC_TAG_BARRED] = CS_VIEW_TEXT("credential");
			assert_true(!i || ipc_field_limits(i, &min, &max));
			if (i && i != IPC_TAG_BARRED)
				request.field[i] = cs_view(more, min);
			assert_int_equal(ipc_request_build(&request, &w),
					 good && !anyones ? CS_OK : CS_ERR_ARG);
		}
	}
}

static void a_changed_frame_never_parses_to_what_the_table_forbids(void **state)
{
	struct test_random rng = test_random_start();
	uint8_t space[IPC_REQUEST_MAX], frame[IPC_REQUEST_MAX];
	struct ipc_request request, parsed;

	(void)state;
	for (unsigned round = 0; round < 5000; round++) {
		struct cs_writer w = CS_WRITER_OF(frame), again;
		uint8_t rebuilt[IPC_REQUEST_MAX];
		unsigned op = 1 + (unsigned)test_random_below(&rng, IPC_OP_COUNT - 1);
		random_request(&rng, op, (uint32_t)test_random_u64(&rng), space, &request);
		assert_int_equal(ipc_request_build(&request, &w), CS_OK);
		size_t len = cs_writer_view(&w).len;
		for (unsigned n = 1 + (unsigned)test_random_below(&rng, 3); n; n--)
			frame[test_random_below(&rng, len)] = (uint8_t)test_random_u64(&rng);
		if (ipc_request_parse(cs_view(frame, len), &parsed))
			continue;
		again = CS_WRITER_OF(rebuilt);
		assert_int_equal(ipc_request_build(&parsed, &again), CS_OK);
	}
}

/* The rest of a frame's content, behind id and code of a request for the users' list. */
static enum cs_err parse_fields(struct cs_view fields)
{
	uint8_t frame[256];
	struct cs_writer w = CS_WRITER_OF(frame);
	struct ipc_request parsed;

	cs_write_u32(&w, (uint32_t)(IPC_HEADER_LEN - 4 + fields.len));
	cs_write_u64(&w, 1);
	cs_write_u16(&w, IPC_USER_LIST);
	cs_write_view(&w, fields);
	return ipc_request_parse(cs_writer_view(&w), &parsed);
}

static void a_field_twice_unknown_cut_off_or_without_a_tag_ends_the_stream(void **state)
{
	static const uint8_t good[] = {IPC_TAG_CREDENTIAL, 0, 1, 'x', IPC_TAG_AFTER, 0, 1, 'a'};
	static const uint8_t twice[] = {IPC_TAG_CREDENTIAL, 0, 1, 'x', IPC_TAG_CREDENTIAL, 0, 1, 'x'};
	static const uint8_t unknown[] = {IPC_TAG_CREDENTIAL, 0, 1, 'x', IPC_TAG_COUNT, 0, 1, 'a'};
	static const uint8_t last[] = {IPC_TAG_CREDENTIAL, 0, 1, 'x', 0xFF, 0, 0};
	static const uint8_t none[] = {IPC_TAG_CREDENTIAL, 0, 1, 'x', IPC_TAG_NONE, 0, 0};
	static const uint8_t refused[] = {IPC_TAG_CREDENTIAL, 0, 1, 'x', IPC_TAG_CODE, 0, 1, 'a'};

	(void)state;
	assert_int_equal(parse_fields(CS_VIEW_OF(good)), CS_OK);
	assert_int_equal(parse_fields(cs_view(good, 4)), CS_OK);
	for (size_t len = 0; len < sizeof(good); len++)
		if (len != 4)
			assert_int_equal(parse_fields(cs_view(good, len)), CS_ERR_MALFORMED);
	assert_int_equal(parse_fields(CS_VIEW_OF(twice)), CS_ERR_MALFORMED);
	assert_int_equal(parse_fields(CS_VIEW_OF(unknown)), CS_ERR_MALFORMED);
	assert_int_equal(parse_fields(CS_VIEW_OF(last)), CS_ERR_MALFORMED);
	assert_int_equal(parse_fields(CS_VIEW_OF(none)), CS_ERR_MALFORMED);
	assert_int_equal(parse_fields(CS_VIEW_OF(refused)), CS_ERR_MALFORMED);
}

static void a_frame_is_whole_only_with_its_last_byte_and_never_over_its_limit(void **state)
{
	static const uint8_t frame[] = {0, 0, 0, 10, 0, 0, 0, 0, 0, 0, 0, 9, 0, IPC_HEALTH};
	static const uint8_t huge[] = {0, 0, 0x80, 0, 0, 0}, tiny[] = {0, 0, 0, 9, 0, 0};
	struct cs_view whole;

	(void)state;
	for (size_t len = 0; len < sizeof(frame); len++)
		assert_int_equal(ipc_frame_next(cs_view(frame, len), IPC_REQUEST_MAX, &whole), CS_ERR_BUSY);
	assert_int_equal(ipc_frame_next(CS_VIEW_OF(frame), IPC_REQUEST_MAX, &whole), CS_OK);
	assert_int_equal(ipc_frame_next(CS_VIEW_OF(huge), IPC_REQUEST_MAX, &whole), CS_ERR_MALFORMED);
	assert_int_equal(ipc_frame_next(CS_VIEW_OF(tiny), IPC_REQUEST_MAX, &whole), CS_ERR_MALFORMED);
}

static void rows_are_taken_one_by_one_and_only_whole(void **state)
{
#define TYPE   IPC_TAG_TYPE, 0, 4, 'h', 'o', 't', 'p'
#define SECRET IPC_TAG_SECRET, 0, 16, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16
	static const uint8_t two[] = {0, 26, TYPE, SECRET, 0, 30, SECRET, IPC_TAG_SERIAL, 0, 1, 'S', TYPE};
	static const uint8_t wrong[][48] = {
	    {0, 25, TYPE, SECRET},				   /* cut within a field */
	    {0, 27, TYPE, SECRET},				   /* more than is there */
	    {0, 7, TYPE},					   /* no secret */
	    {0, 33, TYPE, SECRET, TYPE},			   /* twice */
	    {0, 33, TYPE, SECRET, IPC_TAG_CODE, 0, 4, 1, 2, 3, 4}, /* none of a row's */
	    {0, 30, TYPE, SECRET, IPC_TAG_POSITION, 0, 1, 1},	   /* of another length */
	    {0, 30, TYPE, SECRET, 0xFF, 0, 1, 1},		   /* nobody's */
	    {0, 0},						   /* nothing */
	};
	static const size_t lengths[] = {28, 28, 9, 35, 35, 32, 32, 2};
	struct cs_reader rows = cs_reader_of(CS_VIEW_OF(two));
	struct ipc_request row;

	(void)state;
	assert_int_equal(ipc_row_next(&rows, &row), CS_OK);
	assert_false(ipc_has(&row, IPC_TAG_SERIAL));
	assert_int_equal(ipc_row_next(&rows, &row), CS_OK);
	assert_true(cs_view_equal(ipc_field(&row, IPC_TAG_SERIAL), CS_VIEW_TEXT("S")));
	assert_false(cs_reader_more(&rows));
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		rows = cs_reader_of(cs_view(wrong[i], lengths[i]));
		if (ipc_row_next(&rows, &row) != CS_ERR_MALFORMED)
			fail_msg("row %zu was taken", i);
	}
#undef TYPE
#undef SECRET
}

static void a_reply_parses_to_itself(void **state)
{
	uint8_t frame[256];
	struct cs_writer w = CS_WRITER_OF(frame);
	struct ipc_reply reply = {.id = 0x1122334455667788, .status = 201, .body = CS_VIEW_TEXT("{\"a\":1}")},
			 parsed;

	(void)state;
	assert_int_equal(ipc_reply_build(&reply, &w), CS_OK);
	struct cs_view built = cs_writer_view(&w);
	assert_int_equal(ipc_reply_parse(built, &parsed), CS_OK);
	assert_true(parsed.id == reply.id && parsed.status == 201 && cs_view_equal(parsed.body, reply.body));
	for (size_t len = 0; len < built.len; len++) /* each has the length of the whole in its head */
		assert_int_equal(ipc_reply_parse(cs_view(built.ptr, len), &parsed), CS_ERR_MALFORMED);
}

static void numbers_come_out_as_they_went_in(void **state)
{
	static const uint8_t period[] = {0, 0, 1, 44}, counter[] = {1, 2, 3, 4, 5, 6, 7, 8};
	struct ipc_request request = {0};

	(void)state;
	request.field[IPC_TAG_PERIOD] = CS_VIEW_OF(period);
	request.field[IPC_TAG_COUNTER] = CS_VIEW_OF(counter);
	assert_int_equal(ipc_field_number(&request, IPC_TAG_PERIOD, 30), 300);
	assert_int_equal(ipc_field_number(&request, IPC_TAG_COUNTER, 0), 0x0102030405060708);
	assert_int_equal(ipc_field_number(&request, IPC_TAG_LIMIT, 100), 100);
}

static void a_descriptor_crosses_a_link_and_the_end_of_the_link_is_seen(void **state)
{
	int link[2], stream[2], got = -1;
	char byte = 0;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, link), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, stream), 0);
	assert_int_equal(link_send(link[0], LINK_STREAM, stream[0]), CS_OK);
	(void)close(stream[0]);
	assert_int_equal(link_receive(link[1], &got), LINK_STREAM);
	assert_int_equal(write(got, "x", 1), 1);
	assert_int_equal(read(stream[1], &byte, 1), 1);
	assert_int_equal(byte, 'x');
	(void)close(got);
	(void)close(stream[1]);
	(void)close(link[0]);
	assert_int_equal(link_receive(link[1], &got), LINK_END);
	(void)close(link[1]);
}

static void a_ping_is_answered_and_nothing_else_is_a_pong(void **state)
{
	int link[2], got = -1;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, link), 0);
	assert_int_equal(link_heard(link[0]), LINK_NOTHING);
	assert_int_equal(link_say(link[0], LINK_PING), CS_OK);
	assert_int_equal(link_heard(link[0]), LINK_NOTHING);
	assert_int_equal(link_receive(link[1], &got), LINK_NOTHING);
	assert_int_equal(link_heard(link[0]), LINK_PONG);
	assert_int_equal(link_heard(link[0]), LINK_NOTHING);
	assert_int_equal(link_say(link[1], LINK_PING), CS_OK); /* which is not the child's to say */
	assert_int_equal(link_heard(link[0]), LINK_END);
	assert_int_equal(link_say(link[0], LINK_STREAM), CS_OK); /* without a descriptor */
	assert_int_equal(link_receive(link[1], &got), LINK_END);
	assert_int_equal(got, -1);
	(void)close(link[0]);
	(void)close(link[1]);
}

static void what_is_told_by_the_page_has_room_for_a_page(void **state)
{
	(void)state;
	for (unsigned op = 0; op < IPC_OP_COUNT; op++)
		if (ipc_rule(op) && ipc_rule_wants(ipc_rule(op), IPC_TAG_LIMIT) != IPC_REFUSED)
			assert_int_equal(ipc_reply_room((enum ipc_op)op), IPC_REPLY_MAX);
	assert_int_equal(ipc_reply_room(IPC_ALIAS_LIST), IPC_REPLY_MAX);
	assert_int_equal(ipc_reply_room(IPC_REALM_EXPORT), IPC_REPLY_MAX);
	assert_int_equal(ipc_reply_room(IPC_OTP_VERIFY), IPC_REPLY_ROOM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_request_that_the_table_allows_parses_to_itself),
	    cmocka_unit_test(a_field_too_many_too_few_too_short_or_too_long_is_not_built),
	    cmocka_unit_test(a_call_that_front_bars_has_its_address_and_credential_and_nothing_else),
	    cmocka_unit_test(a_changed_frame_never_parses_to_what_the_table_forbids),
	    cmocka_unit_test(a_field_twice_unknown_cut_off_or_without_a_tag_ends_the_stream),
	    cmocka_unit_test(a_frame_is_whole_only_with_its_last_byte_and_never_over_its_limit),
	    cmocka_unit_test(rows_are_taken_one_by_one_and_only_whole),
	    cmocka_unit_test(a_reply_parses_to_itself),
	    cmocka_unit_test(numbers_come_out_as_they_went_in),
	    cmocka_unit_test(a_descriptor_crosses_a_link_and_the_end_of_the_link_is_seen),
	    cmocka_unit_test(what_is_told_by_the_page_has_room_for_a_page),
	    cmocka_unit_test(a_ping_is_answered_and_nothing_else_is_a_pong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
