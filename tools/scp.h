/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Secure messaging. SCP03 for the administrator's commands: the key set that --scp-key-file gives, the session, and the verb
 * that gives a card its key set; and the key of PIV's own.
 *
 * The text of a key set: [VERSION:]MASTER, a batch's master key, or [VERSION:]ENC,MAC, one card's; hexadecimal digits,
 * 32, 48 or 64 of them for each key. VERSION is 1 to 127; without it the card's own is used, and 1 is given to a card.
 */
#ifndef COUNTERSIGN_TOOLS_SCP_H
#define COUNTERSIGN_TOOLS_SCP_H

#include "cardclient/card.h"
#include "tools/cli.h"

/* True if a key set is given: the command goes through a session. */
bool scp_given(const struct cli *cli);

/* Opens a session, with PIV or the Countersign application selected; does nothing where no key set is given. False: an error
 * was told, and *status says which. */
CS_MUST_CHECK bool scp_login(const struct cli *cli, struct cc_card *card, enum cli_status *status);

/* countersign card scp-key */
enum cli_status card_scp_key(struct cli *cli);
extern const struct cli_option scp_key_options[];

/* countersign card secure-messaging: the key of PIV's own secure messaging */
enum cli_status card_secure_messaging(struct cli *cli);
extern const struct cli_option secure_messaging_options[];

#endif
