/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the otp commands share: the application opened, its credentials found. And the commands themselves, for the table in
 * otp.c.
 */
#ifndef COUNTERSIGN_TOOLS_OTP_H
#define COUNTERSIGN_TOOLS_OTP_H

#include "cardclient/oath.h"
#include "tools/cli.h"

#define OTP_LIST_MAX 256u

struct otp_list {
	struct cc_oath_entry entries[OTP_LIST_MAX];
	size_t count;
};

/* Selects the application; otp_open unlocks it too, with its password where it has one. False: an error was told, and *status
 * says which. */
CS_MUST_CHECK bool otp_select(const struct cli *cli, struct cc_card *card, struct cc_oath_info *info,
			      enum cli_status *status);
CS_MUST_CHECK bool otp_open(const struct cli *cli, struct cc_card *card, enum cli_status *status);

/* All credentials, with what each wants. */
CS_MUST_CHECK enum cs_err otp_list_read(struct cc_card *card, struct otp_list *list);

/* The one credential that is meant; parts: a part of its name will do. NULL: an error was told. */
const struct cc_oath_entry *otp_find(const struct cli *cli, const struct otp_list *list, const char *wanted, bool parts,
				     enum cli_status *status);

const char *otp_type_name(enum ykoath_type type);
const char *otp_hash_name(enum ykoath_hash hash);

/* "done" in JSON, and a note for a person. */
enum cli_status otp_done(struct cli *cli, const char *note);

/* otp_add.c */
enum cli_status otp_add(struct cli *cli);
extern const struct cli_option otp_add_options[];
/* otp_code.c */
enum cli_status otp_code(struct cli *cli);
extern const struct cli_option otp_code_options[];
/* otp_access.c */
enum cli_status otp_status(struct cli *cli);
enum cli_status otp_password(struct cli *cli);
extern const struct cli_option otp_password_options[];
enum cli_status otp_unblock(struct cli *cli);
enum cli_status otp_reset(struct cli *cli);
/* otp_sealed.c */
enum cli_status otp_sealed(struct cli *cli);
extern const struct cli_option otp_sealed_options[];

#endif
