/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Parsers of what a PIV card answers (piv_parse.h), and the facts of its algorithms.
 */
#include "cardclient/piv_parse.h"

#include <string.h>

#include "base/tlv.h"

unsigned cc_piv_alg_bits(enum piv_alg alg)
{
	const struct cc_piv_algorithm *row = cc_piv_algorithm(alg);
	return row != NULL ? row->bits : 0;
}

bool cc_piv_alg_is_rsa(enum piv_alg alg)
{
	const struct cc_piv_algorithm *row = cc_piv_algorithm(alg);
	return row != NULL && row->kind == CC_KIND_RSA;
}

/* AC: elements 80 (an algorithm) and 06 (an object identifier, not looked at). */
static void parse_algorithms(struct cs_view list, struct cc_piv_info *out)
{
	struct cs_tlv e;
	struct cs_reader r = cs_reader_of(list);
	while (cs_tlv_read(&r, &e)) {
		if (e.tag == PIV_TAG_ALGORITHM && e.value.len == 1 && out->algorithm_count < CC_PIV_ALGS_MAX)
			out->algorithms[out->algorithm_count++] = e.value.ptr[0];
	}
}

enum cs_err cc_piv_parse_select(struct cs_view answer, struct cs_view atr, struct cc_piv_info *out)
{
	struct cc_piv_info info = {.aid_len = 0};
	struct cs_view label = CS_VIEW_EMPTY;
	struct cs_reader outer = cs_reader_of(answer);
	struct cs_reader r = cs_reader_of(cs_tlv_expect(&outer, PIV_TAG_PROPERTY));
	struct cs_tlv e;

	while (cs_tlv_read(&r, &e)) {
		if (e.tag == PIV_TAG_AID && e.value.len <= sizeof info.aid) {
			memcpy(info.aid, e.value.ptr, e.value.len);
			info.aid_len = e.value.len;
		} else if (e.tag == PIV_TAG_ALGORITHMS) {
			parse_algorithms(e.value, &info);
		} else if (e.tag == PIV_TAG_LABEL) {
			label = e.value;
		}
	}
	/* What may follow: how long APDUs may be (7F66). */
	while (cs_tlv_read(&outer, &e))
		continue;
	info.family = cc_piv_family_of(label, atr);
	for (size_t i = 0; i < info.algorithm_count; i++)
		info.algorithms[i] = (uint8_t)cc_piv_algorithm_named(info.family, info.algorithms[i]);
	if (cs_reader_done(&outer) || cs_reader_done(&r) || info.aid_len == 0)
		return CS_ERR_MALFORMED;
	*out = info;
	return CS_OK;
}

static struct cs_view strip_zeros(struct cs_view number)
{
	while (number.len > 0 && number.ptr[0] == 0)
		number = cs_view(number.ptr + 1, number.len - 1);
	return number;
}

static enum cs_err parse_rsa(struct cs_view modulus, struct cs_view exponent, enum piv_alg alg,
			     struct cc_piv_public *out)
{
	modulus = strip_zeros(modulus);
	exponent = strip_zeros(exponent);
	if (exponent.len == 0 || exponent.len > sizeof out->exponent)
		return CS_ERR_MALFORMED;
	const struct cc_piv_algorithm *row;
	for (size_t i = 0; (row = cc_piv_algorithm_row(i)) != NULL; i++) {
		if (row->kind != CC_KIND_RSA || modulus.len != row->bits / 8)
			continue;
		if (alg != 0 && alg != row->alg)
			return CS_ERR_MALFORMED;
		out->alg = row->alg;
		memcpy(out->modulus, modulus.ptr, modulus.len);
		out->modulus_len = modulus.len;
		memcpy(out->exponent, exponent.ptr, exponent.len);
		out->exponent_len = exponent.len;
		return CS_OK;
	}
	return CS_ERR_MALFORMED;
}

static enum cs_err parse_point(struct cs_view point, enum piv_alg alg, struct cc_piv_public *out)
{
	const struct cc_piv_algorithm *row = cc_piv_algorithm(alg);

	if (point.len == 0 || point.len > sizeof out->point || (alg != 0 && row == NULL))
		return CS_ERR_MALFORMED;
	if (row != NULL && (row->kind == CC_KIND_RSA || point.len != row->public_len))
		return CS_ERR_MALFORMED;
	if (row != NULL && (row->kind == CC_KIND_EC || row->kind == CC_KIND_SM2) && point.ptr[0] != 0x04)
		return CS_ERR_MALFORMED;
	out->alg = alg;
	memcpy(out->point, point.ptr, point.len);
	out->point_len = point.len;
	return CS_OK;
}

enum cs_err cc_piv_parse_public(struct cs_view contents, enum piv_alg alg, struct cc_piv_public *out)
{
	struct cc_piv_public key;
	struct cs_view modulus = CS_VIEW_EMPTY, exponent = CS_VIEW_EMPTY, point = CS_VIEW_EMPTY;
	struct cs_reader r = cs_reader_of(contents);
	struct cs_tlv e;

	memset(&key, 0, sizeof key);
	while (cs_tlv_read(&r, &e)) {
		if (e.tag == PIV_TAG_RSA_MODULUS)
			modulus = e.value;
		else if (e.tag == PIV_TAG_RSA_EXPONENT)
			exponent = e.value;
		else if (e.tag == PIV_TAG_EC_POINT)
			point = e.value;
	}
	enum cs_err err = cs_reader_done(&r);
	if (!err && (modulus.len > 0) == (point.len > 0))
		err = CS_ERR_MALFORMED;
	if (!err)
		err =
		    modulus.len > 0 ? parse_rsa(modulus, exponent, alg, &key) : parse_point(point, alg, &key);
	if (!err)
		*out = key;
	return err;
}

static enum cs_err metadata_element(const struct cs_tlv *e, struct cc_piv_metadata *m,
				    struct cs_view *public_key)
{
	const uint8_t *v = e->value.ptr;
	size_t len = e->value.len;

	if (e->tag == PIV_META_ALGORITHM && len == 1) {
		m->algorithm = v[0];
	} else if (e->tag == PIV_META_POLICY && len == 2) {
		m->policy.pin = (enum piv_pin_policy)v[0];
		m->policy.touch = (enum piv_touch_policy)v[1];
	} else if (e->tag == PIV_META_ORIGIN && len == 1) {
		m->origin = (enum piv_origin)v[0];
	} else if (e->tag == PIV_META_PUBLIC_KEY) {
		*public_key = e->value;
	} else if (e->tag == PIV_META_IS_DEFAULT && len == 1) {
		m->is_default = v[0] != 0;
	} else if (e->tag == PIV_META_RETRIES && len == 2) {
		m->has_tries = true;
		m->tries_total = v[0];
		m->tries_left = v[1];
	} else if (e->tag <= PIV_META_RETRIES) {
		return CS_ERR_MALFORMED; /* one we know, with another length; tags of the future are skipped
					  */
	}
	return CS_OK;
}

enum cs_err cc_piv_parse_metadata(struct cs_view answer, enum cc_piv_family family,
				  struct cc_piv_metadata *out)
{
	struct cc_piv_metadata m;
	struct cs_view public_key = CS_VIEW_EMPTY;
	struct cs_reader r = cs_reader_of(answer);
	enum cs_err err = CS_OK;
	struct cs_tlv e;

	memset(&m, 0, sizeof m);
	while (!err && cs_tlv_read(&r, &e))
		err = metadata_element(&e, &m, &public_key);
	if (!err)
		err = cs_reader_done(&r);
	if (!err && m.algorithm == 0)
		err = CS_ERR_MALFORMED;
	m.algorithm = (uint8_t)cc_piv_algorithm_named(family, m.algorithm);
	if (!err && public_key.len > 0) {
		err = cc_piv_parse_public(public_key, (enum piv_alg)m.algorithm, &m.public_key);
		m.has_public = err == CS_OK;
	}
	if (!err)
		*out = m;
	return err;
}

enum cs_err cc_piv_parse_certificate(struct cs_view content, struct cs_view *certificate, bool *compressed)
{
	struct cs_view cert = CS_VIEW_EMPTY, info = CS_VIEW_EMPTY;
	struct cs_reader r = cs_reader_of(content);
	struct cs_tlv e;

	while (cs_tlv_read(&r, &e)) {
		if (e.tag == PIV_TAG_CERT)
			cert = e.value;
		else if (e.tag == PIV_TAG_CERT_INFO)
			info = e.value;
	}
	enum cs_err err = cs_reader_done(&r);
	if (err)
		return err;
	if (cert.len == 0)
		return CS_ERR_NOT_FOUND;
	*certificate = cert;
	*compressed = info.len > 0 && (info.ptr[0] & 0x01u);
	return CS_OK;
}

enum cs_err cc_piv_parse_authentication(struct cs_view answer, uint32_t tag, struct cs_view *value)
{
	struct cs_reader r = cs_reader_of(answer);
	struct cs_view found = CS_VIEW_EMPTY, inside = cs_tlv_expect(&r, PIV_TAG_AUTH_TEMPLATE);
	enum cs_err err = cs_reader_done(&r);

	if (!err)
		err = cs_tlv_find(inside, tag, &found);
	if (err || found.len == 0)
		return CS_ERR_MALFORMED;
	*value = found;
	return CS_OK;
}
