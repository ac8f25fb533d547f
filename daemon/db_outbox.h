/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The outbox: what is to be sent, in the order in which it was put there.
 *
 * A message is lent to a courier until it is due again: nobody else's courier gets it before. One that is dead is
 * sent no more unless somebody says so (db_outbox_revive); its code stays, sealed, until it expires, and then goes.
 */
#ifndef COUNTERSIGN_DAEMON_DB_OUTBOX_H
#define COUNTERSIGN_DAEMON_DB_OUTBOX_H

#include "daemon/db.h"

struct db_message {
	char id[DB_TOKEN_ID_SIZE]; /* m_ and 16 hexadecimal digits */
	char kind[8];		   /* sms, email, hook */
	char user[DB_USER_SIZE];
	char destination[DB_DESTINATION_SIZE];
	uint8_t sealed[DB_MESSAGE_MAX]; /* the code, or the event; seal.h, identity: the id */
	size_t sealed_len;
	uint64_t created, expires;
	uint32_t attempts; /* to send it, so far */
	uint64_t due;	   /* when it is to be sent next */
	bool dead;
	char reason[64]; /* dead: why */
};

#define OUTBOX_LANES   8u  /* messages that a courier has at once */
#define OUTBOX_LEASE_S 30u /* longer than a courier takes for one */

struct db_outbox_figures {
	uint64_t waiting, dead;
	uint64_t oldest; /* when the oldest that waits was put there; 0: none waits */
};

typedef void db_message_fn(void *ctx, const struct db_message *message);

CS_MUST_CHECK enum cs_err db_outbox_add(struct db *db, const struct db_message *message);
/* CS_ERR_NOT_FOUND. */
CS_MUST_CHECK enum cs_err db_outbox_remove(struct db *db, const char *id);

/* All of them, dead ones too, by their ids. */
CS_MUST_CHECK enum cs_err db_outbox_page(struct db *db, const char *after, uint32_t limit, db_message_fn *each,
					 void *ctx);
CS_MUST_CHECK enum cs_err db_outbox_figures(struct db *db, struct db_outbox_figures *out);

/* The first code that is due and has not expired. CS_ERR_NOT_FOUND. */
CS_MUST_CHECK enum cs_err db_outbox_due(struct db *db, uint64_t now, struct db_message *out);
/* The first web hook that waits for this URL, due or not: the next ones wait for it. CS_ERR_NOT_FOUND. */
CS_MUST_CHECK enum cs_err db_outbox_hook(struct db *db, const char *url, struct db_message *out);
/* One that waits, and has expired. CS_ERR_NOT_FOUND. */
CS_MUST_CHECK enum cs_err db_outbox_expired(struct db *db, uint64_t now, struct db_message *out);
/* Dead or not. CS_ERR_NOT_FOUND. */
CS_MUST_CHECK enum cs_err db_outbox_find(struct db *db, const char *id, struct db_message *out);
/* The guarded update that counts a try and lends it until then: taken is false where message->attempts is not how
 * many there were. */
CS_MUST_CHECK enum cs_err db_outbox_take(struct db *db, const struct db_message *message, uint64_t until,
					 bool *taken);
/* When it is to be sent next. CS_ERR_NOT_FOUND: it is not there any more, or dead. */
CS_MUST_CHECK enum cs_err db_outbox_put_off(struct db *db, const char *id, uint64_t due);
/* It is sent no more, and where it has expired its code is gone. CS_ERR_NOT_FOUND, as above. */
CS_MUST_CHECK enum cs_err db_outbox_bury(struct db *db, const char *id, const char *reason, uint64_t now);
/* A dead one waits again, as if never tried. CS_ERR_NOT_FOUND: there is no dead one that has not expired. */
CS_MUST_CHECK enum cs_err db_outbox_revive(struct db *db, const char *id, uint64_t now);
/* Dead ones that have expired lose their codes, and go where they did so before. */
CS_MUST_CHECK enum cs_err db_outbox_purge(struct db *db, uint64_t now, uint64_t before);

#endif
