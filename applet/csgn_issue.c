/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The card's issuing and its end: INITIALIZE, RESET, SET LABEL, PERSONALISE, LOCK, UNLOCK,
 * TERMINATE. Who may do what in which state is lifecycle.c's to say.
 */
#include "applet/content.h"
#include "applet/csgn.h"
#include "applet/device.h"
#include "applet/lifecycle.h"
#include "applet/pin_officer.h"
#include "applet/piv_object.h"
#include "applet/records.h"
#include "base/secret.h"
#include "base/tlv.h"

/* ---- INITIALIZE, RESET ---- */

/* UTF-8 is the host's affair, and so is what a label means; its length is ours. */
static enum cs_err label_read(struct cs_view data, struct cs_view *label)
{
	enum cs_err err = cs_tlv_find(data, CSGN_TAG_LABEL, label);

	if (err)
		return CS_ERR_MALFORMED;
	return label->len <= CSGN_LABEL_MAX ? CS_OK : CS_ERR_MALFORMED;
}

/* The base kind that 82 names, else the card's profile as it is; then what the template says is otherwise. */
static enum cs_err initialize_profile(const struct card *card, struct cs_view data, struct profile *profile)
{
	struct cs_view value = CS_VIEW_EMPTY;
	enum cs_err err = cs_tlv_find(data, CSGN_TAG_PROFILE, &value);

	*profile = card->profile;
	if (err == CS_OK) {
		if (value.len != 1 ||
		    (value.ptr[0] != CSGN_PROFILE_PIV && value.ptr[0] != CSGN_PROFILE_COUNTERSIGN))
			return CS_ERR_MALFORMED;
		profile_default((enum csgn_profile)value.ptr[0], profile);
	} else if (err != CS_ERR_NOT_FOUND) {
		return CS_ERR_MALFORMED;
	}
	err = cs_tlv_find(data, CSGN_TAG_PROFILE_TEMPLATE, &value);
	if (err)
		return err == CS_ERR_NOT_FOUND ? CS_OK : CS_ERR_MALFORMED;
	return profile_read(value, profile);
}

static enum cs_err initialize_read(struct card *card, struct cs_view data, struct device_plan *plan)
{
	enum cs_err err = label_read(data, &plan->label);

	if (!err)
		err = initialize_profile(card, data, &plan->profile);
	return err ? err : pin_officer_stage(card, &plan->profile, data, &plan->pins);
}

enum cs_err csgn_initialize(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
			    struct cs_writer *out)
{
	struct device_plan plan = {.scope = DEVICE_WIPE_ALL};
	enum cs_err err = lifecycle_check(card, channel, LIFECYCLE_INITIALIZE, &plan.lifecycle);

	(void)out;
	/* A set that someone planted while the card was nobody's must not outlive its issuing: only who has
	 * it keeps it. */
	if (channel->security & SECURITY_SCP)
		plan.scope = DEVICE_WIPE_ISSUE;
	if (!err)
		err = initialize_read(card, cmd->data, &plan);
	if (!err)
		err = device_wipe(card, &plan);
	cs_wipe(&plan, sizeof(plan));
	return err;
}

enum cs_err csgn_reset(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
		       struct cs_writer *out)
{
	struct device_plan plan = {.scope = DEVICE_WIPE_ALL, .profile = card->profile};
	enum cs_err err = lifecycle_check(card, channel, LIFECYCLE_RESET, &plan.lifecycle);

	(void)cmd;
	(void)out;
	return err ? err : device_wipe(card, &plan);
}

/* ---- SET LABEL ---- */

enum cs_err csgn_set_label(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
			   struct cs_writer *out)
{
	struct cs_view label = CS_VIEW_EMPTY;
	enum cs_err err = label_read(cmd->data, &label);

	(void)channel;
	(void)out;
	return err ? err : content_put(card, RECORD_LABEL, label);
}

/* ---- PERSONALISE ---- */

static bool expiry_is_date(struct cs_view text)
{
	unsigned month, day;

	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return false;
	}
	if (text.len != CSGN_EXPIRY_LEN)
		return false;
	month = (text.ptr[4] - '0') * 10u + (text.ptr[5] - '0');
	day = (text.ptr[6] - '0') * 10u + (text.ptr[7] - '0');
	return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

/* The record's new value, where data has the element; an empty one removes it. */
static enum cs_err personal_read(struct cs_view data, uint32_t tag, uint16_t id, struct store_change *changes,
				 size_t *count)
{
	struct cs_view value = CS_VIEW_EMPTY;
	enum cs_err err = cs_tlv_find(data, tag, &value);

	if (err == CS_ERR_NOT_FOUND)
		return CS_OK;
	if (err || value.len > CSGN_HOLDER_MAX)
		return CS_ERR_MALFORMED;
	changes[(*count)++] = (struct store_change){.id = id, .remove = value.len == 0, .value = value};
	return CS_OK;
}

/* The CHUID's expiry is the card's, where the CHUID is the card's own. */
static enum cs_err chuid_follow(struct card *card, struct cs_view expiry, uint8_t chuid[PIV_CHUID_MAX],
				struct store_change *changes, size_t *count)
{
	enum cs_err err = piv_object_chuid_renew(card, chuid, expiry, &changes[*count]);

	if (!err)
		(*count)++;
	return err == CS_ERR_NOT_FOUND ? CS_OK : err;
}

enum cs_err csgn_personalise(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
			     struct cs_writer *out)
{
	struct store_change changes[3];
	uint8_t chuid[PIV_CHUID_MAX];
	struct cs_view expiry = CS_VIEW_EMPTY;
	enum csgn_lifecycle to;
	size_t count = 0;
	enum cs_err err = lifecycle_check(card, channel, LIFECYCLE_PERSONALISE, &to);

	(void)out;
	if (!err)
		err = personal_read(cmd->data, CSGN_TAG_HOLDER, RECORD_HOLDER, changes, &count);
	if (!err)
		err = personal_read(cmd->data, CSGN_TAG_EXPIRY, RECORD_EXPIRY, changes, &count);
	if (err)
		return err;
	if (cs_tlv_find(cmd->data, CSGN_TAG_EXPIRY, &expiry) == CS_OK && expiry.len) {
		if (!expiry_is_date(expiry))
			return CS_ERR_MALFORMED;
		err = chuid_follow(card, expiry, chuid, changes, &count);
	}
	return err ? err : content_apply(card, changes, count);
}

/* ---- LOCK, UNLOCK, TERMINATE ---- */

enum cs_err csgn_lock(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
		      struct cs_writer *out)
{
	(void)cmd;
	(void)out;
	return lifecycle_move(card, channel, LIFECYCLE_LOCK);
}

enum cs_err csgn_unlock(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
			struct cs_writer *out)
{
	(void)cmd;
	(void)out;
	return lifecycle_move(card, channel, LIFECYCLE_UNLOCK);
}

enum cs_err csgn_terminate(struct card *card, struct channel *channel, const struct cs_apdu *cmd,
			   struct cs_writer *out)
{
	struct device_plan plan = {.scope = DEVICE_WIPE_FOR_GOOD, .profile = card->profile};
	enum cs_err err = lifecycle_check(card, channel, LIFECYCLE_TERMINATE, &plan.lifecycle);

	(void)cmd;
	(void)out;
	return err ? err : device_wipe(card, &plan);
}
