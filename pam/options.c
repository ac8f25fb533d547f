/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A table of options: words that stand alone, and names with a value.
 */
#include "pam/options.h"

#include <stddef.h>
#include <string.h>

#define SOCKET_DEFAULT	   "/run/countersign/countersignd.sock"
#define CREDENTIAL_DEFAULT "/etc/countersign/pam.credential"
#define PROMPT_DEFAULT	   "One-time password: "
#define TIMEOUT_DEFAULT	   15u
#define TIMEOUT_MAX	   600u

static const struct {
	const char *word;
	enum pam_source source;
} sources[] = {
    {"try_first_pass", PAM_TRY_FIRST},
    {"use_first_pass", PAM_USE_FIRST},
};

static const struct {
	const char *name; /* with its equals sign */
	size_t offset;	  /* of a const char * */
} texts[] = {
    {"socket=", offsetof(struct pam_options, socket)},
    {"credential=", offsetof(struct pam_options, credential)},
    {"prompt=", offsetof(struct pam_options, prompt)},
    {"challenge=", offsetof(struct pam_options, challenge)},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool source_take(const char *word, struct pam_options *out)
{
	for (size_t i = 0; i < COUNT(sources); i++)
		if (strcmp(word, sources[i].word) == 0) {
			out->source = sources[i].source;
			return true;
		}
	return false;
}

/* The words that stand alone and are no source. */
static bool flag_take(const char *word, struct pam_options *out)
{
	if (strcmp(word, "nodelay") == 0)
		out->nodelay = true;
	else if (strcmp(word, "challenge") == 0)
		out->challenge = "";
	else
		return false;
	return true;
}

static bool text_take(const char *word, struct pam_options *out)
{
	for (size_t i = 0; i < COUNT(texts); i++) {
		size_t len = strlen(texts[i].name);
		if (strncmp(word, texts[i].name, len) == 0 && word[len]) {
			const char *value = word + len;
			memcpy((char *)out + texts[i].offset, &value, sizeof(value));
			return true;
		}
	}
	return false;
}

static bool timeout_take(const char *word, struct pam_options *out)
{
	static const char name[] = "timeout=";
	unsigned seconds = 0;

	if (strncmp(word, name, sizeof(name) - 1) != 0)
		return false;
	for (const char *p = word + sizeof(name) - 1; *p; p++) {
		if (*p < '0' || *p > '9' || seconds > TIMEOUT_MAX)
			return false;
		seconds = seconds * 10 + (unsigned)(*p - '0');
	}
	if (seconds < 1 || seconds > TIMEOUT_MAX)
		return false;
	out->timeout = seconds;
	return true;
}

enum cs_err pam_options_parse(int argc, const char **argv, struct pam_options *out, const char **wrong)
{
	struct pam_options options = {.socket = SOCKET_DEFAULT,
				      .credential = CREDENTIAL_DEFAULT,
				      .prompt = PROMPT_DEFAULT,
				      .source = PAM_ASK,
				      .timeout = TIMEOUT_DEFAULT};

	for (int i = 0; i < argc; i++)
		if (!source_take(argv[i], &options) && !text_take(argv[i], &options) &&
		    !flag_take(argv[i], &options) && !timeout_take(argv[i], &options)) {
			*wrong = argv[i];
			return CS_ERR_MALFORMED;
		}
	if (options.socket[0] != '/' || options.credential[0] != '/') {
		*wrong = options.socket[0] != '/' ? options.socket : options.credential;
		return CS_ERR_MALFORMED;
	}
	*out = options;
	return CS_OK;
}
