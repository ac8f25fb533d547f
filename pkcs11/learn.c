/* SPDX-License-Identifier: BSD-2-Clause
 *
 * From INVENTORY to what the module knows. A new inventory is first taken whole into a token of its own: one
 * that ends in the middle, or that no card of ours gives, changes nothing.
 */
#include "pkcs11/learn.h"

#include <stdlib.h>

#include "pkcs11/token.h"

struct fresh {
	struct keystore keys;
	struct datastore data;
	struct secrets secrets;
	struct otps otps;
};

static enum cs_err take(void *ctx, const struct cc_entry *entry)
{
	struct fresh *fresh = ctx;
	enum cs_err err = keystore_take(&fresh->keys, entry);

	if (err == CS_OK)
		err = datastore_take(&fresh->data, entry);
	if (err == CS_OK)
		err = secrets_take(&fresh->secrets, entry);
	if (err == CS_OK)
		err = otps_take(&fresh->otps, entry);
	return err;
}

/* What is told even where nothing changed. The mark that we have stays: it may stand for more than this
 * answer's. */
static void keep_head(struct token *token, const struct cc_inventory *told)
{
	token->csgn.lifecycle = told->lifecycle;
	token->csgn.reference_count = told->reference_count;
	for (size_t i = 0; i < told->reference_count; i++)
		token->csgn.references[i] = told->references[i];
}

static enum cs_err keep_all(struct token *token, const struct cc_inventory *told, struct fresh *fresh)
{
	enum cs_err err = CS_OK;

	/* Where it is locked none are named: those that were found with the access code (otp_store.h) stay
	 * known. */
	if (!told->oath_locked)
		err = otps_replace(&token->otps, &fresh->otps);
	if (err != CS_OK)
		return err;
	token->otps.locked = told->oath_locked;
	token->otps.renames = true;
	keystore_replace(&token->keys, &fresh->keys);
	datastore_replace(&token->data, &fresh->data);
	token->secrets = fresh->secrets;
	token->csgn = *told;
	token->serial = told->serial;
	token->learnt = true;
	return CS_OK;
}

enum cs_err learn_inventory(struct token *token)
{
	struct fresh *fresh = calloc(1, sizeof(*fresh));
	struct cc_inventory told;
	enum cs_err err;

	if (fresh == NULL)
		return CS_ERR_MEMORY;
	keystore_all_told(&fresh->keys);
	datastore_all_told(&fresh->data);
	err = cc_inventory(token->card, token->learnt ? token->csgn.mark : NULL, &told, take, fresh);
	if (err == CS_OK && told.unchanged)
		keep_head(token, &told);
	else if (err == CS_OK)
		err = keep_all(token, &told, fresh);
	if (err == CS_OK)
		token->stale = false;
	keystore_free(&fresh->keys);
	datastore_free(&fresh->data);
	otps_free(&fresh->otps);
	free(fresh);
	return err;
}
