/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersign: finds the verb, parses its options, runs it. And the helps, which come from the same tables.
 */
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "tools/verbs.h"

#define NAME_COLUMN 32

/* One line for each file of verbs; the help shows them in this order. */
static const struct cli_verb *const verb_groups[] = {
    cli_card_verbs,
    cli_life_verbs,
    cli_touch_verbs,
    cli_pin_verbs,
    cli_key_verbs,
    cli_secret_verbs,
    cli_cert_verbs,
    cli_otp_verbs,
    cli_server_verbs,
    cli_server_staff_verbs,
    cli_server_alias_verbs,
    cli_server_certificate_verbs,
    cli_server_enrol_verbs,
    cli_server_token_verbs,
    cli_server_issue_verbs,
    cli_server_life_verbs,
    cli_server_break_glass_verbs,
    cli_server_lock_verbs,
    cli_server_outbox_verbs,
    cli_server_login_verbs,
    cli_server_import_verbs,
    cli_server_export_verbs,
    cli_server_stock_verbs,
    cli_backup_verbs,
    cli_audit_verbs,
    cli_report_verbs,
    cli_server_key_verbs,
};
#define GROUP_COUNT (sizeof verb_groups / sizeof verb_groups[0])

static const struct cli_option option_json = {"json", NULL, "print the result as JSON"};
static const struct cli_option option_help = {"help", NULL, "say how this command is used"};

static const struct cli_option *option_at(const struct cli_verb *verb, size_t i)
{
	size_t own = 0;
	while (verb->options != NULL && verb->options[own].name != NULL)
		own++;
	if (i < own)
		return &verb->options[i];
	const struct cli_option *shared = cli_shared_option(verb->shared, i - own);
	if (shared != NULL)
		return shared;
	size_t shared_count = 0;
	while (cli_shared_option(verb->shared, shared_count) != NULL)
		shared_count++;
	size_t rest = i - own - shared_count;
	return rest == 0 ? &option_json : rest == 1 ? &option_help : NULL;
}

static void help_option(const struct cli_option *option)
{
	char left[64];
	snprintf(left, sizeof left, "--%s%s%s", option->name, option->value ? " " : "",
		 option->value ? option->value : "");
	printf("  %-*s %s\n", NAME_COLUMN - 2, left, option->help);
}

static void help_verb(const struct cli_verb *verb)
{
	printf("usage: countersign %s %s [OPTIONS]%s%s\n\n%s.\n\n", verb->noun, verb->verb,
	       verb->args[0] ? " " : "", verb->args, verb->help);
	for (size_t i = 0; option_at(verb, i) != NULL; i++)
		help_option(option_at(verb, i));
}

/* noun NULL: all. Returns how many verbs it printed. */
static size_t help_list(FILE *to, const char *noun)
{
	char left[96];
	size_t shown = 0;
	for (size_t g = 0; g < GROUP_COUNT; g++) {
		for (const struct cli_verb *v = verb_groups[g]; v->noun != NULL; v++) {
			if (noun != NULL && strcmp(v->noun, noun) != 0)
				continue;
			snprintf(left, sizeof left, "%s %s %s", v->noun, v->verb, v->args);
			fprintf(to, "  %-*s %s\n", NAME_COLUMN - 2, left, v->help);
			shown++;
		}
	}
	return shown;
}

static enum cli_status help_all(void)
{
	puts("usage: countersign NOUN VERB [OPTIONS] [ARGUMENTS]\n");
	help_list(stdout, NULL);
	puts("\ncountersign NOUN VERB --help tells the options. Exit status: 0 done or accepted, 1 refused "
	     "by card or\n"
	     "server, 2 usage, 3 no card or server reached. See countersign(1).");
	return CLI_DONE;
}

static const struct cli_verb *verb_find(const char *noun, const char *verb)
{
	for (size_t g = 0; g < GROUP_COUNT; g++) {
		for (const struct cli_verb *v = verb_groups[g]; v->noun != NULL; v++) {
			/* A verb may have two words ("user add"): its noun is then the first of three. */
			if (strcmp(v->noun, noun) == 0 && strcmp(v->verb, verb) == 0)
				return v;
		}
	}
	return NULL;
}

static const struct cli_option *option_find(const struct cli_verb *verb, const char *name, size_t len)
{
	const struct cli_option *option;
	for (size_t i = 0; (option = option_at(verb, i)) != NULL; i++) {
		if (strlen(option->name) == len && strncmp(option->name, name, len) == 0)
			return option;
	}
	return NULL;
}

static enum cli_status usage(const struct cli *cli, const char *what, const char *which)
{
	return cli_fail(cli, CLI_USAGE, "usage", "%s \"%s\"; see countersign %s %s --help", what, which,
			cli->verb->noun, cli->verb->verb);
}

/* Takes the option at argv[*i], and its value if that is an argument of its own. */
static enum cli_status take_option(struct cli *cli, int argc, char **argv, int *i)
{
	const char *name = argv[*i] + 2;
	size_t len = strcspn(name, "=");
	const struct cli_option *option = option_find(cli->verb, name, len);
	const char *value = name[len] == '=' ? name + len + 1 : NULL;

	if (option == NULL)
		return usage(cli, "there is no option", argv[*i]);
	if (option->value == NULL && value != NULL)
		return usage(cli, "this option takes no value:", argv[*i]);
	if (option->value != NULL && value == NULL) {
		if (*i + 1 >= argc)
			return usage(cli, "a value is missing after", argv[*i]);
		value = argv[++*i];
	}
	if (cli->value_count == CLI_VALUES_MAX)
		return usage(cli, "too many options, beginning with", argv[*i]);
	cli->values[cli->value_count].option = option;
	cli->values[cli->value_count++].value = value != NULL ? value : "";
	return CLI_DONE;
}

static enum cli_status parse(struct cli *cli, int argc, char **argv)
{
	bool options = true;
	/* First, so that a usage error is told in JSON where that was asked for. */
	for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
		cli->json = cli->json || strcmp(argv[i], "--json") == 0;
	cli->args = argv;
	for (int i = 0; i < argc; i++) {
		if (options && strcmp(argv[i], "--") == 0) {
			options = false;
		} else if (options && argv[i][0] == '-' && argv[i][1] != '\0') {
			enum cli_status status = argv[i][1] == '-'
						     ? take_option(cli, argc, argv, &i)
						     : usage(cli, "there is no option", argv[i]);
			if (status != CLI_DONE)
				return status;
		} else {
			argv[cli->arg_count++] = argv[i];
		}
	}
	if (cli_flag(cli, "help"))
		return CLI_DONE;
	if (cli->arg_count > cli->verb->args_max)
		return usage(cli, "one argument too many:", cli->args[cli->verb->args_max]);
	if (cli->arg_count < cli->verb->args_min)
		return usage(cli, "an argument is missing:", cli->verb->args);
	return CLI_DONE;
}

static enum cli_status run_verb(const struct cli_verb *verb, int argc, char **argv)
{
	struct cli cli = {.verb = verb};
	enum cli_status status = parse(&cli, argc, argv);
	if (status != CLI_DONE)
		return status;
	if (cli_flag(&cli, "help")) {
		help_verb(verb);
		return CLI_DONE;
	}
	status = verb->run(&cli);
	if (fflush(stdout) != 0)
		return cli_fail(&cli, CLI_USAGE, "output",
				"the result could not be written to standard output");
	return status;
}

static enum cli_status wrong_words(int argc, char **argv)
{
	if (argc == 1) {
		fputs("countersign: a noun and a verb are missing, such as: countersign card list\n\n",
		      stderr);
		help_list(stderr, NULL);
	} else {
		fprintf(stderr, "countersign: there is no command \"%s%s%s\"; there are:\n\n", argv[1],
			argc > 2 ? " " : "", argc > 2 ? argv[2] : "");
		if (help_list(stderr, argv[1]) == 0)
			help_list(stderr, NULL);
	}
	return CLI_USAGE;
}

int main(int argc, char **argv)
{
	if (argc >= 2 && strcmp(argv[1], "--version") == 0) {
		puts("countersign " PACKAGE_VERSION);
		return CLI_DONE;
	}
	if (argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0))
		return (int)help_all();
	if (argc == 3 && strcmp(argv[2], "--help") == 0 && help_list(stdout, argv[1]) > 0)
		return CLI_DONE;
	/* Verbs of two words (server user add) are found first. */
	if (argc >= 4) {
		char words[64];
		snprintf(words, sizeof words, "%s %s", argv[2], argv[3]);
		const struct cli_verb *verb = verb_find(argv[1], words);
		if (verb != NULL)
			return (int)run_verb(verb, argc - 4, argv + 4);
	}
	const struct cli_verb *verb = argc >= 3 ? verb_find(argv[1], argv[2]) : NULL;
	return (int)(verb != NULL ? run_verb(verb, argc - 3, argv + 3) : wrong_words(argc, argv));
}
