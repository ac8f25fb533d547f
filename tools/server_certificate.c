/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersign server staff certificate, app certificate, certificate add, list, remove, user certificates:
 * which certificate is whose.
 */
#include <errno.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"
#include "tools/server_http.h"
#include "tools/verbs.h"

#define FINGERPRINT_LEN 32u

/* SHA-256 of the SubjectPublicKeyInfo, in hexadecimal digits. */
static bool fingerprint_make(const X509 *certificate, char out[2 * FINGERPRINT_LEN + 1])
{
	uint8_t digest[FINGERPRINT_LEN];
	unsigned char *der = NULL;
	size_t digest_len = 0;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
	bool made = len > 0 &&
		    EVP_Q_digest(NULL, "SHA256", NULL, der, (size_t)len, digest, &digest_len) == 1 &&
		    digest_len == sizeof digest;

	OPENSSL_free(der);
	if (made) {
		cs_hex_encode(CS_VIEW_OF(digest), out);
		out[2 * FINGERPRINT_LEN] = '\0';
	}
	return made;
}

/* Of the first certificate in a file; or the word none. */
static enum cli_status fingerprint_of(struct cli *cli, const char *path, char out[2 * FINGERPRINT_LEN + 1])
{
	FILE *file;
	X509 *certificate;
	bool made;

	if (strcmp(path, "none") == 0) {
		(void)snprintf(out, 2 * FINGERPRINT_LEN + 1, "none");
		return CLI_DONE;
	}
	file = fopen(path, "re");
	if (file == NULL) {
		return cli_fail(cli, CLI_USAGE, "input", "%s: %s; name a certificate's file, or none", path,
				strerror(errno));
	}
	certificate = PEM_read_X509(file, NULL, NULL, NULL);
	(void)fclose(file);
	made = certificate != NULL && fingerprint_make(certificate, out);
	X509_free(certificate);
	return made ? CLI_DONE
		    : cli_fail(cli, CLI_USAGE, "input", "%s is no certificate in PEM; name one, or none",
			       path);
}

static void certificate_text(const json_t *data)
{
	const char *name = json_string_value(json_object_get(data, "name"));
	const char *fingerprint = json_string_value(json_object_get(data, "certificate"));

	if (fingerprint == NULL || strcmp(fingerprint, "none") == 0) {
		(void)printf("%s: no certificate\n", name != NULL ? name : "");
	} else {
		(void)printf("%s: the certificate whose key has SHA-256 %s\n", name != NULL ? name : "",
			     fingerprint);
	}
}

static enum cli_status certificate_set(struct cli *cli, const char *noun)
{
	char fingerprint[2 * FINGERPRINT_LEN + 1];
	enum cli_status status = fingerprint_of(cli, cli->args[1], fingerprint);
	struct server *server = status == CLI_DONE ? server_open(cli, &status) : NULL;
	json_t *answer = NULL;
	char *path;

	if (server == NULL) {
		return status;
	}
	path = server_path(noun, cli->args[0], "/certificate");
	status = path != NULL ? server_post(server, path,
					    json_pack("{s:s,s:s*}", "certificate", fingerprint, "approval",
						      cli_value(cli, "approval")),
					    &answer)
			      : cli_fail_err(cli, CS_ERR_MEMORY, "prepare the call");
	free(path);
	server_close(server);
	if (status != CLI_DONE) {
		return status;
	}
	if (json_object_get(answer, "approval") != NULL) {
		return server_proposed(cli, answer);
	}
	return cli_print(cli, answer, certificate_text);
}

static enum cli_status staff_certificate(struct cli *cli)
{
	return certificate_set(cli, "/v1/staff/");
}

static enum cli_status app_certificate(struct cli *cli)
{
	return certificate_set(cli, "/v1/applications/");
}

/* ---- users' ---- */

static const char *text_of(const json_t *row, const char *name)
{
	const char *text = json_string_value(json_object_get(row, name));

	return text != NULL ? text : "";
}

static void binding_print(const json_t *row, const char *is)
{
	const char *label = text_of(row, "label");

	(void)printf("%s: %s whose key has SHA-256 %s%s%s%s\n", text_of(row, "user"), is,
		     text_of(row, "certificate"), label[0] != '\0' ? " (" : "", label,
		     label[0] != '\0' ? ")" : "");
}

static void binding_text(const json_t *data)
{
	binding_print(data, "the certificate");
}

static void binding_removed_text(const json_t *data)
{
	binding_print(data, "no more the certificate");
}

static void binding_list_text(const json_t *data)
{
	json_t *row;
	size_t i;

	json_array_foreach(json_object_get(data, "certificates"), i, row)
	{
		binding_text(row);
	}
}

static enum cli_status binding_add(struct cli *cli)
{
	char fingerprint[2 * FINGERPRINT_LEN + 1];
	enum cli_status status = fingerprint_of(cli, cli->args[1], fingerprint);
	struct server *server = status == CLI_DONE ? server_open(cli, &status) : NULL;
	json_t *answer = NULL;

	if (server == NULL) {
		return status;
	}
	status = server_post(server, "/v1/certificates",
			     json_pack("{s:s,s:s,s:s*}", "user", cli->args[0], "certificate", fingerprint,
				       "label", cli_value(cli, "label")),
			     &answer);
	server_close(server);
	return status != CLI_DONE ? status : cli_print(cli, answer, binding_text);
}

static enum cli_status binding_list(struct cli *cli)
{
	const char *user = cli_value(cli, "user");
	char *path = server_path(user != NULL ? "/v1/certificates?user=" : "/v1/certificates",
				 user != NULL ? user : "", "");
	enum cli_status status = path != NULL
				     ? server_print_list(cli, path, "certificates", binding_list_text)
				     : cli_fail_err(cli, CS_ERR_MEMORY, "prepare the call");

	free(path);
	return status;
}

/* Named by a file, or by what the list has. */
static enum cli_status binding_remove(struct cli *cli)
{
	char fingerprint[2 * FINGERPRINT_LEN + 1];
	const char *given = cli->args[0];
	bool digits =
	    strlen(given) == 2 * FINGERPRINT_LEN && strspn(given, "0123456789abcdefABCDEF") == strlen(given);
	enum cli_status status = digits ? CLI_DONE : fingerprint_of(cli, given, fingerprint);
	struct server *server = status == CLI_DONE ? server_open(cli, &status) : NULL;
	json_t *answer = NULL;
	char *path;

	if (server == NULL) {
		return status;
	}
	path = server_path("/v1/certificates/", digits ? given : fingerprint, "");
	status = path != NULL ? server_delete(server, path, &answer)
			      : cli_fail_err(cli, CS_ERR_MEMORY, "prepare the call");
	free(path);
	server_close(server);
	return status != CLI_DONE ? status : cli_print(cli, answer, binding_removed_text);
}

static void certificates_text(const json_t *data)
{
	(void)printf("%s: certificates that are bound to him%s\n", text_of(data, "user"),
		     strcmp(text_of(data, "certificates"), "bound") == 0 ? ", and no others"
									 : ", or that name him");
}

static enum cli_status user_certificates(struct cli *cli)
{
	enum cli_status status;
	json_t *answer = NULL;
	char *path;

	if (strcmp(cli->args[1], "bound") != 0 && strcmp(cli->args[1], "named") != 0)
		return cli_fail(cli, CLI_USAGE, "usage",
				"say bound (only those bound to the user) or named (also those that name "
				"him), not \"%s\"",
				cli->args[1]);
	struct server *server = server_open(cli, &status);
	if (server == NULL)
		return status;
	path = server_path("/v1/users/", cli->args[0], "/certificates");
	status = path != NULL
		     ? server_post(server, path, json_pack("{s:s}", "certificates", cli->args[1]), &answer)
		     : cli_fail_err(cli, CS_ERR_MEMORY, "prepare the call");
	free(path);
	server_close(server);
	return status != CLI_DONE ? status : cli_print(cli, answer, certificates_text);
}

static const struct cli_option add_options[] = {
    {"label", "TEXT", "what people call it"},
    {.name = NULL},
};

static const struct cli_option list_options[] = {
    {"user", "USER", "of this user alone"},
    {.name = NULL},
};

static const struct cli_option staff_options[] = {
    {"approval", "ID", "the approval that another administrator has given"},
    {.name = NULL},
};

const struct cli_verb cli_server_certificate_verbs[] = {
    {"server", "staff certificate", staff_certificate, CLI_SHARED_SERVER, staff_options, "NAME FILE", 2, 2,
     "Say which client certificate a person's calls come with; none: any, or without"},
    {"server", "app certificate", app_certificate, CLI_SHARED_SERVER, NULL, "NAME FILE", 2, 2,
     "Say which client certificate is an application's; none: it has none"},
    {"server", "certificate add", binding_add, CLI_SHARED_SERVER, add_options, "USER FILE", 2, 2,
     "Bind a certificate's key to a user, who logs in with it"},
    {"server", "certificate list", binding_list, CLI_SHARED_SERVER, list_options, "", 0, 0,
     "List the certificates of users"},
    {"server", "certificate remove", binding_remove, CLI_SHARED_SERVER, NULL, "FILE|SHA256", 1, 1,
     "Bind a certificate's key to its user no more"},
    {"server", "user certificates", user_certificates, CLI_SHARED_SERVER, NULL, "USER bound|named", 2, 2,
     "Say whether names in certificates count for a user"},
    {.noun = NULL},
};
