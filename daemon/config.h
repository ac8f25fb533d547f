/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The configuration file of countersignd (docs/man/countersignd.conf.5): lines of `key = value`, blank lines,
 * and comments from # at the start of a line. Strict: an unknown key, a key given twice, a value that does
 * not fit or a line that is none of these is an error that names file, line and what is allowed.
 */
#ifndef COUNTERSIGN_DAEMON_CONFIG_H
#define COUNTERSIGN_DAEMON_CONFIG_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

#define CONFIG_TEXT_MAX	 256u  /* with its NUL: any value but a path */
#define CONFIG_ERROR_MAX 8192u /* a path and a sentence, with its NUL */
#define CONFIG_FILE_MAX	 65536u

struct config {
	/* Each path not given lies in state_directory, under the name in brackets. */
	char state_directory[PATH_MAX];
	char database[PATH_MAX];	 /* [countersign.db], or a place on a server as daemon/sql.h has it */
	char sealing_key[PATH_MAX];	 /* [sealing.key] */
	char sealing_token[PATH_MAX];	 /* URI of the PKCS#11 key that seals it; empty: none does */
	char tls_certificate[PATH_MAX];	 /* [tls.crt] PEM, the chain */
	char tls_key[PATH_MAX];		 /* [tls.key] PEM */
	char client_ca[PATH_MAX];	 /* PEM; empty: clients are asked for no certificate */
	char admin_credential[PATH_MAX]; /* [admin.credential] where --init leaves the first one */

	/* Checkpoints of the audit log: the key that signs them, where copies of them are put, and when. */
	char audit_key[PATH_MAX];	     /* [audit.key] PEM */
	char audit_token[PATH_MAX];	     /* URI of a PKCS#11 key pair; empty: the file has the key */
	char checkpoint_directory[PATH_MAX]; /* [checkpoints] */
	uint32_t checkpoint_entries;	     /* entries of the log after which one is made */
	uint32_t checkpoint_minutes;	     /* and the time, where there are new entries */
	/* For how many days the audit log's classes (daemon/audit_class.h) are kept; 0: for ever. */
	uint32_t audit_decision_days, audit_administration_days, audit_security_days;
	uint32_t audit_hour; /* of the day, UTC: when the log's retention works, and the daily report is made */
	char report_directory[PATH_MAX]; /* [reports] */
	char break_glass[PATH_MAX]; /* [break-glass.codes] for when the database takes nothing */

	uint32_t log_level;		 /* the least that is logged, as log.h counts */
	char user[CONFIG_TEXT_MAX];	 /* account to become when started as root; empty: stay */
	char tls_names[CONFIG_TEXT_MAX]; /* further names for --init's certificate, parted by blanks */

	char socket[PATH_MAX];		    /* a Unix socket for local programs; empty: none */
	char socket_users[CONFIG_TEXT_MAX]; /* accounts whose programs may use it, parted by blanks */

	char validate_credential[PATH_MAX];	/* a file; empty: /validate/check wants one of each caller */
	char validate_clients[CONFIG_TEXT_MAX]; /* numeric addresses that it is for, parted by blanks */

	/* What courier sends with (daemon/courier.h); {destination}, {text}, {code} and {id} stand for what they say. */
	char sms_url[CONFIG_TEXT_MAX];	  /* empty: no SMS is sent */
	char sms_body[CONFIG_TEXT_MAX];	  /* JSON; empty: the URL says it all */
	char sms_credential[PATH_MAX];	  /* a file: what follows Authorization: */
	char smtp_url[CONFIG_TEXT_MAX];	  /* empty: no mail is sent */
	char smtp_from[CONFIG_TEXT_MAX];
	char smtp_credential[PATH_MAX];	  /* a file: user:password */
	bool smtp_tls;			  /* wanted of the mail server */
	char hook_urls[CONFIG_TEXT_MAX];   /* parted by blanks; empty: nobody is told of events */
	char hook_events[CONFIG_TEXT_MAX]; /* parted by blanks (keeper_hook.h); empty: all */
	char hook_secret[PATH_MAX];	   /* a file: what they are signed with */
	char courier_text[CONFIG_TEXT_MAX];
	char courier_allow[CONFIG_TEXT_MAX]; /* addresses and networks that are not the Internet's */

	char listen_host[CONFIG_TEXT_MAX]; /* numeric address, no brackets: 127.0.0.1, ::1 */
	uint16_t listen_port;		   /* 0: the kernel picks a free one */
	/* Where /metrics is served, plain HTTP; host empty: on the main port only. */
	char metrics_host[CONFIG_TEXT_MAX];
	uint16_t metrics_port;

	uint32_t connections_max;     /* at once, front */
	uint32_t connections_address; /* at once from one address, front; 0: no limit */
	uint32_t request_timeout;     /* seconds, front: to send a request, and to wait for keeper */
	uint32_t front_threads;	      /* 0: one for each processor */
	uint32_t alarm_certificate_days; /* before its end that the TLS certificate is told of */
	uint32_t alarm_token_days;	 /* the same of tokens */
	uint32_t alarm_key_days;	 /* that a key may be in use; 0: for ever */
	uint32_t alarm_message_seconds;	/* that a message may wait; 0: for ever */
	uint32_t ready_disk_free;     /* MiB that /readyz wants to be free where the database is */

	uint32_t hotp_window;	   /* counters looked ahead */
	uint32_t totp_window;	   /* steps accepted on each side of the expected one */
	uint32_t totp_drift_limit; /* steps a token's clock may be off: bounds learnt drift and resync */
	uint32_t resync_window;	   /* counters that an HOTP resync looks ahead */
	uint32_t list_window;	   /* lines of a list that may be left out */

	/* The budget of attempts (daemon/budget.h), of users and tokens, and of addresses. */
	uint32_t tries;		     /* wrong codes until a lock begins */
	uint32_t tries_window;	     /* seconds after which a wrong code is forgotten */
	uint32_t lock_first;	     /* seconds of the first lock; each further one is twice as long */
	uint32_t lock_max;	     /* seconds of the longest one */
	uint32_t address_tries;	     /* the same of a client's address, */
	uint32_t address_window;     /* seconds */
	uint32_t address_lock;	     /* seconds: all its locks are of this length */
	uint32_t known_days;	     /* for which an address that a user succeeded from is known for him */

	uint32_t challenge_lifetime; /* seconds */
	uint32_t challenges_hour;    /* that a token may get within an hour, and as many at known addresses */
	uint32_t challenges_address; /* that an address may ask for, for users that it is not known for */
	uint32_t password_memory;    /* KiB of Argon2id */
	uint32_t password_passes;
	uint32_t password_workers; /* threads that compute it */
	uint32_t password_queue;   /* requests that may wait for them */
	uint32_t password_min; /* characters of a new password */

	char issuer[CONFIG_TEXT_MAX]; /* iss of assertions [countersign] */
	uint32_t assertion_lifetime;  /* seconds */
	uint32_t signing_key_days;    /* that a key signs assertions before the next one does */

	char card_ca[PATH_MAX];	  /* PEM: who vouches for cards; empty: no sealed seed is taken */
	char login_ca[PATH_MAX];  /* PEM: CAs of users' certificates; empty: no login has one as a factor */
	char login_crl[PATH_MAX]; /* PEM: lists of all of them; empty: nothing is looked up */
	bool login_upn, login_email; /* a certificate is of the user that it names there [no] */

	bool dual_control;	    /* what two administrators must do together, one cannot do alone [yes] */
	bool staff_certificates;    /* persons call with a client certificate only [no] */
	bool powers_apart;	    /* a person with several roles has the highest one alone [no] */
	uint32_t approval_lifetime; /* seconds from a proposal to its execution */
};

/* Every default, with state_directory's the one that configure was given. */
void config_defaults(struct config *out);

/* Parses text; name stands for the file in messages. On failure (CS_ERR_MALFORMED) error has a sentence. */
CS_MUST_CHECK enum cs_err config_parse(struct cs_view text, const char *name, struct config *out,
				       char error[CONFIG_ERROR_MAX]);

/* What differs between two configurations, key by key; restart: it is read when a process starts, and never again.
 */
typedef void config_change_fn(void *ctx, const char *key, bool restart);

/* Tells what differs, and puts what needs a restart back in next as it is in running. */
void config_settle(const struct config *running, struct config *next, config_change_fn *each, void *ctx);

/* Reads and parses the file. CS_ERR_NOT_FOUND, CS_ERR_IO, CS_ERR_MALFORMED, each with a sentence in error. */
CS_MUST_CHECK enum cs_err config_load(const char *path, struct config *out, char error[CONFIG_ERROR_MAX]);

#endif
