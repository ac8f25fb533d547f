/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What front and keeper say to each other over their socket pair (a stream). Front reads HTTP and JSON from
 * the network and turns each call into one small request of known fields; keeper, which never sees a byte
 * that front has not measured, decides, and answers with an HTTP status and a JSON text of its own making.
 *
 *   frame   := u32 length of what follows | u64 id | u16 code | content
 *   request :  code is an enum ipc_op; content is fields (u8 tag | u16 length | bytes), each tag once, as the
 *              op's row in the table of ipc.c says
 *   reply   :  the request's id; code is the HTTP status; content is the JSON text
 *
 * Integers are big-endian. A tag is one byte, so there is room for 255 fields. Replies may come in another
 * order than their requests. A malformed frame ends the connection: its reader exits, and the supervisor
 * hands out a new one (daemon/daemon.h).
 */
#ifndef COUNTERSIGN_DAEMON_IPC_H
#define COUNTERSIGN_DAEMON_IPC_H

#include "base/bytes.h"

#define IPC_HEADER_LEN	14u
#define IPC_REQUEST_MAX 32768u	 /* bytes of a request frame, header included */
#define IPC_REPLY_MAX	1048576u /* bytes of a reply frame, header included */

/* With the fields of each; who may ask, role.c says. */
enum ipc_op {
	IPC_OTP_VERIFY = 1, /* USER, CODE, [CLIENT] [TOKEN] [CHALLENGE [DATA]] */
	IPC_USER_ADD,	    /* USER */
	IPC_USER_LIST,	    /* [REALMS: one, or -] [NAME of a class] [AFTER] [LIMIT] */
	IPC_TOKEN_ENROL,    /* USER, TYPE, [SECRET] [HASH] [DIGITS] [PERIOD] [COUNTER] [LABEL] [SUITE]
			       [DESTINATION] [COUNT_OF] [VALID] [PIN [PIN_PLACE]]; or USER, SEALED, [LABEL] [VALID] [PIN [PIN_PLACE]] */
	IPC_TOKEN_LIST,	    /* [USER] [TYPE] [STATE] [SERIAL] [AFTER] [LIMIT] */
	IPC_TOKEN_DISABLE,  /* TOKEN */
	IPC_TOKEN_ENABLE,   /* TOKEN */
	IPC_TOKEN_RESYNC,   /* TOKEN, CODE, CODE2 */
	IPC_APP_ADD,	    /* NAME, [CALLS] [REALMS] [ADDRESSES] */
	IPC_APP_LIST,	    /* [AFTER] [LIMIT] */
	IPC_APP_REMOVE,	    /* NAME */
	IPC_AUDIT_LIST,	    /* [USER] [ACTION] [RESULT] [SINCE] [AFTER] [LIMIT] */
	IPC_REPORT_GET,	     /* DAY */
	IPC_CHECKPOINT_LIST, /* [AFTER] [LIMIT]: of the audit log */
	IPC_AUDIT_KEY,	     /* the key that signs them */
	IPC_HEALTH,	    /* anyone: answers 200 once the database answers */
	IPC_READY,	    /* [TYPE] detail, where reasons may be told; 200 where all that serving needs is there, else 503 */
	IPC_METRICS, /* anyone who reaches the port that serves it: keeper's part, as Prometheus text in BODY
		      */
	IPC_CHALLENGE_CREATE, /* USER, [CLIENT] [TOKEN] [TYPE] [DATA] */
	IPC_CHALLENGE_GET,    /* CHALLENGE */
	IPC_TOKEN_LOSE,	      /* TOKEN, [VALID] [COUNT_OF] */
	IPC_TOKEN_PIN,	      /* TOKEN, [PIN [PIN_PLACE]]; without PIN: none from now on */
	IPC_USER_PASSWORD,    /* USER, PASSWORD, [CHANGE] */
	IPC_USER_CLASS,	      /* USER, NAME of a class */
	IPC_CLASS_SET,	      /* NAME, FACTORS */
	IPC_CLASS_LIST,	      /* [AFTER] [LIMIT] */
	IPC_LOGIN, /* USER, [PASSWORD] [NEW_PASSWORD] [CODE] [CLIENT] [TOKEN] [CHALLENGE [DATA]]
		      [CHAIN NONCE ALGORITHM SIGNATURE] [TLS_CHAIN] */
	IPC_JWKS,  /* anyone */
	IPC_STAFF_ADD,	     /* NAME, ROLE, [APPROVAL] */
	IPC_STAFF_LIST,	     /* [AFTER] [LIMIT] */
	IPC_STAFF_DISABLE,   /* NAME */
	IPC_STAFF_ENABLE,    /* NAME, [APPROVAL] */
	IPC_STAFF_ROTATE,    /* NAME, [APPROVAL] */
	IPC_APP_ROTATE,	     /* NAME */
	IPC_APPROVAL_LIST,   /* [AFTER] [LIMIT] */
	IPC_APPROVAL_GRANT,  /* APPROVAL */
	IPC_APPROVAL_REFUSE, /* APPROVAL */
	IPC_LOCK_LIST,	/* [AFTER] [LIMIT] */
	IPC_LOCK_LIFT,	/* CLIENT, [NAME] of an application */
	IPC_IMPORT_OPEN,    /* DIGEST, LABEL, COUNT_OF, [USERS] */
	IPC_IMPORT_ROWS,    /* IMPORT, FIRST, ROWS */
	IPC_IMPORT_COMMIT,  /* IMPORT */
	IPC_IMPORT_DISCARD, /* IMPORT */
	IPC_IMPORT_LIST,    /* [AFTER] [LIMIT] */
	IPC_STOCK_LIST,	    /* [AFTER] [LIMIT] */
	IPC_TOKEN_ASSIGN,   /* TOKEN, in stock, USER */
	IPC_USER_EXPORT,    /* USER, [APPROVAL], [SEEDS] */
	IPC_APP_SCOPE,	     /* NAME, [CALLS] [REALMS] [ADDRESSES] */
	IPC_STAFF_CERTIFICATE, /* NAME, FINGERPRINT, [APPROVAL] */
	IPC_APP_CERTIFICATE,   /* NAME, FINGERPRINT */
	IPC_CERTIFICATE_ADD,   /* USER, FINGERPRINT, [LABEL] */
	IPC_CERTIFICATE_LIST,  /* [USER] [AFTER] [LIMIT] */
	IPC_CERTIFICATE_REMOVE, /* FINGERPRINT */
	IPC_USER_CERTIFICATES,	/* USER, CERTIFICATES */
	IPC_AUTH, /* NAME: of whoever the credential is */
	IPC_REALM_EXPORT,   /* REALMS: one of them, * or -; [APPROVAL] or [AFTER]; [SEEDS] */
	IPC_REKEY,	    /* [APPROVAL]: seal what lasts under another data key */
	IPC_DATA_KEY_LIST,  /* nothing */
	IPC_SIGNING_ROTATE, /* [APPROVAL]: sign assertions with another key at once */
	IPC_BREAK_GLASS_ISSUE, /* USER, [VALID] [APPROVAL] */
	IPC_BREAK_GLASS_LIST, /* [AFTER] [LIMIT] */
	IPC_BREAK_GLASS_REVOKE, /* TOKEN: the code's identifier */
	IPC_OUTBOX_LIST,  /* [AFTER] [LIMIT] */
	IPC_OUTBOX_RETRY, /* MESSAGE */
	IPC_ENROLMENT_KEY, /* nothing */
	IPC_ALIAS_ADD,	  /* USER, ALIAS */
	IPC_ALIAS_LIST,	  /* [USER] [AFTER] [LIMIT] */
	IPC_ALIAS_REMOVE, /* ALIAS */
	IPC_TOKEN_EXPIRE,  /* TOKEN, EXPIRES; 0: never */
	IPC_TOKEN_REPLACE, /* TOKEN, and what IPC_TOKEN_ENROL has but for USER; what is not there is as it was */
	IPC_TOKEN_DELETE,  /* TOKEN */
	IPC_USER_DISABLE, /* USER */
	IPC_USER_ENABLE,  /* USER */
	IPC_USER_DELETE,  /* USER */
	IPC_STOCK_DELETE, /* TOKEN, in stock */
	IPC_OP_COUNT
};

enum ipc_tag {
	IPC_TAG_NONE = 0,
	IPC_TAG_CREDENTIAL, /* text of the bearer credential or token, up to 768 bytes, absent for anyone's calls */
	IPC_TAG_ADDRESS,    /* text of the client's address, for audit and budget */
	IPC_TAG_USER,	    /* UTF-8, 1 to 128 bytes */
	IPC_TAG_CODE,	    /* text, 1 to 64 bytes */
	IPC_TAG_CODE2,
	IPC_TAG_TOKEN,	 /* text, 1 to 64 bytes: the token's identifier */
	IPC_TAG_TYPE,	 /* text: a type of decide.h */
	IPC_TAG_SECRET,	 /* 16 to 64 bytes: the seed; absent: keeper makes one and tells it once */
	IPC_TAG_HASH,	 /* text: SHA1, SHA256, SHA512 */
	IPC_TAG_DIGITS,	 /* u8: 6 to 8 */
	IPC_TAG_PERIOD,	 /* u32: seconds, 10 to 300 */
	IPC_TAG_COUNTER, /* u64 */
	IPC_TAG_LABEL,	 /* UTF-8, up to 128 bytes */
	IPC_TAG_NAME,	 /* UTF-8, 1 to 64 bytes: of an application */
	IPC_TAG_AFTER,	 /* text, up to 128 bytes: the last key of the page before */
	IPC_TAG_LIMIT,	 /* u32: 1 to 1000 rows, default 100 */
	IPC_TAG_CLIENT,	     /* text of an IP or MAC address: whoever typed the code, as the application has it */
	IPC_TAG_CHALLENGE,   /* text, 1 to 64 bytes: the challenge's identifier */
	IPC_TAG_DATA,	     /* UTF-8, 1 to 512 bytes: of the transaction that is to be approved */
	IPC_TAG_SUITE,	     /* text, 1 to 64 bytes: an OCRA suite */
	IPC_TAG_DESTINATION, /* text, 3 to 254 bytes: where codes are sent */
	IPC_TAG_COUNT_OF,    /* u32: lines, cells, codes, or uses of a password */
	IPC_TAG_VALID,	     /* u32: seconds that the token lives */
	IPC_TAG_PIN,	     /* UTF-8, 4 to 16 bytes */
	IPC_TAG_PIN_PLACE,   /* text: before, behind */
	IPC_TAG_PASSWORD, /* UTF-8, 1 to 128 bytes */
	IPC_TAG_NEW_PASSWORD,
	IPC_TAG_CHANGE,	 /* text: first, never */
	IPC_TAG_FACTORS, /* text: of keeper_login.h */
	IPC_TAG_CERTIFICATES, /* text: bound, named */
	IPC_TAG_ROLE,	  /* text: a name of role.h */
	IPC_TAG_APPROVAL, /* text, 1 to 64 bytes: a proposal's identifier (keeper_approval.h) */
	IPC_TAG_DIGEST,	 /* text: SHA-256 of a file, 64 hexadecimal digits */
	IPC_TAG_USERS,	 /* text: known, make, none */
	IPC_TAG_IMPORT,	 /* text, 1 to 64 bytes: the import's identifier */
	IPC_TAG_FIRST,	 /* u32: rows that have come before these */
	IPC_TAG_ROWS,	 /* rows (ipc_row_next), 1 to IPC_ROWS_MAX of them */
	IPC_TAG_SERIAL,	 /* UTF-8, up to 64 bytes */
	IPC_TAG_POSITION, /* u64: the first counter or time step that is still good */
	IPC_TAG_EXPIRES, /* u64: Unix seconds */
	IPC_TAG_CALLS,	  /* text, up to 63 bytes: words of scope.h, as the two after it */
	IPC_TAG_REALMS,	  /* UTF-8, up to 512 bytes */
	IPC_TAG_ADDRESSES, /* text, up to 1024 bytes */
	IPC_TAG_CERTIFICATE, /* 32 bytes: the SHA-256 of the key of the client's certificate, which front has checked */
	IPC_TAG_FINGERPRINT, /* text: the same in hexadecimal digits, or none */
	IPC_TAG_IDEMPOTENCY, /* text, 1 to 128 bytes: the caller's name for this request (keeper_idempotency.h) */
	IPC_TAG_DAY, /* text: 2027-01-15 */
	IPC_TAG_MESSAGE, /* text, 1 to 64 bytes: of the outbox, its identifier */
	IPC_TAG_CHAIN,	   /* certificates in DER, one behind the other, the user's first */
	IPC_TAG_NONCE,	   /* text: as keeper gave it (keeper_proof.h) */
	IPC_TAG_ALGORITHM, /* text: of the signature, as login_trust.h has it */
	IPC_TAG_SIGNATURE, /* over the text of base/login_text.h */
	IPC_TAG_TLS_CHAIN, /* as CHAIN, of the connection, whose key front has seen used */
	IPC_TAG_SEALED, /* a seed that a card has made and sealed (base/sealed_seed.h) */
	IPC_TAG_STATE,	   /* text: active, disabled */
	IPC_TAG_ACTION,	   /* text: of an audit entry, as the two below */
	IPC_TAG_RESULT,
	IPC_TAG_SINCE, /* u64: Unix seconds */
	IPC_TAG_SEEDS,	   /* text: withheld */
	IPC_TAG_ALIAS,	   /* UTF-8, 1 to 128 bytes: another name of a user */
	IPC_TAG_BARRED, /* text: credential, certificate: what front refuses the call for, which is for the audit log alone */
	IPC_TAG_COUNT
};

#define IPC_ROWS_MAX 100u /* rows of one request */
#define IPC_ROWS_BYTES 30000u /* that they have at most */
#define IPC_BODY_MAX (IPC_REPLY_MAX - IPC_HEADER_LEN)

/* One row of the table: the fields that an operation takes, as lists that end with IPC_TAG_NONE. Not in them,
 * as the same holds for all: every operation that is not for anyone (role.h) requires CREDENTIAL or CERTIFICATE, and the
 * others refuse them, and IDEMPOTENCY and BARRED; ADDRESS is optional. With BARRED comes ADDRESS, and CREDENTIAL, and nothing
 * else. */
struct ipc_rule {
	const char *name; /* for logs, audit and metrics: "otp_verify" */
	const uint8_t *required, *optional;
};

/* The row of op; NULL where there is no such operation. */
const struct ipc_rule *ipc_rule(unsigned op);

/* What an operation with this row makes of a field. */
enum ipc_want { IPC_REFUSED = 0, IPC_OPTIONAL, IPC_REQUIRED };
enum ipc_want ipc_rule_wants(const struct ipc_rule *rule, unsigned tag);

#define IPC_REPLY_ROOM 8192u /* bytes that no other reply exceeds */
/* Bytes that the reply to an operation with a row may need: IPC_REPLY_MAX for what is told by the page, or whole, else
 * IPC_REPLY_ROOM. */
size_t ipc_reply_room(enum ipc_op op);

/* "USER"; NULL for a tag that no request has. */
const char *ipc_tag_name(unsigned tag);

/* Bytes that a field may have; false for a tag that no request has. An integer has exactly its size. */
bool ipc_field_limits(unsigned tag, size_t *min, size_t *max);

/* A request. An absent field has ptr NULL. The views borrow: from the caller when built, from the frame when
 * parsed. */
struct ipc_request {
	uint64_t id;
	enum ipc_op op;
	struct cs_view field[IPC_TAG_COUNT]; /* by tag; that of IPC_TAG_NONE is never there */
};

struct ipc_reply {
	uint64_t id;
	uint16_t status;
	struct cs_view body; /* borrowed */
};

static inline struct cs_view ipc_field(const struct ipc_request *request, enum ipc_tag tag)
{
	return request->field[tag];
}

static inline bool ipc_has(const struct ipc_request *request, enum ipc_tag tag)
{
	return request->field[tag].ptr != NULL;
}

/* An integer field of 1, 4 or 8 bytes; fallback where it is absent. */
uint64_t ipc_field_number(const struct ipc_request *request, enum ipc_tag tag, uint64_t fallback);

/* Looks for a whole frame at the start of what a stream has yielded so far. CS_OK: frame is it (borrowed),
 * take frame.len bytes off; CS_ERR_BUSY: read on; CS_ERR_MALFORMED: not a frame, or over max bytes: close the
 * stream. */
CS_MUST_CHECK enum cs_err ipc_frame_next(struct cs_view received, size_t max, struct cs_view *frame);

/* Writes one frame. CS_ERR_ARG where the fields are not what the operation's row takes (nothing sensible was
 * written: drop the writer's buffer); CS_ERR_LENGTH where one has a length that its tag does not;
 * CS_ERR_NO_SPACE. */
CS_MUST_CHECK enum cs_err ipc_request_build(const struct ipc_request *request, struct cs_writer *w);

/* Parses one whole frame. CS_ERR_MALFORMED where it is not exactly as the table says. out borrows from frame.
 */
CS_MUST_CHECK enum cs_err ipc_request_parse(struct cs_view frame, struct ipc_request *out);

/* The next of the rows in a ROWS field: each is u16 length | fields, as those of a request, and is a request for its
 * fields' sake alone: op and id are 0. It takes TYPE, SECRET, [SERIAL] [USER] [HASH] [DIGITS] [PERIOD] [POSITION]
 * [LABEL] [SUITE] [EXPIRES]. CS_ERR_MALFORMED. */
CS_MUST_CHECK enum cs_err ipc_row_next(struct cs_reader *rows, struct ipc_request *row);

CS_MUST_CHECK enum cs_err ipc_reply_build(const struct ipc_reply *reply, struct cs_writer *w);
CS_MUST_CHECK enum cs_err ipc_reply_parse(struct cs_view frame, struct ipc_reply *out);

#endif
