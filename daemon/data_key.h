/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The keys that what lasts is sealed under: tokens' seeds, in use and in stock, and the keys that sign assertions. They lie
 * in the database, sealed by the sealing key (seal_key.h), and can be changed while the daemon serves (rekey.h).
 *
 *   sealed := u8 2 | u32 the data key's number | what seal_close makes under it
 *           | what seal_close makes under the sealing key itself, as in a database that never had a data key: key 0
 *           | u8 3 | what did not open when it was to be sealed anew: it opens no more before another change of keys,
 *             which tries it again; its key is kept for that long
 *
 * So a value of a newer key is behind every one of an older key in the order of their bytes.
 *
 * Passwords' secret, fingerprints of seeds and tokens of /auth come from the sealing key. What is gone within a day
 * (messages, kept answers) is sealed by it.
 */
#ifndef COUNTERSIGN_DAEMON_DATA_KEY_H
#define COUNTERSIGN_DAEMON_DATA_KEY_H

#include "base/bytes.h"
#include "daemon/db_data_key.h"
#include "daemon/seal.h"

#define DATA_KEY_HEAD	  5u
#define DATA_KEY_OVERHEAD (DATA_KEY_HEAD + SEAL_OVERHEAD)

struct keeper;

/* The keys as they were in the database at one version of them. */
struct data_keys {
	struct {
		uint32_t number;
		struct seal_key key;
	} keys[DB_DATA_KEYS_MAX];
	size_t count;
	uint32_t current; /* that seals */
	int64_t version;
};

/* Reads them all. A key that does not open is CS_ERR_CORRUPT. */
CS_MUST_CHECK enum cs_err data_keys_load(struct keeper *keeper);
/* Reads them where they have changed. */
CS_MUST_CHECK enum cs_err data_keys_follow(struct keeper *keeper);
void data_keys_wipe(struct data_keys *keys);

/* As seal_close and seal_open, within a transaction. What is sealed is sealed under the key that is current in the database,
 * which stays so until the transaction ends; what was sealed by another daemon under a key that is not known here yet
 * opens, too. */
CS_MUST_CHECK enum cs_err data_key_close(struct keeper *keeper, struct cs_view identity, struct cs_view plain,
					 struct cs_writer *out);
CS_MUST_CHECK enum cs_err data_key_open(struct keeper *keeper, struct cs_view identity, struct cs_view sealed,
					struct cs_writer *out);
/* For who copies sealed values from row to row: no key is removed before his transaction ends. */
CS_MUST_CHECK enum cs_err data_key_hold(struct keeper *keeper);

/* A version that there never was, for who changes them. */
CS_MUST_CHECK enum cs_err data_key_version(int64_t *out);

/* The first bytes of all that is sealed under a data key: u8 2 | u32 number. */
struct cs_view data_key_head(uint32_t number, uint8_t out[DATA_KEY_HEAD]);

/* CS_ERR_STATE: the last change of keys has not ended. CS_ERR_FULL: so many former keys are kept, for what was set aside, that
 * there is no room for another one. */
CS_MUST_CHECK enum cs_err data_key_may_renew(struct keeper *keeper);

/* Another key, which is the current one from now on; nobody else seals until the transaction ends. out gets what was
 * stored. Errors as data_key_may_renew. What was set aside is to be sealed anew, too. */
CS_MUST_CHECK enum cs_err data_key_renew(struct keeper *keeper, uint64_t now, struct db_data_key *out);
/* Where that is CS_ERR_FULL: what was set aside is to be sealed anew under the current key, so that former ones may go. Else
 * CS_ERR_STATE. */
CS_MUST_CHECK enum cs_err data_key_again(struct keeper *keeper, struct db_data_key *out);

#endif
