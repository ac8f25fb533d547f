/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Another program.
 */
#include "tests/unit/pkcs11_other.h"

#include "base/piv.h"

void other_logs_in(void)
{
	OTHER(0x00, 0xA4, 0x04, 0x00, 0x05, 0xA0, 0x00, 0x00, 0x03, 0x08);
	OTHER(0x00, 0x20, 0x00, 0x80, 0x08, '4', '8', '2', '9', '1', '3', 0xFF, 0xFF);
}

void other_generates(uint8_t slot)
{
	OTHER(0x00, 0x47, 0x00, slot, 0x05, 0xAC, 0x03, 0x80, 0x01, PIV_ALG_P256);
}

void other_labels_secret(uint8_t number)
{
	OTHER(0x80, 0x11, 0x00, 0x00, 0x08, 0x92, 0x01, number, 0xA1, 0x03, 0x80, 0x01, 'o');
}

void other_deletes(uint8_t slot)
{
	OTHER(0x00, PIV_INS_MOVE_KEY, 0xFF, slot);
}

void other_writes_data(uint8_t number, char value)
{
	OTHER(0x00, 0xDB, 0x3F, 0xFF, 0x0C, 0x5C, 0x03, 0x5F, 0xFF, number, 0x53, 0x05, 0x83, 0x03, 'a', 'b',
	      (uint8_t)value);
}

void look(void)
{
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_BBOOL yes = CK_TRUE;
	CK_BYTE value[] = {'m'};
	CK_ATTRIBUTE a[] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_TOKEN, &yes, 1}, {CKA_VALUE, value, 1}};
	CK_OBJECT_HANDLE object;

	assert_int_equal(C_CreateObject(session, a, 3, &object), CKR_OK);
	assert_int_equal(C_DestroyObject(session, object), CKR_OK);
}

CK_OBJECT_HANDLE the_only(CK_OBJECT_CLASS class)
{
	CK_OBJECT_HANDLE found[32];

	assert_int_equal(find_class(class, found), 1);
	return found[0];
}

int token_setup_plain(void **state)
{
	(void)state;
	return p11_foreign_make(&transport_card, &session) &&
		       p11_login(session, CKU_SO, P11_MANAGEMENT_KEY) == CKR_OK
		   ? 0
		   : -1;
}
