/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What keeper does besides answering, a little at a time between two batches: it makes checkpoints of the audit log,
 * signs them and puts copies of them where they are fetched from; and at night it makes the report of the day before
 * (daemon/report.h), and takes out of the log what need not be kept any longer (daemon/retention.h).
 *
 * A checkpoint (base/checkpoint.h) is made when checkpoint_entries entries have come since the last one, or
 * checkpoint_minutes minutes and at least one entry, and when the daemon stops. It is stored in the database and then
 * exported: TEXT as checkpoint-ENTRY-HASH.txt and the signature as checkpoint-ENTRY-HASH.sig in checkpoint_directory,
 * where ENTRY has 12 digits and HASH the first 8 of the hash; the public key is there as key-ID.pem, with the first 16 of
 * its digits. The text comes last: who finds it finds its signature. An export that fails is tried again every minute, and
 * nothing waits for it; nothing waits for a token that signs either.
 */
#ifndef COUNTERSIGN_DAEMON_CHORES_H
#define COUNTERSIGN_DAEMON_CHORES_H

#include "daemon/keeper.h"

/* Opens the key, and the directory, which is made where it is missing. Sets keeper->chores. Forks where a token has the key
 * (daemon/vault.h). error gets a sentence. The keeper is borrowed, and config for the call. */
CS_MUST_CHECK enum cs_err chores_open(struct keeper *keeper, const struct config *config,
				      char error[CONFIG_ERROR_MAX]);
void chores_close(struct keeper *keeper);

/* Does what is due now. Nothing of it fails for the caller: what goes wrong is logged, and tried again. */
void chores_turn(struct keeper *keeper);
/* Milliseconds until something may be due; -1: not before the next entry, or before chores_fd can be read. */
int chores_wait(const struct keeper *keeper);
/* Becomes readable when there is something to do; -1: nothing will. */
int chores_fd(const struct keeper *keeper);
/* The last checkpoint, where there are entries after the one before; a token is waited for, 5 seconds. */
void chores_end(struct keeper *keeper);

/* An entry of the audit log that is keeper's own, in the transaction that is open. */
CS_MUST_CHECK enum cs_err chores_tell(struct keeper *keeper, const char *action, const char *reason, const char *detail);

/* Of the key that signs: as audit_key_id and audit_key_pem have it. False where keeper has no chores. */
bool chores_key(const struct keeper *keeper, uint8_t id[CS_AUDIT_HASH_LEN], const char **pem);

#endif
