/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The one place where PINs stay: a page that is locked into memory, left out of core dumps, and empty in a
 * forked child. A PIN is in it from C_Login to the end of the login, and is wiped then.
 */
#ifndef COUNTERSIGN_PKCS11_PIN_H
#define COUNTERSIGN_PKCS11_PIN_H

#include "base/bytes.h"

#define PIN_MAX 64u /* bytes: a management key in hexadecimal is the longest secret of C_Login */

#define PIN_OATH(slot) (SLOT_MAX + (slot))

/* CS_ERR_MEMORY. pin_page_close wipes; it may be called twice. */
CS_MUST_CHECK enum cs_err pin_page_open(void);
void pin_page_close(void);

/* index: one for each slot of the module (SLOT_MAX); PIN_OATH(slot): what is derived from the password of its OATH
 * application. CS_ERR_LENGTH above PIN_MAX or below 1. */
CS_MUST_CHECK enum cs_err pin_keep(size_t index, struct cs_view pin);
/* Borrowed until pin_forget; empty where none is kept. */
struct cs_view pin_kept(size_t index);
void pin_forget(size_t index);

#endif
