/* SPDX-License-Identifier: BSD-2-Clause
 *
 * PIN pads. Structures are those of PC/SC part 10, 2.5.2 and 2.5.3: packed, numbers in the host's own order.
 */
#include "cardclient/pinpad.h"

#include "base/piv.h"
#include "base/tlv.h"
#include "cardclient/private.h"

#define GET_FEATURE_REQUEST (0x42000000u + 3400u) /* SCARD_CTL_CODE(3400) of pcsc-lite */

enum feature { FEATURE_VERIFY_PIN_DIRECT = 0x06, FEATURE_MODIFY_PIN_DIRECT = 0x07 };

/* What the reader answers in place of the card. */
enum pad_sw { PAD_TIMEOUT = 0x6400, PAD_CANCELLED = 0x6401, PAD_DIFFERENT = 0x6402, PAD_LENGTH = 0x6403 };

#define FORMAT_ASCII_BYTES                                                                                   \
	0x82u /* characters are ASCII, positions counted in bytes, the PIN begins right after Lc */
#define BLOCK_LEN	 PIV_PIN_LEN
#define NO_LENGTH_FIELD	 0x00u
#define DIGITS		 (PIV_PIN_LEN_MIN << 8 | PIV_PIN_LEN) /* at least, at most */
#define CONFIRM_AND_OLD	 0x03u /* the new one is typed twice, the old one before it */
#define VALIDATION_KEY	 0x02u /* entry ends when its key is pressed */
#define LANGUAGE_ENGLISH 0x0409u
#define STRUCTURE_MAX	 64u

bool cc_pinpad_present(struct cc_card *card)
{
	uint8_t answer[256];
	struct cs_writer w = CS_WRITER_OF(answer);
	struct cs_tlv feature;

	if (card->pinpad.known)
		return card->pinpad.verify != 0;
	/* A card that was just taken out says nothing of its reader. */
	if (cc_card_reader_control(card, GET_FEATURE_REQUEST, CS_VIEW_EMPTY, &w) == CS_ERR_REMOVED)
		return false;
	card->pinpad.known = true;
	struct cs_reader r = cs_reader_of(cs_writer_view(&w));
	while (cs_tlv_read(&r, &feature)) {
		struct cs_reader code = cs_reader_of(feature.value);
		uint32_t number = cs_read_u32(&code);
		if (cs_reader_done(&code) != CS_OK)
			continue;
		if (feature.tag == FEATURE_VERIFY_PIN_DIRECT)
			card->pinpad.verify = number;
		else if (feature.tag == FEATURE_MODIFY_PIN_DIRECT)
			card->pinpad.modify = number;
	}
	return card->pinpad.verify != 0;
}

static void write_native(struct cs_writer *w, const void *number, size_t size)
{
	cs_write_view(w, cs_view(number, size));
}

static void write_u16(struct cs_writer *w, uint16_t number)
{
	write_native(w, &number, sizeof number);
}

/* The end of both structures: what it is to be shown, and the command with room for count PINs. */
static void write_command(struct cs_writer *w, unsigned messages, const struct cs_apdu *cmd, size_t count)
{
	uint32_t len = (uint32_t)(5 + count * PIV_PIN_LEN);

	cs_write_u8(w, VALIDATION_KEY);
	cs_write_u8(w, (uint8_t)messages);
	write_u16(w, LANGUAGE_ENGLISH);
	for (unsigned i = 0; i < messages; i++)
		cs_write_u8(w, (uint8_t)i);
	cs_write_fill(w, 0x00, 3); /* T=1 prologue */
	write_native(w, &len, sizeof len);
	cs_write_u8(w, cmd->cla);
	cs_write_u8(w, cmd->ins);
	cs_write_u8(w, cmd->p1);
	cs_write_u8(w, cmd->p2);
	cs_write_u8(w, (uint8_t)(count * PIV_PIN_LEN));
	cs_write_fill(w, PIV_PIN_PAD, count * PIV_PIN_LEN);
}

static void write_structure(struct cs_writer *w, const struct cs_apdu *cmd)
{
	bool change = cmd->ins == ISO_INS_CHANGE_REFERENCE_DATA;

	cs_write_u8(w, 0); /* the reader's own time-outs */
	cs_write_u8(w, 0);
	cs_write_u8(w, FORMAT_ASCII_BYTES);
	cs_write_u8(w, BLOCK_LEN);
	cs_write_u8(w, NO_LENGTH_FIELD);
	if (change) {
		cs_write_u8(w, 0);
		cs_write_u8(w, PIV_PIN_LEN);
	}
	write_u16(w, DIGITS);
	if (change)
		cs_write_u8(w, CONFIRM_AND_OLD);
	write_command(w, change ? 3 : 1, cmd, change ? 2 : 1);
}

static enum cs_err pad_error(uint16_t sw)
{
	switch (sw) {
	case PAD_TIMEOUT:
		return CS_ERR_TIMEOUT;
	case PAD_CANCELLED:
		return CS_ERR_CANCELLED;
	case PAD_DIFFERENT:
		return CS_ERR_ARG;
	case PAD_LENGTH:
		return CS_ERR_LENGTH;
	default:
		return cc_sw_error(sw);
	}
}

static enum cs_err control(struct cc_card *card, uint32_t code, struct cs_view structure,
			   struct cs_response *out)
{
	uint8_t answer[2];
	struct cs_writer w = CS_WRITER_OF(answer);
	enum cs_err err = cc_card_reader_control(card, code, structure, &w);

	return err ? err : cs_response_parse(cs_writer_view(&w), out);
}

static enum cs_err type_pin(struct cc_card *card, uint32_t code, struct cs_apdu *cmd, unsigned *tries)
{
	uint8_t structure[STRUCTURE_MAX];
	struct cs_writer w = CS_WRITER_OF(structure);
	struct cs_response response = {.sw = 0};
	struct timespec started;

	if (code == 0 || card->scp03 != NULL)
		return CS_ERR_UNSUPPORTED;
	if (card->channel_lost)
		return CS_ERR_STATE;
	cmd->cla = card->channel;
	write_structure(&w, cmd);
	enum cs_err err = cs_writer_done(&w);
	if (err)
		return err;
	clock_gettime(CLOCK_MONOTONIC, &started);
	err = control(card, code, cs_writer_view(&w), &response);
	card->apdus++;
	cc_card_trace(card, cmd, err, &response, &started);
	/* It knows the code, since it gave it: what became of the command nobody knows. */
	if (err)
		return err == CS_ERR_UNSUPPORTED ? CS_ERR_IO : err;
	card->sw = response.sw;
	err = pad_error(response.sw);
	if (tries != NULL && err == CS_ERR_WRONG)
		*tries = response.sw & 0x0Fu;
	else if (tries != NULL && err == CS_ERR_BLOCKED)
		*tries = 0;
	return err;
}

enum cs_err cc_pinpad_verify(struct cc_card *card, uint8_t ref, unsigned *tries)
{
	struct cs_apdu cmd = {.ins = ISO_INS_VERIFY, .p2 = ref};

	return type_pin(card, cc_pinpad_present(card) ? card->pinpad.verify : 0, &cmd, tries);
}

enum cs_err cc_pinpad_change(struct cc_card *card, uint8_t ref, unsigned *tries)
{
	struct cs_apdu cmd = {.ins = ISO_INS_CHANGE_REFERENCE_DATA, .p2 = ref};

	return type_pin(card, cc_pinpad_present(card) ? card->pinpad.modify : 0, &cmd, tries);
}
