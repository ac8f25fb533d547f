/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The work of the vault's process, and keeper's side of the socket to it.
 */
#include "daemon/vault_warden.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/secret.h"
#include "daemon/hsm.h"
#include "daemon/log.h"

#define VAULT_GRACE_MS 5000 /* that the warden has more than its worker */

enum vault_operation { VAULT_CLOSE = 1, VAULT_OPEN, VAULT_SIGN, VAULT_PUBLIC };

struct vault {
	pid_t pid;
	int fd;
};

/* ---- the worker ---- */

bool vault_reply(int fd, enum cs_err err, struct cs_view data)
{
	uint8_t message[VAULT_MESSAGE_MAX];
	struct cs_writer w = CS_WRITER_OF(message);

	cs_write_u8(&w, (uint8_t)err);
	cs_write_view(&w, data);
	bool sent = !cs_writer_done(&w) && send(fd, message, cs_writer_view(&w).len, MSG_NOSIGNAL) ==
					       (ssize_t)cs_writer_view(&w).len;
	cs_wipe(message, sizeof(message));
	return sent;
}

static enum cs_err vault_work(struct hsm *hsm, uint8_t operation, struct cs_view identity,
			      struct cs_view data, struct cs_writer *out)
{
	uint8_t bytes[HSM_POINT_LEN > HSM_SIGNATURE_LEN ? HSM_POINT_LEN : HSM_SIGNATURE_LEN];
	enum cs_err err;

	switch (operation) {
	case VAULT_CLOSE:
		return hsm_close(hsm, identity, data, out);
	case VAULT_OPEN:
		return hsm_open(hsm, identity, data, out);
	case VAULT_SIGN:
		err = data.len == HSM_DIGEST_LEN ? hsm_sign(hsm, data.ptr, bytes) : CS_ERR_LENGTH;
		if (!err)
			cs_write_view(out, cs_view(bytes, HSM_SIGNATURE_LEN));
		return err ? err : cs_writer_done(out);
	case VAULT_PUBLIC:
		err = hsm_public(hsm, bytes);
		if (!err)
			cs_write_view(out, cs_view(bytes, HSM_POINT_LEN));
		return err ? err : cs_writer_done(out);
	default:
		return CS_ERR_UNSUPPORTED;
	}
}

/* Answers one request; false where keeper is gone, or sends what is none. */
static bool vault_answer(struct hsm *hsm, int fd)
{
	uint8_t message[VAULT_MESSAGE_MAX], result[VAULT_DATA_MAX];
	struct cs_writer w = CS_WRITER_OF(result);
	ssize_t got;

	do
		got = recv(fd, message, sizeof(message), 0);
	while (got < 0 && errno == EINTR);
	if (got <= 0)
		return false;
	struct cs_reader r = cs_reader_of(cs_view(message, (size_t)got));
	uint8_t operation = cs_read_u8(&r);
	struct cs_view identity = cs_read_view(&r, cs_read_u16(&r));
	struct cs_view data = cs_read_rest(&r);
	bool good = !cs_reader_done(&r);
	if (good) {
		enum cs_err err = vault_work(hsm, operation, identity, data, &w);
		good = vault_reply(fd, err, err ? CS_VIEW_EMPTY : cs_writer_view(&w));
	}
	cs_wipe(message, sizeof(message));
	cs_wipe(result, sizeof(result));
	return good;
}

bool vault_process(const char *name, int fd, pid_t parent)
{
	sigset_t none;

	log_name(name);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)prctl(PR_SET_DUMPABLE, 0);
	(void)sigemptyset(&none);
	/* Whoever stops all processes of the service at once does not keep keeper from its last signature. */
	(void)signal(SIGTERM, SIG_IGN);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	return getppid() == parent && (fd == VAULT_FD || dup2(fd, VAULT_FD) == VAULT_FD) &&
	       close_range(VAULT_FD + 1, ~0U, 0) == 0;
}

void vault_work_for(const char *uri, volatile bool *pin_tried)
{
	static char error[CONFIG_ERROR_MAX];
	struct hsm *hsm = NULL;

	enum cs_err err = hsm_new(uri, &hsm, error);
	error[VAULT_DATA_MAX] = '\0';
	if (!vault_reply(VAULT_FD, err, cs_view_string(err ? error : "")) || err)
		_exit(1);
	hsm_watch(hsm, pin_tried);
	while (vault_answer(hsm, VAULT_FD))
		;
	hsm_free(hsm);
	_exit(0);
}

/* ---- the process's own beginning ---- */

/* Says no to whoever types it: descriptor 3 is keeper's socket, or this is not for us. */
static bool vault_is_child(int argc, char **argv)
{
	int type = 0;
	socklen_t len = sizeof(type);

	return argc == 2 && strcmp(argv[1], VAULT_ARGUMENT) == 0 &&
	       getsockopt(VAULT_FD, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_SEQPACKET;
}

void vault_child(int argc, char **argv)
{
	static char first[1 + VAULT_URI_MAX];
	ssize_t got;

	if (!vault_is_child(argc, argv))
		return;
	(void)prctl(PR_SET_DUMPABLE, 0); /* it is anew what the file says, before there is anything to hide */
	log_name("countersignd vault");
	do
		got = recv(VAULT_FD, first, sizeof(first) - 1, 0);
	while (got < 0 && errno == EINTR);
	if (got < 1)
		_exit(1);
	log_level_set((unsigned char)first[0]);
	vault_warden(first + 1);
}

/* ---- keeper's side ---- */

static void vault_end(struct vault *vault)
{
	if (vault->fd >= 0)
		(void)close(vault->fd);
	if (vault->pid > 0) {
		(void)kill(vault->pid, SIGKILL);
		(void)waitpid(vault->pid, NULL, 0);
	}
	vault->fd = -1;
	vault->pid = 0;
}

/* One answer, waited for; its data goes to out. */
static enum cs_err vault_receive(struct vault *vault, struct cs_writer *out)
{
	struct pollfd wait = {.fd = vault->fd, .events = POLLIN};
	uint8_t message[VAULT_MESSAGE_MAX];
	ssize_t got = -1;

	int ready = poll(&wait, 1, VAULT_WAIT_MS + VAULT_GRACE_MS);
	if (ready > 0)
		got = recv(vault->fd, message, sizeof(message), 0);
	if (got <= 0) {
		log_line(LOG_LEVEL_ERROR, "the process that holds a key's token %s",
			 ready == 0 ? "does not answer: it is ended" : "is gone");
		vault_end(vault);
		return ready == 0 ? CS_ERR_TIMEOUT : CS_ERR_IO;
	}
	struct cs_reader r = cs_reader_of(cs_view(message, (size_t)got));
	uint8_t code = cs_read_u8(&r);
	cs_write_view(out, cs_read_rest(&r));
	cs_wipe(message, sizeof(message));
	if (code >= CS_ERR_COUNT)
		return CS_ERR_IO;
	return code ? (enum cs_err)code : cs_writer_done(out);
}

static enum cs_err vault_send(struct vault *vault, enum vault_operation operation, struct cs_view identity,
			      struct cs_view data)
{
	uint8_t message[VAULT_MESSAGE_MAX];
	struct cs_writer w = CS_WRITER_OF(message);

	if (vault->fd < 0)
		return CS_ERR_IO;
	if (identity.len > VAULT_DATA_MAX || data.len > VAULT_DATA_MAX)
		return CS_ERR_LENGTH;
	cs_write_u8(&w, (uint8_t)operation);
	cs_write_u16(&w, (uint16_t)identity.len);
	cs_write_view(&w, identity);
	cs_write_view(&w, data);
	ssize_t sent = send(vault->fd, message, cs_writer_view(&w).len, MSG_NOSIGNAL);
	cs_wipe(message, sizeof(message));
	if (sent < 0) {
		vault_end(vault);
		return CS_ERR_IO;
	}
	return CS_OK;
}

static enum cs_err vault_request(struct vault *vault, enum vault_operation operation, struct cs_view identity,
				 struct cs_view data, struct cs_writer *out)
{
	enum cs_err err = vault_send(vault, operation, identity, data);

	return err ? err : vault_receive(vault, out);
}

/* In the forked child: nothing of keeper's memory is left when the file is executed. */
_Noreturn static void vault_execute(int fd, pid_t parent)
{
	static char name[] = "countersignd", argument[] = VAULT_ARGUMENT;
	char *const arguments[] = {name, argument, NULL};

	if (vault_process("countersignd vault", fd, parent) && fcntl(VAULT_FD, F_SETFD, 0) == 0)
		(void)execv("/proc/self/exe", arguments);
	_exit(1);
}

static enum cs_err vault_introduce(const struct vault *vault, const char *uri)
{
	char first[1 + VAULT_URI_MAX];

	int len = snprintf(first, sizeof(first), "%c%s", (int)log_level(), uri);
	if (len < 1 || (size_t)len >= sizeof(first))
		return CS_ERR_LENGTH;
	ssize_t sent = send(vault->fd, first, (size_t)len, MSG_NOSIGNAL);
	cs_wipe(first, sizeof(first));
	return sent == (ssize_t)len ? CS_OK : CS_ERR_IO;
}

enum cs_err vault_start(const char *uri, struct vault **out, char error[CONFIG_ERROR_MAX])
{
	struct cs_writer said = cs_writer_of(error, VAULT_DATA_MAX);
	pid_t parent = getpid();
	int pair[2];

	error[0] = '\0';
	struct vault *vault = calloc(1, sizeof(*vault));
	if (!vault)
		return CS_ERR_MEMORY;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
		free(vault);
		return CS_ERR_IO;
	}
	vault->fd = pair[0];
	vault->pid = fork();
	if (vault->pid == 0)
		vault_execute(pair[1], parent);
	(void)close(pair[1]);
	enum cs_err err = vault->pid < 0 ? CS_ERR_IO : vault_introduce(vault, uri);
	if (!err)
		err = vault_receive(vault, &said);
	error[cs_writer_view(&said).len] = '\0';
	if (err)
		vault_stop(vault);
	else
		*out = vault;
	return err;
}

void vault_stop(struct vault *vault)
{
	if (!vault)
		return;
	vault_end(vault);
	free(vault);
}

enum cs_err vault_close(struct vault *vault, struct cs_view identity, struct cs_view plain,
			struct cs_writer *out)
{
	return vault_request(vault, VAULT_CLOSE, identity, plain, out);
}

enum cs_err vault_open(struct vault *vault, struct cs_view identity, struct cs_view sealed,
		       struct cs_writer *out)
{
	return vault_request(vault, VAULT_OPEN, identity, sealed, out);
}

enum cs_err vault_public(struct vault *vault, struct cs_writer *point)
{
	return vault_request(vault, VAULT_PUBLIC, CS_VIEW_EMPTY, CS_VIEW_EMPTY, point);
}

enum cs_err vault_ask_signature(struct vault *vault, struct cs_view digest)
{
	return vault_send(vault, VAULT_SIGN, CS_VIEW_EMPTY, digest);
}

enum cs_err vault_take_signature(struct vault *vault, int wait_ms, struct cs_writer *signature)
{
	struct pollfd wait = {.fd = vault->fd, .events = POLLIN};

	if (vault->fd >= 0 && poll(&wait, 1, wait_ms) == 0)
		return CS_ERR_BUSY;
	return vault->fd < 0 ? CS_ERR_IO : vault_receive(vault, signature);
}

int vault_fd(const struct vault *vault)
{
	return vault->fd;
}

pid_t vault_pid(const struct vault *vault)
{
	return vault->pid;
}
