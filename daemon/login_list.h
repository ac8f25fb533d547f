/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Revocation lists do not go back: of the lists of one CA (RFC 5280, 5.2.3: of one issuer and scope, under one key), none counts whose
 * number is lower than that of one that has counted, or that has none where that one has. So who can put an older list that is still
 * valid in the place of a newer one makes no revoked certificate good. The highest numbers are in the database: they outlast the
 * process, and hold for all daemons that share it. A CA that numbers its lists anew is an operator's to tell of (countersignd
 * --crl-anew, init.h); with another key it begins anew by itself.
 */
#ifndef COUNTERSIGN_DAEMON_LOGIN_LIST_H
#define COUNTERSIGN_DAEMON_LOGIN_LIST_H

#include <openssl/x509_vfy.h>
#include <stdbool.h>

#include "daemon/db.h"

struct login_lists;

struct login_lists *login_lists_new(void); /* NULL: memory */
void login_lists_free(struct login_lists *lists); /* takes NULL */

/* Why this list never counts, as the end of a sentence; NULL: it may. One without an end (nextUpdate, which RFC 5280 has every list have)
 * would count for ever: whoever keeps its successors from here would keep a revoked certificate good. A delta list does not have what
 * was revoked before. */
const char *login_list_unfit(const X509_CRL *list);

/* From here on verifications in this store ask login_lists_attend's lists. False: memory. */
bool login_lists_watch(X509_STORE *store);
/* Before X509_verify_cert, with a store that is watched, in a transaction of db, which is borrowed until then: a list that does not
 * count is X509_V_ERR_APPLICATION_VERIFICATION, and the log says so once for each list that counted. False: memory. */
bool login_lists_attend(struct login_lists *lists, struct db *db, X509_STORE_CTX *ctx);
/* Behind it: whether the database could be asked. Otherwise what was found is nothing. */
CS_MUST_CHECK enum cs_err login_lists_asked(const struct login_lists *lists);

/* Lists that were refused, of some CAs and scopes, while none of the same has counted since, nor the files were read anew
 * (login_lists_forget: the next verification finds those that are still there). Whose the next one is whose alarm is due, from *at on,
 * which is 0 at first; no_room: not for a higher number that counted, but as there is no room for its own. NULL: no more are. */
const char *login_lists_due(const struct login_lists *lists, uint64_t now, size_t *at, bool *no_room);
/* Those that are due have none before then. */
void login_lists_quiet(struct login_lists *lists, uint64_t now, uint64_t until);
void login_lists_forget(struct login_lists *lists);

#endif
