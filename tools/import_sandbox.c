/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The process that parses, and what it is left with.
 */
#include "tools/import_sandbox.h"

#include <errno.h>
#include <libxml/parser.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/secret.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAVE_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HAVE_SANITIZER 1
#endif
#endif

#define MEMORY_MAX ((rlim_t)1 << 31) /* bytes of address space */

/* What goes through the pipe, whole: both ends are this program. */
struct message {
	enum { MESSAGE_RECORD = 1, MESSAGE_END } kind;
	enum cs_err err; /* MESSAGE_END */
	struct import_fault fault;
	struct import_record record;
};

/* ---- the process ---- */

#ifdef HAVE_SANITIZER

enum cs_err import_confine(int fd)
{
	(void)fd;
	return CS_ERR_UNSUPPORTED;
}

#else

/* Computing needs memory; an answer needs the pipe; the end needs an end. */
static const int allowed[] = {
    SCMP_SYS(brk),	  SCMP_SYS(munmap),	   SCMP_SYS(mremap),	   SCMP_SYS(madvise),
    SCMP_SYS(futex),	  SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(getpid),
    SCMP_SYS(gettid),	  SCMP_SYS(getrandom),	   SCMP_SYS(rt_sigreturn), SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

/* What no parser asks for, whatever it reads. Anything else fails with EPERM: libraries look whether a file
 * is there. */
static const int fatal[] = {SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(ptrace), SCMP_SYS(connect),
			    SCMP_SYS(bind),   SCMP_SYS(fork),	  SCMP_SYS(vfork)};

static int rules_add(scmp_filter_ctx filter, int fd)
{
	const struct scmp_arg_cmp pipe_only = {
	    .arg = 0, .op = SCMP_CMP_EQ, .datum_a = (scmp_datum_t)fd, .datum_b = 0};
	const struct scmp_arg_cmp no_code = {
	    .arg = 2, .op = SCMP_CMP_MASKED_EQ, .datum_a = PROT_EXEC, .datum_b = 0};
	int rc = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(write), 1, &pipe_only);

	if (rc == 0)
		rc = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, &no_code);
	if (rc == 0)
		rc = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, &no_code);
	for (size_t i = 0; i < sizeof allowed / sizeof allowed[0] && rc == 0; i++)
		rc = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, allowed[i], 0, NULL);
	for (size_t i = 0; i < sizeof fatal / sizeof fatal[0] && rc == 0; i++)
		rc = seccomp_rule_add_array(filter, SCMP_ACT_KILL_PROCESS, fatal[i], 0, NULL);
	return rc;
}

enum cs_err import_confine(int fd)
{
	const struct rlimit none = {0, 0}, seconds = {IMPORT_SECONDS_MAX, IMPORT_SECONDS_MAX},
			    memory = {MEMORY_MAX, MEMORY_MAX};
	scmp_filter_ctx filter;
	int rc;

	/* All descriptors but the pipe's; the standard ones, too. */
	if ((fd > 0 && close_range(0, (unsigned)fd - 1, 0) != 0) ||
	    close_range((unsigned)fd + 1, ~0U, 0) != 0)
		return CS_ERR_IO;
	if (setrlimit(RLIMIT_CORE, &none) != 0 || setrlimit(RLIMIT_FSIZE, &none) != 0 ||
	    setrlimit(RLIMIT_CPU, &seconds) != 0 || setrlimit(RLIMIT_AS, &memory) != 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return CS_ERR_IO;
	filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (filter == NULL)
		return CS_ERR_MEMORY;
	rc = rules_add(filter, fd);
	if (rc == 0)
		rc = seccomp_load(filter);
	seccomp_release(filter);
	return rc == 0 ? CS_OK : CS_ERR_IO;
}

#endif

/* What opens files when it is used first is used before there are none. */
static void libraries_warm(void)
{
	uint8_t key[16] = {0};

	(void)OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	(void)PKCS5_PBKDF2_HMAC("", 0, key, sizeof key, 1, EVP_sha256(), sizeof key, key);
	xmlInitParser();
}

static bool message_put(int fd, const struct message *message)
{
	struct cs_view rest = cs_view(message, sizeof *message);

	while (rest.len > 0) {
		ssize_t put = write(fd, rest.ptr, rest.len);
		if (put <= 0)
			return false;
		rest = cs_view(rest.ptr + put, rest.len - (size_t)put);
	}
	return true;
}

static bool record_put(void *ctx, const struct import_record *record)
{
	const int *fd = ctx;
	struct message message = {.kind = MESSAGE_RECORD};

	message.record = *record;
	bool good = message_put(*fd, &message);
	cs_wipe(&message, sizeof message);
	return good;
}

static void process_run(import_parse_fn *parse, const struct import_job *job, int fd)
{
	struct message end = {.kind = MESSAGE_END};
	struct import_job mine = *job;
	enum cs_err err = import_confine(fd);

	if (err != CS_OK && err != CS_ERR_UNSUPPORTED)
		_exit(1);
	mine.take = record_put;
	mine.ctx = &fd;
	end.err = parse(&mine);
	end.fault = mine.fault;
	_exit(message_put(fd, &end) ? 0 : 1);
}

/* ---- this side ---- */

/* False: the pipe ended. */
static bool message_get(int fd, struct message *message)
{
	uint8_t *at = (uint8_t *)message;
	size_t left = sizeof *message;

	while (left > 0) {
		ssize_t got = read(fd, at, left);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		at += got;
		left -= (size_t)got;
	}
	return true;
}

static enum cs_err record_take(struct import_job *job, const struct import_record *record)
{
	char what[IMPORT_FAULT_SIZE];

	if (!import_record_good(record, what))
		return import_fail(job, CS_ERR_IO, 0, "what took it apart does not keep to its rules");
	return job->take(job->ctx, record) ? CS_OK : CS_ERR_CANCELLED;
}

static enum cs_err end_take(struct import_job *job, const struct message *message)
{
	char *what = job->fault.what;

	if (message->err == CS_OK || message->err >= CS_ERR_COUNT)
		return message->err == CS_OK ? CS_OK : CS_ERR_IO;
	job->fault.line = message->fault.line;
	memcpy(what, message->fault.what, IMPORT_FAULT_SIZE);
	what[IMPORT_FAULT_SIZE - 1] = '\0';
	for (size_t i = 0; what[i] != '\0'; i++)
		if ((unsigned char)what[i] < 0x20 || (unsigned char)what[i] >= 0x7F)
			what[i] = '?';
	return message->err;
}

static enum cs_err messages_take(struct import_job *job, int fd)
{
	struct message message;
	enum cs_err err = CS_OK;
	bool ended = false;

	while (err == CS_OK && !ended && message_get(fd, &message)) {
		ended = message.kind == MESSAGE_END;
		if (ended)
			err = end_take(job, &message);
		else
			err = record_take(job, &message.record);
	}
	cs_wipe(&message, sizeof message);
	if (err == CS_OK && !ended)
		err = import_fail(
		    job, CS_ERR_IO, 0,
		    "the process that takes it apart ended without a word: it took too long, or too "
		    "much memory, or it did what it may not");
	return err;
}

enum cs_err import_sandboxed(import_parse_fn *parse, struct import_job *job)
{
	int ends[2], how;
	enum cs_err err;
	pid_t pid;

	libraries_warm();
	(void)fflush(NULL);
	if (pipe(ends) != 0)
		return import_fail(job, CS_ERR_IO, 0, "no pipe: %s", strerror(errno));
	pid = fork();
	if (pid == 0) {
		(void)close(ends[0]);
		process_run(parse, job, ends[1]);
	}
	(void)close(ends[1]);
	err = pid > 0 ? messages_take(job, ends[0])
		      : import_fail(job, CS_ERR_IO, 0, "no process: %s", strerror(errno));
	/* Closed first: who still writes ends by it. */
	(void)close(ends[0]);
	while (pid > 0 && waitpid(pid, &how, 0) < 0 && errno == EINTR)
		;
	return err;
}
