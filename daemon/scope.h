/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What an application's credential is good for: which calls, users of which realms, from which addresses. Each is a list
 * of words parted by blanks, in the form that is stored; an empty list does not limit.
 */
#ifndef COUNTERSIGN_DAEMON_SCOPE_H
#define COUNTERSIGN_DAEMON_SCOPE_H

#include "base/bytes.h"

#define SCOPE_CALLS_SIZE     64u /* each with its NUL */
#define SCOPE_REALMS_SIZE    513u
#define SCOPE_ADDRESSES_SIZE 1025u

struct scope {
	char calls[SCOPE_CALLS_SIZE];	      /* verify, challenge, login */
	char realms[SCOPE_REALMS_SIZE];	      /* what stands behind the @ of a user's name; - for users without */
	char addresses[SCOPE_ADDRESSES_SIZE]; /* 192.0.2.1, 192.0.2.0/24, 2001:db8::/32, local */
};

/* Each takes a list as someone typed it, and yields it as it is stored: one blank between words, lower case, nothing
 * twice. CS_ERR_MALFORMED where a word is none of what it may be; wrong gets that word, cut to its size. CS_ERR_LENGTH
 * where there are too many. */
#define SCOPE_WORD_SIZE 48u
CS_MUST_CHECK enum cs_err scope_calls(struct cs_view text, struct scope *out, char wrong[SCOPE_WORD_SIZE]);
CS_MUST_CHECK enum cs_err scope_realms(struct cs_view text, struct scope *out, char wrong[SCOPE_WORD_SIZE]);
/* Addresses and networks, IPv4 and IPv6; the bits behind a network's prefix must be zero. local: the Unix socket. */
CS_MUST_CHECK enum cs_err scope_addresses(struct cs_view text, struct scope *out,
					  char wrong[SCOPE_WORD_SIZE]);

/* Whether an operation (daemon/ipc.h) is in it. What has no word of its own is. */
bool scope_has_call(const struct scope *scope, unsigned op);
/* user is a canonical name (name.h). */
bool scope_has_user(const struct scope *scope, const char *user);
/* address is numeric, or empty for a local program. An IPv4 address and its mapped form in IPv6 (::ffff:192.0.2.1) are
 * one; ::/0 is all of IPv6 and no IPv4. What does not parse is in no list. */
bool scope_has_address(const struct scope *scope, const char *address);

#endif
