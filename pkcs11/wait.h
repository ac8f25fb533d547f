/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C_WaitForSlotEvent.
 */
#ifndef COUNTERSIGN_PKCS11_WAIT_H
#define COUNTERSIGN_PKCS11_WAIT_H

#include "pkcs11/pkcs11.h"

CK_RV wait_for_slot_event(CK_FLAGS flags, CK_SLOT_ID_PTR slot);

#endif
