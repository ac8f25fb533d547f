/* SPDX-License-Identifier: BSD-2-Clause
 *
 * OATH commands: credentials and codes. New credentials: oath_put.c; the access code: oath_code.c.
 */
#include "cardclient/oath_private.h"

#include "base/encoding.h"
#include "base/secret.h"
#include "base/sw.h"
#include "base/tlv.h"

#define LIST_MAX     33920u /* bytes of the longest list of credentials: what a card of ours answers at most */
#define P2_TRUNCATED 0x01u

enum cs_err cc_oath_select(struct cc_card *card, struct cc_oath_info *out)
{
	static const uint8_t aid[] = YKOATH_AID;
	uint8_t answer[256];
	struct cs_writer w = CS_WRITER_OF(answer);
	struct cs_apdu cmd = {.ins = 0xA4, .p1 = 0x04, .data = CS_VIEW_OF(aid), .ne = CS_APDU_SHORT_NE_MAX};

	enum cs_err err = cc_command(card, &cmd, &w);
	return err ? err : cc_oath_parse_select(cs_writer_view(&w), out);
}

enum cs_err cc_oath_command(struct cc_card *card, const struct cs_apdu *cmd, struct cs_writer *resp)
{
	uint16_t sw;
	enum cs_err err = cc_transmit_more(card, cmd, YKOATH_INS_SEND_REMAINING, resp, &sw);
	if (!err)
		err = cc_sw_error(sw);
	/* 6984 is not PIV's "change the PIN first" here, but what is not there. */
	return err == CS_ERR_EXPIRED ? CS_ERR_STATE : err;
}

bool cc_oath_name_fits(struct cs_view name)
{
	return name.len > 0 && name.len <= YKOATH_NAME_MAX;
}

enum cs_err cc_oath_delete(struct cc_card *card, struct cs_view name)
{
	uint8_t data[YKOATH_NAME_MAX + 4];
	struct cs_writer w = CS_WRITER_OF(data);

	if (!cc_oath_name_fits(name))
		return CS_ERR_ARG;
	cs_tlv_write(&w, YKOATH_TAG_NAME, name);
	struct cs_apdu cmd = {.ins = YKOATH_INS_DELETE, .data = cs_writer_view(&w)};
	enum cs_err err = cc_oath_command(card, &cmd, NULL);
	return err == CS_ERR_STATE ? CS_ERR_NOT_FOUND : err;
}

enum cs_err cc_oath_rename(struct cc_card *card, struct cs_view old_name, struct cs_view new_name)
{
	uint8_t data[2 * (YKOATH_NAME_MAX + 4)];
	struct cs_writer w = CS_WRITER_OF(data);

	if (!cc_oath_name_fits(old_name) || !cc_oath_name_fits(new_name))
		return CS_ERR_ARG;
	cs_tlv_write(&w, YKOATH_TAG_NAME, old_name);
	cs_tlv_write(&w, YKOATH_TAG_NAME, new_name);
	struct cs_apdu cmd = {.ins = YKOATH_INS_RENAME, .data = cs_writer_view(&w)};
	enum cs_err err = cc_oath_command(card, &cmd, NULL);
	return err == CS_ERR_STATE ? CS_ERR_NOT_FOUND : err;
}

/* ---- lists and codes ---- */

static enum cs_err list_with(struct cc_card *card, uint8_t ins,
			     enum cs_err (*parse)(struct cs_view answer, cc_oath_each_fn *each, void *ctx),
			     cc_oath_each_fn *each, void *ctx)
{
	uint8_t answer[LIST_MAX];
	struct cs_writer w = CS_WRITER_OF(answer);
	struct cs_apdu cmd = {.ins = ins, .ne = CS_APDU_SHORT_NE_MAX};

	enum cs_err err = cc_oath_command(card, &cmd, &w);
	return err ? err : parse(cs_writer_view(&w), each, ctx);
}

enum cs_err cc_oath_list(struct cc_card *card, cc_oath_each_fn *each, void *ctx)
{
	return list_with(card, YKOATH_INS_LIST, cc_oath_parse_list, each, ctx);
}

enum cs_err cc_oath_list_all(struct cc_card *card, cc_oath_each_fn *each, void *ctx)
{
	return list_with(card, YKOATH_INS_LIST_ALL, cc_oath_parse_list_all, each, ctx);
}

static void write_challenge(struct cs_writer *w, uint64_t step)
{
	cs_tlv_write_header(w, YKOATH_TAG_CHALLENGE, YKOATH_CHALLENGE_LEN);
	cs_write_u64(w, step);
}

enum cs_err cc_oath_calculate_all(struct cc_card *card, uint64_t step, cc_oath_each_fn *each, void *ctx)
{
	uint8_t data[16], answer[LIST_MAX];
	struct cs_writer w = CS_WRITER_OF(data), a = CS_WRITER_OF(answer);

	write_challenge(&w, step);
	struct cs_apdu cmd = {
	    .ins = YKOATH_INS_CALCULATE_ALL, .p2 = P2_TRUNCATED, .ne = CS_APDU_SHORT_NE_MAX};
	cmd.data = cs_writer_view(&w);
	enum cs_err err = cc_oath_command(card, &cmd, &a);
	if (!err)
		err = cc_oath_parse_all(cs_writer_view(&a), each, ctx);
	cs_wipe(answer, cs_writer_view(&a).len);
	return err;
}

/* How cards say of CALCULATE that there is no such credential (6984), or that nobody touched them (6985). */
static enum cs_err calculate_error(const struct cc_card *card, enum cs_err err)
{
	if (err != CS_ERR_STATE)
		return err;
	return cc_card_sw(card) == CS_SW_CONDITIONS ? CS_ERR_TIMEOUT : CS_ERR_NOT_FOUND;
}

enum cs_err cc_oath_calculate(struct cc_card *card, struct cs_view name, uint64_t step, uint32_t *truncated,
			      unsigned *digits)
{
	uint8_t data[YKOATH_NAME_MAX + 16], answer[64];
	struct cs_writer w = CS_WRITER_OF(data), a = CS_WRITER_OF(answer);

	if (!cc_oath_name_fits(name))
		return CS_ERR_ARG;
	cs_tlv_write(&w, YKOATH_TAG_NAME, name);
	write_challenge(&w, step);
	struct cs_apdu cmd = {.ins = YKOATH_INS_CALCULATE, .p2 = P2_TRUNCATED, .ne = CS_APDU_SHORT_NE_MAX};
	cmd.data = cs_writer_view(&w);
	enum cs_err err = calculate_error(card, cc_oath_command(card, &cmd, &a));
	if (!err)
		err = cc_oath_parse_code(cs_writer_view(&a), truncated, digits);
	cs_wipe(answer, sizeof answer);
	return err;
}

enum cs_err cc_oath_hmac(struct cc_card *card, struct cs_view name, struct cs_view challenge,
			 struct cs_writer *out)
{
	uint8_t data[YKOATH_NAME_MAX + 80], answer[96];
	struct cs_writer w = CS_WRITER_OF(data), a = CS_WRITER_OF(answer);

	if (!cc_oath_name_fits(name) || challenge.len == 0 || challenge.len > 64)
		return CS_ERR_ARG;
	cs_tlv_write(&w, YKOATH_TAG_NAME, name);
	cs_tlv_write(&w, YKOATH_TAG_CHALLENGE, challenge);
	struct cs_apdu cmd = {
	    .ins = YKOATH_INS_CALCULATE, .data = cs_writer_view(&w), .ne = CS_APDU_SHORT_NE_MAX};
	enum cs_err err = calculate_error(card, cc_oath_command(card, &cmd, &a));
	if (!err) {
		struct cs_reader r = cs_reader_of(cs_writer_view(&a));
		struct cs_reader value = cs_reader_of(cs_tlv_expect(&r, YKOATH_TAG_FULL_RESPONSE));
		cs_read_u8(&value); /* digits */
		struct cs_view mac = cs_read_rest(&value);
		err = cs_reader_done(&r) || mac.len < 20 ? CS_ERR_MALFORMED : CS_OK;
		if (!err) {
			cs_write_view(out, mac);
			err = cs_writer_done(out);
		}
	}
	cs_wipe(answer, sizeof answer);
	return err;
}

/* ---- OCRA ---- */

static void write_inputs(struct cs_writer *w, const struct cs_ocra_suite *suite,
			 const struct cs_ocra_input *in)
{
	cs_tlv_write(w, YKOATH_TAG_QUESTION, in->question);
	if (suite->pin_hash != 0)
		cs_tlv_write(w, YKOATH_TAG_PIN_DIGEST, in->pin_hash);
	if (suite->session_len > 0)
		cs_tlv_write(w, YKOATH_TAG_SESSION, in->session);
	if (suite->time_step > 0) {
		cs_tlv_write_header(w, YKOATH_TAG_TIME, sizeof(uint64_t));
		cs_write_u64(w, in->time);
	}
}

/* 76 with digits and number, or 75 with 00 and the HMAC. */
static enum cs_err ocra_parse(struct cs_view answer, char *text)
{
	uint32_t truncated;
	unsigned digits;

	if (cc_oath_parse_code(answer, &truncated, &digits) == CS_OK) {
		cs_oath_format(truncated, digits, text);
		return CS_OK;
	}
	struct cs_reader r = cs_reader_of(answer);
	struct cs_reader value = cs_reader_of(cs_tlv_expect(&r, YKOATH_TAG_FULL_RESPONSE));
	uint8_t none = cs_read_u8(&value);
	struct cs_view mac = cs_read_rest(&value);
	if (cs_reader_done(&r) || cs_reader_done(&value) || none != 0 || mac.len == 0 ||
	    mac.len > CS_HASH_MAX)
		return CS_ERR_MALFORMED;
	cs_hex_encode(mac, text);
	return CS_OK;
}

#define INPUTS_MAX (YKOATH_NAME_MAX + 2 * CS_OCRA_QUESTION_MAX + CS_HASH_MAX + CS_OCRA_SESSION_MAX + 32)

enum cs_err cc_oath_ocra(struct cc_card *card, struct cs_view name, const struct cs_ocra_suite *suite,
			 const struct cs_ocra_input *in, char *answer)
{
	uint8_t data[INPUTS_MAX];
	uint8_t bytes[CS_HASH_MAX + 8];
	struct cs_writer w = CS_WRITER_OF(data), a = CS_WRITER_OF(bytes);

	if (!cc_oath_name_fits(name) || cs_ocra_check(suite, in) != CS_OK)
		return CS_ERR_ARG;
	cs_tlv_write(&w, YKOATH_TAG_NAME, name);
	write_inputs(&w, suite, in);
	struct cs_apdu cmd = {.ins = YKOATH_INS_OCRA,
			      .p2 = P2_TRUNCATED,
			      .data = cs_writer_view(&w),
			      .ne = CS_APDU_SHORT_NE_MAX};
	enum cs_err err = cs_writer_done(&w);
	if (!err)
		err = calculate_error(card, cc_oath_command(card, &cmd, &a));
	if (!err)
		err = ocra_parse(cs_writer_view(&a), answer);
	cs_wipe(data, sizeof data);
	cs_wipe(bytes, sizeof bytes);
	return err;
}

enum cs_err cc_oath_check(struct cc_card *card, struct cs_view name, uint64_t counter, struct cs_view code)
{
	uint8_t data[YKOATH_NAME_MAX + sizeof(uint64_t) + CS_OATH_DIGITS_MAX + 8];
	struct cs_writer w = CS_WRITER_OF(data);

	if (!cc_oath_name_fits(name) || code.len > CS_OATH_DIGITS_MAX)
		return CS_ERR_ARG;
	cs_tlv_write(&w, YKOATH_TAG_NAME, name);
	cs_tlv_write_header(&w, YKOATH_TAG_IMF, sizeof(uint64_t));
	cs_write_u64(&w, counter);
	cs_tlv_write(&w, YKOATH_TAG_CODE, code);
	struct cs_apdu cmd = {.ins = YKOATH_INS_CHECK, .data = cs_writer_view(&w)};
	enum cs_err err = cs_writer_done(&w);
	if (!err)
		err = calculate_error(card, cc_oath_command(card, &cmd, NULL));
	cs_wipe(data, sizeof data);
	return err == CS_ERR_ARG ? CS_ERR_WRONG : err; /* 6A80 */
}
