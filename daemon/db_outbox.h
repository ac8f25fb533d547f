/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The outbox: what is to be sent, in the order in which it was put there.
 */
#ifndef COUNTERSIGN_DAEMON_DB_OUTBOX_H
#define COUNTERSIGN_DAEMON_DB_OUTBOX_H

#include "daemon/db.h"

struct db_message {
	char id[DB_TOKEN_ID_SIZE]; /* m_ and 16 hexadecimal digits */
	char kind[8];		   /* sms, email */
	char user[DB_USER_SIZE];
	char destination[DB_DESTINATION_SIZE];
	uint8_t sealed[DB_MESSAGE_MAX]; /* the code; seal.h, identity: the id */
	size_t sealed_len;
	uint64_t created, expires;
	uint32_t attempts; /* to send it, so far */
};

typedef void db_message_fn(void *ctx, const struct db_message *message);

CS_MUST_CHECK enum cs_err db_outbox_add(struct db *db, const struct db_message *message);
CS_MUST_CHECK enum cs_err db_outbox_list(struct db *db, uint32_t limit, db_message_fn *each, void *ctx);
/* CS_ERR_NOT_FOUND. */
CS_MUST_CHECK enum cs_err db_outbox_remove(struct db *db, const char *id);

/* The first that is due, expired ones too. CS_ERR_NOT_FOUND. */
CS_MUST_CHECK enum cs_err db_outbox_due(struct db *db, uint64_t now, struct db_message *out);
CS_MUST_CHECK enum cs_err db_outbox_find(struct db *db, const char *id, struct db_message *out);
/* The guarded update that counts a try: taken is false where message->attempts is not how many there were. The next
 * one is due then. */
CS_MUST_CHECK enum cs_err db_outbox_take(struct db *db, const struct db_message *message, uint64_t due,
					 bool *taken);
/* It is sent no more, and its code is gone. */
CS_MUST_CHECK enum cs_err db_outbox_bury(struct db *db, const char *id, const char *reason);
/* Dead ones that expired before go. */
CS_MUST_CHECK enum cs_err db_outbox_purge(struct db *db, uint64_t before);

#endif
