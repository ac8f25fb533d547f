/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A token on the board that QEMU plays (MPS2 with a Cortex-M4): the card core, the CCID core on its first
 * serial port, and the BearSSL crypto port. Flash is memory, and random numbers come from the computer that
 * runs QEMU, by semihosting, because the board has neither; all else is as it would be in a token. Says how
 * deep the stack has been whenever it is deeper than before.
 */
#include <stdio.h>
#include <stdlib.h>

#include "applet/card_private.h"
#include "applet/port/ccid.h"
#include "applet/port/ccid_serial.h"
#include "applet/port/crypto_bearssl.h"
#include "applet/port/flash_ram.h"
#include "tests/cortex-m/board.h"

#define TICK_MS	      10u
#define EXTENSION_MS  1000u
#define SERIAL_NUMBER 0x4D435531u

/* CMSDK APB UART, the first of the board. */
struct uart {
	volatile uint32_t data, state, control, interrupt, divider;
};
#define UART		 ((struct uart *)0x40004000u)
#define UART_SEND_FULL	 1u
#define UART_RECEIVED	 2u
#define UART_SEND_ENABLE 1u
#define UART_RECV_ENABLE 2u

/* The processor's own timer. */
struct systick {
	volatile uint32_t control, reload, value;
};
#define SYSTICK	       ((struct systick *)0xE000E010u)
#define SYSTICK_CYCLES (25000u * TICK_MS) /* at 25 MHz */

/* Everything the token has in RAM, beside its flash and its stack. */
static struct {
	struct card card;
	struct crypto_bearssl bear;
	struct crypto crypto;
	struct platform platform;
	struct ccid ccid;
	struct ccid_serial line;
	uint8_t message[CCID_MESSAGE_MAX], frame[CCID_SERIAL_FRAME_MAX], waiting[32];
	uint8_t response[CARD_RESPONSE_MAX];
	size_t frame_len; /* of the last one sent, to repeat */
	volatile uint32_t now_ms, since_ms;
	volatile bool working;
} token;

static FILE *noise;

/* ---- the board ---- */

static void uart_send(struct cs_view bytes)
{
	for (size_t i = 0; i < bytes.len; i++) {
		while (UART->state & UART_SEND_FULL)
			;
		UART->data = bytes.ptr[i];
	}
}

static void timer_start(void)
{
	SYSTICK->reload = SYSTICK_CYCLES - 1;
	SYSTICK->value = 0;
	SYSTICK->control = 7; /* on, with its interrupt, at the processor's clock */
}

static uint64_t monotonic_ms(void *ctx)
{
	(void)ctx;
	return token.now_ms;
}

static enum cs_err entropy(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	return fread(out, 1, len, noise) == len ? CS_OK : CS_ERR_CRYPTO;
}

/* While the card works, main sends nothing: the host is asked for time from here. */
void board_tick(void)
{
	struct cs_writer message = CS_WRITER_OF(token.waiting);
	uint8_t frame[sizeof(token.waiting) + CCID_SERIAL_OVERHEAD];
	struct cs_writer out = CS_WRITER_OF(frame);

	token.now_ms += TICK_MS;
	if (!token.working || token.now_ms - token.since_ms < EXTENSION_MS)
		return;
	token.since_ms = token.now_ms;
	if (ccid_tick(&token.ccid, &message) == CCID_SEND) {
		ccid_serial_write(&out, cs_writer_view(&message));
		uart_send(cs_writer_view(&out));
	}
}

/* ---- the token ---- */

static void send(struct cs_view message)
{
	struct cs_writer out = CS_WRITER_OF(token.frame);

	ccid_serial_write(&out, message);
	token.frame_len = cs_writer_view(&out).len;
	uart_send(cs_writer_view(&out));
}

static void ask_again(void)
{
	uint8_t frame[CCID_SERIAL_OVERHEAD];
	struct cs_writer out = CS_WRITER_OF(frame);

	ccid_serial_write_repeat(&out);
	uart_send(cs_writer_view(&out));
}

static enum ccid_next execute(struct cs_writer *out)
{
	struct cs_writer response = CS_WRITER_OF(token.response);
	static size_t deepest;
	size_t used;

	token.since_ms = token.now_ms;
	token.working = true;
	stack_paint();
	card_transmit(&token.card, ccid_command(&token.ccid), &response);
	used = stack_used();
	token.working = false;
	if (used > deepest) {
		deepest = used;
		printf("# stack %u\n", (unsigned)used);
		(void)fflush(stdout);
	}
	return ccid_executed(&token.ccid, cs_writer_view(&response), out);
}

/* The answer that was sent last, whole or not. */
static void repeat(void)
{
	if (token.frame_len > 0)
		uart_send(cs_view(token.frame, token.frame_len));
	else
		ask_again();
}

static void message_handle(void)
{
	struct cs_writer out = CS_WRITER_OF(token.message);
	enum ccid_next next;

	if (ccid_serial_is_again(&token.line)) {
		repeat();
		return;
	}
	next = ccid_receive(&token.ccid, ccid_serial_message(&token.line), true, &out);
	while (next != CCID_IDLE && next != CCID_SEND) {
		if (next == CCID_EXECUTE) {
			next = execute(&out);
		} else {
			card_reset(&token.card);
			next = ccid_powered(&token.ccid, next == CCID_POWER_ON ? card_atr() : CS_VIEW_EMPTY,
					    &out);
		}
	}
	if (next == CCID_SEND)
		send(cs_writer_view(&out));
}

static void byte_handle(uint8_t byte)
{
	switch (ccid_serial_take(&token.line, byte, token.now_ms)) {
	case CCID_SERIAL_NOTHING:
		break;
	case CCID_SERIAL_MESSAGE:
		message_handle();
		break;
	case CCID_SERIAL_BROKEN:
		ask_again();
		break;
	case CCID_SERIAL_REPEAT:
		repeat();
		break;
	}
}

static bool token_open(void)
{
	struct flash_ram *ram = flash_ram_new(4096, 64, 8);
	static struct card_ports ports;

	noise = fopen("/dev/urandom", "rb");
	if (ram == NULL || noise == NULL)
		return false;
	token.platform = (struct platform){.monotonic_ms = monotonic_ms, .serial = SERIAL_NUMBER};
	if (entropy(NULL, token.platform.device_key, DEVICE_KEY_LEN) != CS_OK ||
	    crypto_bearssl_init(&token.bear, entropy, NULL, &token.crypto) != CS_OK)
		return false;
	ports = (struct card_ports){&token.platform, &token.crypto, flash_ram_flash(ram)};
	return card_open(&token.card, &ports, CSGN_PROFILE_COUNTERSIGN) == CS_OK;
}

int main(void)
{
	timer_start();
	stack_paint();
	if (!token_open()) {
		printf("Bail out! the card does not open\n");
		return 1;
	}
	printf("# open, stack %u\n# ram %u\n", (unsigned)stack_used(), (unsigned)sizeof(token));
	(void)fflush(stdout);
	ccid_init(&token.ccid);
	UART->divider = 16;
	UART->control = UART_SEND_ENABLE | UART_RECV_ENABLE;
	for (;;) {
		if (UART->state & UART_RECEIVED)
			byte_handle((uint8_t)UART->data);
	}
}
