/* SPDX-License-Identifier: BSD-2-Clause
 *
 * PIV commands on keys: generate, import, use, describe, attest, move.
 */
#include <string.h>

#include "base/countersign.h"
#include "base/secret.h"
#include "base/tlv.h"
#include "cardclient/piv_parse.h"
#include "cardclient/private.h"

#define SLOT_NONE 0xFFu /* where a key that is moved away to nowhere goes */

/* What is said of a new key beside the key. */
static void write_wishes(struct cs_writer *w, struct cc_piv_policy policy,
			 const struct cc_attributes *attributes)
{
	if (policy.pin != PIV_PIN_DEFAULT)
		cs_tlv_write_u8(w, PIV_TAG_PIN_POLICY, (uint8_t)policy.pin);
	if (policy.touch != PIV_TOUCH_DEFAULT)
		cs_tlv_write_u8(w, PIV_TAG_TOUCH_POLICY, (uint8_t)policy.touch);
	if (attributes != NULL)
		cc_attributes_write(w, attributes);
}

enum cs_err cc_piv_generate_sm(struct cc_card *card, enum piv_sm_suites suite)
{
	uint8_t data[8], answer[CC_PIV_POINT_MAX + 64];
	struct cs_writer w = CS_WRITER_OF(data), a = CS_WRITER_OF(answer);
	size_t mark = cs_tlv_begin(&w, PIV_TAG_GENERATE);

	cs_tlv_write_u8(&w, PIV_TAG_ALGORITHM, (uint8_t)suite);
	cs_tlv_end(&w, mark);
	struct cs_apdu cmd = {
	    .ins = PIV_INS_GENERATE, .p2 = PIV_SLOT_SM, .data = cs_writer_view(&w), .ne = CS_APDU_NE_MAX};
	return cc_command(card, &cmd, &a);
}

enum cs_err cc_piv_generate(struct cc_card *card, uint8_t slot, enum piv_alg alg, struct cc_piv_policy policy,
			    const struct cc_attributes *attributes, struct cc_piv_public *out)
{
	uint8_t data[CSGN_ATTRIBUTES_MAX + 32], answer[CC_PIV_POINT_MAX + 64], id;
	struct cs_writer w = CS_WRITER_OF(data), a = CS_WRITER_OF(answer);
	enum cs_err err = cc_piv_algorithm_id(card->family, alg, &id);

	if (err)
		return err;
	size_t mark = cs_tlv_begin(&w, PIV_TAG_GENERATE);
	cs_tlv_write_u8(&w, PIV_TAG_ALGORITHM, id);
	write_wishes(&w, policy, attributes);
	cs_tlv_end(&w, mark);
	if (cs_writer_done(&w))
		return CS_ERR_ARG;
	struct cs_apdu cmd = {
	    .ins = PIV_INS_GENERATE, .p2 = slot, .data = cs_writer_view(&w), .ne = CS_APDU_NE_MAX};
	err = cc_command(card, &cmd, &a);
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

static enum cs_err write_rsa(struct cs_writer *w, const struct cc_piv_algorithm *row,
			     const struct cc_piv_private *key)
{
	const struct cs_view numbers[] = {key->p, key->q, key->dp, key->dq, key->qinv};
	enum cs_err err = CS_OK;

	for (uint32_t i = 0; i < sizeof numbers / sizeof numbers[0] && !err; i++)
		err = write_number(w, row->import_tag + i, numbers[i], row->secret_len);
	return err;
}

static enum cs_err write_private(struct cs_writer *w, const struct cc_piv_algorithm *row,
				 const struct cc_piv_private *key)
{
	if (row->kind == CC_KIND_RSA)
		return write_rsa(w, row, key);
	if (row->kind == CC_KIND_EC || row->kind == CC_KIND_SM2)
		return write_number(w, row->import_tag, key->scalar, row->secret_len);
	if (key->scalar.len != row->secret_len)
		return CS_ERR_ARG;
	cs_tlv_write(w, row->import_tag, key->scalar);
	return CS_OK;
}

enum cs_err cc_piv_import(struct cc_card *card, uint8_t slot, enum piv_alg alg,
			  const struct cc_piv_private *key, struct cc_piv_policy policy,
			  const struct cc_attributes *attributes)
{
	uint8_t data[5 * (CC_PIV_MODULUS_MAX / 2 + 4) + CSGN_ATTRIBUTES_MAX + 16], id;
	struct cs_writer w = CS_WRITER_OF(data);
	const struct cc_piv_algorithm *row = cc_piv_algorithm(alg);

	if (row == NULL)
		return CS_ERR_ARG;
	enum cs_err err = cc_piv_algorithm_id(card->family, alg, &id);
	if (!err)
		err = write_private(&w, row, key);
	write_wishes(&w, policy, attributes);
	if (!err)
		err = cs_writer_done(&w);
	struct cs_apdu cmd = {.ins = PIV_INS_IMPORT_KEY, .p2 = slot, .data = cs_writer_view(&w)};
	if (!err) {
		cmd.p1 = id;
		err = cc_command(card, &cmd, NULL);
	}
	cs_wipe(data, sizeof data);
	return err;
}

/* What a private key is given: an element of the dynamic authentication template. */
struct input {
	uint32_t tag;
	size_t leading_zeros;
	struct cs_view value;
};

/* GENERAL AUTHENTICATE: 82 empty, to be filled in by the card, and the input. */
static enum cs_err authenticate(struct cc_card *card, uint8_t slot, const struct cc_piv_algorithm *row,
				const struct input *in, struct cs_writer *out)
{
	uint8_t data[CC_PIV_OBJECT_MAX], answer[CC_PIV_RESULT_MAX + 16], id;
	struct cs_writer w = CS_WRITER_OF(data), a = CS_WRITER_OF(answer);
	struct cs_view result;

	enum cs_err err = cc_piv_algorithm_id(card->family, row->alg, &id);
	if (err)
		return err;
	size_t mark = cs_tlv_begin(&w, PIV_TAG_AUTH_TEMPLATE);
	cs_tlv_write(&w, PIV_TAG_AUTH_RESPONSE, CS_VIEW_EMPTY);
	cs_tlv_write_header(&w, in->tag, in->leading_zeros + in->value.len);
	cs_write_fill(&w, 0, in->leading_zeros);
	cs_write_view(&w, in->value);
	cs_tlv_end(&w, mark);
	if (cs_writer_done(&w))
		return CS_ERR_LENGTH;
	struct cs_apdu cmd = {.ins = PIV_INS_AUTHENTICATE, .p1 = id, .p2 = slot, .ne = CS_APDU_NE_MAX};
	cmd.data = cs_writer_view(&w);
	/* A short command where it and its answer fit one: foreign cards may know no other. */
	if (cmd.data.len <= CS_APDU_SHORT_DATA_MAX && row->result_len + 8 <= CS_APDU_SHORT_NE_MAX)
		cmd.ne = CS_APDU_SHORT_NE_MAX;
	err = cc_command(card, &cmd, &a);
	if (!err)
		err = cc_piv_parse_authentication(cs_writer_view(&a), PIV_TAG_AUTH_RESPONSE, &result);
	if (!err) {
		cs_write_view(out, result);
		err = cs_writer_done(out);
	}
	cs_wipe(data, cs_writer_view(&w).len);
	cs_wipe(answer, cs_writer_view(&a).len);
	return err;
}

/* ECDSA takes the leftmost bits of a digest; as a number, which leading zeros do not change (FIPS
 * 186-5, 6.4.1) where the field is of whole bytes. P-521's is not, but no digest is as long. */
static void input_fit(const struct cc_piv_algorithm *row, struct input *in)
{
	if (row->bits % 8 != 0)
		return;
	if (in->value.len > row->secret_len)
		in->value.len = row->secret_len;
	in->leading_zeros = row->secret_len - in->value.len;
}

enum cs_err cc_piv_private_op(struct cc_card *card, uint8_t slot, enum piv_alg alg, struct cs_view input,
			      struct cs_writer *out)
{
	const struct cc_piv_algorithm *row = cc_piv_algorithm(alg);
	struct input in = {.tag = PIV_TAG_AUTH_CHALLENGE, .value = input};

	if (row == NULL || row->kind == CC_KIND_X25519 || row->kind == CC_KIND_MLKEM)
		return CS_ERR_ARG;
	if (row->kind == CC_KIND_RSA && input.len != row->bits / 8)
		return CS_ERR_ARG;
	if (row->kind == CC_KIND_SM2 && input.len != PIV_SM2_DIGEST_LEN)
		return CS_ERR_ARG;
	if (row->kind == CC_KIND_EC)
		input_fit(row, &in);
	return authenticate(card, slot, row, &in, out);
}

enum cs_err cc_piv_sign_mu(struct cc_card *card, uint8_t slot, enum piv_alg alg, struct cs_view mu,
			   struct cs_writer *out)
{
	const struct cc_piv_algorithm *row = cc_piv_algorithm(alg);
	const struct input in = {.tag = PIV_TAG_AUTH_MU, .value = mu};

	if (row == NULL || row->kind != CC_KIND_MLDSA || mu.len != PIV_MLDSA_MU_LEN)
		return CS_ERR_ARG;
	return card->family == CC_FAMILY_COUNTERSIGN ? authenticate(card, slot, row, &in, out)
						     : CS_ERR_UNSUPPORTED;
}

enum cs_err cc_piv_ecdh(struct cc_card *card, uint8_t slot, enum piv_alg alg, struct cs_view peer,
			struct cs_writer *out)
{
	const struct cc_piv_algorithm *row = cc_piv_algorithm(alg);
	const struct input in = {.tag = PIV_TAG_AUTH_EXPONENTIATION, .value = peer};

	if (row == NULL || (row->kind != CC_KIND_EC && row->kind != CC_KIND_X25519) ||
	    peer.len != row->public_len)
		return CS_ERR_ARG;
	return authenticate(card, slot, row, &in, out);
}

enum cs_err cc_piv_decapsulate(struct cc_card *card, uint8_t slot, enum piv_alg alg,
			       struct cs_view ciphertext, struct cs_writer *out)
{
	const struct cc_piv_algorithm *row = cc_piv_algorithm(alg);
	const struct input in = {.tag = PIV_TAG_AUTH_CHALLENGE, .value = ciphertext};

	if (row == NULL || row->kind != CC_KIND_MLKEM || ciphertext.len == 0)
		return CS_ERR_ARG;
	return authenticate(card, slot, row, &in, out);
}

enum cs_err cc_piv_metadata(struct cc_card *card, uint8_t ref, struct cc_piv_metadata *out)
{
	uint8_t answer[CC_PIV_POINT_MAX + 128];
	struct cs_writer w = CS_WRITER_OF(answer);
	struct cs_apdu cmd = {.ins = PIV_INS_GET_METADATA, .p2 = ref, .ne = CS_APDU_NE_MAX};

	enum cs_err err = cc_command(card, &cmd, &w);
	return err ? err : cc_piv_parse_metadata(cs_writer_view(&w), card->family, out);
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
