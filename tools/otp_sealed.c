/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersign otp sealed: what a sealed seed says, and whether it is the card's word. It is not opened here:
 * that is the server's.
 */
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#include "base/encoding.h"
#include "base/host/sealed_seed.h"
#include "tools/otp.h"
#include "tools/whole_file.h"

#define ANCHOR_MAX 8192u

/* The certificate in --trust, as DER; nothing where it was not given. */
static bool anchor_read(const struct cli *cli, struct cs_writer *w, enum cli_status *status)
{
	const char *path = cli_value(cli, "trust");
	unsigned char *der = NULL;

	if (path == NULL)
		return true;
	FILE *file = fopen(path, "re");
	X509 *certificate = file == NULL ? NULL : PEM_read_X509(file, NULL, NULL, NULL);
	if (file != NULL)
		fclose(file);
	int len = certificate == NULL ? -1 : i2d_X509(certificate, &der);
	if (len > 0)
		cs_write_view(w, cs_view(der, (size_t)len));
	OPENSSL_free(der);
	X509_free(certificate);
	if (len > 0 && cs_writer_done(w) == CS_OK)
		return true;
	*status = cli_fail(cli, CLI_USAGE, "usage", "%s is not a certificate (PEM)", path);
	return false;
}

static json_t *hex_json(struct cs_view bytes)
{
	char text[2 * CS_SEALED_SEED_POINT_MAX + 1];

	cs_hex_encode(bytes, text);
	return json_string(text);
}

static json_t *seed_json(const struct cs_sealed_seed *seed, bool trusted)
{
	enum ykoath_type type = (enum ykoath_type)(seed->type_hash & YKOATH_TYPE_MASK);
	json_t *data =
	    json_pack("{s:s%,s:s,s:s,s:i,s:b,s:b,s:I,s:o,s:s,s:o,s:b}", "name", (const char *)seed->name.ptr,
		      seed->name.len, "type", otp_type_name(type), "algorithm",
		      otp_hash_name((enum ykoath_hash)(seed->type_hash & YKOATH_HASH_MASK)), "digits",
		      (int)seed->digits, "touch", (seed->properties & YKOATH_PROPERTY_TOUCH) != 0, "pin",
		      (seed->properties & YKOATH_PROPERTY_PIN) != 0, "counter", (json_int_t)seed->counter,
		      "serial", json_sprintf("%08x", seed->serial), "curve",
		      seed->curve == CS_SEALED_SEED_X25519 ? "X25519" : "P-256", "server_key",
		      hex_json(seed->server), "trusted", trusted);

	if (data != NULL && seed->suite.len > 0)
		json_object_set_new(data, "suite",
				    json_stringn((const char *)seed->suite.ptr, seed->suite.len));
	return data;
}

static const char *text_of(const json_t *data, const char *key)
{
	const char *text = json_string_value(json_object_get(data, key));
	return text != NULL ? text : "";
}

static void seed_text(const json_t *data)
{
	const char *suite = text_of(data, "suite");

	printf("Credential: %s (%s, %s%s%s)\n", text_of(data, "name"), text_of(data, "type"),
	       suite[0] != '\0' ? suite : text_of(data, "algorithm"),
	       json_is_true(json_object_get(data, "touch")) ? ", touch" : "",
	       json_is_true(json_object_get(data, "pin")) ? ", PIN" : "");
	printf("Card:       serial number %s%s\n", text_of(data, "serial"),
	       json_is_true(json_object_get(data, "trusted"))
		   ? ", by the trusted certificate"
		   : "; its certificate was not checked (--trust)");
	printf("Server key: %s %s\n", text_of(data, "curve"), text_of(data, "server_key"));
}

enum cli_status otp_sealed(struct cli *cli)
{
	uint8_t file_bytes[CS_SEALED_SEED_MAX], anchor_bytes[ANCHOR_MAX];
	struct cs_writer file = CS_WRITER_OF(file_bytes), anchor = CS_WRITER_OF(anchor_bytes);
	struct cs_sealed_seed seed;
	enum cli_status status;

	if (!bytes_from_file(cli, cli->args[0], &file, &status) || !anchor_read(cli, &anchor, &status))
		return status;
	if (cs_sealed_seed_parse(cs_writer_view(&file), &seed) != CS_OK)
		return cli_fail(cli, CLI_REFUSED, "malformed", "%s is not a sealed seed", cli->args[0]);
	bool trusted = cli_value(cli, "trust") != NULL;
	enum cs_err err =
	    trusted ? cs_sealed_seed_verify(&seed, cs_writer_view(&anchor)) : cs_sealed_seed_intact(&seed);
	if (err)
		return cli_fail(cli, CLI_REFUSED, "untrusted",
				"%s is not what it claims to be: its signature, or the certificate of the "
				"card, is not good",
				cli->args[0]);
	return cli_print(cli, seed_json(&seed, trusted), seed_text);
}

const struct cli_option otp_sealed_options[] = {
    {"trust", "FILE",
     "trust the certificate (PEM) in FILE: the card's attestation certificate, or its issuer's"},
    {.name = NULL},
};
