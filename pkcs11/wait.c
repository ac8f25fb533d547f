/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Waiting for a card to come or go. No lock is held while waiting; C_Finalize ends it.
 */
#include "pkcs11/wait.h"

#include "pkcs11/call.h"

CK_RV wait_for_slot_event(CK_FLAGS flags, CK_SLOT_ID_PTR slot)
{
	CK_RV rv;

	do {
		struct call c = call_module();

		rv = c.rv == CKR_OK ? slots_event(slot) : c.rv;
		if (rv != CKR_NO_EVENT || (flags & CKF_DONT_BLOCK) != 0)
			return call_end(&c, rv);
		slots_wait_enter();
		(void)call_end(&c, rv);
		rv = slots_wait_change();
	} while (rv == CKR_OK);
	return rv;
}
