/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The words behind the module's name in a file of pam.d (docs/man/pam_countersign.8).
 */
#ifndef COUNTERSIGN_PAM_OPTIONS_H
#define COUNTERSIGN_PAM_OPTIONS_H

#include <stdbool.h>

#include "base/err.h"

/* When the user is asked, and when the password that an earlier module got is taken for the code. */
enum pam_source {
	PAM_ASK,       /* always asked */
	PAM_TRY_FIRST, /* the earlier password first; asked where there is none, or it is not accepted */
	PAM_USE_FIRST, /* the earlier password, and nothing else */
};

struct pam_options {
	const char *socket;
	const char *credential; /* a file with the application's credential */
	const char *prompt;
	enum pam_source source;
	bool nodelay;	  /* a refusal is told at once */
	unsigned timeout; /* seconds for the whole exchange with the daemon */
	const char *challenge; /* NULL: none is asked for; else of which type, "" for any */
};

/* Fills out, which borrows from argv. On failure (CS_ERR_MALFORMED) wrong is the word that is not understood. */
CS_MUST_CHECK enum cs_err pam_options_parse(int argc, const char **argv, struct pam_options *out,
					    const char **wrong);

#endif
