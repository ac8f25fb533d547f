/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The one error enum of Countersign. It is translated exactly once at each border: to a status word in the applet,
 * to CK_RV in the module, to an HTTP status and a code in the daemon, to an exit status and a sentence in the CLI.
 */
#ifndef COUNTERSIGN_BASE_ERR_H
#define COUNTERSIGN_BASE_ERR_H

/* On every function that returns an enum cs_err (or any other result that must be looked at). */
#define CS_MUST_CHECK __attribute__((warn_unused_result))

enum cs_err {
	CS_OK = 0,
	CS_ERR_ARG,         /* the caller broke the contract of the function */
	CS_ERR_MALFORMED,   /* input from outside does not parse */
	CS_ERR_LENGTH,      /* input parses, but its length is not allowed here */
	CS_ERR_NO_SPACE,    /* the output buffer is too small */
	CS_ERR_FULL,        /* the store (flash, database) has no room left; nothing was changed */
	CS_ERR_NOT_FOUND,   /* no such object, record, reader, user */
	CS_ERR_EXISTS,      /* it is there already and may not be replaced */
	CS_ERR_DENIED,      /* security status not satisfied: log in first */
	CS_ERR_WRONG,       /* a PIN, password, code or signature was compared and is wrong */
	CS_ERR_BLOCKED,     /* no tries left for the PIN or token */
	CS_ERR_STATE,       /* conditions of use not satisfied (wrong order, wrong life-cycle state) */
	CS_ERR_UNSUPPORTED, /* a function, algorithm or parameter that this end does not have */
	CS_ERR_NO_READER,   /* the reader, or the service behind it, is not there */
	CS_ERR_NO_CARD,     /* the reader has no card in it */
	CS_ERR_REMOVED,     /* the card went away, or was reset, since the last command */
	CS_ERR_BUSY,        /* someone else holds it; trying again may help */
	CS_ERR_TIMEOUT,     /* nobody answered, or nobody touched the token, in time */
	CS_ERR_CANCELLED,   /* another thread or the user called it off */
	CS_ERR_CARD,        /* the card answered with a status word that has no better name here */
	CS_ERR_IO,          /* the operating system or the flash reported an error */
	CS_ERR_CORRUPT,     /* stored data fails its integrity check */
	CS_ERR_ROLLBACK,    /* stored data is whole, but older than what was stored last, or without its counter */
	CS_ERR_CRYPTO,      /* the cryptographic library reported an error */
	CS_ERR_MEMORY,      /* out of memory */
	CS_ERR_EXPIRED,     /* the PIN is right, but must be changed before it is of use */
	CS_ERR_COUNT        /* number of codes; never returned */
};

/* A short lower-case English phrase for err, e.g. "no tries left". Static storage, never NULL. */
const char *cs_err_text(enum cs_err err);

#endif
