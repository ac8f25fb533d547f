/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The handlers of the Countersign application (docs/PROTOCOL, section 6), and the rows that PIV's table has too. Contract:
 * app_handler.
 */
#ifndef COUNTERSIGN_APPLET_CSGN_H
#define COUNTERSIGN_APPLET_CSGN_H

#include "applet/app.h"

/* csgn_info.c */
app_handler csgn_info;
app_handler csgn_contents;

/* csgn_issue.c */
app_handler csgn_initialize;
app_handler csgn_set_label;
app_handler csgn_reset;
app_handler csgn_personalise;
app_handler csgn_lock;
app_handler csgn_unlock;
app_handler csgn_terminate;

#define CSGN_ALWAYS (APP_KEEPS_FRESH | APP_WHEN_LOCKED | APP_WHEN_TERMINATED)

/* Answered while PIV is selected as well. A host learns so whose card this is without a SELECT, which would end the
 * security state that another program may rely on; and who has authenticated 9B may lock the card, unlock or end it. */
#define CSGN_SHARED_ROWS                                                                                     \
	{CSGN_CLA, CSGN_INS_INFO, 0, 0, 0, 0, 0, CSGN_ALWAYS, 0, csgn_info},                                  \
	    {CSGN_CLA, CSGN_INS_CONTENTS, 0, 0, 0, 0, 0, CSGN_ALWAYS, 0, csgn_contents},                      \
	    {CSGN_CLA, CSGN_INS_LOCK, 0, 0, 0, 0, 0, 0, 0, csgn_lock},                                        \
	    {CSGN_CLA, CSGN_INS_UNLOCK, 0, 0, 0, 0, 0, APP_WHEN_LOCKED, 0, csgn_unlock},                      \
	{                                                                                                    \
		CSGN_CLA, CSGN_INS_TERMINATE, 0xDE, 0xAD, 0, 0, 0, APP_WHEN_LOCKED, 0, csgn_terminate         \
	}

#endif
