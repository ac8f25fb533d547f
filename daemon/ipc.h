/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What front and keeper say to each other over their socket pair (a stream). Front reads HTTP and JSON from the network
 * and turns each call into one small request of known fields; keeper, which never sees a byte that front has not
 * measured, decides, and answers with an HTTP status and a JSON text of its own making.
 *
 *   frame   := u32 length of what follows | u64 id | u16 code | fields (BER-TLV, each tag once)
 *   request :  code is an enum ipc_op; fields as the op's row in the table of ipc.c says
 *   reply   :  the request's id; code is the HTTP status; field IPC_TAG_BODY
 *
 * Integers are big-endian. Replies may come in another order than their requests. A malformed frame ends the
 * connection: the supervisor restarts whoever sent it.
 */
#ifndef COUNTERSIGN_DAEMON_IPC_H
#define COUNTERSIGN_DAEMON_IPC_H

#include "base/bytes.h"

#define IPC_HEADER_LEN  14u
#define IPC_REQUEST_MAX 4096u    /* bytes of a request frame, header included */
#define IPC_REPLY_MAX   1048576u /* bytes of a reply frame, header included */

enum ipc_op {
	IPC_OTP_VERIFY = 1, /* application: USER, CODE */
	IPC_USER_ADD,       /* admin: USER */
	IPC_USER_LIST,      /* admin: [AFTER] [LIMIT] */
	IPC_TOKEN_ENROL,    /* admin: USER, TYPE, [SECRET] [HASH] [DIGITS] [PERIOD] [COUNTER] [LABEL] */
	IPC_TOKEN_LIST,     /* admin: [USER] [AFTER] [LIMIT] */
	IPC_TOKEN_DISABLE,  /* admin: TOKEN */
	IPC_TOKEN_ENABLE,   /* admin: TOKEN */
	IPC_TOKEN_RESYNC,   /* admin: TOKEN, CODE, CODE2 */
	IPC_APP_ADD,        /* admin: NAME */
	IPC_APP_LIST,       /* admin: [AFTER] [LIMIT] */
	IPC_APP_REMOVE,     /* admin: NAME */
	IPC_AUDIT_LIST,     /* admin: [AFTER] [LIMIT] */
	IPC_HEALTH,         /* anyone: answers 200 once the database answers */
	IPC_METRICS,        /* anyone who reaches the port that serves it: keeper's part, as Prometheus text in BODY */
	IPC_OP_COUNT
};

enum ipc_tag {
	IPC_TAG_CREDENTIAL = 0x80, /* text of the bearer credential, absent for anyone's calls */
	IPC_TAG_ADDRESS = 0x81,    /* text of the client's address, for audit and budget */
	IPC_TAG_USER = 0x82,       /* UTF-8, 1 to 128 bytes */
	IPC_TAG_CODE = 0x83,       /* text, 1 to 64 bytes */
	IPC_TAG_CODE2 = 0x84,
	IPC_TAG_TOKEN = 0x85,   /* text, 1 to 64 bytes: the token's identifier */
	IPC_TAG_TYPE = 0x86,    /* text: hotp, totp */
	IPC_TAG_SECRET = 0x87,  /* 16 to 64 bytes: the seed; absent: keeper makes one and tells it once */
	IPC_TAG_HASH = 0x88,    /* text: SHA1, SHA256, SHA512 */
	IPC_TAG_DIGITS = 0x89,  /* u8: 6 to 8 */
	IPC_TAG_PERIOD = 0x8A,  /* u32: seconds, 10 to 300 */
	IPC_TAG_COUNTER = 0x8B, /* u64 */
	IPC_TAG_LABEL = 0x8C,   /* UTF-8, up to 128 bytes */
	IPC_TAG_NAME = 0x8D,    /* UTF-8, 1 to 64 bytes: of an application */
	IPC_TAG_AFTER = 0x8E,   /* text, up to 128 bytes: the last key of the page before */
	IPC_TAG_LIMIT = 0x8F,   /* u32: 1 to 1000 rows, default 100 */
	IPC_TAG_BODY = 0x90,
};

#endif
