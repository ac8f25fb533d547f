/* SPDX-License-Identifier: BSD-2-Clause
 *
 * PINs on the wire: padding, and what the answers mean.
 */
#include "cardclient/pin.h"

#include <string.h>

#include "base/secret.h"

enum cs_err cc_piv_pad_pin(struct cs_view pin, uint8_t padded[PIV_PIN_LEN])
{
	if (pin.len == 0 || pin.len > PIV_PIN_LEN)
		return CS_ERR_ARG;
	memset(padded, PIV_PIN_PAD, PIV_PIN_LEN);
	memcpy(padded, pin.ptr, pin.len);
	return CS_OK;
}

enum cs_err cc_pin_command(struct cc_card *card, uint8_t ins, uint8_t ref, const struct cs_view *pins,
			   size_t count, unsigned *tries)
{
	uint8_t data[2 * PIV_PIN_LEN];
	uint16_t sw = 0;
	enum cs_err err = CS_OK;

	for (size_t i = 0; i < count && !err; i++)
		err = cc_piv_pad_pin(pins[i], data + i * PIV_PIN_LEN);
	struct cs_apdu cmd = {.ins = ins, .p2 = ref, .data = cs_view(data, count * PIV_PIN_LEN)};
	if (!err)
		err = cc_transmit(card, &cmd, NULL, &sw);
	if (!err)
		err = cc_sw_error(sw);
	cs_wipe(data, sizeof data);
	if (tries != NULL && err == CS_ERR_WRONG)
		*tries = sw & 0x0Fu;
	else if (tries != NULL && err == CS_ERR_BLOCKED)
		*tries = 0;
	return err;
}
