/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Chaining, 61xx, 6Cxx, resets and removal, against a mock: a transport that expects the commands of a
 * script, in hexadecimal, and answers with the script's responses or errors.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"
#include "base/sw.h"
#include "cardclient/backend.h"
#include "cardclient/touch.h"

struct exchange {
	const char *command;  /* hex; NULL ends the script */
	const char *response; /* hex; NULL: err */
	enum cs_err err;
};

static struct {
	const char *atr;
	const struct exchange *next;
	enum cs_err begin_says[4]; /* in turn; CS_OK from then on */
	enum cs_err reconnect_says;
	unsigned begins, ends, reconnects;
} mock;

static enum cs_err mock_open(const char *arg, void **state)
{
	(void)arg;
	*state = &mock;
	return CS_OK;
}

static void mock_nothing(void *state)
{
	(void)state;
}

static enum cs_err mock_readers(void *state, struct cc_reader *out, size_t max, size_t *count)
{
	(void)state;
	(void)out;
	(void)max;
	*count = 0;
	return CS_OK;
}

static enum cs_err mock_wait(void *state, const struct cc_reader *known, size_t count)
{
	(void)state;
	(void)known;
	(void)count;
	return CS_OK;
}

static enum cs_err mock_connect(void *state, const char *reader, void **link, struct cs_writer *atr)
{
	(void)reader;
	*link = state;
	return cs_hex_decode(cs_view_string(mock.atr), atr);
}

static enum cs_err mock_reconnect(void *link)
{
	(void)link;
	mock.reconnects++;
	return mock.reconnect_says;
}

static enum cs_err mock_begin(void *link)
{
	(void)link;
	return mock.begins < 4 ? mock.begin_says[mock.begins++] : CS_OK;
}

static void mock_end(void *link)
{
	(void)link;
	mock.ends++;
}

static enum cs_err mock_transmit(void *link, struct cs_view command, struct cs_writer *response)
{
	char *hex = malloc(2 * command.len + 1);
	(void)link;
	assert_non_null(hex);
	cs_hex_encode(command, hex);
	assert_non_null(mock.next->command);
	assert_string_equal(hex, mock.next->command);
	free(hex);
	const struct exchange *now = mock.next++;
	return now->response != NULL ? cs_hex_decode(cs_view_string(now->response), response) : now->err;
}

static const struct cc_backend backend_mock = {
    .name = "mock",
    .open = mock_open,
    .close = mock_nothing,
    .forget = mock_nothing,
    .readers = mock_readers,
    .wait = mock_wait,
    .wake = mock_nothing,
    .connect = mock_connect,
    .disconnect = mock_nothing,
    .forget_link = mock_nothing,
    .reconnect = mock_reconnect,
    .begin = mock_begin,
    .end = mock_end,
    .transmit = mock_transmit,
};

struct test {
	struct cc_context *ctx;
	struct cc_card *card;
	uint8_t data[70000];
	struct cs_writer resp;
	uint16_t sw;
};

#define ATR_PLAIN "3b00"
#define ATR_EXTENDED                                                                                         \
	"3bfb1300008131fe458073c021c05543534947"                                                             \
	"4e34"

static int setup(void **state)
{
	struct test *t = calloc(1, sizeof *t);
	assert_non_null(t);
	memset(&mock, 0, sizeof mock);
	t->resp = CS_WRITER_OF(t->data);
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	struct test *t = *state;
	cc_disconnect(t->card);
	cc_context_free(t->ctx);
	free(t);
	return 0;
}

static void connect_to(struct test *t, const char *atr, const struct exchange *script)
{
	mock.atr = atr;
	mock.next = script;
	assert_int_equal(cc_context_over(&backend_mock, "", &t->ctx), CS_OK);
	assert_int_equal(cc_connect(t->ctx, "mock", &t->card), CS_OK);
}

static void script_is_done(void)
{
	assert_null(mock.next->command);
}

static enum cs_err send_command(struct test *t, uint8_t ins, struct cs_view data, uint32_t ne)
{
	struct cs_apdu cmd = {.ins = ins, .data = data, .ne = ne};
	return cc_transmit(t->card, &cmd, &t->resp, &t->sw);
}

static void assert_answer(struct test *t, const char *hex, uint16_t sw)
{
	char got[512];
	struct cs_view view = cs_writer_view(&t->resp);
	assert_true(2 * view.len < sizeof got);
	cs_hex_encode(view, got);
	assert_string_equal(got, hex);
	assert_int_equal(t->sw, sw);
	assert_int_equal(cc_card_sw(t->card), sw);
}

/* ---- the way back ---- */

static void what_is_left_is_fetched_until_nothing_is(void **state)
{
	static const struct exchange script[] = {{"00cb000000", "01026100", 0},
						 {"00c0000000", "03046103", 0},
						 {"00c0000003", "0506079000", 0},
						 {0}};
	struct test *t = *state;
	connect_to(t, ATR_PLAIN, script);
	assert_int_equal(send_command(t, 0xCB, CS_VIEW_EMPTY, 65536), CS_OK);
	assert_answer(t, "01020304050607", 0x9000);
	assert_int_equal(cc_card_apdus(t->card), 3);
	script_is_done();
}

static void a_wrong_le_is_corrected_once(void **state)
{
	static const struct exchange script[] = {
	    {"00cb000008", "6c03", 0}, {"00cb000003", "0102039000", 0}, {0}};
	struct test *t = *state;
	connect_to(t, ATR_PLAIN, script);
	assert_int_equal(send_command(t, 0xCB, CS_VIEW_EMPTY, 8), CS_OK);
	assert_answer(t, "010203", 0x9000);
	script_is_done();
}

static void a_card_that_goes_on_complaining_of_le_is_believed(void **state)
{
	static const struct exchange script[] = {{"00cb000008", "6c03", 0}, {"00cb000003", "6c04", 0}, {0}};
	struct test *t = *state;
	connect_to(t, ATR_PLAIN, script);
	assert_int_equal(send_command(t, 0xCB, CS_VIEW_EMPTY, 8), CS_OK);
	assert_int_equal(t->sw, 0x6C04);
	script_is_done();
}

static void an_application_may_fetch_its_rest_in_its_own_way(void **state)
{
	static const struct exchange script[] = {
	    {"00a1000000", "016101", 0}, {"00a5000001", "029000", 0}, {0}};
	struct test *t = *state;
	struct cs_apdu cmd = {.ins = 0xA1, .ne = 256};
	connect_to(t, ATR_PLAIN, script);
	assert_int_equal(cc_transmit_more(t->card, &cmd, 0xA5, &t->resp, &t->sw), CS_OK);
	assert_answer(t, "0102", 0x9000);
}

/* What has no data in it is T=0's, and the application's way comes after it. */
static void but_what_is_answered_to_data_over_t0_comes_by_get_response(void **state)
{
	static const uint8_t data[] = {0x71, 0x00};
	static const struct exchange script[] = {{"80a4000002710000", "6102", 0},
						 {"00c0000002", "01026101", 0},
						 {"80a5000001", "6102", 0},
						 {"00c0000002", "03049000", 0},
						 {0}};
	struct test *t = *state;
	struct cs_apdu cmd = {.cla = 0x80, .ins = 0xA4, .data = CS_VIEW_OF(data), .ne = 256};
	connect_to(t, ATR_PLAIN, script);
	assert_int_equal(cc_transmit_more(t->card, &cmd, 0xA5, &t->resp, &t->sw), CS_OK);
	assert_answer(t, "01020304", 0x9000);
	script_is_done();
}

static void get_response_of_a_proprietary_command_has_the_plain_class(void **state)
{
	static const struct exchange script[] = {
	    {"8001000000", "016101", 0}, {"00c0000001", "029000", 0}, {0}};
	struct test *t = *state;
	struct cs_apdu cmd = {.cla = 0x80, .ins = 0x01, .ne = 256};
	connect_to(t, ATR_PLAIN, script);
	assert_int_equal(cc_transmit(t->card, &cmd, &t->resp, &t->sw), CS_OK);
	assert_answer(t, "0102", 0x9000);
}

static void a_card_that_never_ends_is_cut_off(void **state)
{
	static struct exchange script[1100];
	struct test *t = *state;
	script[0] = (struct exchange){"00cb000000", "6101", 0};
	for (size_t i = 1; i < sizeof script / sizeof script[0]; i++)
		script[i] = (struct exchange){"00c0000001", "aa6101", 0};
	connect_to(t, ATR_PLAIN, script);
	assert_int_equal(send_command(t, 0xCB, CS_VIEW_EMPTY, 256), CS_ERR_MALFORMED);
}

static void an_answer_that_does_not_fit_is_an_error_not_an_overflow(void **state)
{
	static const struct exchange script[] = {
	    {"00cb000000", "01020304056102", 0}, {"00c0000002", "06079000", 0}, {0}};
	struct test *t = *state;
	uint8_t small[4] = {0};
	struct cs_writer w = cs_writer_of(small, 3);
	struct cs_apdu cmd = {.ins = 0xCB, .ne = 256};
	connect_to(t, ATR_PLAIN, script);
	assert_int_equal(cc_transmit(t->card, &cmd, &w, &t->sw), CS_ERR_NO_SPACE);
	assert_int_equal(small[3], 0);
	script_is_done();
}

static void an_answer_without_a_status_word_is_malformed(void **state)
{
	static const struct exchange script[] = {{"00cb000000", "90", 0}, {0}};
	struct test *t = *state;
	connect_to(t, ATR_PLAIN, script);
	assert_int_equal(send_command(t, 0xCB, CS_VIEW_EMPTY, 256), CS_ERR_MALFORMED);
}

/* ---- the way there ---- */

static char *hex_of(const char *head, size_t fill, const char *tail)
{
	char *out = calloc(1, strlen(head) + 2 * fill + strlen(tail) + 1);
	assert_non_null(out);
	memcpy(out, head, strlen(head));
	memset(out + strlen(head), 'a', 2 * fill);
	memcpy(out + strlen(head) + 2 * fill, tail, strlen(tail));
	return out;
}

static void long_data_goes_in_a_chain(void **state)
{
	struct test *t = *state;
	uint8_t data[600];
	char *first = hex_of("10db0000ff", 255, ""), *last = hex_of("00db00005a", 90, "");
	const struct exchange script[] = {{first, "9000", 0}, {first, "9000", 0}, {last, "9000", 0}, {0}};
	memset(data, 0xAA, sizeof data);
	connect_to(t, ATR_PLAIN, script);
	assert_int_equal(send_command(t, 0xDB, CS_VIEW_OF(data), 0), CS_OK);
	assert_int_equal(t->sw, 0x9000);
	script_is_done();
	free(first);
	free(last);
}

static void a_chain_that_is_refused_ends_there(void **state)
{
	struct test *t = *state;
	uint8_t data[600];
	char *first = hex_of("10db0000ff", 255, "");
	const struct exchange script[] = {{first, "6982", 0}, {0}};
	memset(data, 0xAA, sizeof data);
	connect_to(t, ATR_PLAIN, script);
	assert_int_equal(send_command(t, 0xDB, CS_VIEW_OF(data), 0), CS_OK);
	assert_int_equal(t->sw, 0x6982);
	script_is_done();
	free(first);
}

/* ---- touches ---- */

static enum cs_err touch_heard(void *arg, unsigned times)
{
	unsigned *heard = arg;
	assert_int_equal(times, *heard);
	return ++*heard == 3 ? CS_ERR_CANCELLED : CS_OK;
}

static void a_command_that_wants_a_touch_is_sent_again_whole(void **state)
{
	uint8_t data[256];
	char *first = hex_of("10db0000ff", 255, ""), *last = hex_of("00db000001", 1, "");
	const struct exchange script[] = {{first, "9000", 0},
					  {last, "6401", 0},
					  {first, "9000", 0},
					  {last, "6401", 0},
					  {first, "9000", 0},
					  {last, "9000", 0},
					  {0}};
	struct test *t = *state;
	unsigned heard = 0;
	memset(data, 0xAA, sizeof data);
	connect_to(t, ATR_PLAIN, script);
	cc_card_on_touch(t->card, touch_heard, &heard);
	assert_int_equal(send_command(t, 0xDB, CS_VIEW_OF(data), 0), CS_OK);
	assert_int_equal(t->sw, 0x9000);
	assert_int_equal(heard, 2);
	script_is_done();
	free(first);
	free(last);
}

static void who_is_told_of_a_touch_may_call_it_off(void **state)
{
	static const struct exchange script[] = {
	    {"00f80000", "6401", 0}, {"00f80000", "6401", 0}, {"00f80000", "6401", 0}, {0}};
	struct test *t = *state;
	unsigned heard = 0;
	connect_to(t, ATR_PLAIN, script);
	cc_card_on_touch(t->card, touch_heard, &heard);
	assert_int_equal(send_command(t, 0xF8, CS_VIEW_EMPTY, 0), CS_ERR_CANCELLED);
	script_is_done();
}

static void without_anyone_to_tell_a_wanted_touch_is_a_timeout(void **state)
{
	static const struct exchange script[] = {{"00f80000", "6401", 0}, {0}};
	struct test *t = *state;
	connect_to(t, ATR_PLAIN, script);
	assert_int_equal(send_command(t, 0xF8, CS_VIEW_EMPTY, 0), CS_OK);
	assert_int_equal(t->sw, CS_SW_TOUCH_WANTED);
	assert_int_equal(cc_sw_error(t->sw), CS_ERR_TIMEOUT);
	script_is_done();
}

static void a_transport_that_cannot_tell_of_touches_says_so(void **state)
{
	static const struct exchange script[] = {{0}};
	struct test *t = *state;
	char why[CC_TOUCH_WHY_MAX];
	bool wanted;
	connect_to(t, ATR_PLAIN, script);
	assert_int_equal(cc_touch_wanted(t->ctx, why), CS_ERR_UNSUPPORTED);
	assert_int_equal(cc_touch_give(t->ctx, &wanted), CS_ERR_UNSUPPORTED);
}

static void a_card_that_says_so_gets_extended_length(void **state)
{
	struct test *t = *state;
	uint8_t data[300];
	char *whole = hex_of("00db000000012c", 300, "");
	const struct exchange script[] = {
	    {whole, "9000", 0}, {"00cb0000000000", "019000", 0}, {"00cb000000", "029000", 0}, {0}};
	memset(data, 0xAA, sizeof data);
	connect_to(t, ATR_EXTENDED, script);
	assert_int_equal(send_command(t, 0xDB, CS_VIEW_OF(data), 0), CS_OK);
	assert_int_equal(send_command(t, 0xCB, CS_VIEW_EMPTY, 65536), CS_OK);
	assert_int_equal(send_command(t, 0xCB, CS_VIEW_EMPTY, 256), CS_OK);
	script_is_done();
	free(whole);
}

/* ---- lost cards ---- */

static void a_reset_before_a_transaction_moves_the_generation_and_is_healed(void **state)
{
	static const struct exchange script[] = {{"00cb000000", "9000", 0}, {0}};
	struct test *t = *state;
	connect_to(t, ATR_PLAIN, script);
	uint32_t before = cc_card_generation(t->card);
	mock.begin_says[0] = CS_ERR_STATE;
	assert_int_equal(cc_begin(t->card), CS_OK);
	assert_int_not_equal(cc_card_generation(t->card), before);
	assert_int_equal(mock.reconnects, 1);
	assert_int_equal(send_command(t, 0xCB, CS_VIEW_EMPTY, 256), CS_OK);
	cc_end(t->card);
	assert_int_equal(mock.ends, 1);
}

static void a_reset_before_a_command_is_told_and_the_card_stays(void **state)
{
	static const struct exchange script[] = {
	    {"00cb000000", NULL, CS_ERR_STATE}, {"00cb000000", "9000", 0}, {0}};
	struct test *t = *state;
	connect_to(t, ATR_PLAIN, script);
	uint32_t before = cc_card_generation(t->card);
	assert_int_equal(cc_begin(t->card), CS_OK);
	assert_int_equal(send_command(t, 0xCB, CS_VIEW_EMPTY, 256), CS_ERR_REMOVED);
	assert_true(cc_card_present(t->card));
	assert_int_not_equal(cc_card_generation(t->card), before);
	assert_int_equal(mock.begins, 2);
	assert_int_equal(send_command(t, 0xCB, CS_VIEW_EMPTY, 256), CS_OK);
	cc_end(t->card);
}

static void a_card_that_is_reset_without_end_is_busy(void **state)
{
	static const struct exchange script[] = {{0}};
	struct test *t = *state;
	connect_to(t, ATR_PLAIN, script);
	for (size_t i = 0; i < 4; i++)
		mock.begin_says[i] = CS_ERR_STATE;
	assert_int_equal(cc_begin(t->card), CS_ERR_BUSY);
	assert_true(cc_card_present(t->card));
}

static void a_removed_card_stays_removed_and_is_not_talked_to(void **state)
{
	static const struct exchange script[] = {{"00cb000000", NULL, CS_ERR_REMOVED}, {0}};
	struct test *t = *state;
	connect_to(t, ATR_PLAIN, script);
	assert_int_equal(send_command(t, 0xCB, CS_VIEW_EMPTY, 256), CS_ERR_REMOVED);
	assert_false(cc_card_present(t->card));
	assert_int_equal(send_command(t, 0xCB, CS_VIEW_EMPTY, 256), CS_ERR_REMOVED);
	assert_int_equal(cc_begin(t->card), CS_ERR_REMOVED);
	assert_int_equal(mock.ends, 0);
	script_is_done();
}

static void a_reset_after_which_the_card_is_gone_is_a_removal(void **state)
{
	static const struct exchange script[] = {{"00cb000000", NULL, CS_ERR_STATE}, {0}};
	struct test *t = *state;
	connect_to(t, ATR_PLAIN, script);
	mock.reconnect_says = CS_ERR_NO_CARD;
	assert_int_equal(send_command(t, 0xCB, CS_VIEW_EMPTY, 256), CS_ERR_REMOVED);
	assert_false(cc_card_present(t->card));
}

static void nested_transactions_are_one(void **state)
{
	static const struct exchange script[] = {{"00cb000000", "9000", 0}, {0}};
	struct test *t = *state;
	connect_to(t, ATR_PLAIN, script);
	assert_int_equal(cc_begin(t->card), CS_OK);
	assert_int_equal(cc_begin(t->card), CS_OK);
	assert_int_equal(send_command(t, 0xCB, CS_VIEW_EMPTY, 256), CS_OK);
	cc_end(t->card);
	assert_int_equal(mock.ends, 0);
	cc_end(t->card);
	assert_int_equal(mock.begins, 1);
	assert_int_equal(mock.ends, 1);
}

static void status_words_have_one_meaning(void **state)
{
	(void)state;
	assert_int_equal(cc_sw_error(0x9000), CS_OK);
	assert_int_equal(cc_sw_error(0x63C2), CS_ERR_WRONG);
	assert_int_equal(cc_sw_error(0x63C0), CS_ERR_BLOCKED);
	assert_int_equal(cc_sw_error(0x6983), CS_ERR_BLOCKED);
	assert_int_equal(cc_sw_error(0x6982), CS_ERR_DENIED);
	assert_int_equal(cc_sw_error(0x6A82), CS_ERR_NOT_FOUND);
	assert_int_equal(cc_sw_error(0x6D00), CS_ERR_UNSUPPORTED);
	assert_int_equal(cc_sw_error(0x6F00), CS_ERR_CARD);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    EACH(what_is_left_is_fetched_until_nothing_is),
	    EACH(a_wrong_le_is_corrected_once),
	    EACH(a_card_that_goes_on_complaining_of_le_is_believed),
	    EACH(an_application_may_fetch_its_rest_in_its_own_way),
	    EACH(but_what_is_answered_to_data_over_t0_comes_by_get_response),
	    EACH(get_response_of_a_proprietary_command_has_the_plain_class),
	    EACH(a_card_that_never_ends_is_cut_off),
	    EACH(an_answer_that_does_not_fit_is_an_error_not_an_overflow),
	    EACH(an_answer_without_a_status_word_is_malformed),
	    EACH(long_data_goes_in_a_chain),
	    EACH(a_chain_that_is_refused_ends_there),
	    EACH(a_card_that_says_so_gets_extended_length),
	    EACH(a_command_that_wants_a_touch_is_sent_again_whole),
	    EACH(who_is_told_of_a_touch_may_call_it_off),
	    EACH(without_anyone_to_tell_a_wanted_touch_is_a_timeout),
	    EACH(a_transport_that_cannot_tell_of_touches_says_so),
	    EACH(a_reset_before_a_transaction_moves_the_generation_and_is_healed),
	    EACH(a_reset_before_a_command_is_told_and_the_card_stays),
	    EACH(a_card_that_is_reset_without_end_is_busy),
	    EACH(a_removed_card_stays_removed_and_is_not_talked_to),
	    EACH(a_reset_after_which_the_card_is_gone_is_a_removal),
	    EACH(nested_transactions_are_one),
	    cmocka_unit_test(status_words_have_one_meaning),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
