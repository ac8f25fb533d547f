/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Kinds of command whose thing is one of two: a key here or there, an access code set or not. Each knows how
 * to make it the one or the other, and how to see which it is.
 */
#include <stdio.h>
#include <string.h>

#include "base/countersign.h"
#include "base/piv.h"
#include "base/sw.h"
#include "base/tlv.h"
#include "base/ykoath.h"
#include "tests/integration/usb_pull.h"
#include "tests/unit/base_hmac.h"

#define SCALAR_LEN 32u
#define AES_BLOCK  16u
#define CODE_TRIES 15u /* of the access code */
#define NEITHER	   9u
#define SLOT_HOME  PIV_SLOT_CARD_AUTHENTICATION
#define SLOT_AWAY  PIV_SLOT_RETIRED_FIRST
#define SLOT_KEPT  PIV_SLOT_RETIRED_LAST

struct thing {
	const char *name;
	bool (*set)(unsigned which);
	unsigned (*look)(void);
	unsigned is, maybe; /* at the last answer, and (bit n: n) now */
};

static bool turn(struct thing *t, unsigned next)
{
	t->maybe = 1u << t->is | 1u << next;
	if (!t->set(next))
		return false;
	t->is = next;
	t->maybe = 1u << next;
	return true;
}

/* It is made this one, from the other. */
static bool turn_to(struct thing *t, unsigned next)
{
	return (t->is != next || turn(t, !next)) && turn(t, next);
}

static void check(struct thing *t)
{
	unsigned is = t->look();

	if (is == NEITHER || !(t->maybe >> is & 1)) {
		printf("# %s is %u, and may be (bits) %x\n", t->name, is, t->maybe);
		pull_wrong.store++;
	}
	t->is = is & 1;
	t->maybe = 1u << t->is;
}

static bool piv(uint8_t ins, uint8_t p1, uint8_t p2, struct cs_view body)
{
	return pull_expect(pull_command(0, ins, p1, p2, body), CS_SW_OK);
}

static bool csgn(uint8_t ins, uint8_t p1, uint8_t p2, struct cs_view body)
{
	return pull_expect(pull_command(CSGN_CLA, ins, p1, p2, body), CS_SW_OK);
}

/* ---- keys that are moved, deleted and brought ---- */

static bool key_bring(uint8_t slot)
{
	uint8_t body[2 + SCALAR_LEN] = {PIV_IMPORT_EC_SCALAR, SCALAR_LEN};

	memset(body + 2, slot, SCALAR_LEN);
	return pull_verify() && piv(PIV_INS_IMPORT_KEY, PIV_ALG_P256, slot, CS_VIEW_OF(body));
}

/* The public keys, as the card had them when they were brought. */
static uint8_t points[2][72];

/* Whether this key is in the slot; another one never is. */
static bool key_there(uint8_t slot, const uint8_t point[72])
{
	struct cs_view found = CS_VIEW_EMPTY;

	pull_must(pull_command(0, PIV_INS_GET_METADATA, 0, slot, CS_VIEW_EMPTY), "metadata");
	if (pull_sw == CS_SW_REFERENCE_NOT_FOUND)
		return false;
	pull_wrong.store += pull_sw != CS_SW_OK ||
			    cs_tlv_find(pull_data, PIV_META_PUBLIC_KEY, &found) != CS_OK || found.len < 65 ||
			    found.len > 72 || memcmp(found.ptr, point, found.len) != 0;
	return true;
}

static void key_remember(uint8_t slot, uint8_t point[72])
{
	struct cs_view found = CS_VIEW_EMPTY;

	pull_must(pull_command(0, PIV_INS_GET_METADATA, 0, slot, CS_VIEW_EMPTY), "metadata");
	if (cs_tlv_find(pull_data, PIV_META_PUBLIC_KEY, &found) != CS_OK || found.len > 72)
		pull_die("no public key");
	memcpy(point, found.ptr, found.len);
}

static bool moved_set(unsigned which)
{
	uint8_t from = which ? SLOT_HOME : SLOT_AWAY, to = which ? SLOT_AWAY : SLOT_HOME;

	return pull_verify() && piv(PIV_INS_MOVE_KEY, to, from, CS_VIEW_EMPTY);
}

static unsigned moved_look(void)
{
	bool home = key_there(SLOT_HOME, points[0]), away = key_there(SLOT_AWAY, points[0]);

	return home == away ? NEITHER : away;
}

static bool kept_set(unsigned which)
{
	return which ? key_bring(SLOT_KEPT)
		     : pull_verify() && piv(PIV_INS_MOVE_KEY, 0xFF, SLOT_KEPT, CS_VIEW_EMPTY);
}

static unsigned kept_look(void)
{
	return key_there(SLOT_KEPT, points[1]);
}

/* ---- the card management key ---- */

static const uint8_t management_algs[2] = {PIV_ALG_AES128, PIV_ALG_AES192};
static const uint8_t management_lens[2] = {16, 24};

static void management_key(unsigned which, uint8_t key[24])
{
	for (uint8_t i = 0; i < 24; i++)
		key[i] = (uint8_t)(0x10 * which + 3 * i + 1);
}

static bool management_set(unsigned which)
{
	uint8_t body[3 + 24] = {management_algs[which], PIV_SLOT_MANAGEMENT, management_lens[which]};

	management_key(which, body + 3);
	return pull_verify() &&
	       piv(PIV_INS_SET_MANAGEMENT_KEY, 0xFF, 0xFF, cs_view(body, 3u + management_lens[which]));
}

bool pull_management_prove(uint8_t alg, struct cs_view key)
{
	static const uint8_t ask[] = {PIV_TAG_AUTH_TEMPLATE, 2, PIV_TAG_AUTH_CHALLENGE, 0};
	uint8_t body[4 + AES_BLOCK] = {PIV_TAG_AUTH_TEMPLATE, 2 + AES_BLOCK, PIV_TAG_AUTH_RESPONSE,
				       AES_BLOCK};
	EVP_CIPHER_CTX *ctx;
	int len = 0;

	if (!pull_command(0, PIV_INS_AUTHENTICATE, alg, PIV_SLOT_MANAGEMENT, CS_VIEW_OF(ask)))
		return false;
	if (pull_sw != CS_SW_OK || pull_data.len != 4 + AES_BLOCK)
		return true;
	ctx = EVP_CIPHER_CTX_new();
	if (ctx == NULL ||
	    EVP_EncryptInit_ex(ctx, key.len == 24 ? EVP_aes_192_ecb() : EVP_aes_128_ecb(), NULL, key.ptr,
			       NULL) != 1 ||
	    EVP_EncryptUpdate(ctx, body + 4, &len, pull_data.ptr + 4, AES_BLOCK) != 1)
		pull_die("AES");
	EVP_CIPHER_CTX_free(ctx);
	return pull_command(0, PIV_INS_AUTHENTICATE, alg, PIV_SLOT_MANAGEMENT, CS_VIEW_OF(body));
}

/* The host proves that it has this one. */
static bool management_prove(unsigned which)
{
	uint8_t key[24];

	management_key(which, key);
	return pull_verify() &&
	       pull_management_prove(management_algs[which], cs_view(key, management_lens[which]));
}

static unsigned management_look(void)
{
	bool has[2];

	for (unsigned i = 0; i < 2; i++) {
		pull_must(management_prove(i), "the management key");
		has[i] = pull_sw == CS_SW_OK;
	}
	return has[0] == has[1] ? NEITHER : has[1];
}

/* ---- a secret key, and the label of an object ---- */

static bool secret_set(unsigned which)
{
	static const uint8_t made[] = {CSGN_TAG_USAGE,	     2, 0,  0x0F, CSGN_TAG_ATTRIBUTES, 3,
				       CSGN_ATTRIBUTE_LABEL, 1, 'z'};

	if (!pull_verify())
		return false;
	return which ? csgn(CSGN_INS_SECRET_CREATE, CSGN_SECRET_AES128, 1, CS_VIEW_OF(made))
		     : csgn(CSGN_INS_SECRET_DELETE, 0, 1, CS_VIEW_EMPTY);
}

static bool secret_encrypts(void)
{
	static const uint8_t block[2 + AES_BLOCK] = {CSGN_TAG_TEXT, AES_BLOCK};

	return pull_verify() &&
	       pull_command(CSGN_CLA, CSGN_INS_SECRET_USE, CSGN_USE_ECB, 1, CS_VIEW_OF(block));
}

/* It encrypts, or is not there. */
static unsigned secret_look(void)
{
	pull_must(secret_encrypts(), "a secret key");
	return pull_sw == CS_SW_OK ? 1 : pull_sw == CS_SW_REFERENCE_NOT_FOUND ? 0 : NEITHER;
}

/* Contents and label, of which each version has its own. */
static bool labelled_set(unsigned which)
{
	uint8_t body[] = {CSGN_TAG_REFERENCE,
			  3,
			  0x5F,
			  0xFF,
			  0x30,
			  CSGN_TAG_ATTRIBUTES,
			  3,
			  CSGN_ATTRIBUTE_LABEL,
			  1,
			  (uint8_t)('a' + which),
			  PIV_TAG_DATA,
			  1,
			  (uint8_t)(0x55 + which)};

	return pull_verify() && csgn(CSGN_INS_SET_ATTRIBUTES, 0, 0, CS_VIEW_OF(body));
}

static unsigned labelled_look(void)
{
	static const uint8_t name[] = {PIV_TAG_TAG_LIST, 3, 0x5F, 0xFF, 0x30};
	const uint8_t label[2][5] = {{CSGN_TAG_ATTRIBUTES, 3, CSGN_ATTRIBUTE_LABEL, 1, 'a'},
				     {CSGN_TAG_ATTRIBUTES, 3, CSGN_ATTRIBUTE_LABEL, 1, 'b'}};
	unsigned is;
	bool has[2];

	pull_must(pull_verify() && pull_command(0, PIV_INS_GET_DATA, 0x3F, 0xFF, CS_VIEW_OF(name)),
		  "the object");
	if (pull_sw != CS_SW_OK || pull_data.len != 3)
		return NEITHER;
	is = pull_data.ptr[2] - 0x55u;
	pull_must(pull_command(CSGN_CLA, CSGN_INS_INVENTORY, 0, 0, CS_VIEW_EMPTY), "INVENTORY");
	for (unsigned i = 0; i < 2; i++)
		has[i] = memmem(pull_data.ptr, pull_data.len, label[i], 5) != NULL;
	return is < 2 && has[is] && !has[!is] ? is : NEITHER;
}

/* ---- OATH's access code ---- */

static const uint8_t code_key[16] = "0123456789abcde";

static void code_proof(struct cs_view challenge, uint8_t proof[20])
{
	if (libcrypto_hmac(NULL, CS_SHA1, CS_VIEW_OF(code_key), challenge, proof) != CS_OK)
		pull_die("HMAC");
}

/* Selects OATH; challenge: empty where no code is set. */
static bool code_select(struct cs_view *challenge)
{
	static const uint8_t aid[] = YKOATH_AID;

	if (!pull_expect(pull_command(0, ISO_INS_SELECT, 4, 0, CS_VIEW_OF(aid)), CS_SW_OK))
		return false;
	if (cs_tlv_find(pull_data, YKOATH_TAG_CHALLENGE, challenge) != CS_OK)
		*challenge = CS_VIEW_EMPTY;
	return true;
}

static bool code_validate(void)
{
	uint8_t body[32] = {YKOATH_TAG_FULL_RESPONSE, 20, [22] = YKOATH_TAG_CHALLENGE, 8};
	struct cs_view challenge;

	if (!code_select(&challenge))
		return false;
	code_proof(challenge, body + 2);
	return piv(YKOATH_INS_VALIDATE, 0, 0, CS_VIEW_OF(body));
}

bool pull_code_set(unsigned which)
{
	static const uint8_t none[] = {YKOATH_TAG_KEY, 0};
	uint8_t body[51] = {YKOATH_TAG_KEY,
			    17,
			    YKOATH_HASH_SHA1,
			    [19] = YKOATH_TAG_CHALLENGE,
			    8,
			    [29] = YKOATH_TAG_FULL_RESPONSE,
			    20};
	struct cs_view challenge;

	if (!which)
		return code_validate() && piv(YKOATH_INS_SET_CODE, 0, 0, CS_VIEW_OF(none));
	memcpy(body + 3, code_key, 16);
	memcpy(body + 21, "8 bytes!", 8);
	code_proof(cs_view(body + 21, 8), body + 31);
	return code_select(&challenge) && piv(YKOATH_INS_SET_CODE, 0, 0, CS_VIEW_OF(body));
}

static unsigned code_look(void)
{
	struct cs_view challenge, tries;

	pull_must(code_select(&challenge), "OATH");
	if (challenge.len == 0)
		return 0;
	pull_must(piv(YKOATH_INS_STATUS, 0, 0, CS_VIEW_EMPTY), "the code's tries");
	if (cs_tlv_find(pull_data, YKOATH_TAG_TRIES, &tries) != CS_OK || tries.len != YKOATH_TRIES_LEN ||
	    tries.ptr[0] + 1u < CODE_TRIES)
		pull_wrong.tries++;
	pull_must(code_validate(), "the code");
	return 1;
}

/* ---- the rows ---- */

static struct thing moved = {"the moved key", moved_set, moved_look, 0, 1};
static struct thing kept = {"the deleted key", kept_set, kept_look, 1, 2};
static struct thing management = {"the management key", management_set, management_look, 0, 1};
static struct thing secret = {"the secret key", secret_set, secret_look, 0, 1};
static struct thing labelled = {"the labelled object", labelled_set, labelled_look, 0, 1};
static struct thing code = {"the access code", pull_code_set, code_look, 0, 1};

static bool move_key(void)
{
	return turn(&moved, !moved.is);
}

static bool delete_key(void)
{
	return turn_to(&kept, 0);
}

static bool set_management_key(void)
{
	return turn(&management, !management.is);
}

static bool prove_management_key(void)
{
	return pull_expect(management_prove(management.is), CS_SW_OK);
}

static bool secret_create(void)
{
	return turn_to(&secret, 1);
}

static bool secret_delete(void)
{
	return turn_to(&secret, 0);
}

static bool secret_use(void)
{
	return (secret.is == 1 || turn(&secret, 1)) && pull_expect(secret_encrypts(), CS_SW_OK);
}

static bool set_attributes(void)
{
	return turn(&labelled, !labelled.is);
}

static bool set_code(void)
{
	return turn_to(&code, 1);
}

static bool remove_code(void)
{
	return turn_to(&code, 0);
}

static bool validate(void)
{
	return (code.is == 1 || turn(&code, 1)) && code_validate();
}

static bool list(void)
{
	struct cs_view challenge;

	return code_select(&challenge) && piv(YKOATH_INS_LIST, 0, 0, CS_VIEW_EMPTY);
}

const struct pull_row pull_more[] = {
    {"MOVE KEY", move_key},
    {"delete a key", delete_key},
    {"SET MANAGEMENT KEY", set_management_key},
    {"authenticate with the management key", prove_management_key},
    {"SECRET CREATE", secret_create},
    {"SECRET DELETE", secret_delete},
    {"SECRET USE", secret_use},
    {"SET ATTRIBUTES", set_attributes},
    {"SET CODE", set_code},
    {"SET CODE, that removes it", remove_code},
    {"VALIDATE", validate},
    {"LIST", list},
};
const size_t pull_more_count = sizeof(pull_more) / sizeof(pull_more[0]);

void pull_more_prepare(void)
{
	pull_must(key_bring(SLOT_HOME) && key_bring(SLOT_KEPT), "keys that are brought");
	key_remember(SLOT_HOME, points[0]);
	key_remember(SLOT_KEPT, points[1]);
	pull_must(management_set(0) && labelled_set(0), "the new card");
}

void pull_more_check(void)
{
	pull_must(pull_verify(), "VERIFY");
	check(&moved);
	check(&kept);
	check(&management);
	check(&secret);
	check(&labelled);
	check(&code);
	pull_must(code.is == 0 || turn(&code, 0), "the code's removal"); /* the others know of none */
}
