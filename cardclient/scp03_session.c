/* SPDX-License-Identifier: BSD-2-Clause
 *
 * SCP03 sessions with a card: how they begin, and the way of every command through them.
 *
 *   none --cc_scp03_open--> open --an answer that is not the card's--> broken       cc_scp03_close: none
 *
 * Invariant: between cc_scp03_open and cc_scp03_close nothing is sent that is not protected. A broken session
 * sends nothing at all: what was meant for the card alone must not go in the clear because a computer in
 * between wants it so.
 */
#include <stdlib.h>
#include <string.h>

#include "base/countersign.h"
#include "base/secret.h"
#include "base/sw.h"
#include "base/tlv.h"
#include "cardclient/library.h"
#include "cardclient/private.h"

/* Bytes by which protection makes an answer longer, at most. */
#define OVERHEAD 64u

struct cc_scp03_link {
	struct cc_scp03 session;
	bool broken;
	uint8_t command[CS_APDU_DATA_MAX];
	uint8_t answer[CC_RESPONSE_MAX];
};

bool cc_scp03_is_open(const struct cc_card *card)
{
	return card->scp03 != NULL;
}

void cc_scp03_close(struct cc_card *card)
{
	if (card->scp03 == NULL)
		return;
	cs_wipe(card->scp03, sizeof *card->scp03);
	free(card->scp03);
	card->scp03 = NULL;
}

/* ---- the way of a command ---- */

enum cs_err cc_scp03_exchange(struct cc_card *card, const struct cs_apdu *cmd, uint8_t more_ins,
			      struct cs_writer *resp, uint16_t *sw)
{
	struct cc_scp03_link *link = card->scp03;
	struct cs_writer w = CS_WRITER_OF(link->command), answer = CS_WRITER_OF(link->answer);
	struct cs_apdu plain = *cmd, sealed = {.ins = cmd->ins};
	size_t len = 0;

	if (link->broken)
		return CS_ERR_STATE;
	/* There is a MAC in the answer to everything. */
	plain.ne = cmd->ne + OVERHEAD > CS_APDU_NE_MAX ? CS_APDU_NE_MAX : cmd->ne + OVERHEAD;
	plain.extended = cc_goes_extended(card, cmd->data.len + OVERHEAD, plain.ne);
	enum cs_err err = cc_scp03_wrap(&link->session, &plain, &w, &sealed);
	if (!err)
		err = cc_exchange(card, &sealed, more_ins, &answer, sw);
	if (!err) {
		len = cs_writer_view(&answer).len;
		err = cc_scp03_unwrap(&link->session, *sw, link->answer, &len);
		link->broken = err != CS_OK;
	}
	if (!err && resp != NULL)
		cs_write_view(resp, cs_view(link->answer, len));
	if (!err)
		err = resp != NULL ? cs_writer_done(resp) : len > 0 ? CS_ERR_NO_SPACE : CS_OK;
	cs_wipe(link->command, cs_writer_view(&w).len);
	cs_wipe(link->answer, cs_writer_view(&answer).len);
	return err;
}

/* ---- beginning ---- */

struct update {
	uint8_t name[SCP03_DIVERSIFICATION];
	uint8_t version;
	uint8_t challenge[SCP03_S16_LEN], cryptogram[SCP03_S16_LEN];
};

static enum cs_err update_parse(struct cs_view answer, struct update *out)
{
	struct cs_reader r = cs_reader_of(answer);

	cs_read_copy(&r, out->name, sizeof out->name);
	out->version = cs_read_u8(&r);
	if (cs_read_u8(&r) != SCP03_ID || cs_read_u8(&r) != (SCP03_I | SCP03_S16))
		return CS_ERR_UNSUPPORTED;
	cs_read_copy(&r, out->challenge, sizeof out->challenge);
	cs_read_copy(&r, out->cryptogram, sizeof out->cryptogram);
	return cs_reader_done(&r);
}

static enum cs_err initialize_update(struct cc_card *card, uint8_t version, struct cs_view challenge,
				     struct update *out)
{
	const struct cs_apdu cmd = {.cla = CSGN_CLA,
				    .ins = SCP03_INS_INITIALIZE_UPDATE,
				    .p1 = version,
				    .data = challenge,
				    .ne = CS_APDU_SHORT_NE_MAX};
	uint8_t answer[CS_APDU_SHORT_NE_MAX];
	struct cs_writer w = CS_WRITER_OF(answer);
	enum cs_err err = cc_command(card, &cmd, &w);

	return err ? err : update_parse(cs_writer_view(&w), out);
}

static enum cs_err session_keys(const struct cc_scp03_keys *keys, const struct update *update,
				struct cs_view challenge, struct cc_scp03 *out)
{
	struct cc_scp03_keys own = *keys;
	enum cs_err err = CS_OK;

	if (keys->is_master)
		err = cc_scp03_diversify(keys, update->name, &own);
	if (!err)
		err = cc_scp03_derive(&own, challenge, CS_VIEW_OF(update->challenge), out);
	if (!err && !cs_equal_ct(out->card_cryptogram, update->cryptogram, out->mac_len))
		err = CS_ERR_WRONG;
	cs_wipe(&own, sizeof own);
	return err;
}

static enum cs_err external_authenticate(struct cc_card *card, struct cc_scp03 *session, unsigned *tries)
{
	const struct cs_apdu plain = {.cla = CSGN_CLA,
				      .ins = SCP03_INS_EXTERNAL_AUTHENTICATE,
				      .p1 = SCP03_ALL,
				      .data = CS_VIEW_OF(session->host_cryptogram)};
	uint8_t data[2 * SCP03_S16_LEN];
	struct cs_writer w = CS_WRITER_OF(data);
	struct cs_apdu sealed;
	enum cs_err err = cc_scp03_wrap(session, &plain, &w, &sealed);

	if (!err)
		err = cc_command(card, &sealed, NULL);
	if (err == CS_ERR_WRONG && tries != NULL)
		*tries = cc_card_sw(card) & 0x0Fu;
	if (!err)
		session->level = SCP03_ALL;
	return err;
}

enum cs_err cc_scp03_open(struct cc_card *card, const struct cc_scp03_keys *keys, unsigned *tries)
{
	uint8_t challenge[SCP03_S16_LEN];
	struct cc_scp03_link *link;
	struct update update;

	if (card->scp03 != NULL)
		return CS_ERR_EXISTS;
	if (!cc_library_random(challenge, sizeof challenge))
		return CS_ERR_CRYPTO;
	link = calloc(1, sizeof *link);
	if (link == NULL)
		return CS_ERR_MEMORY;
	enum cs_err err = initialize_update(card, keys->version, CS_VIEW_OF(challenge), &update);
	if (!err)
		err = session_keys(keys, &update, CS_VIEW_OF(challenge), &link->session);
	if (!err)
		err = external_authenticate(card, &link->session, tries);
	card->scp03 = link;
	if (err)
		cc_scp03_close(card);
	return err;
}

enum cs_err cc_scp03_set_keys(struct cc_card *card, const struct cc_scp03_keys *keys)
{
	uint8_t data[128];
	struct cs_writer w = CS_WRITER_OF(data);
	struct cs_apdu cmd = {.cla = CSGN_CLA, .ins = CSGN_INS_SET_SCP_KEYS};

	if (keys->is_master || keys->len > SCP03_KEY_MAX)
		return CS_ERR_ARG;
	cs_tlv_write_u8(&w, CSGN_TAG_SCP_VERSION, keys->version);
	cs_tlv_write(&w, CSGN_TAG_SCP_ENC, cs_view(keys->enc, keys->len));
	cs_tlv_write(&w, CSGN_TAG_SCP_MAC, cs_view(keys->mac, keys->len));
	cmd.data = cs_writer_view(&w);
	enum cs_err err = cs_writer_done(&w);
	if (!err)
		err = cc_command(card, &cmd, NULL);
	cs_wipe(data, sizeof data);
	return err;
}
