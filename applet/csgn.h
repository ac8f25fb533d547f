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
/* Version, serial number, profile, label, holder, expiry: what INFO and INVENTORY share. */
CS_MUST_CHECK enum cs_err csgn_write_identity(struct card *card, struct cs_writer *out);

/* csgn_inventory.c, attribute.c */
app_handler csgn_inventory;
app_handler csgn_set_attributes;

/* secret_key.c, secret_use.c */
app_handler csgn_secret_create;
app_handler csgn_secret_delete;
app_handler csgn_secret_use;

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
	    {CSGN_CLA, CSGN_INS_TERMINATE, 0xDE, 0xAD, 0, 0, 0, APP_WHEN_LOCKED, 0, csgn_terminate},          \
	    {CSGN_CLA, CSGN_INS_INVENTORY, 0, 0, 0, 32, 0, CSGN_ALWAYS, 0, csgn_inventory},                   \
	    {CSGN_CLA, CSGN_INS_SET_ATTRIBUTES, 0, 0, 5, APP_DATA_MAX,                                        \
	     SECURITY_PIN | SECURITY_SO | SECURITY_MANAGEMENT, 0, CS_SW_REFERENCE_NOT_FOUND,                  \
	     csgn_set_attributes},                                                                            \
	    {CSGN_CLA, CSGN_INS_SECRET_CREATE, APP_ANY, APP_ANY, 0, 640, SECURITY_MANAGEMENT, 0, 0,           \
	     csgn_secret_create},                                                                             \
	    {CSGN_CLA, CSGN_INS_SECRET_DELETE, 0, APP_ANY, 0, 0, SECURITY_MANAGEMENT, 0,                      \
	     CS_SW_REFERENCE_NOT_FOUND, csgn_secret_delete},                                                  \
	{                                                                                                    \
		CSGN_CLA, CSGN_INS_SECRET_USE, APP_ANY, APP_ANY, 2, APP_DATA_MAX, 0, 0,                       \
		    CS_SW_REFERENCE_NOT_FOUND, csgn_secret_use                                                \
	}

#endif
