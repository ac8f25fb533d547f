/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Codes for the hour in which the database takes nothing: its disk is full, its server is gone. Each is made beforehand for
 * one user and lets him in once. They stand in a file beside the daemon, whose records are written in place, so that
 * spending one needs no room on the disk.
 *
 *   file   := BREAK_GLASS_RECORDS records of 512 bytes; one that has never been used is all zeros
 *   record := u8 version (1) | u8 state | u64 issued | u64 expires | u64 spent, in ms | u64 told | verifier (32)
 *             | id, user, actor, address, client, each u8 length and text | zeros | MAC (32)
 *
 * Verifier and MAC are HMAC-SHA-256 under keys derived from the sealing key: the one of user and code, the other of the
 * record's number and all before it. A code has 80 random bits, so that there is nothing to guess. The last record counts
 * the codes that were refused.
 *
 *   unused --issued--> issued --tried--> tried --spent--> spent --told in the audit log--> told --issued anew--> issued
 *                         |                |--the disk failed, told as not confirmed--> told
 *                         |--revoked--> revoked --issued anew--> issued
 *   any --cut off while it was written--> damaged (its MAC does not fit; of no use to anybody) --issued anew--> issued
 *
 * Invariants:
 *  1. A code is accepted only after its record has been written as tried, then as spent, and the disk has said of each that it
 *     has it. Where that fails, the code is of no use any more, and nothing tells of it as accepted.
 *  2. A record that is not whole is no code.
 *  3. A record that is tried or spent is not used anew before the audit log tells of it.
 *  4. Writing a record changes no other one, and takes no room: the file is written in full when it is made.
 */
#ifndef COUNTERSIGN_DAEMON_BREAK_GLASS_H
#define COUNTERSIGN_DAEMON_BREAK_GLASS_H

#include <sys/types.h>

#include "daemon/config.h"
#include "daemon/seal.h"

#define BREAK_GLASS_CODES   64u
#define BREAK_GLASS_TALLY   BREAK_GLASS_CODES /* the record of refused codes */
#define BREAK_GLASS_RECORDS (BREAK_GLASS_CODES + 1u)
#define BREAK_GLASS_RECORD  512u /* bytes */

#define BREAK_GLASS_CODE_SIZE 23u /* BG-ABCD-EFGH-IJKL-MNOP and its NUL */
#define BREAK_GLASS_ID_SIZE   32u
#define BREAK_GLASS_VERIFIER  32u

enum break_glass_state {
	BREAK_GLASS_UNUSED,
	BREAK_GLASS_ISSUED,
	BREAK_GLASS_SPENT,
	BREAK_GLASS_TOLD,
	BREAK_GLASS_REVOKED,
	BREAK_GLASS_TRIED, /* used up, and nobody was let in that is known of */
	BREAK_GLASS_DAMAGED /* never in the file */
};

/* Of the tally, issued is how many were refused, expires how many of these because of who asked, the texts those of the last one,
 * and state whether they are to be told. */
struct break_glass_record {
	enum break_glass_state state;
	uint64_t issued, expires; /* Unix seconds */
	uint64_t spent;		  /* Unix milliseconds */
	uint64_t told;		  /* the number that its audit entry has, or was to have */
	uint8_t verifier[BREAK_GLASS_VERIFIER];
	char id[BREAK_GLASS_ID_SIZE];
	char user[129];
	char actor[80];
	char address[65];
	char client[48];
};

/* What writes; tests put another one in its place. Results as pwrite and fdatasync. */
struct break_glass_disk {
	ssize_t (*put)(int fd, const void *bytes, size_t len, off_t at);
	int (*sync)(int fd);
};

struct break_glass;

/* Opens the file, makes it where there is none, and locks it: it is one daemon's. key is borrowed until the close; disk NULL: the
 * real one. error gets a sentence. CS_ERR_BUSY: another daemon has it; CS_ERR_CORRUPT: it has another size; CS_ERR_FULL: no
 * room to make it; CS_ERR_IO, CS_ERR_MEMORY, CS_ERR_CRYPTO. */
CS_MUST_CHECK enum cs_err break_glass_open(const char *path, const struct seal_key *key,
					   const struct break_glass_disk *disk, struct break_glass **out,
					   char error[CONFIG_ERROR_MAX]);
void break_glass_close(struct break_glass *glass); /* NULL is fine */

/* Number i, below BREAK_GLASS_RECORDS. */
const struct break_glass_record *break_glass_at(const struct break_glass *glass, size_t i);
/* The code of this id. CS_ERR_NOT_FOUND. */
CS_MUST_CHECK enum cs_err break_glass_find(const struct break_glass *glass, const char *id, size_t *i);
/* How many would be accepted now. */
unsigned break_glass_good(const struct break_glass *glass, uint64_t now);
/* Whether there is a record free for another one. */
bool break_glass_room(const struct break_glass *glass, uint64_t now);
/* Whether there is anything that the audit log has not told yet. */
bool break_glass_untold(const struct break_glass *glass);

/* Makes a code, in a record that is free; the caller wipes it. CS_ERR_FULL: none is free; CS_ERR_IO, CS_ERR_CRYPTO. */
CS_MUST_CHECK enum cs_err break_glass_issue(struct break_glass *glass, const char *id, const char *user,
					    uint64_t now, uint64_t expires, char code[BREAK_GLASS_CODE_SIZE]);
/* What was issued since the last call stays (the transaction that tells of it is committed), or is taken back. */
void break_glass_settle(struct break_glass *glass, bool committed);
/* CS_ERR_STATE: it is spent; CS_ERR_IO. One that is revoked stays so. */
CS_MUST_CHECK enum cs_err break_glass_revoke(struct break_glass *glass, size_t i);

/* Whether text has the form of a code: letters of either case, with hyphens and blanks or without. */
bool break_glass_form(struct cs_view text);

/* Who spends it, for the record. */
struct break_glass_use {
	uint64_t now_ms;
	const char *actor, *address, *client;
};

/* Counts a code that was refused; allowed: not because of who asked. */
void break_glass_refuse(struct break_glass *glass, const struct break_glass_use *use, bool allowed);

/* Spends the user's code. CS_OK: it was good, and is on the disk as spent; CS_ERR_WRONG: it is none, or over, and was
 * counted; CS_ERR_IO: it may have been good, and is not any more; CS_ERR_CRYPTO: nothing was done. */
CS_MUST_CHECK enum cs_err break_glass_spend(struct break_glass *glass, const char *user, struct cs_view code,
					    const struct break_glass_use *use, size_t *i);

/* The audit entry of what is spent will have this number; it has been committed. */
CS_MUST_CHECK enum cs_err break_glass_telling(struct break_glass *glass, size_t i, uint64_t sequence);
CS_MUST_CHECK enum cs_err break_glass_told(struct break_glass *glass, size_t i);

#endif
