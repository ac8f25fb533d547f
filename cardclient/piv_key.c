/* SPDX-License-Identifier: BSD-2-Clause
 *
 * PIV commands on keys: generate, import, use, describe, attest, move.
 */
#include <string.h>

#include "base/secret.h"
#include "base/tlv.h"
#include "cardclient/piv_parse.h"

#define SLOT_NONE 0xFFu /* where a key that is moved away to nowhere goes */

static void write_policy(struct cs_writer *w, struct cc_piv_policy policy)
{
	if (policy.pin != PIV_PIN_DEFAULT)
		cs_tlv_write_u8(w, PIV_TAG_PIN_POLICY, (uint8_t)policy.pin);
	if (policy.touch != PIV_TOUCH_DEFAULT)
		cs_tlv_write_u8(w, PIV_TAG_TOUCH_POLICY, (uint8_t)policy.touch);
}

enum cs_err cc_piv_generate(struct cc_card *card, uint8_t slot, enum piv_alg alg, struct cc_piv_policy policy,
			    struct cc_piv_public *out)
{
	uint8_t data[16], answer[CC_PIV_MODULUS_MAX + 64];
	struct cs_writer w = CS_WRITER_OF(data), a = CS_WRITER_OF(answer);

	size_t mark = cs_tlv_begin(&w, PIV_TAG_GENERATE);
	cs_tlv_write_u8(&w, PIV_TAG_ALGORITHM, (uint8_t)alg);
	write_policy(&w, policy);
	cs_tlv_end(&w, mark);
	struct cs_apdu cmd = {
	    .ins = PIV_INS_GENERATE, .p2 = slot, .data = cs_writer_view(&w), .ne = CS_APDU_NE_MAX};
	enum cs_err err = cc_command(card, &cmd, &a);
	if (err)
		return err;
	struct cs_reader r = cs_reader_of(cs_writer_view(&a));
	struct cs_view contents = cs_tlv_expect(&r, PIV_TAG_PUBLIC_KEY);
	err = cs_reader_done(&r);
	return err ? err : cc_piv_parse_public(contents, alg, out);
}

/* One number, with leading zeros up to len. */
static enum cs_err write_number(struct cs_writer *w, uint32_t tag, struct cs_view number, size_t len)
{
	if (number.len == 0 || number.len > len)
		return CS_ERR_ARG;
	cs_tlv_write_header(w, tag, len);
	cs_write_fill(w, 0, len - number.len);
	cs_write_view(w, number);
	return CS_OK;
}

static enum cs_err write_private(struct cs_writer *w, enum piv_alg alg, const struct cc_piv_private *key)
{
	size_t bytes = (cc_piv_alg_bits(alg) + 7) / 8;

	if (bytes == 0)
		return CS_ERR_ARG;
	if (!cc_piv_alg_is_rsa(alg)) {
		uint32_t tag = alg == PIV_ALG_ED25519  ? 0x07u
			       : alg == PIV_ALG_X25519 ? 0x08u
						       : PIV_IMPORT_EC_SCALAR;
		return write_number(w, tag, key->scalar, bytes);
	}
	const struct {
		uint32_t tag;
		struct cs_view number;
	} parts[] = {
	    {PIV_IMPORT_P, key->p},   {PIV_IMPORT_Q, key->q},	    {PIV_IMPORT_DP, key->dp},
	    {PIV_IMPORT_DQ, key->dq}, {PIV_IMPORT_QINV, key->qinv},
	};
	enum cs_err err = CS_OK;
	for (size_t i = 0; i < sizeof parts / sizeof parts[0] && !err; i++)
		err = write_number(w, parts[i].tag, parts[i].number, bytes / 2);
	return err;
}

enum cs_err cc_piv_import(struct cc_card *card, uint8_t slot, enum piv_alg alg,
			  const struct cc_piv_private *key, struct cc_piv_policy policy)
{
	uint8_t data[5 * (CC_PIV_MODULUS_MAX / 2 + 4) + 8];
	struct cs_writer w = CS_WRITER_OF(data);

	enum cs_err err = write_private(&w, alg, key);
	write_policy(&w, policy);
	if (!err)
		err = cs_writer_done(&w);
	struct cs_apdu cmd = {
	    .ins = PIV_INS_IMPORT_KEY, .p1 = (uint8_t)alg, .p2 = slot, .data = cs_writer_view(&w)};
	if (!err)
		err = cc_command(card, &cmd, NULL);
	cs_wipe(data, sizeof data);
	return err;
}

/* GENERAL AUTHENTICATE: 82 empty, to be filled in by the card, and the input under tag. */
static enum cs_err authenticate(struct cc_card *card, uint8_t slot, enum piv_alg alg, uint32_t tag,
				size_t leading_zeros, struct cs_view input, struct cs_writer *out)
{
	uint8_t data[CC_PIV_OBJECT_MAX], answer[CC_PIV_RESULT_MAX + 16];
	struct cs_writer w = CS_WRITER_OF(data), a = CS_WRITER_OF(answer);
	struct cs_view result;

	size_t mark = cs_tlv_begin(&w, PIV_TAG_AUTH_TEMPLATE);
	cs_tlv_write(&w, PIV_TAG_AUTH_RESPONSE, CS_VIEW_EMPTY);
	cs_tlv_write_header(&w, tag, leading_zeros + input.len);
	cs_write_fill(&w, 0, leading_zeros);
	cs_write_view(&w, input);
	cs_tlv_end(&w, mark);
	if (cs_writer_done(&w))
		return CS_ERR_ARG;
	struct cs_apdu cmd = {
	    .ins = PIV_INS_AUTHENTICATE, .p1 = (uint8_t)alg, .p2 = slot, .ne = CS_APDU_NE_MAX};
	cmd.data = cs_writer_view(&w);
	if (cmd.data.len <= CS_APDU_SHORT_DATA_MAX && !cc_piv_alg_is_rsa(alg))
		cmd.ne = CS_APDU_SHORT_NE_MAX;
	enum cs_err err = cc_command(card, &cmd, &a);
	if (!err)
		err = cc_piv_parse_authentication(cs_writer_view(&a), PIV_TAG_AUTH_RESPONSE, &result);
	if (!err) {
		cs_write_view(out, result);
		err = cs_writer_done(out);
	}
	cs_wipe(data, cs_writer_view(&w).len);
	cs_wipe(answer, sizeof answer);
	return err;
}

enum cs_err cc_piv_private_op(struct cc_card *card, uint8_t slot, enum piv_alg alg, struct cs_view input,
			      struct cs_writer *out)
{
	size_t bytes = cc_piv_alg_bits(alg) / 8, zeros = 0;

	if (bytes == 0 || alg == PIV_ALG_X25519 || (cc_piv_alg_is_rsa(alg) && input.len != bytes))
		return CS_ERR_ARG;
	if (!cc_piv_alg_is_rsa(alg) && alg != PIV_ALG_ED25519) {
		/* ECDSA takes the leftmost bits; as a number, which leading zeros do not change (FIPS
		 * 186-5, 6.4.1). */
		if (input.len > bytes)
			input.len = bytes;
		zeros = bytes - input.len;
	}
	return authenticate(card, slot, alg, PIV_TAG_AUTH_CHALLENGE, zeros, input, out);
}

enum cs_err cc_piv_ecdh(struct cc_card *card, uint8_t slot, enum piv_alg alg, struct cs_view peer,
			struct cs_writer *out)
{
	if (peer.len == 0 || peer.len > CC_PIV_POINT_MAX)
		return CS_ERR_ARG;
	return authenticate(card, slot, alg, PIV_TAG_AUTH_EXPONENTIATION, 0, peer, out);
}

enum cs_err cc_piv_metadata(struct cc_card *card, uint8_t ref, struct cc_piv_metadata *out)
{
	uint8_t answer[CC_PIV_MODULUS_MAX + 128];
	struct cs_writer w = CS_WRITER_OF(answer);
	struct cs_apdu cmd = {.ins = PIV_INS_GET_METADATA, .p2 = ref, .ne = CS_APDU_NE_MAX};

	enum cs_err err = cc_command(card, &cmd, &w);
	return err ? err : cc_piv_parse_metadata(cs_writer_view(&w), out);
}

enum cs_err cc_piv_attest(struct cc_card *card, uint8_t slot, struct cs_writer *out)
{
	struct cs_apdu cmd = {.ins = PIV_INS_ATTEST, .p1 = slot, .ne = CS_APDU_NE_MAX};
	return cc_command(card, &cmd, out);
}

enum cs_err cc_piv_move_key(struct cc_card *card, uint8_t from, uint8_t to)
{
	struct cs_apdu cmd = {.ins = PIV_INS_MOVE_KEY, .p1 = to, .p2 = from};
	return cc_command(card, &cmd, NULL);
}

enum cs_err cc_piv_delete_key(struct cc_card *card, uint8_t slot)
{
	return cc_piv_move_key(card, slot, SLOT_NONE);
}
