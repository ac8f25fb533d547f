/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Certificates that users log in with: the CAs' file, the lists' file and the chain that is sent, each of any
 * bytes. Nothing makes the daemon fall over; what was found of a chain is found again, unless a list went
 * back behind another; and nobody signs with nothing.
 *
 * An input: a byte that says what is done with the rest; how long the CAs are and how long the lists are, two
 * bytes each, big-endian; the CAs; the lists; the chain. CAs and lists are files as they stand, or DER that
 * is put into them (which then has no Base64 that a change would break); and such DER is signed anew, for
 * nobody guesses a signature, and behind it most is read: with the Ed25519 key whose private half is 32
 * octets of 7, which is every signer's in the corpus. The time is that of the corpus.
 */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daemon/db.h"
#include "daemon/log.h"
#include "daemon/login_trust.h"
#include "tests/fuzz/fuzz.h"

#define NOW	   1700000000u
#define HEADER_LEN 5u
#define PATH_SIZE  64u

enum how { HOW_FILES, HOW_DER, HOW_SIGNED, HOW_COUNT };

/* A file that has no name but this. */
struct place {
	int fd;
	char path[PATH_SIZE];
};

static struct {
	EVP_PKEY *key;
	struct db *db;
	char directory[PATH_SIZE], database[PATH_SIZE + 8];
	struct place ca, crl;
} world;

static void world_end(void)
{
	char path[sizeof(world.database) + 8];

	db_close(world.db);
	EVP_PKEY_free(world.key);
	for (const char *const *end = (const char *const[]){"", "-wal", "-shm", NULL}; *end; end++) {
		(void)snprintf(path, sizeof(path), "%s%s", world.database, *end);
		(void)unlink(path);
	}
	(void)rmdir(world.directory);
}

static void place_make(struct place *place)
{
	place->fd = memfd_create("fuzz", MFD_CLOEXEC);
	FUZZ_REQUIRE(place->fd >= 0);
	(void)snprintf(place->path, sizeof(place->path), "/proc/self/fd/%d", place->fd);
}

static void world_make(void)
{
	uint8_t private[32];

	memset(private, 7, sizeof(private));
	log_level_set(0);
	world.key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, private, sizeof(private));
	FUZZ_REQUIRE(world.key != NULL);
	(void)snprintf(world.directory, sizeof(world.directory), "/tmp/fuzz_login_trust.XXXXXX");
	FUZZ_REQUIRE(mkdtemp(world.directory) != NULL);
	(void)snprintf(world.database, sizeof(world.database), "%s/db", world.directory);
	FUZZ_REQUIRE(db_create(world.database) == CS_OK && db_open(world.database, &world.db) == CS_OK);
	place_make(&world.ca);
	place_make(&world.crl);
	FUZZ_REQUIRE(atexit(world_end) == 0);
}

/* ---- what an input says ---- */

static struct cs_view take(struct cs_view *rest, size_t len)
{
	const size_t taken = len < rest->len ? len : rest->len;
	const struct cs_view view = cs_view(rest->ptr, taken);

	*rest = cs_view(rest->ptr + taken, rest->len - taken);
	return view;
}

static int certificate_out(X509 *certificate, bool sign, unsigned char **der)
{
	if (sign)
		(void)X509_sign(certificate, world.key, NULL);
	return i2d_X509(certificate, der);
}

static int list_out(X509_CRL *list, bool sign, unsigned char **der)
{
	if (sign)
		(void)X509_CRL_sign(list, world.key, NULL);
	return i2d_X509_CRL(list, der);
}

/* The next certificate, or list, of some; what is none is all of the rest. Freed by OPENSSL_free. */
static int next_der(struct cs_view *rest, bool lists, bool sign, unsigned char **der)
{
	const unsigned char *at = rest->ptr;
	X509 *certificate = lists ? NULL : d2i_X509(NULL, &at, (long)rest->len);
	X509_CRL *list = lists ? d2i_X509_CRL(NULL, &at, (long)rest->len) : NULL;
	int len = 0;

	*der = NULL;
	if (certificate)
		len = certificate_out(certificate, sign, der);
	else if (list)
		len = list_out(list, sign, der);
	X509_free(certificate);
	X509_CRL_free(list);
	const struct cs_view as_is = take(rest, len > 0 ? (size_t)(at - rest->ptr) : rest->len);
	if (len > 0)
		return len;
	*der = OPENSSL_memdup(as_is.ptr, as_is.len);
	FUZZ_REQUIRE(*der != NULL);
	return (int)as_is.len;
}

static void file_write(const struct place *place, struct cs_view bytes, enum how how, bool lists)
{
	FUZZ_REQUIRE(ftruncate(place->fd, 0) == 0);
	FILE *file = fopen(place->path, "w");
	FUZZ_REQUIRE(file != NULL);
	if (how == HOW_FILES)
		FUZZ_REQUIRE(fwrite(bytes.ptr, 1, bytes.len, file) == bytes.len);
	while (how != HOW_FILES && bytes.len > 0) {
		unsigned char *der;
		const int len = next_der(&bytes, lists, how == HOW_SIGNED, &der);
		(void)PEM_write(file, lists ? PEM_STRING_X509_CRL : PEM_STRING_X509, "", der, len);
		OPENSSL_free(der);
	}
	FUZZ_REQUIRE(fclose(file) == 0);
}

static void chain_write(struct cs_writer *w, struct cs_view bytes, enum how how)
{
	if (how != HOW_SIGNED) {
		cs_write_view(w, bytes);
		return;
	}
	while (bytes.len > 0) {
		unsigned char *der;
		const int len = next_der(&bytes, false, true, &der);
		cs_write_view(w, cs_view(der, (size_t)len));
		OPENSSL_free(der);
	}
}

/* ---- what is promised ---- */

static void require_no_signature(const struct login_certificate *certificate, struct cs_view signature)
{
	static const char *const algorithms[] = {"ES256", "ES384", "EdDSA", "RS256", "PS256"};

	for (size_t i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++)
		FUZZ_REQUIRE(login_certificate_verify(certificate, cs_view_string(algorithms[i]),
						      CS_VIEW_TEXT("text"),
						      signature) == LOGIN_FAULT_SIGNATURE);
}

static void require_good(const struct login_certificate *certificate)
{
	/* The second is Ed25519's under a key of small order, whatever was signed. */
	static const uint8_t nothing[512], forged[64] = {1};

	FUZZ_REQUIRE(certificate->leaf != NULL);
	for (size_t len = 64; len <= sizeof(nothing); len += 32)
		require_no_signature(certificate, cs_view(nothing, len));
	require_no_signature(certificate, CS_VIEW_OF(forged));
	(void)login_certificate_names(certificate, "alice@example.org", true, true);
}

static enum login_fault check(struct login_trust *trust, struct cs_view chain)
{
	struct login_certificate certificate = {0};
	enum login_fault fault = LOGIN_FAULT_COUNT;

	FUZZ_REQUIRE(login_trust_check(trust, world.db, chain, NOW, &certificate, &fault) == CS_OK);
	FUZZ_REQUIRE(fault < LOGIN_FAULT_COUNT && login_fault_text(fault) != NULL);
	if (fault == LOGIN_FAULT_NONE)
		require_good(&certificate);
	else
		FUZZ_REQUIRE(certificate.leaf == NULL);
	login_certificate_wipe(&certificate);
	return fault;
}

static void check_twice(bool lists, struct cs_view chain)
{
	struct login_trust *trust = login_trust_new("user");
	char error[CONFIG_ERROR_MAX];

	FUZZ_REQUIRE(trust != NULL);
	const enum cs_err err = login_trust_set(trust, world.ca.path, lists ? world.crl.path : "", error);
	FUZZ_REQUIRE(err == CS_OK || err == CS_ERR_MALFORMED);
	FUZZ_REQUIRE(login_trust_any(trust) == (err == CS_OK));
	FUZZ_REQUIRE(db_begin(world.db) == CS_OK);
	const enum login_fault first = check(trust, chain), again = check(trust, chain);
	FUZZ_REQUIRE(again == first || again == LOGIN_FAULT_NO_CRL);
	db_rollback(world.db);
	FUZZ_REQUIRE(login_trust_issued(trust, chain, NOW) < LOGIN_FAULT_COUNT);
	login_trust_free(trust);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t chain[4 * LOGIN_CHAIN_MAX]; /* signed anew it may be longer */
	struct cs_writer w = CS_WRITER_OF(chain);

	if (world.key == NULL)
		world_make();
	if (size < HEADER_LEN || size > LOGIN_CHAIN_MAX)
		return 0;
	const enum how how = (enum how)(data[0] % HOW_COUNT);
	struct cs_view rest = cs_view(data + HEADER_LEN, size - HEADER_LEN);
	const struct cs_view cas = take(&rest, (size_t)(data[1] << 8 | data[2]));
	const struct cs_view lists = take(&rest, (size_t)(data[3] << 8 | data[4]));

	file_write(&world.ca, cas, how, false);
	file_write(&world.crl, lists, how, true);
	chain_write(&w, rest, how);
	if (cs_writer_done(&w) == CS_OK)
		check_twice(lists.len > 0, cs_writer_view(&w));
	return 0;
}
