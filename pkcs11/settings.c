/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The configuration file: one table row for each option says what its value is and where it goes.
 */
#include "pkcs11/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "pkcs11/descriptor.h"
#include "pkcs11/gate.h"

#ifndef COUNTERSIGN_SYSCONFDIR
#define COUNTERSIGN_SYSCONFDIR "/etc/countersign"
#endif

#define FILE_NAME    "countersign-pkcs11.conf"
#define PROBLEM_MAX  512u
#define KEY_TYPES_OF 6u
#define PATTERN_WANTS                                                                                        \
	"a reader's name, * and ? standing for what may differ, shorter than 128 bytes, in at most 16 lines"

/* PATTERN: one a line, and the first of a file empties what another file has said. */
enum option_kind { OPTION_SWITCH, OPTION_KEY_TYPES, OPTION_TRANSPORT, OPTION_PATH, OPTION_PATTERN };

static const struct option {
	const char *name;
	enum option_kind kind;
	size_t offset;
	const char *wants;
} options[] = {
    {"cache", OPTION_SWITCH, offsetof(struct settings, cache), "on or off"},
    {"hide_keys", OPTION_KEY_TYPES, offsetof(struct settings, hidden),
     "none, or some of rsa ec ed25519 x25519 ml-dsa ml-kem aes hmac"},
    {"pin_reuse", OPTION_SWITCH, offsetof(struct settings, pin_reuse), "on or off"},
    {"reader_allow", OPTION_PATTERN, offsetof(struct settings, allow), PATTERN_WANTS},
    {"reader_deny", OPTION_PATTERN, offsetof(struct settings, deny), PATTERN_WANTS},
    {"trace", OPTION_PATH, offsetof(struct settings, trace), "an absolute path"},
    {"transport", OPTION_TRANSPORT, offsetof(struct settings, transport), "auto, pcsc, usb or socket:PATH"},
};

#define OPTIONS (sizeof(options) / sizeof(options[0]))

static const struct {
	const char *name;
	CK_KEY_TYPE types[KEY_TYPES_OF];
	size_t count;
} key_types[] = {
    {"rsa", {CKK_RSA}, 1},
    {"ec", {CKK_EC}, 1},
    {"ed25519", {CKK_EC_EDWARDS}, 1},
    {"x25519", {CKK_EC_MONTGOMERY}, 1},
    {"ml-dsa", {CKK_ML_DSA}, 1},
    {"ml-kem", {CKK_ML_KEM}, 1},
    {"aes", {CKK_AES}, 1},
    {"hmac",
     {CKK_GENERIC_SECRET, CKK_SHA_1_HMAC, CKK_SHA224_HMAC, CKK_SHA256_HMAC, CKK_SHA384_HMAC, CKK_SHA512_HMAC},
     6},
};

#define KEY_TYPES (sizeof(key_types) / sizeof(key_types[0]))

static struct settings now;

struct parse {
	const char *file;
	unsigned line;
	unsigned problems;
	uint32_t seen; /* a bit for each option that this file had */
	struct settings *out;
	settings_report *report;
	void *ctx;
};

/* ---- problems ---- */

__attribute__((format(printf, 2, 3))) static void problem(struct parse *p, const char *format, ...)
{
	char text[PROBLEM_MAX];
	int begun;
	va_list ap;

	if (p->problems++ >= SETTINGS_PROBLEMS_MAX)
		return;
	if (p->line > 0)
		begun = snprintf(text, sizeof(text) / 2, "%s:%u: ", p->file, p->line);
	else
		begun = snprintf(text, sizeof(text) / 2, "%s: ", p->file);
	if (begun < 0)
		return;
	if ((size_t)begun >= sizeof(text) / 2)
		begun = (int)(sizeof(text) / 2 - 1);
	va_start(ap, format);
	(void)vsnprintf(text + begun, sizeof(text) - (size_t)begun, format, ap);
	va_end(ap);
	for (char *c = text; *c != '\0'; c++) {
		if ((unsigned char)*c < ' ' || *c == 0x7F)
			*c = '?';
	}
	p->report(p->ctx, text);
}

/* ---- values ---- */

static bool is(struct cs_view text, const char *word)
{
	return cs_view_equal(text, cs_view_string(word));
}

static bool blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct cs_view trim(struct cs_view text)
{
	while (text.len > 0 && blank(text.ptr[0]))
		text = cs_view(text.ptr + 1, text.len - 1);
	while (text.len > 0 && blank(text.ptr[text.len - 1]))
		text.len--;
	return text;
}

/* Splits at the first byte that stops(): what is before it, and in rest what is behind. */
static struct cs_view split(struct cs_view text, bool (*stops)(uint8_t), struct cs_view *rest)
{
	size_t n = 0;

	while (n < text.len && !stops(text.ptr[n]))
		n++;
	*rest = n < text.len ? cs_view(text.ptr + n + 1, text.len - n - 1) : CS_VIEW_EMPTY;
	return cs_view(text.ptr, n);
}

static bool store_text(char *out, size_t cap, struct cs_view value)
{
	if (value.len == 0 || value.len >= cap)
		return false;
	memcpy(out, value.ptr, value.len);
	out[value.len] = '\0';
	return true;
}

static bool store_switch(bool *out, struct cs_view value)
{
	if (!is(value, "on") && !is(value, "off"))
		return false;
	*out = is(value, "on");
	return true;
}

static bool store_key_types(uint32_t *out, struct cs_view value)
{
	uint32_t hidden = 0;

	if (is(value, "none")) {
		*out = 0;
		return true;
	}
	while (value.len > 0) {
		struct cs_view word = split(value, blank, &value);
		size_t i = 0;

		while (i < KEY_TYPES && !is(word, key_types[i].name))
			i++;
		if (i == KEY_TYPES && word.len > 0)
			return false;
		if (word.len > 0)
			hidden |= 1u << i;
	}
	*out = hidden;
	return hidden != 0;
}

static bool store_pattern(struct settings_patterns *out, struct cs_view value, bool first)
{
	if (first)
		out->count = 0;
	if (out->count == SETTINGS_PATTERNS_MAX ||
	    !store_text(out->text[out->count], CC_READER_NAME_MAX, value))
		return false;
	out->count++;
	return true;
}

static bool store(struct settings *out, const struct option *option, struct cs_view value, bool first)
{
	void *at = (uint8_t *)out + option->offset;

	switch (option->kind) {
	case OPTION_SWITCH:
		return store_switch(at, value);
	case OPTION_KEY_TYPES:
		return store_key_types(at, value);
	case OPTION_TRANSPORT:
		return (is(value, "auto") || is(value, "pcsc") || is(value, "usb") ||
			cs_view_starts_with(value, CS_VIEW_TEXT("socket:/"))) &&
		       store_text(at, SETTINGS_TEXT_MAX, value);
	case OPTION_PATH:
		return cs_view_starts_with(value, CS_VIEW_TEXT("/")) &&
		       store_text(at, SETTINGS_TEXT_MAX, value);
	case OPTION_PATTERN:
		return store_pattern(at, value, first);
	}
	return false;
}

/* ---- lines ---- */

static bool equals_sign(uint8_t c)
{
	return c == '=';
}

static bool newline(uint8_t c)
{
	return c == '\n';
}

static void parse_setting(struct parse *p, struct cs_view name, struct cs_view value)
{
	size_t i = 0;
	bool first;

	while (i < OPTIONS && !is(name, options[i].name))
		i++;
	if (i == OPTIONS) {
		problem(p, "unknown option `%.*s`; countersign-pkcs11.conf(5) lists them",
			name.len < 64 ? (int)name.len : 64, (const char *)name.ptr);
		return;
	}
	first = (p->seen & 1u << i) == 0;
	if (!first && options[i].kind != OPTION_PATTERN)
		problem(p, "`%s` is given a second time; the first holds", options[i].name);
	else if (store(p->out, &options[i], value, first))
		p->seen |= 1u << i;
	else
		problem(p, "`%s` must be %s", options[i].name, options[i].wants);
}

static void parse_line(struct parse *p, struct cs_view line)
{
	struct cs_view name, value;

	line = trim(line);
	if (line.len == 0 || line.ptr[0] == '#')
		return;
	if (memchr(line.ptr, '\0', line.len) != NULL) {
		problem(p, "the line has a NUL character");
		return;
	}
	name = split(line, equals_sign, &value);
	if (name.len == line.len)
		problem(p, "expected `option = value`");
	else
		parse_setting(p, trim(name), trim(value));
}

void settings_parse(struct cs_view text, const char *file, struct settings *out, settings_report *report,
		    void *ctx)
{
	struct parse p = {.file = file, .out = out, .report = report, .ctx = ctx};

	while (text.len > 0) {
		struct cs_view line = split(text, newline, &text);

		p.line++;
		parse_line(&p, line);
	}
	p.line = 0;
	if (p.problems > SETTINGS_PROBLEMS_MAX) {
		unsigned more = p.problems - SETTINGS_PROBLEMS_MAX;

		p.problems = 0;
		problem(&p, "and %u more lines that are wrong", more);
	}
}

/* ---- files ---- */

void settings_defaults(struct settings *out)
{
	memset(out, 0, sizeof(*out));
	out->cache = true;
}

/* What is in a file, or why it is not read; neither where there is no file. */
struct content {
	char *text; /* SETTINGS_FILE_MAX + 1 bytes */
	size_t len;
	const char *why;
};

/* NULL where it will do. */
static const char *unfit(int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return strerrordesc_np(errno);
	if (!S_ISREG(st.st_mode))
		return "not a file";
	if ((st.st_mode & S_IWOTH) != 0)
		return "everybody may write it; it is not read";
	return NULL;
}

static void read_all(int fd, struct content *out)
{
	ssize_t got = 1;

	out->text = malloc(SETTINGS_FILE_MAX + 1);
	while (out->text != NULL && out->len <= SETTINGS_FILE_MAX &&
	       (got = read(fd, out->text + out->len, SETTINGS_FILE_MAX + 1 - out->len)) > 0)
		out->len += (size_t)got;
	if (out->text == NULL || got < 0)
		out->why = strerrordesc_np(errno);
}

static void read_file(const char *path, struct content *out)
{
	int fd = descriptor_open(AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);

	if (fd < 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			out->why = strerrordesc_np(errno);
		return;
	}
	out->why = unfit(fd);
	if (out->why == NULL)
		read_all(fd, out);
	(void)descriptor_close(fd);
}

void settings_read(const char *path, struct settings *out, settings_report *report, void *ctx)
{
	struct parse p = {.file = path, .out = out, .report = report, .ctx = ctx};
	struct content content = {.text = NULL};
	bool was_inside = gate_away();

	read_file(path, &content);
	gate_back(was_inside);
	if (content.why != NULL)
		problem(&p, "%s", content.why);
	else if (content.len > SETTINGS_FILE_MAX)
		problem(&p, "longer than %u bytes: not a configuration file", SETTINGS_FILE_MAX);
	else
		settings_parse(cs_view(content.text, content.len), path, out, report, ctx);
	free(content.text);
}

/* ---- at C_Initialize ---- */

static void to_system_log(void *ctx, const char *text)
{
	const bool *told = ctx;

	if (!*told)
		syslog(LOG_USER | LOG_WARNING, "countersign-pkcs11: %s", text);
}

/* The user's own file. False where he has no place for one. */
static bool user_file(char *out, size_t cap)
{
	const char *base = secure_getenv("XDG_CONFIG_HOME"), *home = secure_getenv("HOME");
	int len;

	/* A relative XDG_CONFIG_HOME is to be ignored (XDG Base Directory Specification). */
	if (base != NULL && base[0] == '/')
		len = snprintf(out, cap, "%s/countersign/" FILE_NAME, base);
	else if (home != NULL && home[0] == '/')
		len = snprintf(out, cap, "%s/.config/countersign/" FILE_NAME, home);
	else
		return false;
	return len > 0 && (size_t)len < cap;
}

void settings_load(void)
{
	static bool told;
	const char *only = secure_getenv("COUNTERSIGN_PKCS11_CONF");
	char path[4096];

	settings_defaults(&now);
	if (only != NULL) {
		if (only[0] != '\0')
			settings_read(only, &now, to_system_log, &told);
	} else {
		settings_read(COUNTERSIGN_SYSCONFDIR "/" FILE_NAME, &now, to_system_log, &told);
		if (user_file(path, sizeof(path)))
			settings_read(path, &now, to_system_log, &told);
	}
	told = true;
}

const struct settings *settings_now(void)
{
	return &now;
}

bool settings_hides(const struct settings *settings, CK_KEY_TYPE type)
{
	for (size_t i = 0; i < KEY_TYPES; i++) {
		for (size_t k = 0; (settings->hidden & 1u << i) != 0 && k < key_types[i].count; k++) {
			if (key_types[i].types[k] == type)
				return true;
		}
	}
	return false;
}

/* Whether name is pattern, in which * stands for any text and ? for any byte. */
static bool matches(const char *pattern, const char *name)
{
	const char *star = NULL, *resume = NULL;

	while (*name != '\0') {
		if (*pattern == '*') {
			star = pattern++;
			resume = name;
		} else if (*pattern == '?' || *pattern == *name) {
			pattern++;
			name++;
		} else if (star != NULL) {
			pattern = star + 1;
			name = ++resume;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

static bool any_matches(const struct settings_patterns *patterns, const char *name)
{
	for (size_t i = 0; i < patterns->count; i++) {
		if (matches(patterns->text[i], name))
			return true;
	}
	return false;
}

bool settings_takes_reader(const struct settings *settings, const char *name)
{
	if (settings->allow.count > 0 && !any_matches(&settings->allow, name))
		return false;
	return !any_matches(&settings->deny, name);
}
