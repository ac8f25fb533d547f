/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A keeper that trusts a CA for users' certificates, and how tests log in with them.
 */
#ifndef COUNTERSIGN_TESTS_UNIT_KEEPER_PROOF_WORLD_H
#define COUNTERSIGN_TESTS_UNIT_KEEPER_PROOF_WORLD_H

#include "tests/unit/keeper_world.h"
#include "tests/unit/pki.h"

#define PASSWORD "correct horse 7"
#define CLIENT	 "clientAuth"

extern EVP_PKEY *root_key, *issuing_key, *alice_key, *other_key, *rsa_key;
extern X509 *root, *issuing;

/* What is sent. */
struct login {
	const char *user, *password, *code, *application;
	X509 *certificate, *ca; /* ca NULL: issuing */
	EVP_PKEY *key;		/* that signs */
	const char *algorithm;	/* NULL: ES256 */
	char nonce[128];
	const char *signed_user; /* NULL: as user */
	bool spoil;		 /* the signature's last bit */
};

/* A group's setup and end, and a test's. */
int proof_group_make(void **state);
int proof_group_end(void **state);
int proof_make(void **state);
int proof_end(void **state);

#define IN_PROOF(test)                                                                                       \
	{#test, test, proof_make, proof_end, (void *)(uintptr_t)&on_sqlite},                                 \
	{                                                                                                    \
#test "_on_postgresql", test, proof_make, proof_end, (void *)(uintptr_t)&on_postgresql       \
	}

/* Another configuration, as a daemon that starts has it. */
void reopen(bool crl, bool upn, bool email);

/* The class has its factors' name. */
void set_class(const char *user, const char *factors);
void set_password(const char *user);
void add_user(const char *user);
X509 *leaf_of(EVP_PKEY *key, const char *usage, const char *alternative, long serial);
uint16_t bind_key(const char *user, const X509 *certificate);
/* Alice logs in with her certificate, which is returned, and her password. */
X509 *alice_ready(const char *factors);
/* The same, and the login by it and her password; its certificate is the caller's. */
struct login login_of_alice(const char *factors);

/* Asks what is wanted, and keeps the nonce. */
void take_nonce(struct login *login);
/* What send_login sends, which is good until this is called again. */
struct ipc_request login_request(const struct login *login);
void send_login(const struct login *login);
void require_accepted(struct login *login);
/* Wrong for everyone who hears it, and why for the audit log. */
void require_refused(struct login *login, const char *reason);
uint64_t failures(const char *user);

#endif
