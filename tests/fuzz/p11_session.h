/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One session of the module on the card that is there, for fuzz_p11_card.c.
 */
#ifndef COUNTERSIGN_TESTS_FUZZ_P11_SESSION_H
#define COUNTERSIGN_TESTS_FUZZ_P11_SESSION_H

#include <stdint.h>

#include "pkcs11/pkcs11.h"

#define P11_SESSION_STEPS 0xFFFFFFu   /* all of them but these: */
#define P11_SESSION_OATH  0x08000000u /* what the password of the OATH application opens */
#define P11_SESSION_PAD	  0x10000000u /* PINs that are typed on the reader */
#define P11_SESSION_PARTS 0x20000000u /* p11_session_parts.h */
#define P11_SESSION_MESSAGES 0x40000000u
#define P11_SESSION_SLOTS 0x80000000u /* slots are listed, and a session follows another */

/* From C_Initialize to C_Finalize, with the steps whose bits are set. Aborts where the module blames the host for what a card said. */
void p11_session_run(uint32_t steps);

/* Nothing that a card says is the host's fault: aborts where the answer says so, else returns it. */
CK_RV p11_session_checked(CK_RV rv);

#endif
