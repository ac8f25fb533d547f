/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a new card holds, and the commands that bring it back there: RESET, SET RETRIES.
 */
#include "applet/piv.h"

#include "applet/lifecycle.h"
#include "applet/pin_make.h"
#include "applet/pin_session.h"
#include "applet/piv_attestation.h"
#include "applet/piv_commands.h"
#include "applet/piv_management.h"
#include "applet/piv_object.h"
#include "applet/records.h"
#include "base/secret.h"

#define OBJECT_MAX   128u /* bytes of a new CHUID, CCC or key history */
#define MAKE_OBJECTS 3u

static enum cs_err make_management_key(struct card *card, const struct device_plan *plan)
{
	uint8_t record[PIV_MANAGEMENT_RECORD];
	struct piv_management key;
	enum cs_err err = piv_management_new(card, &plan->profile, &key);

	if (!err)
		err = store_put(&card->store, RECORD_MANAGEMENT_KEY, piv_management_record(&key, record));
	cs_wipe(&key, sizeof(key));
	cs_wipe(record, sizeof(record));
	return err;
}

static enum cs_err make_objects(struct card *card)
{
	static const uint32_t tags[MAKE_OBJECTS] = {PIV_OBJ_CHUID, PIV_OBJ_CCC, PIV_OBJ_KEY_HISTORY};
	const struct crypto *crypto = card->ports.crypto;
	uint8_t bytes[MAKE_OBJECTS][OBJECT_MAX];
	struct cs_writer w[MAKE_OBJECTS];
	struct store_change changes[MAKE_OBJECTS];
	enum cs_err err;

	for (size_t i = 0; i < MAKE_OBJECTS; i++)
		w[i] = cs_writer_of(bytes[i], OBJECT_MAX);
	err = piv_object_new_chuid(crypto, &w[0]);
	if (!err)
		err = piv_object_new_ccc(crypto, &w[1]);
	if (err)
		return err;
	piv_object_new_history(&w[2]);
	for (size_t i = 0; i < MAKE_OBJECTS; i++) {
		err = cs_writer_done(&w[i]);
		if (err)
			return err;
		changes[i] =
		    (struct store_change){.id = piv_object_record(tags[i]), .value = cs_writer_view(&w[i])};
	}
	return store_apply(&card->store, changes, MAKE_OBJECTS);
}

enum cs_err piv_make(struct card *card, const struct device_plan *plan)
{
	enum cs_err err = plan->lifecycle == CSGN_BLANK ? pin_make_factory(card, &plan->profile)
							: pin_make_staged(card, &plan->profile, &plan->pins);

	if (!err)
		err = make_management_key(card, plan);
	if (!err)
		err = make_objects(card);
	if (!err && !store_has(&card->store, RECORD_ATTESTATION_KEY))
		err = piv_attestation_make(card);
	return err;
}

/* The reference token's way back: who has lost PIN and PUK may have the card, but empty. */
enum cs_err piv_reset(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
		      struct cs_writer *out)
{
	struct device_plan plan = {.scope = DEVICE_WIPE_PIV, .profile = card->profile};
	enum cs_err err = lifecycle_check(card, channel, LIFECYCLE_PIV_RESET, &plan.lifecycle);

	(void)cmd;
	(void)out;
	/* As INITIALIZE: a set of SCP03 that nobody who is there has shown goes with all the rest. */
	if (channel->security & SECURITY_SCP)
		plan.scope = DEVICE_WIPE_PIV_ISSUE;
	if (err == CS_ERR_DENIED)
		return CS_ERR_STATE; /* as on the reference token */
	return err ? err : device_wipe(card, &plan);
}

/* P1 and P2: tries of PIN and PUK. As on the reference token both get their factory values again, for which
 * reason a card on which the PIN's holder stands for the administrator does not have it. */
enum cs_err piv_set_retries(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
			    struct cs_writer *out)
{
	const uint8_t tries[] = {cmd->p1, cmd->p2};
	struct store_change changes[2 * PIN_CHANGES];
	struct pin_records rec[2];
	enum cs_err err = CS_OK;

	(void)out;
	if (profile_has(&card->profile, CSGN_RULE_PIN_MANAGES))
		return CS_ERR_STATE;
	if (!(channel->security & SECURITY_PIN))
		return CS_ERR_DENIED;
	if (cmd->p1 == 0 || cmd->p1 > PIN_TRIES_MAX || cmd->p2 == 0 || cmd->p2 > PIN_TRIES_MAX)
		return CS_ERR_ARG;
	for (unsigned i = 0; i < 2 && !err; i++)
		err = pin_set_factory(card, &card->profile, (enum pin)i, channel->secret.data_key, tries[i],
				      &rec[i], changes + i * PIN_CHANGES);
	if (!err)
		err = store_apply(&card->store, changes, 2 * PIN_CHANGES);
	pin_revoke(card, NULL, PIN_USER);
	return err;
}
