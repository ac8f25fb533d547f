/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersign cert: request, import, export.
 */
#include <errno.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/card_key.h"
#include "tools/login.h"
#include "tools/open_card.h"
#include "tools/pem.h"
#include "tools/slot_option.h"
#include "tools/touch.h"
#include "tools/verbs.h"

/* ---- request ---- */

struct request {
	uint8_t slot;
	X509_NAME *subject;
	unsigned long days;
	bool self_signed;
	struct cc_piv_public key;
};

static bool request_options(const struct cli *cli, struct request *r, enum cli_status *status)
{
	const char *subject = cli_value(cli, "subject");

	*status = CLI_USAGE;
	r->self_signed = cli_flag(cli, "self-signed");
	if (!slot_read(cli, NULL, &r->slot, status) || !cli_number(cli, "days", 1, 36500, 365, &r->days))
		return false;
	r->subject = card_key_name(subject != NULL ? subject : "");
	if (r->subject == NULL)
		*status = cli_fail(cli, CLI_USAGE, "usage",
				   "--subject must be like \"/CN=Ada Lovelace/O=Example\", not \"%s\"",
				   subject != NULL ? subject : "");
	return r->subject != NULL;
}

/* The public key of the slot. */
static bool request_key(const struct cli *cli, struct cc_card *card, struct request *r,
			enum cli_status *status)
{
	struct cc_piv_metadata m;
	enum cs_err err = cc_piv_metadata(card, r->slot, &m);

	if (!err && m.has_public) {
		r->key = m.public_key;
		if (m.policy.touch != PIV_TOUCH_NEVER && touch_prepare(card) != CS_OK)
			cli_note(cli, "the card waits for a touch when it signs");
		return true;
	}
	if (err == CS_ERR_NOT_FOUND)
		*status =
		    cli_fail(cli, CLI_REFUSED, "not_found",
			     "there is no key in slot %02x; \"countersign key generate\" makes one", r->slot);
	else
		*status =
		    cli_fail_err(cli, err ? err : CS_ERR_UNSUPPORTED, "read the public key from the card");
	return false;
}

static enum cli_status request_run(struct cli *cli, struct cc_card *card, struct request *r)
{
	uint8_t der[CARD_KEY_DER_MAX];
	struct cs_writer w = CS_WRITER_OF(der);
	enum cli_status status;

	/* The PIN comes last: slot 9C wants it right before the signature. */
	bool ok = login_none(cli, card, &status) && request_key(cli, card, r, &status);
	if (ok && r->self_signed)
		ok = login_admin(cli, card, true, &status);
	else if (ok)
		ok = login_pin(cli, card, &status);
	if (!ok)
		return status;
	enum cs_err err =
	    r->self_signed ? card_key_self_signed(card, r->slot, &r->key, r->subject, (unsigned)r->days, &w)
			   : card_key_request(card, r->slot, &r->key, r->subject, &w);
	if (err == CS_ERR_UNSUPPORTED)
		return cli_fail(cli, CLI_REFUSED, "unsupported", "the key in slot %02x cannot sign", r->slot);
	if (err)
		return cli_fail_err(cli, err, "sign with the card's key");
	if (r->self_signed) {
		err = cc_piv_put_certificate(card, r->slot, cs_writer_view(&w), false);
		if (err)
			return cli_fail_err(cli, err, "write the certificate to the card");
	}
	struct cs_view der_view = cs_writer_view(&w);
	return pem_print(cli, r->slot, r->self_signed ? "CERTIFICATE" : "CERTIFICATE REQUEST", &der_view, 1);
}

static enum cli_status request_with(struct cli *cli, struct cc_card *card)
{
	struct request r = {.subject = NULL};
	enum cli_status status;

	if (request_options(cli, &r, &status))
		status = request_run(cli, card, &r);
	X509_NAME_free(r.subject);
	return status;
}

static enum cli_status cert_request(struct cli *cli)
{
	return card_run(cli, request_with);
}

/* ---- import ---- */

/* The certificate in a PEM or DER file; "-" is standard input. */
static X509 *certificate_read(const struct cli *cli, const char *path, enum cli_status *status)
{
	uint8_t bytes[4 * CC_PIV_OBJECT_MAX];
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");

	if (file == NULL) {
		*status = cli_fail(cli, CLI_USAGE, "usage", "%s cannot be read: %s", path, strerror(errno));
		return NULL;
	}
	size_t len = fread(bytes, 1, sizeof bytes, file);
	if (file != stdin)
		fclose(file);
	const unsigned char *p = bytes;
	X509 *cert = d2i_X509(NULL, &p, (long)len);
	if (cert == NULL) {
		BIO *bio = BIO_new_mem_buf(bytes, (int)len);
		cert = bio != NULL ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
		BIO_free(bio);
	}
	if (cert == NULL)
		*status = cli_fail(cli, CLI_USAGE, "usage", "%s holds no certificate (PEM or DER)", path);
	return cert;
}

/* A certificate for another key in this slot would make every program fail later. */
static bool certificate_fits(const struct cli *cli, struct cc_card *card, uint8_t slot, X509 *cert,
			     enum cli_status *status)
{
	struct cc_piv_metadata m;

	if (cli_flag(cli, "force") || cc_piv_metadata(card, slot, &m) != CS_OK || !m.has_public)
		return true;
	EVP_PKEY *key = card_key_public(&m.public_key);
	bool same =
	    key != NULL && X509_get0_pubkey(cert) != NULL && EVP_PKEY_eq(key, X509_get0_pubkey(cert)) == 1;
	EVP_PKEY_free(key);
	if (!same)
		*status = cli_fail(cli, CLI_REFUSED, "other_key",
				   "the certificate is for another key than the one in slot %02x; --force "
				   "imports it all the same",
				   slot);
	return same;
}

static enum cli_status import_certificate(struct cli *cli, struct cc_card *card, uint8_t slot, X509 *cert)
{
	enum cli_status status;
	unsigned char *der = NULL;

	if (!login_none(cli, card, &status) || !certificate_fits(cli, card, slot, cert, &status) ||
	    !login_admin(cli, card, false, &status))
		return status;
	int len = i2d_X509(cert, &der);
	if (len <= 0)
		return cli_fail_err(cli, CS_ERR_CRYPTO, "encode the certificate");
	enum cs_err err = cc_piv_put_certificate(card, slot, cs_view(der, (size_t)len), false);
	OPENSSL_free(der);
	if (err)
		return cli_fail_err(cli, err, "write the certificate to the card");
	cli_note(cli, "certificate imported to slot %02x", slot);
	return cli->json ? cli_print(cli, json_pack("{s:o}", "slot", json_sprintf("%02x", slot)), NULL)
			 : CLI_DONE;
}

static enum cli_status import_with(struct cli *cli, struct cc_card *card)
{
	enum cli_status status;
	uint8_t slot;

	if (!slot_read(cli, NULL, &slot, &status))
		return status;
	X509 *cert = certificate_read(cli, cli->args[0], &status);
	if (cert == NULL)
		return status;
	status = import_certificate(cli, card, slot, cert);
	X509_free(cert);
	return status;
}

static enum cli_status cert_import(struct cli *cli)
{
	return card_run(cli, import_with);
}

/* ---- export ---- */

static enum cli_status export_with(struct cli *cli, struct cc_card *card)
{
	uint8_t slot, der[CC_PIV_OBJECT_MAX];
	struct cs_writer w = CS_WRITER_OF(der);
	enum cli_status status;
	bool compressed;

	if (!slot_read(cli, NULL, &slot, &status) || !login_none(cli, card, &status))
		return status;
	enum cs_err err = cc_piv_get_certificate(card, slot, &w, &compressed);
	if (err == CS_ERR_NOT_FOUND)
		return cli_fail(cli, CLI_REFUSED, "not_found",
				"there is no certificate in slot %02x; see countersign key list", slot);
	if (err)
		return cli_fail_err(cli, err, "read the certificate");
	if (compressed)
		return cli_fail(cli, CLI_REFUSED, "compressed",
				"the certificate in slot %02x is stored gzip-compressed, which this command "
				"does not undo",
				slot);
	struct cs_view der_view = cs_writer_view(&w);
	return pem_print(cli, slot, "CERTIFICATE", &der_view, 1);
}

static enum cli_status cert_export(struct cli *cli)
{
	return card_run(cli, export_with);
}

static const struct cli_option request_options_list[] = {
    SLOT_OPTION,
    {"subject", "NAME", "whom it is for, as /CN=Ada Lovelace/O=Example"},
    {"self-signed", NULL, "make a certificate of its own, for tests, and import it"},
    {"days", "N", "how long a self-signed one is valid (default 365)"},
    OUTPUT_OPTION,
    {.name = NULL},
};
static const struct cli_option import_options[] = {
    SLOT_OPTION,
    {"force", NULL, "also where it is for another key than the slot's"},
    {.name = NULL},
};
static const struct cli_option export_options[] = {SLOT_OPTION, OUTPUT_OPTION, {.name = NULL}};

const struct cli_verb cli_cert_verbs[] = {
    {"cert", "request", cert_request,
     CLI_SHARED_CARD | CLI_SHARED_PIN | CLI_SHARED_MANAGEMENT | CLI_SHARED_SCP, request_options_list, "", 0,
     0, "Make a certification request (PKCS#10) for a key, signed on the card"},
    {"cert", "import", cert_import, CLI_SHARED_CARD | CLI_SHARED_PIN | CLI_SHARED_MANAGEMENT | CLI_SHARED_SCP,
     import_options, "FILE", 1, 1, "Write a certificate to the card"},
    {"cert", "export", cert_export, CLI_SHARED_CARD, export_options, "", 0, 0,
     "Print a certificate from the card"},
    {.noun = NULL},
};
