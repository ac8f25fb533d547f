/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Card and model in lockstep.
 */
#include "tests/oracle/lockstep.h"

#include <stdio.h>
#include <string.h>

#include "applet/port/crypto_openssl.h"

static struct crypto crypto;
static struct lockstep *now_running; /* whose flash, clock and finger the card meets */
static char why[512];

const char *lockstep_why(void)
{
	return why;
}

/* ---- what the card stands on ---- */

static enum cs_err flash_read(void *ctx, uint32_t page, uint32_t offset, void *out, size_t len)
{
	(void)ctx;
	memcpy(out, now_running->flash + page * LOCKSTEP_PAGE + offset, len);
	return CS_OK;
}

static enum cs_err flash_program(void *ctx, uint32_t page, uint32_t offset, const void *in, size_t len)
{
	uint8_t *at = now_running->flash + page * LOCKSTEP_PAGE + offset;

	(void)ctx;
	for (size_t i = 0; i < len; i++)
		at[i] &= ((const uint8_t *)in)[i];
	return CS_OK;
}

static enum cs_err flash_erase(void *ctx, uint32_t page)
{
	(void)ctx;
	memset(now_running->flash + page * LOCKSTEP_PAGE, 0xFF, LOCKSTEP_PAGE);
	return CS_OK;
}

static enum cs_err flash_sync(void *ctx)
{
	(void)ctx;
	return CS_OK;
}

static const struct flash flash = {.page_size = LOCKSTEP_PAGE,
				   .page_count = LOCKSTEP_PAGES,
				   .write_size = 8,
				   .read = flash_read,
				   .program = flash_program,
				   .erase = flash_erase,
				   .sync = flash_sync};

static uint64_t clock_ms(void *ctx)
{
	(void)ctx;
	return now_running->model.now_ms;
}

static enum cs_err touched(void *ctx, const char *reason, bool wait)
{
	(void)ctx, (void)reason, (void)wait;
	now_running->touches++;
	return CS_OK;
}

static const struct platform platform = {
    .monotonic_ms = clock_ms, .user_presence = touched, .serial = MODEL_SERIAL};
static const struct card_ports ports = {.platform = &platform, .crypto = &crypto, .flash = &flash};

static bool only_p256(void *ctx, enum piv_alg alg)
{
	(void)ctx;
	return alg == PIV_ALG_P256;
}

bool lockstep_init(struct lockstep *l, enum csgn_profile profile)
{
	if (!crypto.random && crypto_openssl_init(&crypto) != CS_OK)
		return false;
	crypto.supports = only_p256;
	now_running = l;
	memset(l, 0, sizeof(*l));
	memset(l->flash, 0xFF, sizeof(l->flash));
	model_init(&l->model, profile);
	return card_open(&l->card, &ports, profile) == CS_OK;
}

/* Of the big buffers only what is in use: the copies are what a search spends its time with. */
static void model_copy(struct model *to, const struct model *from)
{
	memcpy(to, from, offsetof(struct model, chained) + (from->chain.open ? from->chain.len : 0));
}

/* A card points at its own channels. */
static struct channel *moved(struct lockstep *to, const struct lockstep *from, const struct channel *channel)
{
	return channel ? &to->card.channels[channel - from->card.channels] : NULL;
}

void lockstep_copy(struct lockstep *to, const struct lockstep *from)
{
	model_copy(&to->model, &from->model);
	to->touches = from->touches;
	to->owed_long = from->owed_long;
	to->owed_left = from->owed_left;
	to->owed_len = from->owed_len;
	if (from->model.rest) {
		to->owed = from->owed;
		memcpy(to->pieces, from->pieces, from->owed_len);
	}
	memcpy(to->flash, from->flash, sizeof(to->flash));
	to->card = from->card;
	to->card.chain.owner = moved(to, from, from->card.chain.owner);
	to->card.remaining.owner = moved(to, from, from->card.remaining.owner);
	to->card.touch_asker = moved(to, from, from->card.touch_asker);
}

/* ---- differences ---- */

static void hex(char *out, size_t cap, struct bytes b)
{
	size_t n = 0;

	out[0] = 0;
	for (size_t i = 0; i < b.n && n + 3 < cap; i++)
		n += (size_t)snprintf(out + n, cap - n, "%02X", (unsigned)b.p[i]);
}

static enum lockstep_verdict differ(struct bytes command, const char *what, const struct model_answer *a,
				    uint16_t sw, struct bytes data)
{
	char c[128], d[128], e[128];

	hex(c, sizeof(c), command);
	hex(d, sizeof(d), data);
	hex(e, sizeof(e), (struct bytes){a->data, a->exact ? a->len : 0});
	snprintf(why, sizeof(why), "%s: %s; the card: %04X %s; the oracle: %04X %s", c, what, (unsigned)sw, d,
		 (unsigned)a->sw, e);
	return LOCKSTEP_DIFFER;
}

/* All data of an answer are here. */
static bool data_right(struct lockstep *l, const struct model_answer *a, struct bytes data)
{
	if (a->exact)
		return model_same(data, a->data, a->len);
	if (a->learn)
		return a->learn(&l->model, &l->model.channel[a->channel], data, a->about);
	return data.n == 0;
}

/* The card refused in a way that is allowed too: things are as before, but for what any command does to its
 * channel. */
static void back_out(struct lockstep *l, const struct model *before)
{
	struct model after;

	model_copy(&after, &l->model);
	model_copy(&l->model, before);
	memcpy(l->model.channel, after.channel, sizeof(after.channel));
	l->model.chain = after.chain;
	l->model.rest = after.rest;
	l->model.open = after.open;
	l->model.touched = after.touched;
	l->model.touched_ms = after.touched_ms;
	l->model.out_of_depth = before->out_of_depth;
	model_changed(&l->model, false);
}

/* ---- answers in pieces ---- */

static void piece_keep(struct lockstep *l, struct bytes data)
{
	size_t room = sizeof(l->pieces) - l->owed_len, n = data.n < room ? data.n : room;

	l->owed_long |= n < data.n;
	if (n)
		memcpy(l->pieces + l->owed_len, data.p, n);
	l->owed_len += n;
}

/* 61xx: as much as fits has come, and xx says how much is left. */
static bool piece_fits(struct lockstep *l, const struct model_answer *a, uint16_t sw, struct bytes data,
		       bool first)
{
	uint32_t left = sw & 0xFF;

	if (data.n != a->ne)
		return false;
	if (!first && l->owed_left && l->owed_left != data.n + left)
		return false;
	l->owed_left = left;
	return true;
}

static enum lockstep_verdict pieces(struct lockstep *l, struct bytes command, const struct model_answer *a,
				    uint16_t sw, struct bytes data)
{
	bool more = (sw & 0xFF00) == CS_SW_BYTES_LEFT;

	if (!a->fetch) {
		l->owed = *a;
		l->owed_len = 0;
		l->owed_long = false;
	}
	if (more && !piece_fits(l, a, sw, data, !a->fetch))
		return differ(command, "a piece of another length", a, sw, data);
	if (!more && l->owed_left && data.n != l->owed_left)
		return differ(command, "the last piece is of another length", a, sw, data);
	piece_keep(l, data);
	l->model.rest = more;
	l->model.rest_channel = a->channel;
	if (more || l->owed_long)
		return LOCKSTEP_AGREE;
	if (!data_right(l, &l->owed, (struct bytes){l->pieces, l->owed_len}))
		return differ(command, "the pieces make other data", &l->owed, sw,
			      (struct bytes){l->pieces, l->owed_len});
	return LOCKSTEP_AGREE;
}

/* ---- one command ---- */

static enum lockstep_verdict judge(struct lockstep *l, const struct model *before, struct bytes command,
				   const struct model_answer *a, struct bytes answer)
{
	struct bytes data = {answer.p, answer.n - 2};
	uint16_t sw = (uint16_t)(answer.p[data.n] << 8 | answer.p[data.n + 1]);
	bool more = (sw & 0xFF00) == CS_SW_BYTES_LEFT;

	l->sw = sw;
	if (a->or_sw && sw == a->or_sw && data.n == 0) {
		back_out(l, before);
		return LOCKSTEP_AGREE;
	}
	if (sw != a->sw && !(more && a->sw == CS_SW_OK && (a->exact || a->learn || a->fetch)))
		return differ(command, "status word", a, sw, data);
	if (l->touches != a->touches)
		return differ(command, "touches asked for", a, sw, data);
	if (data.n > a->ne)
		return differ(command, "more data than Ne", a, sw, data);
	if (more || a->fetch)
		return pieces(l, command, a, sw, data);
	if (!data_right(l, a, data))
		return differ(command, "data", a, sw, data);
	return LOCKSTEP_AGREE;
}

enum lockstep_verdict lockstep_send(struct lockstep *l, const uint8_t *raw, size_t len)
{
	static uint8_t answer[CARD_RESPONSE_MAX];
	static struct model before;
	static struct model_answer a;
	struct cs_writer w = CS_WRITER_OF(answer);

	now_running = l;
	l->touches = 0;
	model_copy(&before, &l->model);
	model_command(&l->model, (struct bytes){raw, len}, &a);
	if (!a.specified || l->model.out_of_depth) {
		model_copy(&l->model, &before);
		return LOCKSTEP_UNKNOWN;
	}
	card_transmit(&l->card, cs_view(raw, len), &w);
	if (cs_writer_done(&w) != CS_OK || w.len < 2)
		return differ((struct bytes){raw, len}, "no answer", &a, 0, (struct bytes){0});
	return judge(l, &before, (struct bytes){raw, len}, &a, (struct bytes){answer, w.len});
}

enum lockstep_verdict lockstep_reset(struct lockstep *l)
{
	now_running = l;
	card_reset(&l->card);
	model_reset(&l->model);
	return LOCKSTEP_AGREE;
}

enum lockstep_verdict lockstep_power(struct lockstep *l)
{
	now_running = l;
	card_close(&l->card);
	model_power(&l->model);
	if (card_open(&l->card, &ports, CSGN_PROFILE_PIV) != CS_OK) {
		snprintf(why, sizeof(why), "the card does not open again");
		return LOCKSTEP_DIFFER;
	}
	return LOCKSTEP_AGREE;
}

void lockstep_wait(struct lockstep *l, unsigned ms)
{
	l->model.now_ms += ms;
}

/* ---- visible state ---- */

#define P(...)                                                                                               \
	{                                                                                                    \
		sizeof((const uint8_t[]){__VA_ARGS__}),                                                      \
		{                                                                                            \
			__VA_ARGS__                                                                          \
		}                                                                                            \
	}
static const struct probe {
	size_t len;
	uint8_t bytes[18];
} probes[] = {
    /* in the application that is selected: PIN and SO PIN states; OATH's lock; whether the officer, a fresh
       PIN, the administrator are known: by commands that would be refused for something else next */
    P(0x00, 0x20, 0x00, 0x80),
    P(0x00, 0x20, 0x00, 0x83),
    P(0x00, 0xA1, 0x00, 0x00, 0x00, 0x00, 0x00),
    P(0x80, 0x03, 0x00, 0x00, 0x08, 0, 0, 0, 0, 0, 0, 0, 0),
    P(0x00, 0xCB, 0x3F, 0xFF, 0x05, 0x5C, 0x03, 0x5F, 0xC1, 0x09, 0x00),
    P(0x00, 0x87, 0x11, 0x9C, 0x04, 0x7C, 0x02, 0x82, 0x00),
    P(0x00, 0xDB, 0x3F, 0xFF, 0x03, 0x00, 0x00, 0x00),
    /* PIV: metadata, objects, keys, life-cycle */
    P(0x00, 0xA4, 0x04, 0x00, 0x05, 0xA0, 0x00, 0x00, 0x03, 0x08, 0x00),
    P(0x00, 0xF7, 0x00, 0x80, 0x00),
    P(0x00, 0xF7, 0x00, 0x81, 0x00),
    P(0x00, 0xF7, 0x00, 0x9B, 0x00),
    P(0x00, 0xF7, 0x00, 0x9A, 0x00),
    P(0x00, 0xF7, 0x00, 0x9C, 0x00),
    P(0x80, 0x01, 0x00, 0x00, 0x00),
    P(0x80, 0x06, 0x00, 0x00, 0x00, 0x00, 0x00),
    P(0x00, 0xCB, 0x3F, 0xFF, 0x05, 0x5C, 0x03, 0x5F, 0xC1, 0x02, 0x00),
    /* OATH: the list, or that it is locked */
    P(0x00, 0xA4, 0x04, 0x00, 0x07, 0xA0, 0x00, 0x00, 0x05, 0x27, 0x21, 0x01, 0x00),
    P(0x00, 0x07, 0x00, 0x00, 0x00, 0x00, 0x00),
};

#define PROBE_INVENTORY 6u /* behind it: before the selection changes, which logs out */

/* INVENTORY, as a host asks that has been there before: few bytes where nothing has changed. */
static enum lockstep_verdict probe_inventory(struct lockstep *l)
{
	uint8_t command[7 + 15 + 2] = {CSGN_CLA, CSGN_INS_INVENTORY, 0, 0, 0, 0, 15, CSGN_TAG_MARK, 13};

	memcpy(command + 9, l->model.mark.bytes, sizeof(l->model.mark.bytes));
	command[21] = l->model.channel[0].pin;
	return lockstep_send(l, command, sizeof(command));
}

enum lockstep_verdict lockstep_probe(struct lockstep *l)
{
	for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++) {
		if (lockstep_send(l, probes[i].bytes, probes[i].len) == LOCKSTEP_DIFFER)
			return LOCKSTEP_DIFFER;
		if (i == PROBE_INVENTORY && probe_inventory(l) == LOCKSTEP_DIFFER)
			return LOCKSTEP_DIFFER;
	}
	return LOCKSTEP_AGREE;
}
