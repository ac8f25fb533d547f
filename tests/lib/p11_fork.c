/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a child of fork may do with the module.
 */
#include "tests/lib/p11_fork.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pkcs11/pin.h"
#include "tests/lib/p11_token.h"
#include "tests/lib/transport_card.h"

/* Before its own C_Initialize. */
static int before_initialize(CK_SESSION_HANDLE session)
{
	CK_BYTE bytes[64];
	CK_ULONG len = sizeof(bytes);
	CK_SLOT_ID slot;
	CK_INFO info;

	if (C_GetInfo(&info) != CKR_CRYPTOKI_NOT_INITIALIZED)
		return 1;
	if (C_GetSlotList(CK_TRUE, NULL, &len) != CKR_CRYPTOKI_NOT_INITIALIZED)
		return 2;
	if (C_Sign(session, bytes, 1, bytes, &len) != CKR_CRYPTOKI_NOT_INITIALIZED)
		return 3;
	if (C_WaitForSlotEvent(0, &slot, NULL) != CKR_CRYPTOKI_NOT_INITIALIZED)
		return 4;
	if (C_CloseSession(session) != CKR_CRYPTOKI_NOT_INITIALIZED)
		return 5;
	if (C_Finalize(NULL) != CKR_CRYPTOKI_NOT_INITIALIZED)
		return 6;
	return pin_kept(0).len == 0 ? 0 : 7;
}

/* With the module as its own. */
static int from_initialize(void)
{
	CK_OBJECT_HANDLE key;
	CK_SESSION_HANDLE s;
	CK_SLOT_ID slot;
	CK_ULONG n = 0;

	if (C_Initialize(NULL) != CKR_OK)
		return 11;
	if (p11_open(&s) != CKR_OK)
		return 12;
	/* Nobody is logged in here. */
	if (p11_find(s, CKO_PRIVATE_KEY, P11_KEY_ONCE, &n, &key) != CKR_OK || n != 0)
		return 13;
	if (p11_login(s, CKU_USER, P11_USER_PIN) != CKR_OK || p11_sign_by(s, P11_KEY_ONCE) != CKR_OK)
		return 14;
	if (C_WaitForSlotEvent(CKF_DONT_BLOCK, &slot, NULL) != CKR_NO_EVENT)
		return 15;
	return C_Finalize(NULL) == CKR_OK ? 0 : 16;
}

int p11_child(CK_SESSION_HANDLE of_parent)
{
	int wrong;

	(void)alarm(P11_CHILD_SECONDS);
	transport_card_forked();
	wrong = before_initialize(of_parent);
	return wrong != 0 ? wrong : from_initialize();
}

bool p11_fork_is_well(CK_SESSION_HANDLE of_parent)
{
	/* One that hung is enough to know. */
	static bool hung;
	int status = -1;
	pid_t pid = hung ? -1 : fork();

	if (pid == 0)
		_exit(p11_child(of_parent));
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return false;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		(void)fprintf(stderr, "child: %s %d\n", WIFEXITED(status) ? "exit" : "signal",
			      WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	hung = WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM;
	return status == 0;
}
