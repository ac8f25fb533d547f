/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersignd --init: everything that a daemon needs before its first start; --restored and --crl-anew.
 */
#ifndef COUNTERSIGN_DAEMON_INIT_H
#define COUNTERSIGN_DAEMON_INIT_H

#include "daemon/config.h"

/* Makes the state directory (mode 0700) where it is not there, and in it: sealing key, TLS key and
 * certificate, the first administrator's credential (mode 0600), database. Nothing that exists is replaced:
 * CS_ERR_EXISTS, and nothing was made. After any other failure what had been made is removed. error gets a
 * sentence. Made by root for a configured user, all belongs to that user. */
CS_MUST_CHECK enum cs_err init_run(const struct config *config, char error[CONFIG_ERROR_MAX]);

/* countersignd --restored: the database was put back from a copy, by whatever means. The chain of its audit log is checked,
 * and an entry says so from then on, and with which entry the copy ended, which is *last. error gets a sentence. */
CS_MUST_CHECK enum cs_err init_restored(const struct config *config, uint64_t *last, char error[CONFIG_ERROR_MAX]);

/* countersignd --crl-anew: the numbers of the issuer's revocation lists are forgotten (login_list.h), also by daemons that are at work,
 * and the audit log says so. CS_ERR_NOT_FOUND: none of his has counted, and the sentence that error gets names those whose have. */
CS_MUST_CHECK enum cs_err init_crl_anew(const struct config *config, const char *issuer, char error[CONFIG_ERROR_MAX]);

#endif
