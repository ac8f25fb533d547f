/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A program beside the module, over PC/SC as it is.
 */
#include "tests/integration/p11_raw.h"

#include <string.h>

#include <winscard.h>

#define NAMES_MAX    4096u
#define RESPONSE_MAX 258u

static SCARDCONTEXT context;
static SCARDHANDLE card;

static unsigned long code(LONG rv)
{
	return (unsigned long)rv & 0xFFFFFFFFul;
}

unsigned long raw_connect(void)
{
	char names[NAMES_MAX];
	DWORD len = sizeof(names), protocol;
	LONG rv = SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context);

	if (rv == SCARD_S_SUCCESS)
		rv = SCardListReaders(context, NULL, names, &len);
	if (rv != SCARD_S_SUCCESS)
		return code(rv);
	rv = SCARD_E_NO_SMARTCARD;
	for (const char *name = names; *name != '\0' && rv != SCARD_S_SUCCESS; name += strlen(name) + 1)
		rv = SCardConnect(context, name, SCARD_SHARE_SHARED, SCARD_PROTOCOL_T1, &card, &protocol);
	return code(rv);
}

unsigned long raw_state(void)
{
	DWORD protocol;
	LONG rv = SCardBeginTransaction(card);

	if (rv == SCARD_S_SUCCESS)
		(void)SCardEndTransaction(card, SCARD_LEAVE_CARD);
	else
		(void)SCardReconnect(card, SCARD_SHARE_SHARED, SCARD_PROTOCOL_T1, SCARD_LEAVE_CARD,
				     &protocol);
	return code(rv);
}

static unsigned long transmit(const unsigned char *command, size_t len)
{
	unsigned char response[RESPONSE_MAX];
	DWORD got = sizeof(response);
	LONG rv = SCardTransmit(card, SCARD_PCI_T1, command, len, NULL, response, &got);

	if (rv != SCARD_S_SUCCESS || got < 2)
		return code(rv);
	return (unsigned long)response[got - 2] << 8 | response[got - 1];
}

unsigned long raw_select(void)
{
	static const unsigned char select[] = {0x00, 0xA4, 0x04, 0x00, 0x05, 0xA0, 0x00, 0x00, 0x03, 0x08};

	return transmit(select, sizeof(select));
}

unsigned long raw_write(void)
{
	static const unsigned char put[] = {0x00, 0xDB, 0x3F, 0xFF, 0x07, 0x5C,
					    0x03, 0x5F, 0xC1, 0x05, 0x53, 0x00};

	return transmit(put, sizeof(put));
}

unsigned long raw_verify(const char *pin)
{
	unsigned char verify[13] = {0x00, 0x20, 0x00, 0x80, 0x08};
	size_t len = strlen(pin);

	memset(verify + 5, 0xFF, 8);
	memcpy(verify + 5, pin, len < 8 ? len : 8);
	return transmit(verify, sizeof(verify));
}

unsigned long raw_verified(void)
{
	static const unsigned char question[] = {0x00, 0x20, 0x00, 0x80};

	return transmit(question, sizeof(question));
}
