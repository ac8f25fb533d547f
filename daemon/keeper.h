/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The keeper: the one process with the database and the keys. It takes requests from front, decides, and
 * answers.
 *
 * Requests that arrive together run in one transaction and are answered after its commit (keeper_batch).
 * Where anything in the transaction fails, all of it is rolled back and every one of its requests is answered
 * 503: nothing is ever told that is not on disk. Where several daemons work with one PostgreSQL, a transaction
 * first locks all users that it is about (keeper_lock.c); one that still meets others' locks the other way round
 * is run again.
 *
 * Argon2id is computed beside that, where there is a pool for it: a request that needs one is answered by a later
 * batch (keeper_wait.c).
 *
 * What a wrong code costs, keeper_attempt.h says; how a code is judged, decide.h. A replay (verify.h) is
 * refused, but costs nothing: an application that sends a request twice locks nobody out.
 */
#ifndef COUNTERSIGN_DAEMON_KEEPER_H
#define COUNTERSIGN_DAEMON_KEEPER_H

#include "daemon/budget.h"
#include "daemon/clock.h"
#include "daemon/config.h"
#include "daemon/data_key.h"
#include "daemon/db.h"
#include "daemon/db_holder.h"
#include "daemon/db_outbox.h"
#include "daemon/hash_pool.h"
#include "daemon/hmac.h"
#include "daemon/ipc.h"
#include "daemon/keeper_refused.h"
#include "daemon/login_trust.h"
#include "daemon/password.h"
#include "daemon/seal.h"

#define KEEPER_BATCH_MAX 512u /* requests in one transaction */
#define KEEPER_ENTRIES	 (KEEPER_BATCH_MAX + REFUSED_PLACES + 1u)

/* How many requests a transaction held, counted in powers of two: 1, 2, 3-4, 5-8, ... 257-512. */
#define KEEPER_BATCH_BUCKETS 10u

enum keeper_verification {
	KEEPER_ACCEPTED,
	KEEPER_WRONG,
	KEEPER_REPLAY,
	KEEPER_LOCKED,
	KEEPER_VERIFICATIONS
};

enum keeper_message { KEEPER_MESSAGE_SENT, KEEPER_MESSAGE_FAILED, KEEPER_MESSAGE_DEAD, KEEPER_MESSAGES };

/* What ends one day, and that is told before. */
enum keeper_end {
	KEEPER_END_CERTIFICATE,
	KEEPER_END_CLIENT_CA,
	KEEPER_END_LOGIN_CA,
	KEEPER_END_CARD_CA,
	KEEPER_END_LOGIN_CRL, /* a list that ends is followed by another one: told when a quarter of its time is left */
	KEEPER_ENDS
};

/* What alarms are of: the ends, and more. */
enum keeper_alarm_of {
	KEEPER_ALARM_TOKENS = KEEPER_ENDS,
	KEEPER_ALARM_DISK,
	KEEPER_ALARM_CHECKPOINT,
	KEEPER_ALARM_SIGNING_KEY,
	KEEPER_ALARM_DATA_KEY,
	KEEPER_ALARMS
};

struct keeper_metrics {
	uint64_t verifications[KEEPER_VERIFICATIONS];
	uint64_t evaluations; /* codes that were looked at */
	uint64_t passwords;   /* passwords and PINs of which Argon2id was computed */
	uint64_t requests[IPC_OP_COUNT];
	uint64_t refused; /* 401 and 403 */
	uint64_t busy;	  /* as too many waited for Argon2id */
	uint64_t audit_entries, checkpoints;
	uint64_t messages[KEEPER_MESSAGES]; /* that courier told of; dead: given up */
	uint64_t glass_used, glass_refused; /* break-glass codes */
	uint64_t commits, failed_commits;
	uint64_t repeated; /* transactions run again, as others held locks the other way round */
	uint64_t batches[KEEPER_BATCH_BUCKETS];
	uint64_t batch_requests;
};

/* Who the last caller of a transaction was. It is forgotten when the transaction ends, and when a caller has done
 * what an application may not: nothing else within it changes who anybody is. What another daemon on the same database
 * changes meanwhile is answered after the requests of this one's batch came. */
struct caller_kept {
	bool is_there;
	enum db_caller_by by;
	uint8_t shown[CREDENTIAL_HASH_LEN];
	struct db_caller row;
};

struct keeper {
	struct db *db; /* NULL: there is none, and break-glass codes alone are taken (keeper_emergency.h) */
	struct seal_key key; /* what all others come from, or are sealed by (data_key.h) */
	struct data_keys data_keys;
	bool rekey_begun; /* the data key is being changed: there is work (rekey.h) */
	struct hmac *hmac;
	struct clock clock;
	struct verify_limits limits;
	struct budget_rule user_rule, address_rule;
	struct budget_rule asking_rule, asked_rule; /* for challenges: of an address, of a name that is nobody's */
	uint64_t known_for;   /* seconds */
	uint64_t purge_after; /* when records of attempts that are over are removed next */
	uint32_t challenge_lifetime, challenges_hour;
	uint8_t password_secret[32];
	struct password_cost cost;
	uint32_t password_min;
	char issuer[CONFIG_TEXT_MAX];
	uint64_t assertion_lifetime, signing_for; /* seconds */
	struct login_trust *login_trust, *card_trust;
	bool login_upn, login_email; /* a certificate that names a user is his, where none is bound to him */
	bool dual_control, powers_apart, staff_certificates;
	uint64_t approval_lifetime; /* seconds */
	uint64_t kept_purge_after;  /* when answers that are too old are removed next */
	uint64_t personal_purge_after; /* the same of challenges and of addresses (keeper_purge.h) */
	struct keeper_metrics metrics;
	struct hash_pool *pool; /* NULL: Argon2id is computed in place */
	struct hash_ticket *tickets[KEEPER_BATCH_MAX]; /* of the batch's requests: that came back, that wait from now on */
	char place[PATH_MAX]; /* a file or directory on the disk that has to have room */
	uint64_t disk_free;   /* bytes that it has to have */
	struct {
		uint64_t ends[KEEPER_ENDS]; /* Unix seconds; 0: not known */
		uint64_t list_soon;	    /* the same, from which on the end of a list of login_crl is told */
		char paths[KEEPER_ENDS][PATH_MAX];
		bool unread[KEEPER_ENDS];
		uint64_t tokens_expiring; /* as of the last look, as all of these */
		uint64_t checkpoint, signing_key, data_key; /* when the last one was made; 0: never */
		char sealing_key[PATH_MAX];
		uint32_t certificate_days, token_days, key_days, checkpoint_minutes;
		uint64_t told[KEEPER_ALARMS]; /* Unix seconds before which it is not told again */
		uint64_t due;		      /* Unix seconds of the next look */
	} alarm;			      /* keeper_alarm.h */
	struct {
		char lent[OUTBOX_LANES][DB_TOKEN_ID_SIZE]; /* messages that courier has; or empty */
		uint64_t tend_after;			   /* Unix seconds of the next look */
		uint32_t alarm_seconds;			   /* that a message may wait; 0: for ever */
		bool late;				   /* one did, and an alarm was raised */
	} outbox;					   /* keeper_outbox.c */
	char hook_urls[CONFIG_TEXT_MAX], hook_events[CONFIG_TEXT_MAX]; /* keeper_hook.h */
	bool shared;   /* other daemons may work with the same database */
	unsigned held_off; /* of this batch: what another daemon's commit of a file has kept from enrolling */
	bool start_due; /* the audit log has not been told that it serves */
	uint64_t recover_after; /* milliseconds: when what it has not been told is tried again (keeper_recover_turn) */
	bool failing;  /* the last transaction failed, and the log says so */
	bool gone;     /* of one that could not be opened: since there is no database to be had, or its disk has failed */
	uint8_t *body; /* IPC_BODY_MAX bytes, where an answer's text is made */
	struct refused refused, refused_before; /* now, and when the batch began */
	struct caller_kept caller;
	struct audit_entry *entries; /* KEEPER_ENTRIES: what the transaction has to tell, appended at its end */
	size_t entry_count;
	uint64_t audit_head;   /* the last entry that is known to be in the log */
	struct break_glass *glass; /* NULL: there is no file of codes, or another process still has it */
	char glass_path[PATH_MAX];
	bool glass_missed; /* and the log says so */
	struct chores *chores; /* NULL: none (daemon/chores.h) */
};

/* Opens key and database as config says, checks that they belong together, and the head of the audit log; error gets
 * a sentence. The
 * clock is borrowed for the keeper's life. Leaves nothing open on failure, but gone. */
CS_MUST_CHECK enum cs_err keeper_open(const struct config *config, struct clock clock, struct keeper *out,
				      char error[CONFIG_ERROR_MAX]);
void keeper_close(struct keeper *keeper);

/* Starts the workers that config asks for; before, and without, Argon2id is computed within the batch. CS_ERR_MEMORY. */
CS_MUST_CHECK enum cs_err keeper_pool_open(struct keeper *keeper, const struct config *config);

/* From the next batch on limits, windows, lifetimes and rules are those of config. */
void keeper_reconfigure(struct keeper *keeper, const struct config *config);

/* Answers a batch of count (at most KEEPER_BATCH_MAX) parsed requests: appends one reply frame for each to
 * out, in their order; none for those that wait for Argon2id from now on. out needs room for count * IPC_REPLY_MAX bytes only where lists are asked for; a reply
 * that does not fit makes it CS_ERR_NO_SPACE, and nothing was changed or written then. CS_ERR_IO: the database's
 * server is gone, nothing was written, and what was changed is not known (db_lost). */
CS_MUST_CHECK enum cs_err keeper_batch(struct keeper *keeper, const struct ipc_request *requests,
				       size_t count, struct cs_writer *out);

/* Writes what is due in the audit log though nobody asks; all that is to be told where last is set. Errors as
 * keeper_batch. */
CS_MUST_CHECK enum cs_err keeper_tell(struct keeper *keeper, bool last);
/* Milliseconds until something is; -1: nothing is to be told. */
int keeper_tell_in(const struct keeper *keeper);

/* The process's loop, with everything injected: serves streams that come over link_fd until it ends or
 * SIGTERM. Returns an exit status of daemon.h. */
int keeper_serve(struct keeper *keeper, int link_fd);

#endif
