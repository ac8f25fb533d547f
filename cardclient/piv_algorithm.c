/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The table of algorithms and dialects (piv_algorithm.h).
 */
#include "cardclient/piv_algorithm.h"

#include <string.h>

/* algorithm, kind, bits, public key, secret, its tag, result; and the numbers: reference token, Countersign,
 * CanoKey, trussed */
static const struct cc_piv_algorithm rows[] = {
    {PIV_ALG_RSA1024, CC_KIND_RSA, 1024, 0, 64, PIV_IMPORT_P, 128, {0x06, 0x06, 0, 0x06}},
    {PIV_ALG_RSA2048, CC_KIND_RSA, 2048, 0, 128, PIV_IMPORT_P, 256, {0x07, 0x07, 0x07, 0x07}},
    {PIV_ALG_RSA3072, CC_KIND_RSA, 3072, 0, 192, PIV_IMPORT_P, 384, {0x05, 0x05, 0x05, 0xE0}},
    {PIV_ALG_RSA4096, CC_KIND_RSA, 4096, 0, 256, PIV_IMPORT_P, 512, {0x16, 0x16, 0x16, 0xE1}},
    {PIV_ALG_P256, CC_KIND_EC, 256, 65, 32, PIV_IMPORT_EC_SCALAR, 72, {0x11, 0x11, 0x11, 0x11}},
    {PIV_ALG_P384, CC_KIND_EC, 384, 97, 48, PIV_IMPORT_EC_SCALAR, 104, {0x14, 0x14, 0x14, 0x14}},
    {PIV_ALG_P521, CC_KIND_EC, 521, 133, 66, PIV_IMPORT_EC_SCALAR, 139, {0, 0x15, 0x15, 0x15}},
    {PIV_ALG_SM2, CC_KIND_SM2, 256, 65, 32, PIV_IMPORT_EC_SCALAR, 72, {0, 0x54, 0x54, 0}},
    {PIV_ALG_ED25519, CC_KIND_ED25519, 255, 32, 32, PIV_IMPORT_ED25519, 64, {0xE0, 0xE0, 0xE0, 0xE2}},
    {PIV_ALG_X25519, CC_KIND_X25519, 255, 32, 32, PIV_IMPORT_X25519, 32, {0xE1, 0xE1, 0xE1, 0xE3}},
    {PIV_ALG_MLDSA44, CC_KIND_MLDSA, 0, 1312, 32, PIV_IMPORT_MLDSA, 2420, {0xE2, 0xE2, 0, 0}},
    {PIV_ALG_MLDSA65, CC_KIND_MLDSA, 0, 1952, 32, PIV_IMPORT_MLDSA, 3309, {0xE3, 0xE3, 0xE2, 0}},
    {PIV_ALG_MLDSA87, CC_KIND_MLDSA, 0, 2592, 32, PIV_IMPORT_MLDSA, 4627, {0xE4, 0xE4, 0, 0}},
    {PIV_ALG_MLKEM512, CC_KIND_MLKEM, 0, 800, 64, PIV_IMPORT_MLKEM, 32, {0xE5, 0xE5, 0, 0}},
    {PIV_ALG_MLKEM768, CC_KIND_MLKEM, 0, 1184, 64, PIV_IMPORT_MLKEM, 32, {0xE6, 0xE6, 0xE3, 0}},
    {PIV_ALG_MLKEM1024, CC_KIND_MLKEM, 0, 1568, 64, PIV_IMPORT_MLKEM, 32, {0xE7, 0xE7, 0, 0}},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

const struct cc_piv_algorithm *cc_piv_algorithm_row(size_t index)
{
	return index < ROWS ? &rows[index] : NULL;
}

const struct cc_piv_algorithm *cc_piv_algorithm(enum piv_alg alg)
{
	for (size_t i = 0; i < ROWS; i++) {
		if (rows[i].alg == alg)
			return &rows[i];
	}
	return NULL;
}

enum cs_err cc_piv_algorithm_id(enum cc_piv_family family, enum piv_alg alg, uint8_t *id)
{
	const struct cc_piv_algorithm *row = cc_piv_algorithm(alg);

	if (row == NULL || row->id[family] == 0)
		return CS_ERR_UNSUPPORTED;
	*id = row->id[family];
	return CS_OK;
}

enum piv_alg cc_piv_algorithm_named(enum cc_piv_family family, uint8_t id)
{
	for (size_t i = 0; i < ROWS; i++) {
		if (id != 0 && rows[i].id[family] == id)
			return rows[i].alg;
	}
	/* A number that the reference token has given a key, and this family has not, is of something else.
	 */
	const struct cc_piv_algorithm *other = cc_piv_algorithm((enum piv_alg)id);
	return other != NULL && other->id[CC_FAMILY_REFERENCE] == id ? (enum piv_alg)0 : (enum piv_alg)id;
}

enum cc_piv_family cc_piv_family_of(struct cs_view label, struct cs_view atr)
{
	static const char canokey[] = "Canokey";

	if (cs_view_starts_with(label, CS_VIEW_TEXT("Countersign")))
		return CC_FAMILY_COUNTERSIGN;
	if (cs_view_starts_with(label, CS_VIEW_TEXT("Nitrokey PIV")) ||
	    cs_view_starts_with(label, CS_VIEW_TEXT("SoloKeys PIV")))
		return CC_FAMILY_TRUSSED;
	for (size_t i = 0; i + sizeof canokey - 1 <= atr.len; i++) {
		if (memcmp(atr.ptr + i, canokey, sizeof canokey - 1) == 0)
			return CC_FAMILY_CANOKEY;
	}
	return CC_FAMILY_REFERENCE;
}
