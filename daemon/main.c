/* SPDX-License-Identifier: BSD-2-Clause
 *
 * countersignd: the command line. What it says, docs/man/countersignd.8 explains.
 */
#include <config.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/config.h"
#include "daemon/daemon.h"
#include "daemon/db.h"
#include "daemon/init.h"
#include "daemon/log.h"
#include "daemon/rewrap.h"
#include "daemon/supervisor.h"
#include "daemon/vault.h"

#ifndef COUNTERSIGN_SYSCONFDIR
#define COUNTERSIGN_SYSCONFDIR "/etc/countersign"
#endif
#define MAIN_CONFIG_DEFAULT COUNTERSIGN_SYSCONFDIR "/countersignd.conf"
#define MAIN_EXIT_USAGE	    2

struct main_options {
	const char *config_path;
	const char *child;
	const char *former_token;
	const char *crl_anew;
	bool init, check, migrate, saved, restored, rewrap;
};

static const char main_usage[] =
    "usage: countersignd [--config FILE] [--init | --restored | --check-config]\n"
    "       countersignd [--config FILE] --migrate [--saved]\n"
    "       countersignd [--config FILE] --rewrap-key [--former-token URI]\n"
    "       countersignd [--config FILE] --crl-anew NAME\n"
    "       countersignd --help | --version\n";

static const char main_help[] =
    "\n"
    "Verifies one-time passwords, with users, tokens and an audit log, over HTTPS.\n"
    "\n"
    "  -c, --config FILE   the configuration file (" MAIN_CONFIG_DEFAULT ")\n"
    "      --init          make keys, certificate, database and the first administrator, then exit\n"
    "      --migrate       bring the database of an older version to this one, then exit; one on a server is "
    "not\n"
    "                      copied before: --saved says that you have saved it (countersign server backup)\n"
    "      --restored      say in the audit log that the database was put back from a copy, then exit\n"
    "      --rewrap-key    have the token of sealing_token seal the sealing key, then exit; it was sealed by "
    "the\n"
    "                      token of --former-token URI, or by none\n"
    "      --crl-anew NAME  say that the CA of that name numbers its revocation lists anew, then exit\n"
    "      --check-config  read the configuration file, say what is wrong with it, and exit\n"
    "  -h, --help          this text\n"
    "  -V, --version       the version\n"
    "\n"
    "Without --init, --migrate, --restored, --rewrap-key, --crl-anew or --check-config it serves, in the "
    "foreground, until SIGTERM.\n";

/* The options; -1 where the program is to go on, else its exit status. */
static int main_options_parse(int argc, char **argv, struct main_options *options)
{
	static const struct option longs[] = {
	    {"config", required_argument, NULL, 'c'},
	    {"init", no_argument, NULL, 'i'},
	    {"check-config", no_argument, NULL, 'k'},
	    {"migrate", no_argument, NULL, 'm'},
	    {"saved", no_argument, NULL, 's'},
	    {"restored", no_argument, NULL, 'd'},
	    {"help", no_argument, NULL, 'h'},
	    {"version", no_argument, NULL, 'V'},
	    {"rewrap-key", no_argument, NULL, 'r'},
	    {"former-token", required_argument, NULL, 'f'},
	    {"crl-anew", required_argument, NULL, 'l'},
	    {SUPERVISOR_CHILD_OPTION, required_argument, NULL, 'x'},
	    {NULL, 0, NULL, 0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "c:hV", longs, NULL)) != -1) {
		switch (option) {
		case 'c':
			options->config_path = optarg;
			break;
		case 'i':
			options->init = true;
			break;
		case 'k':
			options->check = true;
			break;
		case 'm':
			options->migrate = true;
			break;
		case 's':
			options->saved = true;
			break;
		case 'd':
			options->restored = true;
			break;
		case 'r':
			options->rewrap = true;
			break;
		case 'f':
			options->former_token = optarg;
			break;
		case 'l':
			options->crl_anew = optarg;
			break;
		case 'x':
			options->child = optarg;
			break;
		case 'h':
			(void)printf("%s%s", main_usage, main_help);
			return 0;
		case 'V':
			(void)puts("countersignd " PACKAGE_VERSION);
			return 0;
		default:
			(void)fputs(main_usage, stderr);
			return MAIN_EXIT_USAGE;
		}
	}
	if (optind == argc &&
	    options->init + options->check + options->migrate + options->restored + options->rewrap +
		    (options->crl_anew != NULL) <=
		1 &&
	    (options->rewrap || !options->former_token) && (options->migrate || !options->saved))
		return -1;
	(void)fputs(main_usage, stderr);
	return MAIN_EXIT_USAGE;
}

static int main_init(const struct config *config, char error[CONFIG_ERROR_MAX])
{
	if (init_run(config, error)) {
		log_line(LOG_LEVEL_ERROR, "%s", error);
		return 1;
	}
	(void)printf("made the database      %s\n"
		     "made the sealing key   %s\n"
		     "made the certificate   %s (give it to clients as their CA)\n"
		     "made the administrator %s (the credential: keep it secret)\n",
		     db_place(config->database), config->sealing_key, config->tls_certificate,
		     config->admin_credential);
	return 0;
}

/* A file is copied before it is migrated, whoever asks; of a server's database only its operator makes a
 * copy. */
static int main_migrate(const struct config *config, bool saved)
{
	struct db *db = NULL;

	if (privilege_drop(config)) {
		log_line(LOG_LEVEL_ERROR, "cannot become user %s", config->user);
		return 1;
	}
	enum cs_err err = saved ? db_open_migrating(config->database, &db) : db_open(config->database, &db);
	db_close(db);
	if (err == CS_ERR_STATE) {
		log_line(
		    LOG_LEVEL_ERROR,
		    "database %s: it is of an older version, and its migration makes no copy of it: stop the "
		    "other daemons, save it (countersign server backup), then say so: --migrate --saved; "
		    "nothing was changed",
		    db_place(config->database));
		return 1;
	}
	if (err) {
		log_line(LOG_LEVEL_ERROR, "database %s: %s", db_place(config->database), cs_err_text(err));
		return 1;
	}
	(void)printf("the database %s is of this version\n", db_place(config->database));
	return 0;
}

static int main_restored(const struct config *config, char error[CONFIG_ERROR_MAX])
{
	uint64_t last = 0;

	if (privilege_drop(config)) {
		log_line(LOG_LEVEL_ERROR, "cannot become user %s", config->user);
		return 1;
	}
	if (init_restored(config, &last, error)) {
		log_line(LOG_LEVEL_ERROR, "%s", error);
		return 1;
	}
	(void)printf("the audit log of %s is whole, and says that it went on from a copy after entry %llu\n",
		     db_place(config->database), (unsigned long long)last);
	return 0;
}

static int main_crl_anew(const struct config *config, const char *issuer, char error[CONFIG_ERROR_MAX])
{
	if (privilege_drop(config)) {
		log_line(LOG_LEVEL_ERROR, "cannot become user %s", config->user);
		return 1;
	}
	if (init_crl_anew(config, issuer, error)) {
		log_line(LOG_LEVEL_ERROR, "%s", error);
		return 1;
	}
	(void)printf("the next list of %s that is valid counts, whatever its number\n", issuer);
	return 0;
}

static int main_rewrap(const struct config *config, const char *former, char error[CONFIG_ERROR_MAX])
{
	if (rewrap_run(config, former, error)) {
		log_line(LOG_LEVEL_ERROR, "%s", error);
		return 1;
	}
	(void)printf("the sealing key %s is %s\n", config->sealing_key,
		     config->sealing_token[0] ? "sealed by the token of sealing_token" : "bare");
	return 0;
}

/* Standard descriptors that are closed would be taken by something that is not meant to be written to. */
static bool main_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	return fd >= 0 && close(fd) == 0;
}

/* A child works with what the supervisor gave it. */
static int main_child(const char *name, struct settings *settings)
{
	if (settings_take(SUPERVISOR_SETTINGS_FD, settings))
		return DAEMON_EXIT_FAILED;
	log_level_set(settings->config.log_level);
	return supervisor_child(name, settings);
}

static int main_serve(const char *path, struct settings *settings, char error[CONFIG_ERROR_MAX])
{
	log_name("countersignd");
	if (settings_load(path, settings, error)) {
		log_line(LOG_LEVEL_ERROR, "%s", error);
		return 1;
	}
	log_level_set(settings->config.log_level);
	return supervisor_run(path, settings);
}

int main(int argc, char **argv)
{
	static char error[CONFIG_ERROR_MAX];
	static struct settings settings;
	struct main_options options = {.config_path = MAIN_CONFIG_DEFAULT};

	vault_child(argc, argv);
	int status = main_options_parse(argc, argv, &options);
	if (status >= 0)
		return status;
	(void)umask(077);
	if (!main_descriptors())
		return DAEMON_EXIT_FAILED;
	if (options.child)
		return main_child(options.child, &settings);
	if (!(options.init || options.check || options.migrate || options.restored || options.rewrap ||
	      options.crl_anew))
		return main_serve(options.config_path, &settings, error);
	if (config_load(options.config_path, &settings.config, error) ||
	    settings_check(&settings.config, error)) {
		log_line(LOG_LEVEL_ERROR, "%s", error);
		return 1;
	}
	if (options.check) {
		(void)printf("%s: good\n", options.config_path);
		return 0;
	}
	if (options.init)
		return main_init(&settings.config, error);
	if (options.migrate)
		return main_migrate(&settings.config, options.saved);
	if (options.restored)
		return main_restored(&settings.config, error);
	if (options.crl_anew)
		return main_crl_anew(&settings.config, options.crl_anew, error);
	return main_rewrap(&settings.config, options.former_token, error);
}
