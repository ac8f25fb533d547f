/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fork while another thread waits for a file: of the cache, of the trace, of the configuration. A file may
 * lie on a server that does not answer. This program's own open, openat and write stand for those of such a
 * file system.
 */
#include <dirent.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/p11_fork.h"
#include "tests/unit/pkcs11_pause.h"
#include "tests/unit/pkcs11_token.h"

/* <fcntl.h> may have them as functions that are compiled in. */
int open(const char *path, int flags, ...);
int openat(int dir, const char *path, int flags, ...);
ssize_t write(int fd, const void *bytes, size_t len);

#define HERE (-100) /* AT_FDCWD */

/* ---- a slow file system ---- */

static char place[] = "/tmp/pkcs11_fork_file.XXXXXX", trace[64], config[64];

/* Of the files in the place: the call that is slow; 0: none. Calls so far. */
static unsigned slow_at, calls;
static bool counted;

static void call(void)
{
	if (!counted)
		return;
	calls++;
	if (calls == slow_at)
		pause_in(PAUSE_ELSEWHERE);
}

static int open_at(int dir, const char *path, int flags, va_list rest)
{
	int mode = va_arg(rest, int);

	/* The cache's own, but its folder, have names without a folder. */
	if (strchr(path, '/') == NULL || strncmp(path, place, sizeof(place) - 1) == 0)
		call();
	return (int)syscall(SYS_openat, dir, path, flags, mode);
}

int open(const char *path, int flags, ...)
{
	va_list rest;
	int fd;

	va_start(rest, flags);
	fd = open_at(HERE, path, flags, rest);
	va_end(rest);
	return fd;
}

int openat(int dir, const char *path, int flags, ...)
{
	va_list rest;
	int fd;

	va_start(rest, flags);
	fd = open_at(dir, path, flags, rest);
	va_end(rest);
	return fd;
}

ssize_t write(int fd, const void *bytes, size_t len)
{
	struct stat st, of_trace;

	if (stat(trace, &of_trace) == 0 && fstat(fd, &st) == 0 && st.st_ino == of_trace.st_ino)
		call();
	return (ssize_t)syscall(SYS_write, fd, bytes, len);
}

/* ---- */

static unsigned descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		n++;
	(void)closedir(dir);
	return n;
}

static CK_OBJECT_HANDLE certificate;

static CK_RV read_certificate(void)
{
	CK_BYTE value[CERTIFICATE_MAX];
	CK_ATTRIBUTE ask = {CKA_VALUE, value, sizeof(value)};

	return C_GetAttributeValue(session, certificate, &ask, 1);
}

static CK_RV initialize(void)
{
	return C_Initialize(NULL);
}

static CK_RV finalize(void)
{
	return C_Finalize(NULL);
}

static CK_RV sign(void)
{
	return p11_sign_by(session, P11_KEY_ONCE);
}

/* The module knows nothing but what is in the cache. */
static void begin_anew(void)
{
	(void)C_Finalize(NULL);
	assert_int_equal(p11_begin(&transport_card, &session), CKR_OK);
	assert_int_equal(log_in(CKU_USER, USER_PIN), CKR_OK);
}

static void begin_with_certificate(void)
{
	CK_OBJECT_HANDLE found[32];

	begin_anew();
	assert_int_equal(find_class(CKO_CERTIFICATE, found), 1);
	certificate = found[0];
}

/* Nothing is in the cache. */
static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	return at->level > 0 ? remove(path) : 0;
}

static void begin_with_nothing_cached(void)
{
	begin_with_certificate();
	assert_int_equal(nftw(place, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static unsigned calls_of(CK_RV (*work)(void))
{
	calls = slow_at = 0;
	counted = true;
	assert_int_equal(work(), CKR_OK);
	counted = false;
	return calls;
}

/* A child has none of the descriptors that are open for the work alone. */
static void fork_at(unsigned at, CK_RV (*work)(void), unsigned own)
{
	int status = -1;
	pid_t pid;

	calls = 0;
	slow_at = at;
	counted = true;
	pause_start(PAUSE_ELSEWHERE, work);
	(void)alarm(P11_CHILD_SECONDS);
	pid = fork();
	if (pid == 0) {
		counted = false;
		pause_forked();
		_exit(own == 0 || descriptors() == own ? p11_child(session) : 100);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	(void)alarm(0);
	pause_over();
	assert_int_equal(pause_join(), CKR_OK);
	counted = false;
	assert_int_equal(status, 0);
}

static void a_fork_does_not_wait_for_the_cache(void **state)
{
	unsigned n;

	(void)state;
	begin_with_nothing_cached();
	n = calls_of(read_certificate);
	/* Its folder, and the file, which is not there; then it is written. */
	assert_true(n >= 5);
	for (unsigned i = 1; i <= n; i++) {
		begin_with_nothing_cached();
		fork_at(i, read_certificate, descriptors());
		assert_int_equal(read_certificate(), CKR_OK);
	}
	begin_with_certificate();
	n = calls_of(read_certificate);
	assert_int_equal(n, 2);
	for (unsigned i = 1; i <= n; i++) {
		begin_with_certificate();
		fork_at(i, read_certificate, descriptors());
	}
}

/* Another program has it for itself. */
static enum cs_err refuse(void *context, const char *reader, void **link, struct cs_writer *atr)
{
	(void)context;
	(void)reader;
	(void)link;
	(void)atr;
	return CS_ERR_BUSY;
}

static CK_RV look_at_the_token(void)
{
	CK_TOKEN_INFO info;

	return C_GetTokenInfo(0, &info) == CKR_OK ? CKR_FUNCTION_FAILED : CKR_OK;
}

static void nor_for_the_trace_of_a_card_that_cannot_be_had(void **state)
{
	static struct cc_backend refusing;

	(void)state;
	refusing = transport_card;
	refusing.connect = refuse;
	assert_int_equal(setenv("COUNTERSIGN_TRACE", trace, 1), 0);
	(void)C_Finalize(NULL);
	slots_set_backend(&refusing);
	assert_int_equal(C_Initialize(NULL), CKR_OK);
	assert_int_equal(calls_of(look_at_the_token), 1);
	slots_set_backend(&transport_card); /* of the child's own life */
	fork_at(1, look_at_the_token, 0);
	assert_int_equal(unsetenv("COUNTERSIGN_TRACE"), 0);
	begin_anew();
}

static void nor_for_the_trace(void **state)
{
	unsigned n;

	(void)state;
	assert_int_equal(setenv("COUNTERSIGN_TRACE", trace, 1), 0);
	begin_anew();
	n = calls_of(sign);
	assert_int_equal(n, 1);
	fork_at(1, sign, 0);
	assert_int_equal(C_Finalize(NULL), CKR_OK);
	/* It is opened. */
	fork_at(1, initialize, 0);
	assert_int_equal(unsetenv("COUNTERSIGN_TRACE"), 0);
	begin_anew();
	assert_int_equal(sign(), CKR_OK);
	assert_int_equal(calls_of(sign), 0);
}

static void nor_for_the_configuration(void **state)
{
	(void)state;
	assert_int_equal(setenv("COUNTERSIGN_PKCS11_CONF", config, 1), 0);
	assert_int_equal(finalize(), CKR_OK);
	fork_at(1, initialize, 0);
	assert_int_equal(setenv("COUNTERSIGN_PKCS11_CONF", "", 1), 0);
	begin_anew();
	assert_int_equal(sign(), CKR_OK);
}

static int setup(void **state)
{
	CK_OBJECT_HANDLE written;

	if (mkdtemp(place) == NULL)
		return -1;
	(void)snprintf(trace, sizeof(trace), "%s/trace", place);
	(void)snprintf(config, sizeof(config), "%s/config", place);
	if (setenv("XDG_CACHE_HOME", place, 1) != 0 || setenv("XDG_CONFIG_HOME", place, 1) != 0 ||
	    setenv("COUNTERSIGN_PKCS11_CONF", "", 1) != 0 || unsetenv("COUNTERSIGN_TRACE") != 0 ||
	    token_setup(state) != 0)
		return -1;
	(void)make_p256(P11_KEY_ONCE);
	return write_certificate(make_certificate("Ada", CS_VIEW_EMPTY, false), 1, &written) == CKR_OK ? 0
												       : -1;
}

static int teardown(void **state)
{
	(void)token_teardown(state);
	(void)nftw(place, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	return rmdir(place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_fork_does_not_wait_for_the_cache),
	    cmocka_unit_test(nor_for_the_trace),
	    cmocka_unit_test(nor_for_the_trace_of_a_card_that_cannot_be_had),
	    cmocka_unit_test(nor_for_the_configuration),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
