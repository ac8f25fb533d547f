/* SPDX-License-Identifier: BSD-2-Clause
 *
 * An administrator who speaks SCP03 with the card of card_fixture.h.
 */
#ifndef COUNTERSIGN_TESTS_SCP03_ADMIN_H
#define COUNTERSIGN_TESTS_SCP03_ADMIN_H

#include "base/scp03.h"
#include "cardclient/scp03.h"
#include "tests/unit/card_fixture.h"

#define ADMIN_KEY_VERSION 0x30
#define VERIFY_SO	  "00200083 08 3132333435363738"

/* Key sets of the recorded sessions (scp03_recordings.h): 16 bytes, and as many as asked of the same ones again. */
extern const struct cc_scp03_keys admin_keys_128;
struct cc_scp03_keys admin_keys_of(uint8_t len);

/* The data of SET SCP KEYS; and the command itself, unprotected. */
struct cs_view admin_keys_data(const struct cc_scp03_keys *keys, uint8_t buf[128]);
uint16_t admin_set_keys_plain(struct fixture *f, const struct cc_scp03_keys *keys);
/* As the officer, on a card that has no keys; the Countersign application is selected, and nobody verified. */
void admin_install_keys(struct fixture *f, const struct cc_scp03_keys *keys);

/* The two halves of a session's beginning. size: of the challenges, 8 or 16. */
void admin_initialize_update(struct fixture *f, uint8_t channel, const struct cc_scp03_keys *keys, size_t size,
			     struct cc_scp03 *s);
uint16_t admin_external_authenticate(struct fixture *f, uint8_t channel, uint8_t level, struct cc_scp03 *s);
/* Both; open_session: with admin_keys_128, on channel 0, and all protected. */
void admin_open_on(struct fixture *f, uint8_t channel, const struct cc_scp03_keys *keys, uint8_t level,
		   struct cc_scp03 *s);
void admin_open_session(struct fixture *f, struct cc_scp03 *s);

uint16_t admin_send_apdu(struct fixture *f, const struct cs_apdu *cmd);
/* The command as it goes over the wire. */
void admin_seal(struct cc_scp03 *s, const struct cs_apdu *cmd, uint8_t *buf, size_t cap, struct cs_apdu *out);
/* Sends a command through the session, and takes the protection off the answer: f->data. */
uint16_t admin_command(struct fixture *f, struct cc_scp03 *s, uint8_t cla, uint8_t ins, uint16_t p1p2,
		       struct cs_view data);
uint16_t admin_command_hex(struct fixture *f, struct cc_scp03 *s, uint8_t cla, uint8_t ins, uint16_t p1p2,
			   const char *hex);

#endif
