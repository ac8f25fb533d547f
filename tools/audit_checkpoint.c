/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reading and verifying checkpoints.
 */
#include "tools/audit_checkpoint.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"

#define KEYS_MAX 64u

struct keys {
	EVP_PKEY *key[KEYS_MAX];
	uint8_t id[KEYS_MAX][CS_AUDIT_HASH_LEN];
	size_t count;
};

struct loading {
	const struct cli *cli;
	const char *directory;
	struct keys keys;
	struct audit_checkpoints set;
};

/* ---- keys ---- */

static bool key_id(EVP_PKEY *key, uint8_t id[CS_AUDIT_HASH_LEN])
{
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(key, &der);
	bool done = len > 0 && EVP_Digest(der, (size_t)len, id, NULL, EVP_sha256(), NULL) == 1;

	OPENSSL_free(der);
	return done;
}

static enum cli_status keys_load(const struct cli *cli, const char *path, struct keys *keys)
{
	FILE *file = fopen(path, "r");
	EVP_PKEY *key;

	keys->count = 0;
	if (file == NULL) {
		return cli_fail(cli, CLI_USAGE, "no_key", "%s: %s; name the file with the public key", path,
				strerror(errno));
	}
	while (keys->count < KEYS_MAX && (key = PEM_read_PUBKEY(file, NULL, NULL, NULL)) != NULL) {
		keys->key[keys->count] = key;
		if (!key_id(key, keys->id[keys->count++])) {
			break;
		}
	}
	(void)fclose(file);
	if (keys->count == 0) {
		return cli_fail(cli, CLI_USAGE, "no_key", "%s: there is no public key in PEM in it", path);
	}
	return CLI_DONE;
}

static void keys_free(struct keys *keys)
{
	for (size_t i = 0; i < keys->count; i++) {
		EVP_PKEY_free(keys->key[i]);
	}
}

static EVP_PKEY *keys_find(const struct keys *keys, const uint8_t id[CS_AUDIT_HASH_LEN])
{
	for (size_t i = 0; i < keys->count; i++) {
		if (memcmp(keys->id[i], id, CS_AUDIT_HASH_LEN) == 0) {
			return keys->key[i];
		}
	}
	return NULL;
}

static bool key_verifies(EVP_PKEY *key, struct cs_view text, struct cs_view signature)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool good = context != NULL && EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
		    EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
		    EVP_DigestVerify(context, signature.ptr, signature.len, text.ptr, text.len) == 1;

	EVP_MD_CTX_free(context);
	return good;
}

/* ---- one checkpoint ---- */

/* A small file, whole; false where there is none, or it is larger. */
static bool file_read(const char *path, struct cs_writer *out)
{
	FILE *file = fopen(path, "rb");
	int byte;

	if (file == NULL) {
		return false;
	}
	while ((byte = getc(file)) != EOF) {
		cs_write_u8(out, (uint8_t)byte);
	}
	bool done = ferror(file) == 0 && cs_writer_done(out) == CS_OK;
	return fclose(file) == 0 && done;
}

/* NULL, or what is wrong with it. */
static const char *checkpoint_fault(const struct loading *loading, char path[PATH_MAX],
				    struct cs_checkpoint *out)
{
	uint8_t text[CS_CHECKPOINT_TEXT_MAX], signature[CS_CHECKPOINT_SIGNATURE_MAX];
	struct cs_writer t = CS_WRITER_OF(text), s = CS_WRITER_OF(signature);
	EVP_PKEY *key;

	if (!file_read(path, &t) || cs_checkpoint_read(cs_writer_view(&t), out) != CS_OK) {
		return "it is not a checkpoint";
	}
	memcpy(path + strlen(path) - 3, "sig", 3);
	if (!file_read(path, &s)) {
		return "there is no signature of this name";
	}
	key = keys_find(&loading->keys, out->key);
	if (key == NULL) {
		return "the checkpoint beside it is of another key than the one that --key names";
	}
	if (!key_verifies(key, cs_writer_view(&t), cs_writer_view(&s))) {
		return "the signature does not verify: the checkpoint was changed, or is not the daemon's";
	}
	if (loading->set.count > 0 && memcmp(loading->set.all[0].installation, out->installation,
					     CS_CHECKPOINT_INSTALLATION_LEN) != 0) {
		return "the checkpoint beside it is of another installation than the others are";
	}
	return NULL;
}

static bool checkpoint_is_one(const char *name)
{
	const size_t len = strlen(name);

	return strncmp(name, "checkpoint-", 11) == 0 && len > 15 && strcmp(name + len - 4, ".txt") == 0;
}

static enum cli_status checkpoint_add(struct loading *loading, const char *name)
{
	struct audit_checkpoints *set = &loading->set;
	char path[PATH_MAX];

	if (snprintf(path, sizeof path, "%s/%s", loading->directory, name) >= (int)sizeof path) {
		return cli_fail(loading->cli, CLI_USAGE, "bad_checkpoint", "%s: the name is too long", name);
	}
	if ((set->count & (set->count - 1)) == 0) { /* room for twice as many */
		void *more = realloc(set->all, (set->count > 0 ? 2 * set->count : 1) * sizeof set->all[0]);

		if (more == NULL) {
			return cli_fail(loading->cli, CLI_USAGE, "no_memory", "out of memory");
		}
		set->all = more;
	}
	const char *fault = checkpoint_fault(loading, path, &set->all[set->count]);
	if (fault != NULL) {
		return cli_fail(loading->cli, CLI_REFUSED, "bad_checkpoint", "%s: %s", path, fault);
	}
	set->count++;
	return CLI_DONE;
}

static int checkpoint_order(const void *a, const void *b)
{
	const struct cs_checkpoint *left = a, *right = b;

	return left->sequence < right->sequence ? -1 : left->sequence > right->sequence;
}

enum cli_status audit_checkpoints_load(const struct cli *cli, const char *directory, const char *key_path,
				       struct audit_checkpoints *out)
{
	struct loading loading = {.cli = cli, .directory = directory};
	const struct dirent *entry;
	DIR *dir = NULL;

	*out = (struct audit_checkpoints){NULL, 0};
	enum cli_status status = keys_load(cli, key_path, &loading.keys);
	if (status == CLI_DONE && (dir = opendir(directory)) == NULL) {
		status = cli_fail(cli, CLI_USAGE, "no_checkpoints", "%s: %s", directory, strerror(errno));
	}
	while (status == CLI_DONE && dir != NULL && (entry = readdir(dir)) != NULL) {
		if (checkpoint_is_one(entry->d_name)) {
			status = checkpoint_add(&loading, entry->d_name);
		}
	}
	if (status == CLI_DONE && loading.set.count == 0) {
		status =
		    cli_fail(cli, CLI_USAGE, "no_checkpoints", "%s: there is no checkpoint in it", directory);
	}
	if (dir != NULL) {
		(void)closedir(dir);
	}
	keys_free(&loading.keys);
	if (status != CLI_DONE) {
		audit_checkpoints_free(&loading.set);
		return status;
	}
	if (loading.set.all != NULL) {
		qsort(loading.set.all, loading.set.count, sizeof loading.set.all[0], checkpoint_order);
	}
	*out = loading.set;
	return CLI_DONE;
}

void audit_checkpoints_free(struct audit_checkpoints *checkpoints)
{
	free(checkpoints->all);
	*checkpoints = (struct audit_checkpoints){NULL, 0};
}
