/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The USB transport: which readers there are, and waiting until that changes. Cards: usb_link.c.
 *
 * A reader is a slot of a device of the CCID class. That a device comes or goes, or that this user is given
 * the right to use it, shows in the folder of its node; nothing is polled for it. Whether a card is in a slot
 * is asked when the slot is first seen; a token always has its own. Only slots that were once seen empty are
 * asked again, while somebody wants to know: they are a reader's, into which a card may be put.
 *
 * Invariants: (1) lock is held for whatever is in slots, and never while a reader is waited for; (2) one look
 * waits for readers for ASK_MS at most, however many of them hang, and none is asked twice at once: one that
 * does not answer, or is asked just now, is taken to have its card.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "cardclient/usb.h"

#define LOOK_MS	    1000 /* at empty slots, and where folders cannot be watched */
#define UNREADY_MS  100	 /* at a device that is about to be configured */
#define UNREADY_MAX 50	 /* such looks; one that is not by then may never be (USBGuard) */
#define ASK_MS	    3000 /* for all readers that one look asks */

struct known {
	struct usb_slot slot; /* its name is unique here */
	bool present, empty_once;
	uint32_t cards;	    /* moves with each card */
	bool asking, asked; /* just now, by somebody; once, at least */
	uint64_t asked_ms;
};

struct usb_state {
	int wake; /* eventfd; readable once waits are called off, for good */
	pthread_mutex_t lock;
	struct known slots[CC_READERS_MAX];
	size_t count;
	bool unready;
	unsigned unready_looks; /* since something came, or was changed */
};

enum cs_err usb_open(const char *arg, void **out)
{
	if (arg[0] != '\0')
		return CS_ERR_NO_READER;
	struct usb_state *state = calloc(1, sizeof(*state));
	if (state == NULL)
		return CS_ERR_MEMORY;
	state->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (state->wake < 0) {
		free(state);
		return CS_ERR_IO;
	}
	pthread_mutex_init(&state->lock, NULL);
	cc_forks_expect();
	usb_lib_hold();
	*out = state;
	return CS_OK;
}

void usb_close(void *ctx)
{
	struct usb_state *state = ctx;
	pthread_mutex_destroy(&state->lock);
	usb_lib_drop();
	usb_forget(state);
}

void usb_forget(void *ctx)
{
	struct usb_state *state = ctx;
	close(state->wake);
	free(state);
}

/* ---- the slots ---- */

static bool same_slot(const struct usb_slot *a, const struct usb_slot *b)
{
	return a->plugged == b->plugged && a->slot == b->slot && a->interface.number == b->interface.number &&
	       strcmp(a->path, b->path) == 0;
}

static struct known *known_slot(struct usb_state *state, const struct usb_slot *slot)
{
	for (size_t i = 0; i < state->count; i++) {
		if (same_slot(&state->slots[i].slot, slot))
			return &state->slots[i];
	}
	return NULL;
}

/* Two of one name: the later one says where it is plugged in, too. Who has a name keeps it. */
static void make_unique(struct known *slots, const bool *kept, size_t count, size_t which)
{
	struct usb_slot *slot = &slots[which].slot;
	char plain[CC_READER_NAME_MAX];
	bool taken = false;

	for (size_t i = 0; i < count && !taken; i++)
		taken = (kept[i] || i < which) && strcmp(slots[i].slot.name, slot->name) == 0;
	if (!taken)
		return;
	memcpy(plain, slot->name, sizeof(plain));
	(void)snprintf(slot->name, sizeof(slot->name), "%.88s at %.31s", plain, slot->path);
}

static bool due(const struct known *k)
{
	if (!k->slot.usable || k->asking || ccid_interface_lacks(&k->slot.interface) != NULL)
		return false;
	return !k->asked || (!k->present && usb_now_ms() - k->asked_ms >= LOOK_MS / 2);
}

/* Under the lock: makes slots what is plugged in now. */
static void scan(struct usb_state *state)
{
	struct usb_slot found[CC_READERS_MAX];
	struct known now[CC_READERS_MAX] = {0};
	bool kept[CC_READERS_MAX];
	size_t count;

	usb_scan(&usb_system, found, CC_READERS_MAX, &count, &state->unready);
	for (size_t i = 0; i < count; i++) {
		const struct known *before = known_slot(state, &found[i]);
		kept[i] = before != NULL;
		if (before != NULL)
			now[i] = *before;
		else
			now[i].slot = found[i];
		now[i].slot.usable = found[i].usable;
	}
	for (size_t i = 0; i < count; i++) {
		if (!kept[i])
			make_unique(now, kept, count, i);
	}
	memcpy(state->slots, now, count * sizeof(now[0]));
	state->count = count;
}

/* Which slots the caller is to ask. */
static size_t take_due(struct usb_state *state, struct usb_slot due_slots[CC_READERS_MAX])
{
	bool there = usb_lib_there();
	size_t n = 0;

	pthread_mutex_lock(&state->lock);
	scan(state);
	for (size_t i = 0; there && i < state->count; i++) {
		struct known *k = &state->slots[i];
		if (!due(k))
			continue;
		k->asking = true;
		if (!k->asked) {
			k->present = true;
			k->cards++;
		}
		due_slots[n++] = k->slot;
	}
	pthread_mutex_unlock(&state->lock);
	return n;
}

static void note_answer(struct usb_state *state, const struct usb_slot *slot, bool answered, bool present)
{
	pthread_mutex_lock(&state->lock);
	struct known *k = known_slot(state, slot);
	if (k != NULL) {
		k->asking = false;
		k->asked = true;
		k->asked_ms = usb_now_ms();
		if (answered && present && !k->present)
			k->cards++;
		if (answered) {
			k->present = present;
			k->empty_once |= !present;
		}
	}
	pthread_mutex_unlock(&state->lock);
}

/* Whoever has a reader just now is using the card in it, most probably: it is not waited for. */
static void look(struct usb_state *state)
{
	struct usb_slot ask[CC_READERS_MAX];
	size_t count = take_due(state, ask);
	uint64_t end = usb_now_ms() + ASK_MS;

	for (size_t i = 0; i < count; i++) {
		uint64_t now = usb_now_ms();
		bool present = true;
		bool answered =
		    now < end && usb_link_probe(&ask[i], (unsigned)(end - now), &present) == CS_OK;
		note_answer(state, &ask[i], answered, present);
	}
}

static void describe(const struct known *k, struct cc_reader *out)
{
	memset(out, 0, sizeof(*out));
	memcpy(out->name, k->slot.name, sizeof(out->name));
	out->present = k->present && k->slot.usable;
	out->events = k->slot.plugged + k->cards * 2u + (k->slot.usable ? 1u : 0u);
}

enum cs_err usb_readers(void *ctx, struct cc_reader *out, size_t max, size_t *count)
{
	struct usb_state *state = ctx;
	bool more;

	look(state);
	pthread_mutex_lock(&state->lock);
	*count = state->count < max ? state->count : max;
	more = state->count > max;
	for (size_t i = 0; i < *count; i++)
		describe(&state->slots[i], &out[i]);
	pthread_mutex_unlock(&state->lock);
	return more ? CS_ERR_NO_SPACE : CS_OK;
}

static bool slot_known(struct usb_state *state, const char *reader, struct usb_slot *out)
{
	bool found = false;

	pthread_mutex_lock(&state->lock);
	for (size_t i = 0; !found && i < state->count; i++) {
		found = strcmp(state->slots[i].slot.name, reader) == 0;
		if (found)
			*out = state->slots[i].slot;
	}
	pthread_mutex_unlock(&state->lock);
	return found;
}

static bool slot_named(struct usb_state *state, const char *reader, struct usb_slot *out)
{
	if (slot_known(state, reader, out))
		return true;
	look(state); /* at what was plugged in since somebody did */
	return slot_known(state, reader, out);
}

/* A card that is not there, though it was thought to be, may come. */
static void note_empty(struct usb_state *state, const struct usb_slot *slot)
{
	pthread_mutex_lock(&state->lock);
	struct known *k = known_slot(state, slot);
	if (k != NULL) {
		k->present = false;
		k->empty_once = true;
	}
	pthread_mutex_unlock(&state->lock);
}

enum cs_err usb_connect(void *ctx, const char *reader, void **link, struct cs_writer *atr)
{
	struct usb_state *state = ctx;
	struct usb_slot slot;

	if (!slot_named(state, reader, &slot))
		return CS_ERR_NO_READER;
	enum cs_err err = usb_link_connect(&slot, link, atr);
	if (err == CS_ERR_NO_CARD)
		note_empty(state, &slot);
	return err;
}

bool usb_trouble(void *ctx, const char *reader, enum cs_err err, char *text, size_t size)
{
	struct usb_slot slot;

	return slot_named(ctx, reader, &slot) && usb_explain(&usb_system, &slot, err, text, size);
}

/* ---- waiting ---- */

/* A descriptor that becomes readable when a node comes, goes or changes hands; -1 if nothing can be watched.
 */
static int watch_nodes(void)
{
	static const uint32_t mask = IN_CREATE | IN_DELETE | IN_ATTRIB | IN_MOVED_TO | IN_DELETE_SELF;
	static const char *const above[] = {"/dev/bus/usb", "/dev/bus", "/dev"};
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	bool watched = false;

	if (fd < 0)
		return -1;
	for (unsigned bus = 1; bus < 64; bus++) {
		char dir[USB_NODE_MAX];
		(void)snprintf(dir, sizeof(dir), "%s/%03u", usb_system.nodes, bus);
		(void)inotify_add_watch(fd, dir, mask);
	}
	/* Where no bus is yet, the folders that it will appear in. */
	for (size_t i = 0; !watched && i < sizeof(above) / sizeof(above[0]); i++)
		watched = inotify_add_watch(fd, above[i], mask) >= 0;
	if (watched)
		return fd;
	close(fd);
	return -1;
}

/* How long to sleep: -1, but where something has to be asked. */
static int sleep_ms(struct usb_state *state, bool watched, int ms)
{
	int own = watched ? -1 : LOOK_MS;

	pthread_mutex_lock(&state->lock);
	for (size_t i = 0; i < state->count; i++) {
		if (state->slots[i].empty_once && !state->slots[i].present)
			own = LOOK_MS;
	}
	if (!state->unready)
		state->unready_looks = 0;
	else
		own = state->unready_looks++ < UNREADY_MAX ? UNREADY_MS : LOOK_MS;
	pthread_mutex_unlock(&state->lock);
	return own < 0 || (ms >= 0 && ms < own) ? ms : own;
}

static void note_change(struct usb_state *state)
{
	pthread_mutex_lock(&state->lock);
	state->unready_looks = 0;
	pthread_mutex_unlock(&state->lock);
}

enum cs_err usb_wait_beside(void *ctx, const struct cc_reader *known, size_t count, int fd, int ms)
{
	struct usb_state *state = ctx;
	struct cc_reader now[CC_READERS_MAX];
	enum cs_err err = CS_OK;
	bool done = false;

	while (!err && !done) {
		/* Watched first: what comes while we look is not missed. */
		int watch = watch_nodes();
		size_t now_count;
		err = usb_readers(state, now, CC_READERS_MAX, &now_count);
		done = !err && cc_readers_differ(now, now_count, known, count);
		struct pollfd fds[3] = {{.fd = state->wake, .events = POLLIN},
					{.fd = watch, .events = POLLIN},
					{.fd = fd, .events = POLLIN}};
		int wait = sleep_ms(state, watch >= 0, ms), n = 0;
		if (!err && !done)
			n = poll(fds, 3, wait);
		if (n < 0 && errno != EINTR)
			err = CS_ERR_IO;
		if (n > 0 && fds[0].revents)
			err = CS_ERR_CANCELLED;
		if (n > 0 && fds[1].revents)
			note_change(state);
		/* The caller's own reason to look, or his own time. */
		done |= (n > 0 && fds[2].revents) || (n == 0 && !done && ms >= 0 && wait == ms);
		if (watch >= 0)
			close(watch);
	}
	return err;
}

static enum cs_err usb_wait(void *ctx, const struct cc_reader *known, size_t count)
{
	return usb_wait_beside(ctx, known, count, -1, -1);
}

void usb_wake(void *ctx)
{
	struct usb_state *state = ctx;
	(void)!write(state->wake, &(uint64_t){1}, sizeof(uint64_t));
}

const struct cc_backend cc_backend_usb = {
    .name = "usb",
    .open = usb_open,
    .close = usb_close,
    .forget = usb_forget,
    .readers = usb_readers,
    .wait = usb_wait,
    .wake = usb_wake,
    .connect = usb_connect,
    .disconnect = usb_link_disconnect,
    .forget_link = usb_link_forget,
    .reconnect = usb_link_reconnect,
    .begin = usb_link_begin,
    .end = usb_link_end,
    .reset = usb_link_reset,
    .transmit = usb_link_transmit,
    .short_only = usb_link_short,
    .trouble = usb_trouble,
};
