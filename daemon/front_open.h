/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Whom front takes for which application where he shows no credential: privacyIDEA's clients have none to show for
 * /validate/check, so the configuration may name a credential (validate_credential) for those that call from some
 * addresses (validate_clients).
 */
#ifndef COUNTERSIGN_DAEMON_FRONT_OPEN_H
#define COUNTERSIGN_DAEMON_FRONT_OPEN_H

#include "daemon/config.h"

struct front_open {
	char credential[136]; /* empty: nobody is taken for anyone */
	char clients[CONFIG_TEXT_MAX];
};

/* Reads the credential that config names, if it names one. CS_ERR_IO, CS_ERR_MALFORMED, with a sentence. */
CS_MUST_CHECK enum cs_err front_open_read(const struct config *config, struct front_open *out,
					  char error[CONFIG_ERROR_MAX]);

/* The credential for a caller at this numeric address; empty where there is none for him. open may be NULL. */
struct cs_view front_open_credential(const struct front_open *open, struct cs_view address);

#endif
