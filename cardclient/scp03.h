/* SPDX-License-Identifier: BSD-2-Clause
 *
 * SCP03 (base/scp03.h) on the host: an administrator's commands to a card over a computer that is not trusted. Once
 * cc_scp03_open has succeeded every command on the card's channel is encrypted and authenticated, and every answer checked,
 * until cc_scp03_close; typed commands know nothing of it.
 *
 * The computer in between can still lose, delay and forge errors (the protocol does not authenticate them): an error says
 * nothing about what happened, CS_OK does.
 */
#ifndef COUNTERSIGN_CARDCLIENT_SCP03_H
#define COUNTERSIGN_CARDCLIENT_SCP03_H

#include "base/scp03.h"
#include "cardclient/card.h"

/* A key set, or a batch's master key, from which each card's set is derived. Wipe it. */
struct cc_scp03_keys {
	uint8_t version; /* 0: whichever the card has */
	uint8_t len;	 /* 16, 24, 32 */
	uint8_t enc[SCP03_KEY_MAX], mac[SCP03_KEY_MAX];
	bool is_master; /* enc is the master key */
};

/* The key set of one card (docs/PROTOCOL): SP 800-108 in counter mode, CMAC, from the master key and what INITIALIZE
 * UPDATE says of the card. CS_ERR_ARG for a key length that there is not, CS_ERR_CRYPTO. */
CS_MUST_CHECK enum cs_err cc_scp03_diversify(const struct cc_scp03_keys *master,
					     const uint8_t card[SCP03_DIVERSIFICATION], struct cc_scp03_keys *out);
/* What INITIALIZE UPDATE will say of the card with this serial number. */
void cc_scp03_card_name(uint32_t serial, uint8_t name[SCP03_DIVERSIFICATION]);

/* Begins a session at level SCP03_ALL with PIV or the Countersign application selected. CS_ERR_NOT_FOUND: the card has no
 * such key set. CS_ERR_WRONG: the card's cryptogram is wrong, it does not have these keys (nothing was tried on it); or the
 * card refused ours, with *tries left (may be NULL). CS_ERR_BLOCKED. */
CS_MUST_CHECK enum cs_err cc_scp03_open(struct cc_card *card, const struct cc_scp03_keys *keys, unsigned *tries);
/* Forgets the session; the card ends its own at the next plain command. */
void cc_scp03_close(struct cc_card *card);
bool cc_scp03_is_open(const struct cc_card *card);

/* Gives the card this key set (not a master key), in a session; or, the first one, with the SO PIN verified: in the clear. */
CS_MUST_CHECK enum cs_err cc_scp03_set_keys(struct cc_card *card, const struct cc_scp03_keys *keys);

/* ---- the session's arithmetic, for cardclient/ and its tests ---- */

struct cc_scp03 {
	uint8_t level, mac_len, key_len;
	uint8_t s_enc[SCP03_KEY_MAX], s_mac[SCP03_KEY_MAX], s_rmac[SCP03_KEY_MAX];
	uint8_t card_cryptogram[SCP03_S16_LEN], host_cryptogram[SCP03_S16_LEN];
	uint8_t chaining[16];
	uint32_t counter;
};

/* Session keys and cryptograms of two challenges of equal length, 8 or 16 bytes. */
CS_MUST_CHECK enum cs_err cc_scp03_derive(const struct cc_scp03_keys *keys, struct cs_view host_challenge,
					  struct cs_view card_challenge, struct cc_scp03 *out);
/* The protected command; its data is appended to w, and out->data borrows from there. cmd->extended and the length say how
 * Lc is written. */
CS_MUST_CHECK enum cs_err cc_scp03_wrap(struct cc_scp03 *session, const struct cs_apdu *cmd, struct cs_writer *w,
					struct cs_apdu *out);
/* The answer's data, in place; *len becomes its length. CS_ERR_CORRUPT: it is not the card's. */
CS_MUST_CHECK enum cs_err cc_scp03_unwrap(const struct cc_scp03 *session, uint16_t sw, uint8_t *data, size_t *len);

#endif
