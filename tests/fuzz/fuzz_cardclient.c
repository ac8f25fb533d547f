/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Answers of a card to cardclient/'s parsers: the first byte chooses the parser, the rest is what the card
 * answered.
 */
#include <string.h>

#include "cardclient/csgn.h"
#include "cardclient/inventory.h"
#include "cardclient/oath.h"
#include "cardclient/piv_parse.h"
#include "tests/fuzz/fuzz.h"

static enum cs_err entry_check(void *ctx, const struct cc_oath_entry *entry)
{
	(void)ctx;
	FUZZ_REQUIRE(entry->name.len <= YKOATH_NAME_MAX && strlen(entry->name.text) == entry->name.len);
	FUZZ_REQUIRE(entry->digits <= CS_OATH_DIGITS_MAX);
	FUZZ_REQUIRE(!entry->has_code || entry->truncated <= 0x7FFFFFFFu);
	return CS_OK;
}

static void public_check(const struct cc_piv_public *key)
{
	FUZZ_REQUIRE((key->modulus_len > 0) != (key->point_len > 0));
	FUZZ_REQUIRE(key->modulus_len <= sizeof key->modulus && key->point_len <= sizeof key->point);
	FUZZ_REQUIRE(key->exponent_len <= sizeof key->exponent);
}

static void piv_parse(unsigned which, struct cs_view in)
{
	struct cc_piv_info info;
	struct cc_piv_public key;
	struct cc_piv_metadata metadata;
	struct cs_view value;
	bool compressed;

	if (which == 0 && cc_piv_parse_select(in, in, &info) == CS_OK)
		FUZZ_REQUIRE(info.aid_len <= sizeof info.aid && info.algorithm_count <= CC_PIV_ALGS_MAX);
	if (which == 1 && cc_piv_parse_public(in, (enum piv_alg)0, &key) == CS_OK)
		public_check(&key);
	if (which == 2 && cc_piv_parse_public(in, PIV_ALG_P256, &key) == CS_OK)
		FUZZ_REQUIRE(key.point_len == 65);
	if (which == 3 &&
	    cc_piv_parse_metadata(in, (enum cc_piv_family)(in.len % CC_FAMILY_COUNT), &metadata) == CS_OK &&
	    metadata.has_public)
		public_check(&metadata.public_key);
	if (which == 4 && cc_piv_parse_certificate(in, &value, &compressed) == CS_OK)
		FUZZ_REQUIRE(value.len > 0 && value.ptr >= in.ptr &&
			     value.ptr + value.len <= in.ptr + in.len);
	if (which == 5 && cc_piv_parse_authentication(in, PIV_TAG_AUTH_RESPONSE, &value) == CS_OK)
		FUZZ_REQUIRE(value.len > 0 && value.ptr >= in.ptr &&
			     value.ptr + value.len <= in.ptr + in.len);
}

static enum cs_err inventory_entry_check(void *ctx, const struct cc_entry *entry)
{
	const struct cs_view *page = ctx, views[] = {entry->public_key, entry->name, entry->label,
						     entry->attribute_id, entry->more};

	FUZZ_REQUIRE(entry->kind >= CSGN_TAG_KEY && entry->kind <= CSGN_TAG_CREDENTIAL);
	FUZZ_REQUIRE(entry->kind != CSGN_TAG_CREDENTIAL || entry->name.len > 0);
	FUZZ_REQUIRE(entry->digits <= CS_OATH_DIGITS_MAX);
	for (size_t i = 0; i < sizeof views / sizeof views[0]; i++) {
		FUZZ_REQUIRE(views[i].len == 0 || (views[i].ptr >= page->ptr &&
						   views[i].ptr + views[i].len <= page->ptr + page->len));
	}
	return CS_OK;
}

static enum cs_err inventory_parse(struct cs_view in)
{
	struct cc_inventory inv;
	uint16_t cursor;
	enum cs_err err = cc_inventory_parse(in, in.len >= CC_MARK_LEN ? in.ptr : NULL, &inv, &cursor,
					     inventory_entry_check, &in);

	if (err)
		return err;
	FUZZ_REQUIRE(strlen(inv.label) <= CSGN_LABEL_MAX && strlen(inv.holder) <= CSGN_HOLDER_MAX);
	FUZZ_REQUIRE(strlen(inv.expiry) <= CSGN_EXPIRY_LEN);
	FUZZ_REQUIRE(inv.reference_count <= CC_REFERENCES_MAX && inv.algorithm_count <= CC_ALGORITHMS_MAX);
	return CS_OK;
}

static void other_parse(unsigned which, struct cs_view in)
{
	struct cc_oath_info oath;
	struct cc_csgn_info csgn;
	uint32_t truncated;
	unsigned digits;
	enum cs_err err = CS_OK;

	if (which == 6 && cc_oath_parse_select(in, &oath) == CS_OK)
		FUZZ_REQUIRE(oath.salt_len <= sizeof oath.salt &&
			     oath.challenge_len <= sizeof oath.challenge);
	if (which == 7)
		err = cc_oath_parse_list(in, entry_check, NULL);
	if (which == 8)
		err = cc_oath_parse_all(in, entry_check, NULL);
	if (which == 9 && cc_oath_parse_code(in, &truncated, &digits) == CS_OK)
		FUZZ_REQUIRE(truncated <= 0x7FFFFFFFu && digits <= CS_OATH_DIGITS_MAX);
	if (which == 10 && cc_csgn_parse_info(in, &csgn) == CS_OK)
		FUZZ_REQUIRE(strlen(csgn.label) <= CSGN_LABEL_MAX);
	if (which == 11)
		err = cc_oath_parse_list_all(in, entry_check, NULL);
	if (which == 12)
		err = inventory_parse(in);
	FUZZ_REQUIRE(err == CS_OK || err == CS_ERR_MALFORMED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	unsigned which = data[0] % 13u;
	struct cs_view in = cs_view(data + 1, size - 1);
	piv_parse(which, in);
	other_parse(which, in);
	return 0;
}
