/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The configuration file of the module, countersign-pkcs11.conf(5): lines of `option = value`, blank lines, and
 * lines that begin with # and are comments. It is read at each C_Initialize: the system's file first, then the
 * user's, whose settings take the place of the system's; or the file alone that COUNTERSIGN_PKCS11_CONF names
 * (none at all where it is empty). A program with more rights than its user (set-user-ID) reads the system's only.
 *
 * The module is in someone else's process, which a slip in a file must not stop: a line that is wrong is told to
 * the system log, once in a process, with file, line and what is allowed; its setting stays as it was, and the
 * rest of the file counts.
 */
#ifndef COUNTERSIGN_PKCS11_SETTINGS_H
#define COUNTERSIGN_PKCS11_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "cardclient/transport.h"
#include "pkcs11/pkcs11.h"

#define SETTINGS_FILE_MAX	    65536u /* bytes */
#define SETTINGS_TEXT_MAX	    1024u  /* bytes of a value with its NUL */
#define SETTINGS_PATTERNS_MAX 16u	   /* lines of one of the pattern options in one file */
#define SETTINGS_PROBLEMS_MAX 8u	   /* told of one file */

struct settings_patterns {
	size_t count;
	char text[SETTINGS_PATTERNS_MAX][CC_READER_NAME_MAX];
};

struct settings {
	bool cache;	     /* `cache`: certificates of a card are kept on disk; [on] */
	bool pin_reuse;	     /* `pin_reuse`: a login counts for keys that want the PIN each time; [off] */
	uint32_t hidden;     /* `hide_keys`: for settings_hides; [none] */
	char transport[SETTINGS_TEXT_MAX]; /* `transport`: as COUNTERSIGN_TRANSPORT, which goes first; [""] */
	char trace[SETTINGS_TEXT_MAX];	 /* `trace`: as COUNTERSIGN_TRACE, which goes first; [""] */
	struct settings_patterns allow;	 /* `reader_allow`: if any, others are not used */
	struct settings_patterns deny;	 /* `reader_deny`: not used, allowed or not */
};

/* A problem in words, NUL-terminated, printable: "FILE:LINE: ...". */
typedef void settings_report(void *ctx, const char *problem);

void settings_defaults(struct settings *out);

/* Reads text into *out, over what is there; file stands for it in problems. */
void settings_parse(struct cs_view text, const char *file, struct settings *out, settings_report *report, void *ctx);

/* Reads the file likewise, if there is one. One that cannot be read, is no file, is too long, or that everybody may
 * write, is reported and left alone. */
void settings_read(const char *path, struct settings *out, settings_report *report, void *ctx);

/* C_Initialize: no other call is under way. */
void settings_load(void);
/* What holds from one settings_load to the next. */
const struct settings *settings_now(void);

/* Whether keys of this type are not to be shown. */
bool settings_hides(const struct settings *settings, CK_KEY_TYPE type);
/* Whether this reader may be a slot. */
bool settings_takes_reader(const struct settings *settings, const char *name);

#endif
