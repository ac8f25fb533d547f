/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Another user, no capabilities, Landlock for files, seccomp for system calls.
 */
#include "applet/port/usb_sandbox.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "applet/port/usb_filter.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAVE_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define HAVE_SANITIZER 1
#endif
#endif

/* A change of the user clears the wish to die with the parent. */
static enum cs_err root_drop(void)
{
	pid_t parent = getppid();

	if (geteuid() != 0)
		return CS_OK;
	if (setgroups(0, NULL) < 0 ||
	    setresgid(USB_SANDBOX_NOBODY, USB_SANDBOX_NOBODY, USB_SANDBOX_NOBODY) < 0 ||
	    setresuid(USB_SANDBOX_NOBODY, USB_SANDBOX_NOBODY, USB_SANDBOX_NOBODY) < 0)
		return CS_ERR_DENIED;
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	return getppid() == parent ? CS_OK : CS_ERR_REMOVED;
}

/* Who is not root may have some of its power, for a port below 1024 or as a service was given it. */
static enum cs_err privileges_drop(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};
	enum cs_err err = root_drop();

	if (!err && syscall(SYS_capset, &header, none) < 0)
		err = CS_ERR_DENIED;
	return err;
}

#ifdef HAVE_SANITIZER

enum cs_err usb_sandbox_enter(unsigned *missing)
{
	enum cs_err err = privileges_drop();

	if (!err)
		*missing = 0;
	return err;
}

#else

/* All that the first version of Landlock can withhold: its rights are bits 0 to 12. */
#define LANDLOCK_ALL_V1 ((uint64_t)LANDLOCK_ACCESS_FS_MAKE_SYM * 2 - 1)

static bool files_drop(void)
{
	const struct rlimit none = {0, 0};
	const struct landlock_ruleset_attr all = {.handled_access_fs = LANDLOCK_ALL_V1};
	long rules;
	bool done;

	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	rules = syscall(SYS_landlock_create_ruleset, &all, sizeof(all), 0);
	if (rules < 0)
		return false;
	done = syscall(SYS_landlock_restrict_self, (int)rules, 0) == 0;
	(void)close((int)rules);
	return done;
}

/* libseccomp has no error of its own for a kernel without; the kernel looks for a filter before it looks at
 * one. */
static bool have_filters(void)
{
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL, 0, 0) < 0 && errno == EFAULT;
}

static enum cs_err calls_drop(void)
{
	scmp_filter_ctx filter = usb_filter_new(SCMP_ARCH_NATIVE, getpid());
	int rc;

	if (filter == NULL) {
		errno = ENOMEM;
		return CS_ERR_IO;
	}
	rc = seccomp_attr_set(filter, SCMP_FLTATR_API_SYSRAWRC, 1); /* the kernel's own error */
	if (rc == 0)
		rc = seccomp_load(filter);
	seccomp_release(filter);
	errno = -rc;
	return rc == 0 ? CS_OK : CS_ERR_IO;
}

enum cs_err usb_sandbox_enter(unsigned *missing)
{
	unsigned lacks = 0;
	enum cs_err err = privileges_drop();

	if (err)
		return err;
	if (!files_drop())
		lacks |= USB_SANDBOX_FILES;
	if (!have_filters())
		lacks |= USB_SANDBOX_CALLS;
	else
		err = calls_drop();
	if (!err)
		*missing = lacks;
	return err;
}

#endif
