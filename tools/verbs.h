/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The tables of verbs, one from each file that has some.
 */
#ifndef COUNTERSIGN_TOOLS_VERBS_H
#define COUNTERSIGN_TOOLS_VERBS_H

#include "tools/cli.h"

extern const struct cli_verb cli_card_verbs[];	       /* card.c */
extern const struct cli_verb cli_life_verbs[];	       /* card_life.c */
extern const struct cli_verb cli_touch_verbs[];	       /* touch.c */
extern const struct cli_verb cli_pin_verbs[];	       /* pin.c */
extern const struct cli_verb cli_key_verbs[];	       /* key.c */
extern const struct cli_verb cli_secret_verbs[];       /* secret.c */
extern const struct cli_verb cli_cert_verbs[];	       /* cert.c */
extern const struct cli_verb cli_otp_verbs[];	       /* otp.c */
extern const struct cli_verb cli_server_verbs[];       /* server_user.c */
extern const struct cli_verb cli_server_staff_verbs[]; /* server_staff.c */
extern const struct cli_verb cli_server_alias_verbs[];	/* server_alias.c */
extern const struct cli_verb cli_server_certificate_verbs[]; /* server_certificate.c */
extern const struct cli_verb cli_server_enrol_verbs[]; /* server_enrol.c */
extern const struct cli_verb cli_server_token_verbs[]; /* server_token.c */
extern const struct cli_verb cli_server_issue_verbs[]; /* server_issue.c */
extern const struct cli_verb cli_server_life_verbs[]; /* server_life.c */
extern const struct cli_verb cli_server_break_glass_verbs[]; /* server_break_glass.c */
extern const struct cli_verb cli_server_lock_verbs[];  /* server_lock.c */
extern const struct cli_verb cli_server_outbox_verbs[]; /* server_outbox.c */
extern const struct cli_verb cli_server_login_verbs[]; /* server_login.c */
extern const struct cli_verb cli_server_import_verbs[]; /* server_import.c */
extern const struct cli_verb cli_server_export_verbs[]; /* server_export.c */
extern const struct cli_verb cli_server_stock_verbs[];	/* server_stock.c */
extern const struct cli_verb cli_backup_verbs[];       /* server_backup.c */
extern const struct cli_verb cli_server_key_verbs[];   /* server_key.c */
extern const struct cli_verb cli_report_verbs[];       /* server_report.c */
extern const struct cli_verb cli_audit_verbs[];	       /* audit.c */

#endif
