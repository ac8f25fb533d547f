/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A process of its own around daemon/hsm.h: somebody else's PKCS#11 module, which may open sockets, start threads or
 * crash, runs there and not in keeper, which has the database and may open no socket. It is this program executed anew, so that
 * nothing of keeper's memory, in which are keys and seeds, is in it: it hears the URI from keeper, and what it is asked. It ends when keeper does; when it dies, or
 * does not answer, a request is answered with an error and another one is started (daemon/vault_warden.h). Keeper goes on meanwhile.
 *
 *   keeper -> vault, the first:     u8 the log's level | the URI
 *   keeper -> vault, one datagram:  u8 operation (1 seal, 2 open, 3 sign, 4 tell the public key) | u16 length | identity | data
 *   vault -> keeper, one datagram:  u8 enum cs_err | data; the first one answers no request: it tells how the module's
 *                                   start went, with a sentence as its data
 */
#ifndef COUNTERSIGN_DAEMON_VAULT_H
#define COUNTERSIGN_DAEMON_VAULT_H

#include <sys/types.h>

#include "base/bytes.h"
#include "daemon/config.h"

#define VAULT_DATA_MAX 512u   /* bytes of a secret or its sealed form, and of an identity */
#define VAULT_WAIT_MS  30000 /* for an answer: a token over a network may be slow to log in */

struct vault;

/* What main does first: it comes back where the process was not started by vault_start. */
void vault_child(int argc, char **argv);

/* Forks, and executes the program's own file, whose main calls vault_child: call it while the process has one thread. The child
 * closes every descriptor but its own and the standard ones.
 * error gets a sentence, or nothing; results as hsm_new, CS_ERR_IO, CS_ERR_TIMEOUT. */
CS_MUST_CHECK enum cs_err vault_start(const char *uri, struct vault **out, char error[CONFIG_ERROR_MAX]);
void vault_stop(struct vault *vault);

/* As hsm_close and hsm_open. CS_ERR_IO: the process has died; CS_ERR_TIMEOUT: it was ended, as its answer to this request
 * may not become that to the next. The next request may find another one there. */
CS_MUST_CHECK enum cs_err vault_close(struct vault *vault, struct cs_view identity, struct cs_view plain,
				      struct cs_writer *out);
CS_MUST_CHECK enum cs_err vault_open(struct vault *vault, struct cs_view identity, struct cs_view sealed,
				     struct cs_writer *out);

/* As hsm_public, and as hsm_sign in two parts, so that nobody has to wait for a slow token: vault_ask_signature sends the
 * digest; when vault_fd can be read, vault_take_signature has its answer. It waits for at most wait_ms: CS_ERR_BUSY, and
 * the answer is still to come. Between the two no other request may be made. */
CS_MUST_CHECK enum cs_err vault_public(struct vault *vault, struct cs_writer *point);
CS_MUST_CHECK enum cs_err vault_ask_signature(struct vault *vault, struct cs_view digest);
CS_MUST_CHECK enum cs_err vault_take_signature(struct vault *vault, int wait_ms, struct cs_writer *signature);
int vault_fd(const struct vault *vault);
/* Of the process that is keeper's child. */
pid_t vault_pid(const struct vault *vault);

#endif
