/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Sessions. A handle is its slot and a number.
 *
 * Invariants:
 *  1. A number is not given again before 2^24 more sessions were opened, nor while its session is there.
 *  2. The objects that a session made end with it; with the last session the login ends.
 *  3. While the security officer is logged in, all sessions are read/write ones.
 */
#include "pkcs11/session.h"

#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "pkcs11/cipher.h"
#include "pkcs11/mac.h"
#include "pkcs11/otp_card.h"
#include "pkcs11/otp_params.h"
#include "pkcs11/token.h"

#define SLOT_SHIFT  24u
#define SERIAL_MASK 0xFFFFFFu

size_t session_slot_index(CK_SESSION_HANDLE handle)
{
	return handle >> SLOT_SHIFT == 0 ? SLOT_MAX : (size_t)(handle >> SLOT_SHIFT) - 1;
}

void operation_end(struct operation *op)
{
	hash_free(op->digest);
	mac_free(op->mac);
	otp_request_free(op->otp);
	cipher_free(op->cipher);
	buffer_wipe(&op->prefix);
	buffer_wipe(&op->data);
	buffer_wipe(&op->label);
	buffer_wipe(&op->iv);
	buffer_wipe(&op->result);
	buffer_wipe(&op->signature);
	cs_wipe(op, sizeof(*op));
}

CK_ULONG session_count(const struct slot *slot, bool rw)
{
	CK_ULONG n = 0;

	for (const struct session *s = slot->sessions; s != NULL; s = s->next) {
		if (!rw || session_is_rw(s))
			n++;
	}
	return n;
}

bool session_is_rw(const struct session *session)
{
	return (session->flags & CKF_RW_SESSION) != 0;
}

CK_RV session_open(struct slot *slot, CK_FLAGS flags, CK_SESSION_HANDLE_PTR out)
{
	struct session *session;

	if ((flags & CKF_ASYNC_SESSION) != 0)
		return CKR_SESSION_ASYNC_NOT_SUPPORTED;
	if ((flags & CKF_RW_SESSION) == 0 && token_officer(slot->token))
		return CKR_SESSION_READ_WRITE_SO_EXISTS;
	if (session_count(slot, false) >= SESSION_MAX)
		return CKR_SESSION_COUNT;
	session = calloc(1, sizeof(*session));
	if (session == NULL)
		return CKR_HOST_MEMORY;
	do
		slot->session_serial = (slot->session_serial + 1) & SERIAL_MASK;
	while (session_find(slot, ((slot->index + 1) << SLOT_SHIFT) | slot->session_serial) != NULL);
	/* What was learnt right before, when the token was opened, is good for the first session. */
	if (slot->sessions == NULL && slot->token->used)
		slot->token->stale = true;
	slot->token->used = true;
	session->slot = slot;
	session->flags = (flags & CKF_RW_SESSION) | CKF_SERIAL_SESSION;
	session->handle = ((slot->index + 1) << SLOT_SHIFT) | slot->session_serial;
	session->next = slot->sessions;
	slot->sessions = session;
	*out = session->handle;
	return CKR_OK;
}

static void session_free(struct session *session)
{
	for (size_t i = 0; i < OP_COUNT; i++)
		operation_end(&session->operations[i]);
	free(session->found);
	free(session);
}

CK_RV session_close(struct session *session)
{
	struct slot *slot = session->slot;
	struct session **link = &slot->sessions;

	while (*link != session)
		link = &(*link)->next;
	*link = session->next;
	memory_objects_free(slot->token, session);
	session_free(session);
	if (slot->sessions == NULL)
		otp_logout(slot->token);
	if (slot->sessions == NULL && slot->token->login != LOGIN_NONE)
		token_logout(slot->token);
	return CKR_OK;
}

void session_close_all(struct slot *slot)
{
	while (slot->sessions != NULL)
		(void)session_close(slot->sessions);
}

struct session *session_find(struct slot *slot, CK_SESSION_HANDLE handle)
{
	for (struct session *s = slot->sessions; s != NULL; s = s->next) {
		if (s->handle == handle)
			return s;
	}
	return NULL;
}

CK_RV session_info(const struct session *session, CK_SESSION_INFO_PTR out)
{
	bool rw = session_is_rw(session);

	if (out == NULL)
		return CKR_ARGUMENTS_BAD;
	*out = (CK_SESSION_INFO){.slotID = session->slot->index, .flags = session->flags};
	switch (session->slot->token->login) {
	case LOGIN_NONE:
		out->state = rw ? CKS_RW_PUBLIC_SESSION : CKS_RO_PUBLIC_SESSION;
		break;
	case LOGIN_USER:
		out->state = rw ? CKS_RW_USER_FUNCTIONS : CKS_RO_USER_FUNCTIONS;
		break;
	case LOGIN_SO_PIN:
	case LOGIN_SO_PUK:
	case LOGIN_SO_KEY:
		out->state = CKS_RW_SO_FUNCTIONS;
		break;
	}
	return CKR_OK;
}

static const struct {
	CK_FLAGS flag;
	enum operation_kind kind;
	bool recover;
} cancels[] = {
    {CKF_ENCRYPT, OP_ENCRYPT, false},
    {CKF_DECRYPT, OP_DECRYPT, false},
    {CKF_DIGEST, OP_DIGEST, false},
    {CKF_SIGN, OP_SIGN, false},
    {CKF_SIGN_RECOVER, OP_SIGN, true},
    {CKF_VERIFY, OP_VERIFY, false},
    {CKF_VERIFY_RECOVER, OP_VERIFY, true},
    {CKF_MESSAGE_SIGN, OP_MESSAGE_SIGN, false},
    {CKF_MESSAGE_VERIFY, OP_MESSAGE_VERIFY, false},
    {CKF_MESSAGE_DECRYPT, OP_MESSAGE_DECRYPT, false},
    {CKF_MESSAGE_ENCRYPT, OP_MESSAGE_ENCRYPT, false},
};

CK_RV session_cancel(struct session *session, CK_FLAGS flags)
{
	for (size_t i = 0; i < sizeof(cancels) / sizeof(cancels[0]); i++) {
		struct operation *op = &session->operations[cancels[i].kind];

		if ((flags & cancels[i].flag) != 0 && op->active && op->recover == cancels[i].recover)
			operation_end(op);
	}
	if ((flags & CKF_FIND_OBJECTS) != 0) {
		free(session->found);
		session->found = NULL;
		session->finding = false;
	}
	return CKR_OK;
}
