/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The table of slots over the transport's readers.
 *
 * Invariants:
 *  1. A slot's reader name, once set, stays until slots_close; slot_count only grows.
 *  2. table_lock is held for what the header calls "guarded by slot.c's lock", and never while a card is
 * spoken to. refresh_lock is held over a look at the readers and the note of what was seen, so that an older
 * look never overwrites a newer one; who waits for it is away from the gate (gate.h).
 *  3. A token is open only for the reader's events count at which it was opened; where that has moved, the
 * card was pulled in between, and the token and its sessions end at the next look.
 */
#include "pkcs11/slot.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "cardclient/backend.h"
#include "pkcs11/gate.h"
#include "pkcs11/session.h"
#include "pkcs11/settings.h"
#include "pkcs11/text.h"
#include "pkcs11/token.h"

static struct slot slots[SLOT_MAX];
static atomic_size_t slot_count; /* read without a lock by each call: it only grows while calls go on */
static struct cc_context *context;
static const struct cc_backend *forced_backend;
static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t refresh_lock = PTHREAD_MUTEX_INITIALIZER;
/* What the last refresh saw, for waiting until it changes. */
static struct cc_reader seen[CC_READERS_MAX];
static size_t seen_count;
static bool looked; /* since slots_open */
/* Threads in slots_wait_change. */
static unsigned waiting;
static pthread_cond_t waiting_less = PTHREAD_COND_INITIALIZER;

static void table_clear(void)
{
	memset(slots, 0, sizeof(slots));
	slot_count = 0;
	seen_count = 0;
	for (size_t i = 0; i < SLOT_MAX; i++) {
		slots[i].index = i;
		(void)pthread_mutex_init(&slots[i].lock, NULL);
	}
}

void slots_set_backend(const struct cc_backend *backend)
{
	forced_backend = backend;
}

/* NULL: the environment says which, or else it is the default. */
static const char *configured_transport(void)
{
	const char *spec = secure_getenv("COUNTERSIGN_TRANSPORT");

	if ((spec != NULL && spec[0] != '\0') || settings_now()->transport[0] == '\0')
		return NULL;
	return settings_now()->transport;
}

/* The trace is a file. */
static enum cs_err context_open(const struct cc_backend *backend, const char *arg)
{
	bool was_inside = gate_away();
	enum cs_err err = cc_context_over(gate_transport(backend), arg, &context);

	if (err == CS_OK)
		cc_context_trace(context, settings_now()->trace);
	else
		context = NULL;
	gate_back(was_inside);
	return err;
}

static void context_close(struct cc_context *ending)
{
	bool was_inside = gate_away();

	cc_context_free(ending);
	gate_back(was_inside);
}

CK_RV slots_open(void)
{
	const struct cc_backend *backend = forced_backend;
	const char *arg = "";
	enum cs_err err = CS_OK;

	table_clear();
	looked = false;
	if (backend == NULL)
		err = cc_backend_named(configured_transport(), &backend, &arg);
	if (err == CS_OK)
		err = context_open(backend, arg);
	if (err != CS_OK)
		return err == CS_ERR_MEMORY ? CKR_HOST_MEMORY : CKR_GENERAL_ERROR;
	return CKR_OK;
}

void slots_forked(void)
{
	(void)pthread_mutex_init(&table_lock, NULL);
	(void)pthread_mutex_init(&refresh_lock, NULL);
	(void)pthread_cond_init(&waiting_less, NULL);
	waiting = 0;
}

void slots_forget(void)
{
	/* Another thread of the parent may have been in the middle of anything: memory is left as it is, and
	 * descriptors are closed. */
	for (size_t i = 0; i < slot_count; i++) {
		if (slots[i].token != NULL)
			cc_card_forget(slots[i].token->card);
		slots[i].token = NULL;
		slots[i].sessions = NULL;
	}
	cc_context_forget(context);
	context = NULL;
}

static struct slot *slot_for_reader(const char *name)
{
	for (size_t i = 0; i < slot_count; i++) {
		if (strcmp(slots[i].reader, name) == 0)
			return &slots[i];
	}
	if (slot_count == SLOT_MAX)
		return NULL;
	memcpy(slots[slot_count].reader, name, strlen(name) + 1);
	return &slots[slot_count++];
}

static void note_readers(const struct cc_reader *readers, size_t count)
{
	(void)pthread_mutex_lock(&table_lock);
	memcpy(seen, readers, count * sizeof(*readers));
	seen_count = count;
	for (size_t i = 0; i < slot_count; i++)
		slots[i].attached = slots[i].present = false;
	for (size_t i = 0; i < count; i++) {
		struct slot *slot = NULL;

		if (settings_takes_reader(settings_now(), readers[i].name))
			slot = slot_for_reader(readers[i].name);
		if (slot == NULL)
			continue;
		slot->attached = true;
		slot->present = readers[i].present;
		slot->events = readers[i].events;
	}
	/* What is there at the first look is no event: C_Initialize clears them all. */
	for (size_t i = 0; !looked && i < slot_count; i++) {
		slots[i].reported_present = slots[i].present;
		slots[i].reported_events = slots[i].events;
	}
	looked = true;
	(void)pthread_mutex_unlock(&table_lock);
}

CK_RV slots_refresh(void)
{
	struct cc_reader readers[CC_READERS_MAX];
	size_t count = 0;
	enum cs_err err;

	gate_lock(&refresh_lock);
	err = cc_readers(context, readers, CC_READERS_MAX, &count);
	if (err == CS_OK || err == CS_ERR_NO_SPACE)
		note_readers(readers, count);
	(void)pthread_mutex_unlock(&refresh_lock);
	if (err == CS_OK || err == CS_ERR_NO_SPACE)
		return CKR_OK;
	return err == CS_ERR_MEMORY ? CKR_HOST_MEMORY : CKR_GENERAL_ERROR;
}

struct slot *slot_by_id(CK_SLOT_ID id)
{
	return id < atomic_load(&slot_count) ? &slots[id] : NULL;
}

static bool slot_state(struct slot *slot, uint32_t *events)
{
	bool present;

	(void)pthread_mutex_lock(&table_lock);
	present = slot->attached && slot->present;
	*events = slot->events;
	(void)pthread_mutex_unlock(&table_lock);
	return present;
}

bool slot_has_card(struct slot *slot)
{
	uint32_t events;

	return slot_state(slot, &events);
}

void slot_close_token(struct slot *slot)
{
	struct token *token = slot->token;

	session_close_all(slot);
	slot->token = NULL;
	token_close(token);
}

static void note_refusal(struct slot *slot, bool refused, uint32_t events)
{
	(void)pthread_mutex_lock(&table_lock);
	slot->refused = refused;
	slot->refused_events = events;
	(void)pthread_mutex_unlock(&table_lock);
}

CK_RV slot_open_token(struct slot *slot)
{
	uint32_t events;
	bool present = slot_state(slot, &events);
	enum cs_err err;

	if (slot->token != NULL && (!present || slot->token->events != events || !token_present(slot->token)))
		slot_close_token(slot);
	if (!present)
		return CKR_TOKEN_NOT_PRESENT;
	if (slot->token != NULL)
		return CKR_OK;
	if (slot->refused && slot->refused_events == events)
		return CKR_TOKEN_NOT_RECOGNIZED;
	err = token_open(context, slot->reader, slot->index, &slot->token);
	note_refusal(slot, err == CS_ERR_NOT_FOUND || err == CS_ERR_UNSUPPORTED, events);
	if (slot->refused)
		return CKR_TOKEN_NOT_RECOGNIZED;
	if (err != CS_OK)
		return err == CS_ERR_REMOVED ? CKR_TOKEN_NOT_PRESENT : token_rv(NULL, err);
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): token_open has set it */
	slot->token->events = events;
	return CKR_OK;
}

/* By what is known while another thread speaks to the card. */
static bool seems_to_have_token(struct slot *slot)
{
	bool seems;

	(void)pthread_mutex_lock(&table_lock);
	seems = slot->attached && slot->present && !(slot->refused && slot->refused_events == slot->events);
	(void)pthread_mutex_unlock(&table_lock);
	return seems;
}

/* Takes the slot's lock for the look, where it is free: a thread that has it may be waiting for a touch. */
static bool has_token(struct slot *slot)
{
	CK_RV rv;

	if (pthread_mutex_trylock(&slot->lock) != 0)
		return seems_to_have_token(slot);
	rv = slot_open_token(slot);
	(void)pthread_mutex_unlock(&slot->lock);
	return rv == CKR_OK;
}

CK_RV slot_list(bool with_token, CK_SLOT_ID_PTR out, CK_ULONG_PTR count)
{
	CK_ULONG n = 0, room;
	CK_RV rv;

	if (count == NULL)
		return CKR_ARGUMENTS_BAD;
	rv = slots_refresh();
	if (rv != CKR_OK)
		return rv;
	room = out != NULL ? *count : 0;
	for (CK_SLOT_ID id = 0; slot_by_id(id) != NULL; id++) {
		if (with_token && !has_token(slot_by_id(id)))
			continue;
		if (n < room)
			out[n] = id;
		n++;
	}
	*count = n;
	return out != NULL && n > room ? CKR_BUFFER_TOO_SMALL : CKR_OK;
}

CK_RV slot_info(struct slot *slot, CK_SLOT_INFO_PTR out)
{
	memset(out, 0, sizeof(*out));
	text_pad(out->slotDescription, sizeof(out->slotDescription), slot->reader);
	text_pad(out->manufacturerID, sizeof(out->manufacturerID), "Countersign");
	out->flags = CKF_REMOVABLE_DEVICE | CKF_HW_SLOT;
	if (slot_open_token(slot) == CKR_OK)
		out->flags |= CKF_TOKEN_PRESENT;
	return CKR_OK;
}

/* ---- C_WaitForSlotEvent ---- */

/* The first slot whose card came or went since it was last reported. */
static bool take_event(CK_SLOT_ID_PTR out)
{
	bool found = false;

	(void)pthread_mutex_lock(&table_lock);
	for (size_t i = 0; !found && i < slot_count; i++) {
		struct slot *slot = &slots[i];
		bool present = slot->attached && slot->present;

		if (present == slot->reported_present && (!present || slot->events == slot->reported_events))
			continue;
		slot->reported_present = present;
		slot->reported_events = slot->events;
		*out = i;
		found = true;
	}
	(void)pthread_mutex_unlock(&table_lock);
	return found;
}

CK_RV slots_event(CK_SLOT_ID_PTR slot)
{
	CK_RV rv = slots_refresh();

	if (rv != CKR_OK)
		return rv;
	return take_event(slot) ? CKR_OK : CKR_NO_EVENT;
}

void slots_wait_enter(void)
{
	(void)pthread_mutex_lock(&table_lock);
	waiting++;
	(void)pthread_mutex_unlock(&table_lock);
}

CK_RV slots_wait_change(void)
{
	struct cc_reader known[CC_READERS_MAX];
	size_t count;
	enum cs_err err;

	(void)pthread_mutex_lock(&table_lock);
	memcpy(known, seen, sizeof(known));
	count = seen_count;
	(void)pthread_mutex_unlock(&table_lock);
	err = cc_wait_change(context, known, count);
	(void)pthread_mutex_lock(&table_lock);
	waiting--;
	(void)pthread_cond_broadcast(&waiting_less);
	(void)pthread_mutex_unlock(&table_lock);
	/* Called off: by C_Finalize. */
	if (err == CS_ERR_CANCELLED)
		return CKR_CRYPTOKI_NOT_INITIALIZED;
	return err == CS_ERR_MEMORY ? CKR_HOST_MEMORY : err == CS_OK ? CKR_OK : CKR_GENERAL_ERROR;
}

void slots_wait_cancel(void)
{
	bool was_inside = gate_away();

	cc_wait_cancel(context);
	gate_back(was_inside);
}

static void wait_for_waiters(void)
{
	bool was_inside = gate_away();

	(void)pthread_mutex_lock(&table_lock);
	while (waiting > 0)
		(void)pthread_cond_wait(&waiting_less, &table_lock);
	(void)pthread_mutex_unlock(&table_lock);
	gate_back(was_inside);
}

void slots_close(void)
{
	struct cc_context *ending = context;

	wait_for_waiters();
	for (size_t i = 0; i < slot_count; i++)
		slot_close_token(&slots[i]);
	context = NULL;
	context_close(ending);
	for (size_t i = 0; i < SLOT_MAX; i++)
		(void)pthread_mutex_destroy(&slots[i].lock);
}
