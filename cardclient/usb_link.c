/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A card in a CCID reader: messages of ccid_host.c over the pipes of usb_lib.c.
 *
 *   free --usb_link_begin, or a command of its own--> claimed --usb_link_end--> free
 *
 * Invariants:
 * 1. claimed only within a transaction or a command; a reader that someone waits for is not claimed before
 * him twice in a row (turn).
 * 2. used is when the device was last used by us, noted while it is claimed. Where it is another's by the
 * next claim, or the card is not powered, the transaction does not begin: CS_ERR_STATE. The one after that
 * begins by resetting the card: nothing of ours is sent to a card in which another may have proved a PIN.
 * 3. A card that was last used by us is switched off before we leave it.
 * 4. Messages with a command or a response are wiped as soon as they are sent or read.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/secret.h"
#include "cardclient/usb.h"

/* Of one message each way. A reader that works longer asks for time. */
#define SEND_MS	    5000u
#define ANSWER_MS   5000u
#define PATIENCE_MS 60000u  /* the most that one request for time gives */
#define WORK_MS	    600000u /* and all of them: longer than any key generation */
#define ABORT_MS    180000u /* a command that cannot be stopped is waited for */
#define PROBE_MS    1000u
#define RECENT_S    1 /* a card that was used within is not asked whether it still has its power */
/* For whoever has the interface. pcscd and scdaemon never give it back; others have it for a command, or a
 * few. */
#define CLAIM_MS 30000u

#define STRAYS_MAX 64u /* messages in a row that are not ours */
#define EMPTY_MAX  8u  /* packets without anything in them */

struct usb_link {
	struct usb_device device;
	char node[USB_NODE_MAX];
	struct ccid_host host;
	bool in_transaction;
	bool on;   /* switched on by us */
	bool lost; /* the card's state, as the caller knows */
	bool used_known;
	struct timespec used;
	unsigned claim_ms, answer_ms;
	size_t size; /* of each */
	uint8_t *out, *in;
};

static bool same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

/* ---- messages ---- */

static enum cs_err send_message(struct usb_link *l, struct cs_writer *w)
{
	struct cs_view message = cs_writer_view(w);
	enum cs_err err = usb_send(&l->device, message, SEND_MS);

	cs_wipe(l->out, message.len);
	return err;
}

/* Of the header, until that is whole; of the message then. 0 also where it is longer than any that there can
 * be: the middle of one that someone else did not read to its end. */
static size_t missing(const struct usb_link *l, size_t got)
{
	size_t more = ccid_host_missing(cs_view(l->in, got)), packet = l->device.interface.packet_in;

	return packet + got <= l->size && more <= l->size - packet - got ? more : 0;
}

/* A packet, and then exactly what its header says is missing: so it does not matter whether a reader sends an
 * empty packet behind a message that fills its last one. Such packets are passed over by the next read. */
static enum cs_err read_message(struct usb_link *l, unsigned ms, struct cs_view *out)
{
	size_t packet = l->device.interface.packet_in, got = 0, more = 0;
	enum cs_err err = CS_OK;

	for (unsigned i = 0; !err && got == 0; i++) {
		if (i == EMPTY_MAX)
			return CS_ERR_IO;
		err = usb_receive(&l->device, l->in, packet, ms, &got);
	}
	if (!err && got == packet)
		more = missing(l, got);
	while (!err && more > 0) {
		size_t whole = (more + packet - 1) / packet * packet, came = 0;
		err = usb_receive(&l->device, l->in + got, whole, SEND_MS, &came);
		got += came;
		more = came == 0 || came % packet != 0 ? 0 : missing(l, got);
	}
	if (err)
		cs_wipe(l->in, got);
	*out = cs_view(l->in, got);
	return err;
}

static unsigned patience_ms(const struct usb_link *l)
{
	unsigned ms = l->answer_ms * ccid_host_patience(&l->host);

	return ms < PATIENCE_MS ? ms : PATIENCE_MS;
}

/* From a message that is in w to the end of the exchange, within ms in all. */
static enum cs_err exchange_within(struct usb_link *l, struct cs_writer *w, unsigned first_ms, unsigned ms)
{
	uint64_t end = usb_now_ms() + ms;
	unsigned wait = first_ms, strays = 0;
	enum ccid_host_next next = CCID_HOST_SEND;
	enum cs_err err = CS_OK;

	for (;;) {
		if (next == CCID_HOST_SEND)
			err = send_message(l, w);
		struct cs_view message;
		if (!err)
			err = usb_now_ms() < end ? read_message(l, wait, &message) : CS_ERR_TIMEOUT;
		if (err)
			return err;
		*w = cs_writer_of(l->out, l->size);
		err = ccid_host_receive(&l->host, message, w, &next);
		cs_wipe(l->in, message.len);
		if (next == CCID_HOST_DONE)
			return err;
		if (ccid_host_patience(&l->host) > 0)
			wait = patience_ms(l);
		else if (next == CCID_HOST_SEND)
			strays = 0;
		else if (++strays > STRAYS_MAX)
			return CS_ERR_IO;
	}
}

/* Gives up what the reader is at, whoever began it. */
static enum cs_err abort_work(struct usb_link *l)
{
	struct cs_writer w = cs_writer_of(l->out, l->size);
	enum cs_err err = usb_abort(&l->device, ccid_host_abort_value(&l->host), l->answer_ms);

	ccid_host_abort(&l->host, &w);
	return err ? err : exchange_within(l, &w, ABORT_MS, ABORT_MS);
}

static enum cs_err exchange(struct usb_link *l, struct cs_writer *w)
{
	enum cs_err err = exchange_within(l, w, l->answer_ms, WORK_MS);

	if (err != CS_ERR_TIMEOUT && err != CS_ERR_IO)
		return err;
	/* It hangs, or speaks nonsense: what was asked of it has no answer any more. */
	enum cs_err given_up = usb_abort(&l->device, ccid_host_abort_value(&l->host), l->answer_ms);
	if (!given_up) {
		*w = cs_writer_of(l->out, l->size);
		ccid_host_abort(&l->host, w);
		given_up = exchange_within(l, w, l->answer_ms, l->answer_ms);
	}
	return given_up == CS_ERR_REMOVED ? CS_ERR_REMOVED : err;
}

/* What the reader says of its slot, after it has let go of what another program may have left it with. */
static enum cs_err ask_status(struct usb_link *l)
{
	struct cs_writer w = cs_writer_of(l->out, l->size);

	ccid_host_status(&l->host, &w);
	enum cs_err err = exchange(l, &w);
	if (err == CS_ERR_BUSY || err == CS_ERR_CANCELLED) {
		err = abort_work(l);
		if (err)
			return err;
		w = cs_writer_of(l->out, l->size);
		ccid_host_status(&l->host, &w);
		err = exchange(l, &w);
	}
	return err;
}

static enum cs_err power_on(struct usb_link *l, struct cs_writer *atr)
{
	/* The lowest voltage first (ISO/IEC 7816-3, 6.2). */
	static const struct {
		uint8_t select, bit;
	} voltages[] = {{3, 4}, {2, 2}, {1, 1}};
	const struct ccid_interface *interface = &l->device.interface;
	bool automatic = (interface->features & CCID_FEATURE_VOLTAGE) != 0;
	enum cs_err err = CS_ERR_REMOVED;
	size_t len = atr->len;

	for (size_t i = 0; i < sizeof(voltages) / sizeof(voltages[0]) && err; i++) {
		struct cs_writer w = cs_writer_of(l->out, l->size);
		if (!automatic && !(interface->voltages & voltages[i].bit))
			continue;
		cs_writer_cut(atr, len);
		ccid_host_power_on(&l->host, automatic ? 0 : voltages[i].select, atr, &w);
		err = exchange(l, &w);
		if (automatic)
			break;
	}
	return err;
}

/* ---- the claim ---- */

static enum cs_err claim(struct usb_link *l)
{
	return usb_claim_wait(&l->device, l->node, l->claim_ms);
}

static void release(struct usb_link *l)
{
	l->used_known = usb_last_used_settled(&l->device, &l->used);
	usb_release(&l->device);
}

static bool used_by_another(const struct usb_link *l)
{
	return !l->used_known || !same_time(l->used, usb_last_used(&l->device));
}

static bool used_recently(const struct usb_link *l)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec >= l->used.tv_sec && now.tv_sec - l->used.tv_sec <= RECENT_S;
}

/* What became of the card while the reader was anyone's. Who knows that its state is lost, and has not used
 * it since, is not told again: a program that has one command after the other would keep him from ever
 * beginning. */
static enum cs_err look_again(struct usb_link *l)
{
	bool another = used_by_another(l);

	if (!l->lost && !another && used_recently(l))
		return CS_OK;
	enum cs_err err = ask_status(l);
	if (!err && l->host.icc == CCID_HOST_ABSENT)
		err = CS_ERR_REMOVED;
	if (err)
		return err;
	if (!l->lost)
		return another || l->host.icc == CCID_HOST_INACTIVE ? CS_ERR_STATE : CS_OK;
	/* Also where another program has switched it on: what that has proved is its own. */
	uint8_t atr[CC_ATR_MAX];
	struct cs_writer w = CS_WRITER_OF(atr);
	err = power_on(l, &w);
	l->lost = err != CS_OK;
	return err;
}

static enum cs_err claim_as_before(struct usb_link *l)
{
	enum cs_err err = claim(l);

	if (err)
		return err == CS_ERR_DENIED ? CS_ERR_REMOVED : err;
	err = look_again(l);
	l->lost |= err == CS_ERR_STATE;
	if (err)
		release(l);
	return err == CS_ERR_TIMEOUT || err == CS_ERR_IO ? CS_ERR_REMOVED : err;
}

/* ---- what the transport's functions are ---- */

static void link_free(struct usb_link *l)
{
	if (l->out != NULL)
		cs_wipe(l->out, l->size);
	if (l->in != NULL)
		cs_wipe(l->in, l->size);
	free(l->out);
	free(l->in);
	free(l);
}

static enum cs_err link_new(const struct usb_slot *slot, struct usb_link **out)
{
	struct usb_link *l = calloc(1, sizeof(*l));
	size_t max = slot->interface.message_max;

	if (l == NULL)
		return CS_ERR_MEMORY;
	if (max > CCID_HOST_MESSAGE_MAX)
		max = CCID_HOST_MESSAGE_MAX;
	/* And what may be read more than that: two packets, of which one is not full. */
	l->size = max + 2u * slot->interface.packet_in;
	l->out = malloc(l->size);
	l->in = malloc(l->size);
	memcpy(l->node, slot->node, sizeof(l->node));
	l->claim_ms = CLAIM_MS;
	l->answer_ms = ANSWER_MS;
	/* Another number than the last program's, most probably. */
	ccid_host_init(&l->host, slot->slot, max, (uint8_t)((uint64_t)getpid() * 37u + usb_now_ms()));
	enum cs_err err = l->out == NULL || l->in == NULL
			      ? CS_ERR_MEMORY
			      : usb_device_open(&l->device, slot->node, &slot->interface);
	if (err) {
		link_free(l);
		return err;
	}
	*out = l;
	return CS_OK;
}

/* Nothing was there yet that could have been removed: the reader is there, and has no card that answers. */
static enum cs_err connect_error(enum cs_err err)
{
	switch (err) {
	case CS_ERR_REMOVED:
	case CS_ERR_STATE:
	case CS_ERR_TIMEOUT:
	case CS_ERR_IO:
		return CS_ERR_NO_CARD;
	default:
		return err;
	}
}

static enum cs_err link_power(struct usb_link *l, struct cs_writer *atr)
{
	enum cs_err err = claim(l);

	if (err)
		return err == CS_ERR_REMOVED ? CS_ERR_NO_READER : err;
	err = ask_status(l);
	if (!err && l->host.icc == CCID_HOST_ABSENT)
		err = CS_ERR_NO_CARD;
	if (!err)
		err = power_on(l, atr);
	l->on = !err;
	release(l);
	return connect_error(err);
}

enum cs_err usb_link_connect(const struct usb_slot *slot, void **out, struct cs_writer *atr)
{
	struct usb_link *l;

	if (ccid_interface_lacks(&slot->interface) != NULL)
		return CS_ERR_UNSUPPORTED;
	enum cs_err err = link_new(slot, &l);
	if (err == CS_ERR_DENIED)
		return CS_ERR_IO;
	if (err)
		return err == CS_ERR_REMOVED ? CS_ERR_NO_READER : err;
	err = link_power(l, atr);
	if (err) {
		usb_link_disconnect(l);
		return err;
	}
	*out = l;
	return CS_OK;
}

/* Whoever has it just now, or has had it since, resets it before he uses it, or has proved what is proved
 * himself. */
static void leave_off(struct usb_link *l)
{
	if (!l->on || l->lost || used_by_another(l))
		return;
	l->claim_ms = 0;
	l->answer_ms = PROBE_MS;
	if (claim(l) != CS_OK)
		return;
	if (!used_by_another(l)) {
		struct cs_writer w = cs_writer_of(l->out, l->size);
		ccid_host_power_off(&l->host, &w);
		/* One that does not answer is reset by the next one. */
		enum cs_err err = exchange(l, &w);
		(void)err;
	}
	usb_release(&l->device);
}

void usb_link_disconnect(void *link)
{
	struct usb_link *l = link;

	if (l->in_transaction)
		usb_link_end(l);
	leave_off(l);
	usb_device_close(&l->device);
	link_free(l);
}

void usb_link_forget(void *link)
{
	struct usb_link *l = link;

	usb_device_forget(&l->device);
	link_free(l);
}

enum cs_err usb_link_reconnect(void *link)
{
	struct usb_link *l = link;

	l->lost = true;
	return CS_OK;
}

enum cs_err usb_link_begin(void *link)
{
	struct usb_link *l = link;
	enum cs_err err = claim_as_before(l);

	l->in_transaction = !err;
	return err;
}

void usb_link_end(void *link)
{
	struct usb_link *l = link;

	/* A command that failed may have ended it: who used the device since is not us. */
	if (!l->in_transaction)
		return;
	l->in_transaction = false;
	release(l);
}

enum cs_err usb_link_reset(void *link)
{
	struct usb_link *l = link;
	uint8_t atr[CC_ATR_MAX];
	struct cs_writer w = CS_WRITER_OF(atr);

	return power_on(l, &w) == CS_OK ? CS_OK : CS_ERR_REMOVED;
}

static enum cs_err transmit(struct usb_link *l, struct cs_view command, struct cs_writer *response)
{
	struct cs_writer w = cs_writer_of(l->out, l->size);

	ccid_host_transfer(&l->host, command, response, &w);
	enum cs_err err = exchange(l, &w);
	/* Nobody knows how far it came. */
	return err == CS_ERR_TIMEOUT || err == CS_ERR_IO || err == CS_ERR_MALFORMED ? CS_ERR_REMOVED : err;
}

enum cs_err usb_link_transmit(void *link, struct cs_view command, struct cs_writer *response)
{
	struct usb_link *l = link;
	bool alone = !l->in_transaction;
	enum cs_err err = alone ? claim_as_before(l) : CS_OK;

	if (err)
		return err;
	err = transmit(l, command, response);
	l->lost |= err == CS_ERR_STATE;
	/* A reset in a transaction ends it, and a card that is gone keeps nobody from the reader. */
	if (alone || err == CS_ERR_STATE || err == CS_ERR_REMOVED || err == CS_ERR_NO_READER) {
		l->in_transaction = false;
		release(l);
	}
	return err;
}

bool usb_link_short(void *link)
{
	struct usb_link *l = link;

	return ccid_interface_short(&l->device.interface);
}

enum cs_err usb_link_probe(const struct usb_slot *slot, unsigned ms, bool *present)
{
	struct usb_link *l;
	enum cs_err err = link_new(slot, &l);

	if (err)
		return err;
	/* One that does not answer is told to give it up, in two transfers more. */
	l->claim_ms = 0;
	l->answer_ms = ms / 3 < PROBE_MS ? ms / 3 + 1 : PROBE_MS;
	err = claim(l);
	if (!err) {
		struct cs_writer w = cs_writer_of(l->out, l->size);
		ccid_host_status(&l->host, &w);
		err = exchange(l, &w);
		if (!err)
			*present = l->host.icc != CCID_HOST_ABSENT;
		else if (err == CS_ERR_REMOVED && l->host.icc == CCID_HOST_ABSENT) {
			*present = false;
			err = CS_OK;
		}
		release(l);
	}
	usb_link_disconnect(l);
	return err;
}
