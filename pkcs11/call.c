/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Entering and leaving the module, and its life.
 *
 *   not initialised --module_initialize--> running --module_finalize--> not initialised
 *   running, in a forked child: not initialised; what the parent had was let go of right after fork
 *
 * Invariants:
 *  1. No call goes on in a process that did not initialise the module itself.
 *  2. Calls hold life for reading, C_Initialize and C_Finalize for writing; C_WaitForSlotEvent holds it in
 * turns only and is woken before C_Finalize asks for it. Who asks for it for writing goes before later
 * readers: threads that call without pause do not keep C_Finalize out. Hence no call may enter twice.
 *  3. In a forked child every lock of the module is free, whatever the parent's threads were doing, and
 * libcrypto's are free of the module: fork waits until no thread is inside the gate (gate.h), which calls
 * enter after life and leave before it. What a thread that was away was in the middle of stays as it was, and
 * is not touched: pointers to what is being released are cleared first.
 *  4. Who waits for life, for a slot or for C_WaitForSlotEvent to end is not inside the gate.
 *  5. What libcrypto says of a call stays in the module: its queue of errors is the program's.
 */
#include "pkcs11/call.h"

#include "cardclient/library.h"
#include "pkcs11/descriptor.h"
#include "pkcs11/gate.h"
#include "pkcs11/owner.h"
#include "pkcs11/pin.h"
#include "pkcs11/settings.h"
#include "pkcs11/token.h"

#define LIFE_NEW PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP

static pthread_rwlock_t life = LIFE_NEW;
static pthread_once_t fork_once = PTHREAD_ONCE_INIT;
static bool fork_told;

CK_RV module_ready(void)
{
	return owner_is_this() ? CKR_OK : CKR_CRYPTOKI_NOT_INITIALIZED;
}

static void enter(void)
{
	gate_enter();
	cc_library_errors_begin();
}

struct call call_module(void)
{
	struct call c = {.rv = CKR_CRYPTOKI_NOT_INITIALIZED};

	/* A child of clone(2) was not told of: its locks may be held by threads that it does not have. */
	if (!owner_is_this())
		return c;
	(void)pthread_rwlock_rdlock(&life);
	if (!owner_is_this()) {
		(void)pthread_rwlock_unlock(&life);
		return c;
	}
	enter();
	c.entered = true;
	c.rv = CKR_OK;
	return c;
}

static void enter_slot(struct call *c, size_t index)
{
	struct slot *slot = slot_by_id(index);

	if (slot == NULL)
		return;
	gate_lock(&slot->lock);
	c->slot = slot;
}

struct call call_slot(CK_SLOT_ID id)
{
	struct call c = call_module();

	if (c.rv != CKR_OK)
		return c;
	/* A program may know a slot's number from an earlier life and not have asked for the list in this
	 * one. */
	c.rv = slots_refresh();
	if (c.rv != CKR_OK)
		return c;
	enter_slot(&c, id);
	c.rv = c.slot != NULL ? CKR_OK : CKR_SLOT_ID_INVALID;
	return c;
}

struct call call_token(CK_SLOT_ID id)
{
	struct call c = call_slot(id);

	if (c.rv == CKR_OK)
		c.rv = slot_open_token(c.slot);
	return c;
}

struct call call_session(CK_SESSION_HANDLE handle)
{
	struct call c = call_module();

	if (c.rv != CKR_OK)
		return c;
	enter_slot(&c, session_slot_index(handle));
	if (c.slot != NULL)
		c.session = session_find(c.slot, handle);
	if (c.session == NULL)
		c.rv = CKR_SESSION_HANDLE_INVALID;
	else
		c.slot->token->caller = c.session;
	return c;
}

static void leave(void)
{
	cc_library_errors_end();
	gate_leave();
	(void)pthread_rwlock_unlock(&life);
}

CK_RV call_end(struct call *c, CK_RV rv)
{
	if (c->slot != NULL) {
		if (c->slot->token != NULL && !token_present(c->slot->token))
			slot_close_token(c->slot);
		(void)pthread_mutex_unlock(&c->slot->lock);
	}
	if (c->entered)
		leave();
	return rv;
}

static CK_RV check_args(const CK_C_INITIALIZE_ARGS *args)
{
	int functions;

	if (args == NULL)
		return CKR_OK;
	functions = (args->CreateMutex != NULL) + (args->DestroyMutex != NULL) + (args->LockMutex != NULL) +
		    (args->UnlockMutex != NULL);
	if (args->pReserved != NULL || (functions != 0 && functions != 4))
		return CKR_ARGUMENTS_BAD;
	/* Our locks are the system's. */
	return functions == 4 && (args->flags & CKF_OS_LOCKING_OK) == 0 ? CKR_CANT_LOCK : CKR_OK;
}

/* In the child, right after fork. */
static void forked(void)
{
	owner_leave();
	gate_forked();
	life = (pthread_rwlock_t)LIFE_NEW;
	slots_forked();
	/* Later the numbers of its descriptors may be the program's own. */
	slots_forget();
	descriptors_forked();
	cc_library_forked();
}

static void tell_forks(void)
{
	fork_told = pthread_atfork(gate_fork_begins, gate_fork_done, forked) == 0;
}

/* Alone in the module. */
static void enter_alone(void)
{
	(void)pthread_rwlock_wrlock(&life);
	enter();
}

static CK_RV start(void)
{
	CK_RV rv;

	if (pin_page_open() != CS_OK)
		return CKR_HOST_MEMORY;
	settings_load();
	rv = slots_open();
	if (rv == CKR_OK)
		owner_take();
	else
		pin_page_close();
	return rv;
}

CK_RV module_initialize(const CK_C_INITIALIZE_ARGS *args)
{
	CK_RV rv = check_args(args);

	if (rv != CKR_OK)
		return rv;
	(void)pthread_once(&fork_once, tell_forks);
	if (!fork_told)
		return CKR_HOST_MEMORY;
	enter_alone();
	/* It comes to life before whatever the program wants done at exit from now on, and so is there then.
	 */
	(void)cc_library_alive();
	if (owner_is_this()) {
		rv = CKR_CRYPTOKI_ALREADY_INITIALIZED;
	} else {
		/* A parent's. A child of clone(2), which was not told of, leaves the rest as it is. */
		pin_page_close();
		rv = start();
	}
	leave();
	return rv;
}

CK_RV module_finalize(void)
{
	struct call c = call_module();

	if (c.rv != CKR_OK)
		return c.rv;
	slots_wait_cancel();
	(void)call_end(&c, CKR_OK);
	enter_alone();
	if (!owner_is_this()) {
		leave();
		return CKR_CRYPTOKI_NOT_INITIALIZED;
	}
	owner_leave();
	slots_close();
	pin_page_close();
	cc_library_free();
	leave();
	return CKR_OK;
}
