/* SPDX-License-Identifier: BSD-2-Clause
 *
 * From root to the daemon's account, for good.
 */
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "daemon/daemon.h"

enum cs_err privilege_drop(const struct config *config)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return CS_ERR_IO;
	if (geteuid() != 0 || !config->user[0])
		return CS_OK;
	const struct passwd *account = getpwnam(config->user);
	if (!account)
		return CS_ERR_NOT_FOUND;
	if (initgroups(account->pw_name, account->pw_gid) != 0 ||
	    setresgid(account->pw_gid, account->pw_gid, account->pw_gid) != 0 ||
	    setresuid(account->pw_uid, account->pw_uid, account->pw_uid) != 0)
		return CS_ERR_IO;
	return account->pw_uid != 0 && setuid(0) == 0 ? CS_ERR_IO : CS_OK;
}
