/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Selecting PIV on the card that a command is about, and showing it what the command needs: PIN or management
 * key.
 */
#ifndef COUNTERSIGN_TOOLS_LOGIN_H
#define COUNTERSIGN_TOOLS_LOGIN_H

#include "cardclient/csgn.h"
#include "cardclient/piv.h"
#include "tools/cli.h"
#include "tools/secrets.h"

/* All of these: false where an error was told, and *status says which. */

/* Selects PIV. */
CS_MUST_CHECK bool login_none(const struct cli *cli, struct cc_card *card, enum cli_status *status);

/* Verifies the PIN (PIV is selected). */
CS_MUST_CHECK bool login_pin(const struct cli *cli, struct cc_card *card, enum cli_status *status);

/* Selects PIV and makes the card let keys and objects be changed: in an SCP03 session where --scp-key-file is given; by the
 * management key where one is; else by the PIN on a card whose profile lets it stand for that; else by the management key, asked for
 * unless it is still the factory's. and_pin: the PIN is verified in any case. */
CS_MUST_CHECK bool login_admin(const struct cli *cli, struct cc_card *card, bool and_pin,
			       enum cli_status *status);

/* Tells of a PIN, PUK or other command on them that failed; what: "PIN", "PUK". Returns the exit status. */
enum cli_status login_fail(const struct cli *cli, enum cs_err err, const char *what, unsigned tries);

/* The SO PIN: as --so-pin-file or COUNTERSIGN_SO_PIN give it; else the PUK that is given, which it begins as; else
 * a person is asked. As secret_get. */
CS_MUST_CHECK bool login_so_secret(const struct cli *cli, struct secret *out, enum cli_status *status);

/* Our application selected, and the SO PIN verified, or an SCP03 session open in its stead. False: an error was told. */
CS_MUST_CHECK bool login_so(const struct cli *cli, struct cc_card *card, enum cli_status *status);

#endif
